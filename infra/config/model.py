"""The model of a gateway: what `gateway.yaml` means, after validation. Pure data; touches nothing.

Attribute names carry their units; the YAML keys are their aliases (``timeout: 5s`` becomes ``timeout_ms == 5000``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HttpMethod = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"]


class Model(BaseModel):
    """Frozen, closed to unknown keys, readable by alias and by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Jurisdiction(StrEnum):
    """Whose data a region may serve."""

    EU = "eu"
    US = "us"
    OTHER = "other"


class Region(Model):
    name: str
    jurisdiction: Jurisdiction


class RateLimit(Model):
    """A token bucket: steady requests a second, and the burst on top."""

    rate_per_second: float
    burst: int


class Quota(Model):
    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]


class Plan(Model):
    name: str
    throttle: RateLimit
    quota: Quota | None = None


class Service(Model):
    """A backend behind a path prefix: exactly one of ``lambda_folder`` and ``url``."""

    name: str
    path: str  # "/api/users"; serves itself and everything below it
    lambda_folder: str | None = None  # relative to gateway.yaml, holds handler.py with handler(event, context)
    url: str | None = None  # "https://host/base"
    timeout_ms: int = 5000
    memory_mb: int = 256
    environment: dict[str, str] = Field(default_factory=dict)
    operations: str | None = None  # OpenAPI fragment (YAML), paths relative to `path`
    methods: tuple[HttpMethod, ...] = ("ANY",)  # used when there are no operations: `path` and `path/{proxy+}`
    requires_api_key: bool = False
    requires_jwt: bool = False


class Release(Model):
    stage: str = "live"
    steps_percent: tuple[float, ...] = (10.0, 50.0)
    bake_seconds: int = 600
    keep: int = 10  # releases that `release prune` leaves


class Auth(Model):
    issuer: str
    audience: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256",)


class Limits(Model):
    per_ip_requests: int | None = None
    per_ip_window_seconds: int = 60
    stage: RateLimit | None = None


class Gateway(Model):
    """One logical API at one domain, present in several regions (in rollout order)."""

    name: str
    regions: tuple[Region, ...]
    services: tuple[Service, ...]
    domain: str | None = None
    plans: tuple[Plan, ...] = ()
    limits: Limits = Limits()
    auth: Auth | None = None
    release: Release = Release()
    log_retention_days: int = 30
