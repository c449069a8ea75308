"""Counts of what the engine did since it started. Memory only; every call is a few dictionary look-ups.

Latency is counted by the whole millisecond, as API Gateway reports it: from that, buckets of any bounds, exact percentiles and
the share above any objective can be made later. A service has at most as many different values as its slowest request has
milliseconds, 29,000.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from infra.local.ports import RequestRecord

__all__ = ["Counts", "Key", "Requests", "merged", "percentile"]

_NO_CANARY, _BASELINE, _CANARY = "none", "baseline", "canary"
_COUNTED = frozenset({"Invocations", "Errors", "Throttles"})
_AUTHORIZER_FAILED = frozenset({"AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"})


class Key(NamedTuple):
    """What requests are told apart by; ``route`` is the resource's path, or "" when none was found."""

    region: str
    api: str
    route: str
    arm: str
    code_class: str


class Requests:
    """The requests of one key."""

    __slots__ = ("integration", "integration_ms", "latency", "latency_ms")

    def __init__(self) -> None:
        self.latency: Counter[int] = Counter()
        self.latency_ms = 0.0
        self.integration: Counter[int] = Counter()
        self.integration_ms = 0.0


class Counts:
    """Everything that is counted.

    Attributes:
        throttled: (region, API, reason) of answers with 429.
        residency_refused: (region, API) of answers with 421.
        authorizer_failures: (region, API).
        firewall: (region, web ACL, rule) of requests that the rule ended.
        functions: (region, function, metric) of Lambda's own Invocations, Errors and Throttles.
        cold_starts: (region, function).
        breaker: (region, gateway, metric, service, state entered) of what breakers published.
    """

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str | None, bool, bool, int], Requests] = {}
        self.throttled: Counter[tuple[str, str, str]] = Counter()
        self.residency_refused: Counter[tuple[str, str]] = Counter()
        self.authorizer_failures: Counter[tuple[str, str]] = Counter()
        self.firewall: Counter[tuple[str, str, str]] = Counter()
        self.functions: Counter[tuple[str, str, str]] = Counter()
        self.cold_starts: Counter[tuple[str, str]] = Counter()
        self.breaker: Counter[tuple[str, str, str, str, str]] = Counter()
        self._published: dict[str, Callable[[str, str, str, Mapping[str, str], float], None]] = {
            "AWS/Lambda": self._function,
            "AWS/WAFV2": self._firewall,
        }

    def requests(self) -> dict[Key, Requests]:
        """By what they are told apart by; to read, not to keep."""
        return {
            Key(region, api, route or "", _arm(is_canary, has_canary), f"{code}xx"): found
            for (region, api, route, is_canary, has_canary, code), found in self._requests.items()
        }

    def take(self, record: RequestRecord) -> None:
        """One finished request."""
        key = (
            record.region,
            record.api_name,
            record.resource_path,
            record.is_canary,
            record.stage_has_canary,
            record.status // 100,
        )
        found = self._requests.get(key)
        if found is None:
            found = self._requests[key] = Requests()
        latency_ms = record.latency_ms
        found.latency[round(latency_ms)] += 1
        found.latency_ms += latency_ms
        waited_ms = record.integration_latency_ms
        if waited_ms is not None:
            found.integration[round(waited_ms)] += 1
            found.integration_ms += waited_ms
        if record.status >= 400:
            self._refused(record)

    def _refused(self, record: RequestRecord) -> None:
        reason = str(record.context.get("error.responseType") or "-")
        if record.status == 429:
            self.throttled[record.region, record.api_name, reason] += 1
        elif record.status == 421:
            self.residency_refused[record.region, record.api_name] += 1
        if reason in _AUTHORIZER_FAILED:
            self.authorizer_failures[record.region, record.api_name] += 1

    def published(self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float) -> None:
        """A metric that some part of the engine published."""
        take = self._published.get(namespace)
        if take is not None:
            take(region, namespace, name, dimensions, value)

    def started_cold(self, region: str, function: str) -> None:
        self.cold_starts[region, function] += 1

    def breaker_published(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float
    ) -> None:
        """A metric out of a breaker's log line; its namespace names the gateway."""
        gateway = namespace.partition("/")[2]
        service, entered = dimensions.get("service", ""), dimensions.get("to", "")
        self.breaker[region, gateway, name, service, entered] += int(value)

    def _function(self, region: str, _: str, name: str, dimensions: Mapping[str, str], value: float) -> None:
        if value and name in _COUNTED:
            self.functions[region, dimensions.get("FunctionName", ""), name] += int(value)

    def _firewall(self, region: str, _: str, name: str, dimensions: Mapping[str, str], value: float) -> None:
        rule = dimensions.get("Rule", "")
        if name == "BlockedRequests" and rule != "ALL":  # ALL is the others together
            self.firewall[region, dimensions.get("WebACL", ""), rule] += int(value)


def _arm(is_canary: bool, has_canary: bool) -> str:
    if not has_canary:
        return _NO_CANARY
    return _CANARY if is_canary else _BASELINE


def percentile(values: Mapping[int, int], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed; None without values."""
    total = sum(values.values())
    seen = 0
    for value in sorted(values):
        seen += values[value]
        if seen >= share * total:
            return float(value)
    return None


def merged(parts: Sequence[Mapping[int, int]]) -> Counter[int]:
    """All of them together."""
    together: Counter[int] = Counter()
    for part in parts:
        together.update(part)
    return together
