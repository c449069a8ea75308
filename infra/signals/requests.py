"""What is logged of a request, and which metrics come of it. Pure; touches nothing, imports no construct.

No field is personal data: no address, user agent, principal, API key, and never the raw path (ids sit in it) — only the
path's template. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html

A metric filter's dimension must be a field of the log line, and API Gateway has no variable that names our service. So
the service is in the metric's name (`checkout.requests`) and the arm is the dimension `canary`, with the values that
API Gateway prints: `true`, `false`, and `-` while the stage has no canary (`-` is unsure: not recorded).

A service's metrics count the lines of the live stage only. Pinned testers have a stage of their own that writes into the same log
(docs/adr/0017-pinned-testers.md): nobody chose them by chance, so they are evidence of neither arm and keep no objective.

What objectives are measured by has no dimension: a total that depends on no unsure value, is half the price in an alarm, and
has percentiles, which two arms' percentiles do not give. A metric with and one without dimensions are two to CloudWatch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from infra.config.model import Service
from infra.config.release_model import STAGE_DEFAULT
from infra.evidence.names import ARM_DIMENSION, LATENCY, metric, namespace

__all__ = [
    "ACCESS_LOG_FIELDS",
    "ARM_DIMENSION",
    "AUTHORIZER_FAILURES",
    "CANARY_REQUESTS",
    "MOST_SERVICES",
    "OVERHEAD",
    "REASON_DIMENSION",
    "THROTTLED",
    "Signal",
    "access_log_format",
    "namespace",
    "signals",
]

# Name in the log -> ($context variable, is it a JSON number). Numbers are unquoted: filters compare them as numbers.
# Only variables that every finished request has may be unquoted, "-" would break the line.
ACCESS_LOG_FIELDS: dict[str, tuple[str, bool]] = {
    "requestId": ("requestId", False),
    "extendedRequestId": ("extendedRequestId", False),  # ours to trust: a client may choose requestId
    "requestTimeEpoch": ("requestTimeEpoch", True),
    "apiId": ("apiId", False),
    "stage": ("stage", False),
    "deploymentId": (
        "deploymentId",
        False,
    ),  # unsure that a canary request shows the canary's; the arm is isCanaryRequest
    "isCanaryRequest": ("isCanaryRequest", False),
    "httpMethod": ("httpMethod", False),
    "resourcePath": ("resourcePath", False),
    "status": ("status", True),
    "responseLatency": ("responseLatency", True),
    "responseLength": ("responseLength", False),
    "integrationLatency": ("integration.latency", False),
    "integrationStatus": ("integration.status", False),
    "errorType": ("error.responseType", False),
    "traceId": ("xrayTraceId", False),
}

_MOST_FILTERS = 100  # metric filters on one log group, a fixed quota of CloudWatch Logs


def access_log_format() -> str:
    """One line of JSON with `$context` variables; one line, because API Gateway refuses line breaks."""
    fields = (
        f'"{name}":$context.{variable}' if number else f'"{name}":"$context.{variable}"'
        for name, (variable, number) in ACCESS_LOG_FIELDS.items()
    )
    return "{" + ",".join(fields) + "}"


_ARM = ((ARM_DIMENSION, "$.isCanaryRequest"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One metric: which log lines it counts, and what each adds: 1, or a field of the line.

    Args:
        service: whose requests; empty for the whole gateway.
        dimensions: (name, field of the line); the arm, or none for a total.
    """

    service: str
    name: str
    pattern: str
    value: str = "1"
    unit: str = "Count"
    dimensions: tuple[tuple[str, str], ...] = _ARM

    @property
    def metric(self) -> str:
        return metric(self.service, self.name) if self.service else self.name

    @property
    def filter_name(self) -> str:
        """Unique in the log group; the totals of a metric that also has arms are told apart."""
        return self.metric if self.dimensions or not self.service else f"{self.metric}.total"


OVERHEAD = "integrationLatency"
THROTTLED, AUTHORIZER_FAILURES, CANARY_REQUESTS = "throttled", "authorizerFailures", "canaryRequests"
REASON_DIMENSION = "reason"


def _conditions(service: Service) -> dict[str, str]:
    return {
        "requests": "",
        "errors5xx": " && ($.status >= 500)",
        "errors4xx": " && ($.status >= 400) && ($.status < 500)",
        "overSlo": f" && ($.responseLatency > {service.objectives.latency_ms})",
    }


def signals(services: Iterable[Service], *, stage: str = STAGE_DEFAULT) -> tuple[Signal, ...]:
    """Every metric of every service, then those of the whole gateway, which count every stage.

    Args:
        stage: the one that clients reach, `release.stage` of gateway.yaml.

    The patterns read the main access log group only, which has canary requests too; reading both would count twice.
    """
    return (*(signal for service in services for signal in _signals(service, stage)), *_GATEWAY)


def _signals(service: Service, stage: str) -> Iterator[Signal]:
    of = _of(service, stage)
    for name, condition in _conditions(service).items():
        yield Signal(service=service.name, name=name, pattern=f"{{ {of}{condition} }}")
    # One metric instead of one for each bucket: the reader takes the buckets from it as trimmed counts (docs/adr/0015).
    timed = Signal(
        service=service.name,
        name=LATENCY,
        pattern=f"{{ {of} && ($.responseLatency >= 0) }}",
        value="$.responseLatency",
        unit="Milliseconds",
    )
    yield from (timed, replace(timed, dimensions=()))
    failed = f"{{ {of}{_conditions(service)['errors5xx']} }}"
    yield Signal(service=service.name, name="errors5xx", pattern=failed, dimensions=())
    # Quoted in the line, because a request that the gateway answers by itself has "-": that line gives no value, and that
    # a quoted number gives one is unsure (no page says; the filter must only match what has an integration).
    yield Signal(
        service=service.name,
        name=OVERHEAD,
        pattern=f'{{ {of} && ($.integrationLatency != "-") }}',
        value="$.integrationLatency",
        unit="Milliseconds",
        dimensions=(),
    )


def _of(service: Service, stage: str) -> str:
    prefix = service.path.rstrip("/")
    return f'($.stage = "{stage}") && (($.resourcePath = "{prefix or "/"}") || ($.resourcePath = "{prefix}/*"))'


_GATEWAY = (
    Signal(
        service="",
        name=THROTTLED,
        pattern="{ ($.status = 429) }",
        dimensions=((REASON_DIMENSION, "$.errorType"),),  # THROTTLED, QUOTA_EXCEEDED, or "-" where a backend said 429
    ),
    Signal(
        service="",
        name=AUTHORIZER_FAILURES,
        pattern='{ ($.errorType = "AUTHORIZER_FAILURE") || ($.errorType = "AUTHORIZER_CONFIGURATION_ERROR") }',
        dimensions=(),
    ),
    Signal(service="", name=CANARY_REQUESTS, pattern='{ ($.isCanaryRequest = "true") }', dimensions=()),
)

_OF_A_SERVICE = len(tuple(_signals(Service(name="a", path="/a"), STAGE_DEFAULT)))
MOST_SERVICES = (_MOST_FILTERS - len(_GATEWAY)) // _OF_A_SERVICE
