"""What is logged of a request, and which metrics come of it. Pure; touches nothing, imports no construct.

No field is personal data: no address, user agent, principal, API key, and never the raw path (ids sit in it) — only the
path's template. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html

A metric filter's dimension must be a field of the log line, and API Gateway has no variable that names our service. So
the service is in the metric's name (`checkout.requests`) and the arm is the dimension `canary`, with the values that
API Gateway prints: `true`, `false`, and `-` while the stage has no canary (`-` is unsure: not recorded).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.config.model import Service
from infra.evidence.names import ARM_DIMENSION, LATENCY, metric, namespace
from infra.evidence.names import OBJECTIVE_MS_DEFAULT as SLO_MS

__all__ = [
    "ACCESS_LOG_FIELDS",
    "ARM_DIMENSION",
    "MOST_SERVICES",
    "SLO_MS",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One metric of one service: which log lines it counts, and what each adds: 1, or a field of the line."""

    service: str
    name: str
    pattern: str
    value: str = "1"
    unit: str = "Count"

    @property
    def metric(self) -> str:
        return metric(self.service, self.name)


_CONDITIONS = {
    "requests": "",
    "errors5xx": " && ($.status >= 500)",
    "errors4xx": " && ($.status >= 400) && ($.status < 500)",
    "overSlo": " && ($.responseLatency > {objective_ms})",
}

MOST_SERVICES = _MOST_FILTERS // (len(_CONDITIONS) + 1)


def signals(services: Iterable[Service]) -> tuple[Signal, ...]:
    """Every metric of every service; a request slower than the service promises counts as slow.

    The patterns read the main access log group only, which has canary requests too; reading both would count twice.
    """
    return tuple(signal for service in services for signal in _signals(service))


def _signals(service: Service) -> Iterator[Signal]:
    for name, condition in _CONDITIONS.items():
        counted = condition.format(objective_ms=service.objectives.latency_ms)
        yield Signal(service=service.name, name=name, pattern=f"{{ {_of(service)}{counted} }}")
    # One metric instead of one for each bucket: the reader takes the buckets from it as trimmed counts (docs/adr/0015).
    pattern = f"{{ {_of(service)} && ($.responseLatency >= 0) }}"
    yield Signal(service=service.name, name=LATENCY, pattern=pattern, value="$.responseLatency", unit="Milliseconds")


def _of(service: Service) -> str:
    prefix = service.path.rstrip("/")
    return f'(($.resourcePath = "{prefix or "/"}") || ($.resourcePath = "{prefix}/*"))'
