"""Counts -> the metrics of `infra.signals.prometheus`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from infra.local.meter.counts import Counts
from infra.local.meter.exposition import Family, Histogram
from infra.local.meter.services import UNKNOWN, Service
from infra.signals import prometheus as named
from lambdas.breaker.circuit.states import State

__all__ = ["Around", "families"]

_MS = 1000.0
_PREFIX = "gatewright-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the counts do not say themselves.

    Args:
        gateways: names of all gateways.
        service_of: (region, gateway, route) -> the service.
        breakers: state by (region, gateway, service).
        busy: invocations under way by (region, function).
    """

    gateways: frozenset[str] = frozenset()
    service_of: Callable[[str, str, str], Service | None] = lambda _region, _gateway, _route: None
    breakers: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    busy: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def gateway_of(self, function: str) -> str:
        """The gateway whose function this is; "" for somebody else's."""
        owners = [name for name in self.gateways if function.startswith(f"{_PREFIX}{name}-")]
        return max(owners, key=len, default="")


def families(counts: Counts, around: Around) -> list[Family]:
    """Every metric, those without a sample too: a name that is not there cannot be told from one that is misspelt."""
    return [
        *_requests(counts, around),
        _simple(named.THROTTLED, ((v, (api, region, reason)) for (region, api, reason), v in counts.throttled.items())),
        _simple(
            named.FIREWALL_BLOCKED,
            ((v, (acl.removeprefix(_PREFIX), region, rule)) for (region, acl, rule), v in counts.firewall.items()),
        ),
        _simple(named.RESIDENCY_REFUSED, ((v, (api, region)) for (region, api), v in counts.residency_refused.items())),
        *_breakers(counts, around),
        _simple(
            named.AUTHORIZER_FAILURES, ((v, (api, region)) for (region, api), v in counts.authorizer_failures.items())
        ),
        *_functions(counts, around),
    ]


def _simple(metric: named.Named, samples: Iterable[tuple[float, tuple[str, ...]]]) -> Family:
    family = Family(metric=metric)
    for value, labels in samples:
        family.add(value, *labels)
    return family


def _requests(counts: Counts, around: Around) -> list[Family]:
    requests, over = Family(metric=named.REQUESTS), Family(metric=named.OBJECTIVE_DURATION)
    durations: dict[tuple[str, ...], tuple[Counter[int], float]] = {}
    waits: dict[tuple[str, ...], tuple[Counter[int], float]] = {}
    for key, found in counts.requests().items():
        service = around.service_of(key.region, key.api, key.route)
        labels = (key.api, key.region, service.name if service else UNKNOWN)
        requests.add(sum(found.latency.values()), *labels, key.arm, key.code_class)
        _pour(durations, (*labels, key.arm), found.latency, found.latency_ms)
        if found.integration:
            _pour(waits, labels, found.integration, found.integration_ms)
        if service is not None:
            late = sum(many for ms, many in found.latency.items() if ms > service.objective_ms)
            over.add(late, *labels, key.arm)
    return [
        requests,
        Family(metric=named.DURATION, histograms=_histograms(durations)),
        Family(metric=named.INTEGRATION_DURATION, histograms=_histograms(waits)),
        over,
    ]


def _pour(
    into: dict[tuple[str, ...], tuple[Counter[int], float]], labels: tuple[str, ...], values: Counter[int], total: float
) -> None:
    before, sum_before = into.get(labels, (Counter(), 0.0))
    into[labels] = (before + values, sum_before + total)


def _histograms(found: Mapping[tuple[str, ...], tuple[Counter[int], float]]) -> dict[tuple[str, ...], Histogram]:
    return {
        labels: Histogram(counts=values, total=total / _MS, bounds=named.DURATION_BUCKETS_SECONDS, scale=_MS)
        for labels, (values, total) in found.items()
    }


def _breakers(counts: Counts, around: Around) -> list[Family]:
    state = Family(metric=named.BREAKER_STATE)
    for (region, gateway, service), now in around.breakers.items():
        for one in State:
            state.add(float(one.value == now), gateway, region, service, one.value)
    transitions, refused = Family(metric=named.BREAKER_TRANSITIONS), Family(metric=named.BREAKER_REFUSED)
    for (region, gateway, metric, service, entered), value in counts.breaker.items():
        if metric == "BreakerTransition":
            transitions.add(value, gateway, region, service, entered)
        elif metric == "BreakerRefused":
            refused.add(value, gateway, region, service)
    return [state, transitions, refused]


def _functions(counts: Counts, around: Around) -> list[Family]:
    invocations, cold = Family(metric=named.INVOCATIONS), Family(metric=named.COLD_STARTS)
    busy = Family(metric=named.CONCURRENT)
    for (region, function, metric), value in counts.functions.items():
        labels = (around.gateway_of(function), region, function)
        if metric != "Invocations":
            invocations.add(value, *labels, "error" if metric == "Errors" else "throttled")
            continue
        # Lambda counts an invocation that failed as an invocation, too.
        invocations.add(value - counts.functions.get((region, function, "Errors"), 0), *labels, "ok")
        busy.add(around.busy.get((region, function), 0), *labels)
    for (region, function), value in counts.cold_starts.items():
        cold.add(value, around.gateway_of(function), region, function)
    return [invocations, cold, busy]
