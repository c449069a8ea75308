"""Reads the facts of one service in one region. Touches CloudWatch, CloudFormation, API Gateway, DynamoDB and X-Ray, reading only.

Costs one GetMetricData of some 60 statistics ($0.01 for a thousand), one DescribeAlarms, up to 20 pages of X-Ray's list, and the
reads of `gatewright status` and `gatewright breaker status`. A part that cannot be read is a gap in the facts; no answer at all is their problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from infra.blueprint.names import function
from infra.breaker.cloud import BreakerCloud
from infra.config.model import Gateway, Service
from infra.errors import CloudError, GatewrightError, NothingToDo, Unreachable
from infra.incident.asked import asked
from infra.incident.facts import Canary, Change, Facts, Numbers, Span, Trace
from infra.observe.metrics import Metric, queries
from infra.release.session import Session
from infra.release.situation import PIN, UNPIN, Situation

__all__ = ["NoTraces", "Reader", "Traces", "read_metrics", "spans"]

Call = Callable[..., Any]
_T = TypeVar("_T")
_MOST_PAGES = 20
_MINUTE, _COARSE = 60, 300
_FINE_MINUTES = 180
_QUIET = ("pin", "prune", PIN, UNPIN)  # operations that no caller notices


class Traces(Protocol):
    """A tracer that can be asked."""

    def slowest(self, service: Service, span: Span) -> tuple[Trace, ...] | None:
        """The slowest requests of a service; None when there is no tracer."""
        ...


class NoTraces:
    """No tracer."""

    def slowest(self, service: Service, span: Span) -> tuple[Trace, ...] | None:  # noqa: ARG002
        return None


def spans(now: float, minutes: int) -> tuple[Span, Span, int]:
    """The window, as long before it, and the period: whole periods, the one under way included."""
    period = _MINUTE if minutes <= _FINE_MINUTES else _COARSE
    end = (int(now) // period + 1) * period
    length = -(-minutes * 60 // period) * period
    return Span(end - length, end), Span(end - 2 * length, end - length), period


def read_metrics(
    call: Call, metrics: tuple[Metric, ...], start: int, end: int, period: int
) -> dict[str, dict[int, float]]:
    """By label: the value of each period, by the epoch second at which it begins.

    Raises:
        CloudError: no answer, or not all of it.
    """
    request: dict[str, Any] = {
        "MetricDataQueries": queries(metrics, period_seconds=period),
        "StartTime": datetime.fromtimestamp(start, UTC),
        "EndTime": datetime.fromtimestamp(end, UTC),
    }
    labels = {one.id: one.label for one in metrics}
    found: dict[str, dict[int, float]] = {one.label: {} for one in metrics}
    for _ in range(_MOST_PAGES):
        page = call("cloudwatch", "get_metric_data", **request)
        for result in page["MetricDataResults"]:
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                found[labels[result["Id"]]][int(at.timestamp())] = float(value)
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]
    raise CloudError("cloudwatch get_metric_data: too many pages. Ask for fewer minutes.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Args: session: of the region; off: whether the region is switched off, on this machine."""

    gateway: Gateway
    session: Session
    traces: Traces
    off: bool = False

    @property
    def region(self) -> str:
        return self.session.region

    def facts(self, service: Service, *, minutes: int) -> Facts:
        """Everything that can be read; never raises for what AWS did."""
        now = self.session.aws.clock()
        window, before, period = spans(now, minutes)
        gaps: list[str] = []
        problem, values = "", {}
        try:
            metrics = asked(self.gateway, service, self.region)
            values = read_metrics(self.session.aws.call, metrics, before.start, window.end, period)
        except Unreachable as error:
            problem = str(error)  # whatever else is asked would wait as long
        except GatewrightError as error:
            gaps.append(f"metrics: {error}")
        situation = None if problem else _tried("stack and stage", self.session.observe, gaps)
        promised = service.objectives
        return Facts(
            gateway=self.gateway.name,
            service=service.name,
            region=self.region,
            now=int(now),
            backend=urlsplit(service.url).hostname or "" if service.url else function(self.gateway.name, service.name),
            is_function=service.url is None,
            objective_ms=promised.latency_ms,
            late_percent=100 - promised.latency_share_percent,
            failed_percent=round(100 - promised.availability_percent, 6),
            protected=service.active_breaker is not None,
            numbers=Numbers(window=window, before=before, period_seconds=period, values=values),
            breaker=None
            if problem or service.breaker is None
            else _tried("breaker", lambda: self._breaker(service), gaps),
            canary=_canary(situation),
            serving=situation.name_of(situation.serving) if situation else "",
            changes=() if problem else self._changes(situation, gaps),
            traces=None if problem else _tried("traces", lambda: self.traces.slowest(service, window), gaps),
            alarms=() if problem else _tried("alarms", self._alarms, gaps) or (),
            off=self.off,
            problem=problem,
            gaps=tuple(gaps),
        )

    def _breaker(self, service: Service) -> Mapping[str, Any]:
        return BreakerCloud(aws=self.session.aws, gateway=self.gateway.name).look(service.name).document()

    def _alarms(self) -> tuple[str, ...]:
        """Those that fire: first the composite ones, which are what somebody was told, then what made them."""
        answer = self.session.aws.call(
            "cloudwatch",
            "describe_alarms",
            AlarmNamePrefix=f"gatewright-{self.gateway.name}-",
            AlarmTypes=["CompositeAlarm", "MetricAlarm"],
            StateValue="ALARM",
            MaxRecords=100,
        )
        kinds = [answer.get(kind, ()) for kind in ("CompositeAlarms", "MetricAlarms")]
        return tuple(name for found in kinds for name in sorted(str(one["AlarmName"]) for one in found))

    def _changes(self, situation: Situation | None, gaps: list[str]) -> tuple[Change, ...]:
        history = _tried("history", lambda: self.session.history(limit=10), gaps) or ()
        found = [
            Change(
                at=int(datetime.fromisoformat(one["started"]).timestamp()),
                what=_told(one, situation),
                by=str(one.get("owner", "")),
                live=one.get("operation") not in _QUIET,
            )
            for one in history
        ]
        releases = situation.deployments if situation else ()
        for one in releases:
            # The first release of all replaced nothing, and there is no way back from it.
            serves = situation is not None and situation.serving == one.id and one is not releases[0]
            found.append(
                Change(at=int(one.created.timestamp()), what=f"release {one.release} was published", live=serves)
            )
        return tuple(sorted(found, key=lambda change: -change.at))


def _tried(what: str, read: Callable[[], _T], gaps: list[str]) -> _T | None:
    try:
        return read()
    except NothingToDo:
        return None
    except GatewrightError as error:
        gaps.append(f"{what}: {error}")
        return None


def _canary(situation: Situation | None) -> Canary | None:
    if situation is None or situation.canary is None:
        return None
    canary = situation.canary
    return Canary(
        release=situation.name_of(canary.deployment_id),
        baseline=situation.name_of(situation.serving),
        percent=canary.percent,
    )


def _told(entry: Mapping[str, Any], situation: Situation | None) -> str:
    target = str(entry.get("target", ""))
    name = situation.name_of(target) if situation else target
    percent = f" at {entry['percent']:g} %" if entry.get("percent") else ""
    return f"{entry['operation']} {name}{percent}".strip()
