"""The model of a gateway: what `gateway.yaml` means, after validation. Pure data; touches nothing.

The file's own shape and its messages are in `document.py`; here are the values that every other room reads.
Attribute names carry their units (``timeout: 5s`` becomes ``timeout_ms == 5000``). Ranges are stated once, here, and
used by both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from infra.config.breaker_model import Breaker
from infra.config.frozen import Model
from infra.config.release_model import Release
from infra.config.tracing_model import Tracing

HttpMethod = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"]
QuotaPeriod = Literal["DAY", "WEEK", "MONTH"]
ManagedRulesMode = Literal["block", "count", "off"]
# Signatures with a key pair only: a shared secret would have to be in the authorizer, and "none" is no signature. The
# authorizer verifies these and no others.
JwtAlgorithm = Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]

# API Gateway ends an integration after 50 ms at the earliest and 29 s at the latest (PutIntegration, timeoutInMillis).
# Regional APIs can be raised above 29 s by a quota request; the default quota is what every account has.
TIMEOUT_MS_MIN, TIMEOUT_MS_MAX = 50, 29_000
# Five seconds: above any healthy answer of a small service, and a caller still waits for it.
TIMEOUT_MS_DEFAULT = 5_000
# What Lambda accepts; 256 MB is the smallest size at which a Python function's start is not starved of processor.
MEMORY_MB_MIN, MEMORY_MB_MAX, MEMORY_MB_DEFAULT = 128, 10_240, 256
# A quota and a burst are 32-bit integers on API Gateway.
COUNT_MAX = 2_147_483_647
# Far above the account's own 10 000 requests/s; a larger number is a slip of the keyboard.
RATE_PER_SECOND_MAX = 1_000_000.0
TERRAFORM_FOLDER_DEFAULT = "terraform"
# 30 days: long enough for an incident's review, short enough for data that may hold traces of people.
LOG_RETENTION_DAYS_DEFAULT = 30
# Evaluation windows of a WAF rate-based rule (EvaluationWindowSec), and the limits of its count.
PER_IP_WINDOWS_SECONDS = (60, 120, 300, 600)
PER_IP_REQUESTS_MIN, PER_IP_REQUESTS_MAX = 10, 2_000_000_000
# ForwardedIPConfig.HeaderName.
HEADER_NAME = r"^[A-Za-z0-9-]{1,255}$"
# Fail closed: a client that writes nonsense into the header must not escape its limit by that.
FORWARDED_FALLBACK_DEFAULT: Literal["match"] = "match"
# Log4Shell and its like hit no honest request; the common rules do (long query strings, a body with "<script"), so they
# are watched first.
KNOWN_BAD_INPUTS_DEFAULT: Literal["block"] = "block"
COMMON_RULES_DEFAULT: Literal["count"] = "count"

# Three nines: 43 minutes of failing requests in 30 days, which one region and a careful release can keep. Below 90 % nothing
# is promised; above 99.999 % one failed request in 100 000 is too many to be measured.
AVAILABILITY_PERCENT_DEFAULT, AVAILABILITY_PERCENT_MIN, AVAILABILITY_PERCENT_MAX = 99.9, 90.0, 99.999
# One second: what a shopper notices, and no healthy answer of a small service needs. One request in a hundred may be slower:
# cold starts are.
LATENCY_MS_DEFAULT = 1_000
SHARE_PERCENT_DEFAULT, SHARE_PERCENT_MIN, SHARE_PERCENT_MAX = 99.0, 50.0, 99.99

# What OpenID Connect requires of every issuer (Core 1.0, section 15.1).
ALGORITHMS_DEFAULT: tuple[JwtAlgorithm, ...] = ("RS256",)
# API Gateway keeps an allow for the TTL whatever the token's exp says, so the TTL is how long a revoked or expired token
# still passes. One minute saves nearly all invocations of a busy client; AWS would take up to an hour.
AUTH_TTL_SECONDS_DEFAULT, AUTH_TTL_SECONDS_MAX = 60, 300
# Clocks that are set by NTP differ by far less than half a minute (RFC 7519, 4.1.4: "usually no more than a few minutes").
LEEWAY_SECONDS_DEFAULT, LEEWAY_SECONDS_MAX = 30, 60
# A zone of the domain's own: it needs no lookup, and touches no record that somebody else made.
ZONE_DEFAULT = "create"


class Jurisdiction(StrEnum):
    """Whose data a region may serve."""

    EU = "eu"
    US = "us"
    OTHER = "other"


class Region(Model):
    """An AWS region the gateway runs in.

    Args:
        name: the AWS name, ``eu-west-1``.
        jurisdiction: whose data it may serve; never ``eu`` or ``us`` for a region that lies elsewhere.
    """

    name: str
    jurisdiction: Jurisdiction


class RateLimit(Model):
    """A token bucket: steady requests a second, and the burst on top."""

    rate_per_second: Annotated[float, Field(gt=0, le=RATE_PER_SECOND_MAX)]
    burst: Annotated[int, Field(ge=1, le=COUNT_MAX)]


class Quota(Model):
    """Requests a key may make in a period; API Gateway starts a period at 00:00 UTC."""

    limit: Annotated[int, Field(ge=1, le=COUNT_MAX)]
    period: QuotaPeriod


class Plan(Model):
    """A usage plan: what one API key may do."""

    name: str
    throttle: RateLimit
    quota: Quota | None = None


class Objectives(Model):
    """What a service promises its callers for any 30 days.

    Args:
        availability_percent: of the requests, those that do not end in a 5xx.
        latency_ms: an answer is in time up to this, measured at the gateway.
        latency_share_percent: of the requests, those that are in time.
    """

    availability_percent: Annotated[float, Field(ge=AVAILABILITY_PERCENT_MIN, le=AVAILABILITY_PERCENT_MAX)] = (
        AVAILABILITY_PERCENT_DEFAULT
    )
    latency_ms: Annotated[int, Field(ge=1, le=TIMEOUT_MS_MAX)] = LATENCY_MS_DEFAULT
    latency_share_percent: Annotated[float, Field(ge=SHARE_PERCENT_MIN, le=SHARE_PERCENT_MAX)] = SHARE_PERCENT_DEFAULT


class Notify(Model):
    """Who hears of an alarm, by region: a topic that is there, or an address for a topic that is made."""

    topics: dict[str, str] = Field(default_factory=dict)
    addresses: dict[str, str] = Field(default_factory=dict)


class Service(Model):
    """A backend behind a path prefix: exactly one of ``lambda_folder`` and ``url``.

    Args:
        name: unique in the gateway; lower-case letters, digits and hyphens.
        path: the prefix, ``/api/users``; the service answers there and below.
        lambda_folder: relative to gateway.yaml, holds ``handler.py`` with ``handler(event, context)``.
        url: ``https://host/base``; the rest of the path is joined to it.
        timeout_ms: when API Gateway gives up on the backend.
        memory_mb: of the function.
        environment: of the function.
        operations: OpenAPI 3.0 fragment (YAML) relative to gateway.yaml, its paths relative to ``path``.
        methods: used when there are no operations, on ``path`` and ``path/{proxy+}``.
        requires_api_key: the caller must send ``x-api-key`` of a plan.
        requires_jwt: the caller must send a token of ``Gateway.auth``.
        scopes: method -> what the token must have for it, all of them; ANY is for the methods that are not named. A method
            without an entry takes any valid token.
        objectives: what it promises; the gateway's where it says nothing itself.
        breaker: what stands in front of the backend.
    """

    name: str
    path: str
    lambda_folder: str | None = None
    url: str | None = None
    timeout_ms: Annotated[int, Field(ge=TIMEOUT_MS_MIN, le=TIMEOUT_MS_MAX)] = TIMEOUT_MS_DEFAULT
    memory_mb: Annotated[int, Field(ge=MEMORY_MB_MIN, le=MEMORY_MB_MAX)] = MEMORY_MB_DEFAULT
    environment: dict[str, str] = Field(default_factory=dict)
    operations: str | None = None
    methods: tuple[HttpMethod, ...] = ("ANY",)
    requires_api_key: bool = False
    requires_jwt: bool = False
    scopes: dict[HttpMethod, tuple[str, ...]] = Field(default_factory=dict)
    objectives: Objectives = Objectives()
    breaker: Breaker | None = None

    @property
    def active_breaker(self) -> Breaker | None:
        """The breaker that requests go through."""
        return self.breaker if self.breaker is not None and self.breaker.enabled else None


class Claims(Model):
    """Which claim of a token says what."""

    scopes: str = "scope"
    customer: str = "sub"
    plan: str = "plan"
    residency: str = "residency"


class JwtAuth(Model):
    """The OIDC issuer whose tokens our authorizer accepts.

    Args:
        issuer: the ``iss`` of the tokens, compared to the letter.
        audience: one of them must be in ``aud``.
        jwks_url: where the keys are; None reads ``jwks_uri`` of the issuer's discovery document.
        ttl_seconds: how long API Gateway keeps an answer; 0 keeps none.
        leeway_seconds: for clocks that differ.
    """

    issuer: str
    audience: Annotated[tuple[str, ...], Field(min_length=1)]
    algorithms: Annotated[tuple[JwtAlgorithm, ...], Field(min_length=1)] = ALGORITHMS_DEFAULT
    jwks_url: str | None = None
    ttl_seconds: Annotated[int, Field(ge=0, le=AUTH_TTL_SECONDS_MAX)] = AUTH_TTL_SECONDS_DEFAULT
    leeway_seconds: Annotated[int, Field(ge=0, le=LEEWAY_SECONDS_MAX)] = LEEWAY_SECONDS_DEFAULT
    claims: Claims = Claims()


class CognitoAuth(Model):
    """User pools whose tokens API Gateway accepts by itself: region -> ARN, for every region of the gateway."""

    user_pools: dict[str, str]
    ttl_seconds: Annotated[int, Field(ge=0, le=AUTH_TTL_SECONDS_MAX)] = AUTH_TTL_SECONDS_DEFAULT


class Auth(Model):
    """Whose tokens the gateway accepts: exactly one of the two."""

    jwt: JwtAuth | None = None
    cognito: CognitoAuth | None = None


class ForwardedAddress(Model):
    """Behind a CDN: the client's address is the first one in a header that the CDN sets.

    Whoever reaches the API past the CDN writes the header himself, so this is for gateways that only the CDN reaches.

    Args:
        header: which header; WAF reads the first address in it.
        fallback: what to do when that is no address: ``match`` answers 429, ``no_match`` lets the request pass uncounted.
    """

    header: Annotated[str, Field(pattern=HEADER_NAME)]
    fallback: Literal["match", "no_match"] = FORWARDED_FALLBACK_DEFAULT


class ManagedRules(Model):
    """AWS's own rule groups: ``block`` as they come, ``count`` what they would block, or ``off``."""

    known_bad_inputs: ManagedRulesMode = KNOWN_BAD_INPUTS_DEFAULT
    common: ManagedRulesMode = COMMON_RULES_DEFAULT


class PerIp(Model):
    """The firewall of one region: requests of one client address in a window, and AWS's own rule groups."""

    requests: Annotated[int, Field(ge=PER_IP_REQUESTS_MIN, le=PER_IP_REQUESTS_MAX)]
    window_seconds: Literal[60, 120, 300, 600] = 60
    forwarded: ForwardedAddress | None = None
    managed_rules: ManagedRules = ManagedRules()


class Limits(Model):
    """Limits of everybody together (``stage``) and of one client address (``per_ip``, by WAF)."""

    per_ip: PerIp | None = None
    stage: RateLimit | None = None


class Dns(Model):
    """Where the domain's records are.

    Args:
        zone: id of a hosted zone, ``create`` for one of the domain's own, ``none`` for no DNS at all.
        certificates: region -> ARN of a certificate; empty lets ACM make one in every region.
    """

    zone: str = ZONE_DEFAULT
    certificates: dict[str, str] = Field(default_factory=dict)


class Residency(Model):
    """Whose requests stay in the EU: `infra.residency.territory` says what that means.

    Args:
        territory: how wide it is read.
        add: further countries, by code.
        waive: code -> why the owner lets it go.
        allow: regions outside the EU that may answer.
    """

    territory: Literal["strict", "cautious"] = "strict"
    add: tuple[str, ...] = ()
    waive: dict[str, str] = Field(default_factory=dict)
    allow: tuple[str, ...] = ()


class TerraformState(Model):
    """A bucket for Terraform's state. ``prefix``: None is ``gatewright/<gateway>``."""

    bucket: str
    region: str
    prefix: str | None = None


class Terraform(Model):
    """Where the Terraform roots are (below the folder of gateway.yaml), and their state; None keeps it beside each root."""

    folder: str = TERRAFORM_FOLDER_DEFAULT
    state: TerraformState | None = None


class Gateway(Model):
    """One logical API at one domain, present in several regions (in rollout order)."""

    name: str
    regions: tuple[Region, ...]
    services: tuple[Service, ...]
    domain: str | None = None
    dns: Dns = Dns()
    residency: Residency = Residency()
    plans: tuple[Plan, ...] = ()
    limits: Limits = Limits()
    auth: Auth | None = None
    release: Release = Release()
    log_retention_days: int = LOG_RETENTION_DAYS_DEFAULT
    notify: Notify = Notify()
    tracing: Tracing = Tracing()
    terraform: Terraform = Terraform()

    def keeps(self, region: Region) -> bool:
        """Whether the region may answer people whose requests stay in the EU."""
        return region.jurisdiction is Jurisdiction.EU or region.name in self.residency.allow

    def serves(self, region: Region) -> Jurisdiction:
        """Whose tokens the region takes: the EU's where the owner allows it to answer the EU."""
        return Jurisdiction.EU if self.keeps(region) else region.jurisdiction

    @property
    def dns_region(self) -> str | None:
        """Where the stacks of the domain live: the first region that may answer the EU; None when there are none.

        Without such a region nobody could answer the EU from the EU, and a domain's default must; so the gateway has no
        DNS of ours then, and its regions have their own addresses only.
        """
        if self.domain is None or self.dns.zone == "none":
            return None
        return next((region.name for region in self.regions if self.keeps(region)), None)
