"""The names of the gateway's metrics in Prometheus, once: what `/metrics` writes and what the dashboards ask. Pure.

Names follow https://prometheus.io/docs/practices/naming/ : base units (seconds), ``_total`` for counters. RED for each service:
rate and errors by ``code_class``, duration as a histogram. No label holds a path, an address or a person, and every label has few
values, so the number of series is bounded by services x arms x regions x buckets.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ARMS",
    "AUTHORIZER_FAILURES",
    "BREAKER_REFUSED",
    "BREAKER_STATE",
    "BREAKER_TRANSITIONS",
    "CODE_CLASSES",
    "COLD_STARTS",
    "CONCURRENT",
    "DURATION",
    "DURATION_BUCKETS_SECONDS",
    "FIREWALL_BLOCKED",
    "INTEGRATION_DURATION",
    "INVOCATIONS",
    "METRICS",
    "OBJECTIVE_DURATION",
    "REQUESTS",
    "RESIDENCY_REFUSED",
    "THROTTLED",
    "Named",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A metric as Prometheus knows it.

    Args:
        kind: counter, gauge or histogram; a histogram has ``_bucket``, ``_sum`` and ``_count``.
        help: the HELP line.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str


ARMS = ("none", "baseline", "canary")
"""Values of ``arm``: no canary on the stage, and the two arms of one."""
CODE_CLASSES = ("2xx", "3xx", "4xx", "5xx")
# API Gateway answers in a few milliseconds at best and gives up on an integration after 29 s.
DURATION_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 29.0)

_OF = ("gateway", "region")
REQUESTS = Named(
    name="gatewright_requests_total",
    kind="counter",
    labels=(*_OF, "service", "arm", "code_class"),
    help="Requests that the gateway answered, by service, arm and class of status.",
)
DURATION = Named(
    name="gatewright_request_duration_seconds",
    kind="histogram",
    labels=(*_OF, "service", "arm"),
    help="Time from the request to the last byte of its answer, as the gateway sees it.",
)
INTEGRATION_DURATION = Named(
    name="gatewright_integration_duration_seconds",
    kind="histogram",
    labels=(*_OF, "service"),
    help="Time that the gateway waited for the backend.",
)
OBJECTIVE_DURATION = Named(
    name="gatewright_requests_over_objective_total",
    kind="counter",
    labels=(*_OF, "service", "arm"),
    help="Requests that took longer than the service's latency objective.",
)
THROTTLED = Named(
    name="gatewright_throttled_total",
    kind="counter",
    labels=(*_OF, "reason"),
    help="Requests answered with 429, by API Gateway's reason: THROTTLED, QUOTA_EXCEEDED, WAF_FILTERED, or - for the backend's own.",
)
FIREWALL_BLOCKED = Named(
    name="gatewright_firewall_blocked_total",
    kind="counter",
    labels=(*_OF, "rule"),
    help="Requests that the firewall ended, by rule.",
)
RESIDENCY_REFUSED = Named(
    name="gatewright_residency_refused_total",
    kind="counter",
    labels=_OF,
    help="Requests from the territory that a region outside it answered with 421.",
)
BREAKER_STATE = Named(
    name="gatewright_breaker_state",
    kind="gauge",
    labels=(*_OF, "service", "state"),
    help="1 for the state that the breaker is in, 0 for the others.",
)
BREAKER_TRANSITIONS = Named(
    name="gatewright_breaker_transitions_total",
    kind="counter",
    labels=(*_OF, "service", "to"),
    help="Changes of a breaker's state, by the state that was entered.",
)
BREAKER_REFUSED = Named(
    name="gatewright_breaker_refused_total",
    kind="counter",
    labels=(*_OF, "service"),
    help="Calls that an open breaker refused.",
)
AUTHORIZER_FAILURES = Named(
    name="gatewright_authorizer_failures_total",
    kind="counter",
    labels=_OF,
    help="Requests that ended because the authorizer failed, not because it said no.",
)
INVOCATIONS = Named(
    name="gatewright_function_invocations_total",
    kind="counter",
    labels=(*_OF, "function", "outcome"),
    help="Invocations of the gateway's functions; outcome is ok, error or throttled.",
)
COLD_STARTS = Named(
    name="gatewright_function_cold_starts_total",
    kind="counter",
    labels=(*_OF, "function"),
    help="Invocations that waited for the function to start.",
)
CONCURRENT = Named(
    name="gatewright_function_concurrent_executions",
    kind="gauge",
    labels=(*_OF, "function"),
    help="Invocations under way.",
)

METRICS = (
    REQUESTS,
    DURATION,
    INTEGRATION_DURATION,
    OBJECTIVE_DURATION,
    THROTTLED,
    FIREWALL_BLOCKED,
    RESIDENCY_REFUSED,
    BREAKER_STATE,
    BREAKER_TRANSITIONS,
    BREAKER_REFUSED,
    AUTHORIZER_FAILURES,
    INVOCATIONS,
    COLD_STARTS,
    CONCURRENT,
)
