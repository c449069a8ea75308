"""Samples of requests for GetSampledRequests. Memory only, bounded; bodies are not kept.

AWS picks at random from the first 5000 requests of the time asked for; this keeps the newest 500 of each rule, of the last three
hours, and counts the rest. https://docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local.ports import HttpRequest
from infra.local.waf.decision import DEFAULT_RULE, Decision, Match
from infra.local.waf.inspected import Inspected
from infra.local.waf.redaction import redaction

__all__ = ["Samples"]

Shape = Mapping[str, Any]

KEPT, POPULATION = 500, 5_000
AGE_SECONDS = 3 * 3600
MAX_RULES = 1_000


@dataclass(slots=True)
class _Sample:
    """One request under one rule; what it shows is worked out when it is asked for."""

    at: float
    request: HttpRequest
    uri: str
    action: str
    match: Match | None
    decision: Decision


@dataclass(slots=True)
class _Kept:
    samples: deque[_Sample] = field(default_factory=lambda: deque(maxlen=KEPT))
    times: deque[float] = field(default_factory=lambda: deque(maxlen=POPULATION))


class Samples:
    """Kept by web ACL and metric name; ``ALL`` has every request."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}

    def take(self, acl: Shape, inspected: Inspected, decision: Decision, at: float) -> None:
        """Remembers a request under each rule that matched it, and under the default action when none ended it."""
        visibility: Shape = acl.get("VisibilityConfig") or {}
        places: list[tuple[str, str, Match | None]] = [
            (match.metric or match.rule, match.action, match) for match in decision.counted if match.sampled
        ]
        if decision.terminating is None:
            if visibility.get("SampledRequestsEnabled"):
                places.append((DEFAULT_RULE, decision.action, None))
        elif decision.terminating.sampled:
            match = decision.terminating
            places.append((match.metric or match.rule, decision.action, match))
        if not places:
            return
        seen = inspected.request
        request = replace(seen, body=b"") if seen.body else seen
        arn = str(acl["ARN"])
        for metric, action, match_ in places:
            sample = _Sample(at, request, inspected.uri, action, match_, decision)
            self._keep((arn, metric), sample)
        self._keep((arn, "ALL"), sample)

    def _keep(self, key: tuple[str, str], sample: _Sample) -> None:
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MAX_RULES:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[key] = _Kept()
        kept.samples.append(sample)
        kept.times.append(sample.at)

    def answer(self, acl: Shape, metric: str, *, start: float, end: float, most: int, now: float) -> dict[str, Any]:
        """The body of GetSampledRequests, newest first, with the web ACL's data protection."""
        if metric == (acl.get("VisibilityConfig") or {}).get("MetricName"):
            metric = DEFAULT_RULE
        start = max(start, now - AGE_SECONDS)
        kept = self._kept.get((str(acl["ARN"]), metric)) or _Kept()
        found = [sample for sample in reversed(kept.samples) if start <= sample.at <= end][:most]
        population = sum(1 for at in kept.times if start <= at <= end)
        weight = max(1, round(population / len(found))) if found else 1
        hide = redaction(acl.get("DataProtectionConfig"))
        shown = []
        for sample in found:
            inspected = Inspected(sample.request, uri=sample.uri)
            request = {
                "ClientIP": sample.request.source_ip,
                "Country": inspected.country or "-",
                "URI": hide.part("uri", sample.uri),
                "Method": sample.request.method,
                "HTTPVersion": f"HTTP/{sample.request.http_version}",
                "Headers": [{"Name": n, "Value": hide.header(n, v)} for n, v in inspected.headers],
            }
            shown.append(_shown(sample, request, weight))
        window = {"StartTime": start, "EndTime": end}
        return {"SampledRequests": shown, "PopulationSize": population, "TimeWindow": window}


def _shown(sample: _Sample, request: dict[str, Any], weight: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Request": request,
        "Weight": weight,
        "Timestamp": sample.at,
        "Action": sample.action,
    }
    decision = sample.decision
    if sample.match is not None and sample.match.inner:
        shown["RuleNameWithinRuleGroup"] = sample.match.inner
    if decision.blocked and decision.response is not None:
        shown["ResponseCodeSent"] = decision.response.status
    if decision.labels:
        shown["Labels"] = [{"Name": label} for label in decision.labels]
    if decision.inserted:
        shown["RequestHeadersInserted"] = [{"Name": name, "Value": value} for name, value in decision.inserted]
    return shown
