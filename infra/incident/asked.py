"""Which metrics an incident is read from: those of the dashboards and alarms. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from infra.blueprint.names import function
from infra.breaker.names import breaker_function
from infra.config.model import Gateway, Service
from infra.evidence.names import BASELINE, CANARY, NO_CANARY
from infra.observe.metrics import Metric
from infra.observe.sources import Sources
from infra.signals import AUTHORIZER_FAILURES, REASON_DIMENSION, THROTTLED

__all__ = ["ARMS", "REASONS", "STATES", "asked"]

ARMS = {"baseline": BASELINE, "canary": CANARY, "none": NO_CANARY}
REASONS = ("THROTTLED", "QUOTA_EXCEEDED", "WAF_FILTERED", "-")
STATES = ("OPEN", "FORCED_OPEN", "HALF_OPEN", "CLOSED")
_OF_A_FUNCTION = (
    ("calls", "Invocations", "Sum"),
    ("failed", "Errors", "Sum"),
    ("throttled", "Throttles", "Sum"),
    ("ms", "Duration", "Sum"),
    ("p99", "Duration", "p99"),
)


def asked(gateway: Gateway, service: Service, region: str) -> tuple[Metric, ...]:
    """One query for each; the label is the statistic's name in `Numbers`."""
    sources = Sources(gateway=gateway.name, stage=gateway.release.stage)
    named = [
        *_of_service(sources, service),
        *_of_gateway(sources, gateway, region),
        *_of_functions(sources, gateway, service),
    ]
    return tuple(_numbered(number, metric) for number, metric in enumerate(named))


def _numbered(number: int, metric: Metric) -> Metric:
    from dataclasses import replace

    return replace(metric, id=f"m{number}")


def _of_service(sources: Sources, service: Service) -> Iterator[Metric]:
    name = service.name
    for label, metric, stat in (
        ("requests", "latency", "SampleCount"),
        ("ms", "latency", "Sum"),
        ("p50", "latency", "p50"),
        ("p99", "latency", "p99"),
        ("late", "latency", f"TC({service.objectives.latency_ms}:)"),
        ("failed", "errors5xx", "Sum"),
        ("waited", "integrationLatency", "SampleCount"),
        ("waited_ms", "integrationLatency", "Sum"),
        ("waited_p99", "integrationLatency", "p99"),
    ):
        yield sources.service("m", name, metric, stat, label)
    for arm, value in ARMS.items():
        for label, metric in (
            ("requests", "requests"),
            ("failed", "errors5xx"),
            ("refused", "errors4xx"),
            ("late", "overSlo"),
        ):
            yield sources.arm("m", name, metric, "Sum", value, f"{arm}.{label}")
    if service.breaker is not None:
        for state in STATES:
            yield sources.breaker("m", name, "BreakerTransition", f"breaker.to.{state}", to=state)
        yield sources.breaker("m", name, "BreakerRefused", "breaker.refused")
        yield sources.breaker("m", name, "BreakerStoreFailed", "breaker.alone")


def _of_gateway(sources: Sources, gateway: Gateway, region: str) -> Iterator[Metric]:
    for reason in REASONS:
        yield sources.whole("m", THROTTLED, "Sum", f"throttled.{reason}", ((REASON_DIMENSION, reason),))
    yield sources.whole("m", AUTHORIZER_FAILURES, "Sum", "authorizer.failed")
    if gateway.limits.per_ip is not None:
        yield sources.firewall("m", "ALL", "blocked", region=region)


def _of_functions(sources: Sources, gateway: Gateway, service: Service) -> Iterator[Metric]:
    functions = {}
    if service.lambda_folder is not None:
        functions["function"] = function(gateway.name, service.name)
    if service.active_breaker is not None:
        functions["breaker"] = breaker_function(gateway.name, service.name)
    if service.requires_jwt:
        functions["authorizer"] = function(gateway.name, "authorizer")
    for label, name in functions.items():
        for part, metric, stat in _OF_A_FUNCTION:
            yield sources.function("m", name, metric, stat, f"{label}.{part}")
