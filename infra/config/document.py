"""The shape of gateway.yaml: one declaration that gives the parser, its messages and the JSON schema. Pure.

The keys are those a person writes (``timeout: 5s``); `model.py` has what they mean (``timeout_ms``), and
``to_gateway`` is the whole way from one to the other. What a single value cannot tell (overlapping paths, a missing
folder) is in `rules.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config import model
from infra.config.auth import SCOPES, AuthEntry, to_auth
from infra.config.breaker import BreakerSwitch, to_breaker
from infra.config.dns import DnsEntry, ResidencyEntry, to_dns, to_residency
from infra.config.model import HttpMethod
from infra.config.objectives import ObjectivesEntry, ServiceObjectivesEntry, to_notify, to_objectives
from infra.config.regions import region_name
from infra.config.release import ReleaseEntry, to_release
from infra.config.section import Section
from infra.config.syntax import base_url, path_prefix
from infra.config.terraform import TerraformEntry, to_terraform
from infra.config.tracing import TracingSwitch, to_tracing
from infra.config.units import Quantity, Text

__all__ = ["Document", "to_gateway"]

# <gateway>-<service>-<region> names functions and roles; both end at 64 characters, and no region's name exceeds 14.
NAME_LENGTH_MAX = 24
# What PutRetentionPolicy accepts (CloudWatch Logs API reference, retentionInDays).
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
# A deployment package of Lambda holds at most 4 kB of environment, names and values together.
ENVIRONMENT_VALUE_MAX = 4_096

_NAME_RULE = f"A name is 1-{NAME_LENGTH_MAX} lower-case letters, digits and single hyphens, and begins with a letter"
_HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])"
_FILE = r"(?!/)(?!.*(^|/)\.\.(/|$))[A-Za-z0-9._/-]+"

Name = Annotated[str, Text(r"[a-z](-?[a-z0-9])*", _NAME_RULE, NAME_LENGTH_MAX)]
File = Annotated[str, Text(_FILE, "A path below the folder of gateway.yaml: letters, digits, . _ - and /", 200)]
Rate = Annotated[
    float,
    Quantity({"/s": 1}, 0, model.RATE_PER_SECOND_MAX, "above 0/s, for example 100/s", whole=False, above_lowest=True),
]
Burst = Annotated[
    int, Field(ge=1, le=model.COUNT_MAX, description="Requests that may come at once, above the steady rate.")
]


class RegionEntry(Section):
    """A region the gateway runs in. The order of the regions is the order of a rollout."""

    jurisdiction: Literal["eu", "us", "other"]
    """Whose data the region may serve."""


class ServiceEntry(Section):
    """A backend behind a path prefix: a Lambda function (`lambda`) or an HTTP(S) endpoint (`url`)."""

    path: Annotated[str, Text(*path_prefix)]
    """The prefix, for example `/api/users`: the service answers there and below."""
    lambda_: Annotated[File | None, Field(alias="lambda")] = None
    """Folder with `handler.py`, which has `handler(event, context)`; relative to this file."""
    url: Annotated[str, Text(*base_url)] | None = None
    """An HTTPS endpoint, for example `https://legacy.example/base`; the rest of the path is joined to it."""
    timeout: Annotated[
        int,
        Quantity({"ms": 1, "s": 1000}, model.TIMEOUT_MS_MIN, model.TIMEOUT_MS_MAX, "from 50ms to 29s"),
    ] = model.TIMEOUT_MS_DEFAULT
    """How long API Gateway waits for the backend, 50ms to 29s. Default: 5s."""
    memory: Annotated[
        int,
        Quantity({"MB": 1, "GB": 1024}, model.MEMORY_MB_MIN, model.MEMORY_MB_MAX, "from 128MB to 10GB"),
    ] = model.MEMORY_MB_DEFAULT
    """Memory of the function, 128MB to 10GB; the processor's share grows with it. Default: 256MB."""
    environment: dict[
        Annotated[
            str,
            Text(
                r"(?!AWS_|LAMBDA_)[A-Za-z][A-Za-z0-9_]+",
                "At least two letters, digits and _, beginning with a letter; AWS_ and LAMBDA_ belong to Lambda",
                128,
            ),
        ],
        Annotated[str, Field(max_length=ENVIRONMENT_VALUE_MAX)],
    ] = Field(default_factory=dict)
    """Environment variables of the function. No secrets: they are readable in the template."""
    operations: File | None = None
    """OpenAPI 3.0 fragment (YAML) with the operations, its paths relative to `path`. Default: every path, unchecked."""
    methods: Annotated[tuple[HttpMethod, ...], Field(min_length=1)] | None = None
    """HTTP methods when there are no `operations`. Default: [ANY]."""
    api_key: Literal["required", "none"] = "none"
    """`required`: the caller must send the x-api-key of a plan. Default: none."""
    auth: Literal["jwt", "none"] = "none"
    """`jwt`: the caller must send a token that `auth` accepts. Default: none."""
    scopes: SCOPES = Field(default_factory=dict)
    """Method -> scopes that the token must have, all of them; `ANY` for the methods not named. Default: any token."""
    objectives: ServiceObjectivesEntry | None = None
    """What this service promises. Default: the gateway's `objectives`."""
    breaker: BreakerSwitch | None = None
    """A circuit breaker in front of the service: `on`, or rules in Resilience4j's words. Default: none."""


class RateEntry(Section):
    """A token bucket."""

    rate: Rate
    """Steady requests a second, for example `100/s`."""
    burst: Burst


class PlanEntry(RateEntry):
    """A usage plan: what one API key may do. AWS applies it with best effort, not to the request."""

    quota: (
        Annotated[
            str,
            Text(
                r"[0-9]{1,10}/(day|week|month)",
                f"Requests in a period: 1 to {model.COUNT_MAX}, then /day, /week or /month",
                20,
                lambda text: None if 1 <= int(text.split("/")[0]) <= model.COUNT_MAX else "out of range",
            ),
        ]
        | None
    ) = None
    """Requests in a period, for example `10000/month`. Default: no quota."""


class ForwardedEntry(Section):
    """Behind a CDN that sets the client's address in a header, and only then: others write the header themselves."""

    header: Annotated[str, Text(model.HEADER_NAME.strip("^$"), "A header name: letters, digits and hyphens", 255)]
    """The header, for example `X-Forwarded-For`; its first address counts."""
    fallback: Literal["match", "no_match"] = model.FORWARDED_FALLBACK_DEFAULT
    """When that is no address: `match` answers 429, `no_match` lets it pass uncounted. Default: match."""


class ManagedRulesEntry(Section):
    """AWS's own rule groups: `block`, `count` what they would block, or `off`."""

    known_bad_inputs: model.ManagedRulesMode = model.KNOWN_BAD_INPUTS_DEFAULT
    """Requests that only attackers send (Log4Shell and its like). Default: block."""
    common: model.ManagedRulesMode = model.COMMON_RULES_DEFAULT
    """Cross-site scripting, path traversal and more; its limit of the body's size only ever counts. Default: count."""


class PerIpEntry(Section):
    """Requests of one client address in a window, counted by WAF in every region by itself."""

    requests: Annotated[int, Field(ge=model.PER_IP_REQUESTS_MIN, le=model.PER_IP_REQUESTS_MAX)]
    """Requests in the window."""
    window: Annotated[
        int, Quantity({"s": 1}, 60, 600, "60s, 120s, 300s or 600s", allowed=model.PER_IP_WINDOWS_SECONDS)
    ] = 60
    """The window WAF counts in: 60s, 120s, 300s or 600s. Default: 60s."""
    forwarded: ForwardedEntry | None = None
    """Where the client's address is, behind a CDN. Default: the address that connects."""
    managed_rules: ManagedRulesEntry = ManagedRulesEntry()
    """AWS's own rule groups, in front of the same routes."""


class LimitsEntry(Section):
    """Limits of everybody together, and of one client address."""

    stage: RateEntry | None = None
    """All requests of a region together. Default: the account's own limit."""
    per_ip: PerIpEntry | None = None
    """Requests of one client address. Default: no limit."""


class LogsEntry(Section):
    """Access logs and the functions' logs."""

    retention: Annotated[
        int,
        Quantity({"d": 1}, 1, 3653, f"one of {', '.join(f'{d}d' for d in RETENTION_DAYS)}", allowed=RETENTION_DAYS),
    ] = model.LOG_RETENTION_DAYS_DEFAULT
    """How long log lines are kept; a value that CloudWatch Logs accepts. Default: 30d."""


class Document(Section):
    """gateway.yaml: one logical API at one domain, in several regions."""

    gateway: Name
    """The gateway's name; names its stacks and resources."""
    domain: Annotated[str, Text(_HOST, "A host name in lower case, for example api.shop.example", 253)] | None = None
    """The host name of the API. Default: none, only the regions' own addresses."""
    dns: DnsEntry = DnsEntry()
    """Hosted zone and certificates of `domain`."""
    regions: Annotated[dict[Annotated[str, region_name], RegionEntry], Field(min_length=1)]
    """AWS regions, in the order of a rollout."""
    residency: ResidencyEntry = ResidencyEntry()
    """The countries whose people are answered from the EU only."""
    services: Annotated[dict[Name, ServiceEntry], Field(min_length=1)]
    """The backends, each behind a path."""
    plans: dict[Name, PlanEntry] = Field(default_factory=dict)
    """Usage plans for API keys."""
    limits: LimitsEntry = LimitsEntry()
    """Limits that hold without a key."""
    auth: AuthEntry | None = None
    """Whose tokens services with `auth: jwt` accept."""
    release: ReleaseEntry = ReleaseEntry()
    """Stage, canary steps and what is kept."""
    logs: LogsEntry = LogsEntry()
    """Log retention."""
    objectives: ObjectivesEntry = ObjectivesEntry()
    """What the services promise their callers, and who hears when it is at stake."""
    tracing: TracingSwitch = "xray"
    """Who records the way of a request: `xray`, `off`, or `otlp` with a collector's address. Default: xray."""
    terraform: TerraformEntry = TerraformEntry()
    """Folder and state of the same gateway in Terraform."""


def to_gateway(document: Document) -> model.Gateway:
    """What the file means; every value is in range by now."""
    promised = to_objectives(document.objectives)
    return model.Gateway(
        name=document.gateway,
        domain=document.domain,
        dns=to_dns(document.dns),
        residency=to_residency(document.residency),
        regions=tuple(
            model.Region(name=name, jurisdiction=model.Jurisdiction(entry.jurisdiction))
            for name, entry in document.regions.items()
        ),
        services=tuple(_service(name, entry, promised) for name, entry in document.services.items()),
        plans=tuple(_plan(name, entry) for name, entry in document.plans.items()),
        limits=_limits(document.limits),
        auth=to_auth(document.auth),
        release=to_release(document.release),
        log_retention_days=document.logs.retention,
        notify=to_notify(document.objectives),
        tracing=to_tracing(document.tracing),
        terraform=to_terraform(document.terraform),
    )


def _service(name: str, entry: ServiceEntry, promised: model.Objectives) -> model.Service:
    return model.Service(
        name=name,
        path=entry.path,
        lambda_folder=entry.lambda_,
        url=entry.url,
        timeout_ms=entry.timeout,
        memory_mb=entry.memory,
        environment=entry.environment,
        operations=entry.operations,
        methods=entry.methods or ("ANY",),
        requires_api_key=entry.api_key == "required",
        requires_jwt=entry.auth == "jwt",
        scopes=entry.scopes,
        objectives=to_objectives(entry.objectives, promised),
        breaker=to_breaker(entry.breaker, timeout_ms=entry.timeout),
    )


def _throttle(entry: RateEntry) -> model.RateLimit:
    return model.RateLimit(rate_per_second=entry.rate, burst=entry.burst)


_PERIODS: dict[str, model.QuotaPeriod] = {"day": "DAY", "week": "WEEK", "month": "MONTH"}


def _plan(name: str, entry: PlanEntry) -> model.Plan:
    quota = None
    if entry.quota is not None:
        limit, _, period = entry.quota.partition("/")
        quota = model.Quota(limit=int(limit), period=_PERIODS[period])
    return model.Plan(name=name, throttle=_throttle(entry), quota=quota)


def _limits(entry: LimitsEntry) -> model.Limits:
    stage = _throttle(entry.stage) if entry.stage else None
    if entry.per_ip is None:
        return model.Limits(stage=stage)
    return model.Limits(stage=stage, per_ip=_per_ip(entry.per_ip))


def _per_ip(entry: PerIpEntry) -> model.PerIp:
    return model.PerIp.model_validate(
        {
            "requests": entry.requests,
            "window_seconds": entry.window,
            "forwarded": entry.forwarded.model_dump() if entry.forwarded else None,
            "managed_rules": entry.managed_rules.model_dump(),
        }
    )
