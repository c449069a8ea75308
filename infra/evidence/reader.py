"""Reads the metrics of one region by GetMetricData. Touches CloudWatch through the callable that it is given, and changes nothing.

Costs one call for each 500 statistics and page: about 70 statistics for a service a look, $0.01 for a thousand
(https://aws.amazon.com/cloudwatch/pricing/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.errors import CloudError
from infra.evidence.names import ARM_DIMENSION, BASELINE, CANARY, NO_CANARY, edges_ms, namespace, objective_edge
from infra.evidence.series import Ask, Values, arm_counts, asks

__all__ = ["Call", "Reader", "ReadingFailed"]

Call = Callable[..., Any]
"""``call(service, operation, **parameters)``: one AWS call in the region; every failure is a CloudError."""

MOST_QUERIES = 500  # MetricDataQueries of one call
MOST_PAGES = 50
HOUR_SECONDS = 3600


class ReadingFailed(CloudError):
    """CloudWatch answered, but not with all that was asked: no interval can be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The evidence of some services of a gateway in one region.

    Args:
        objectives_ms: the services, each with the time above which a request of it counts as slow.
        period_seconds: length of an interval: 60 on AWS, where the metrics of a filter have minutes; less only on an embedded AWS
            that is told to hurry, and then an hour is as much shorter.
    """

    call: Call
    gateway: str
    objectives_ms: Mapping[str, int]
    period_seconds: int = 60

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self.objectives_ms)

    @property
    def objective_ms(self) -> int:
        """Of the services together: the largest, which none of them may exceed."""
        return max(self.objectives_ms.values())

    @property
    def edges(self) -> tuple[float, ...]:
        return edges_ms(self.objective_ms)

    def intervals(self, start: int, end: int) -> dict[int, dict[str, Any]]:
        """Both arms of every period that begins from `start` and before `end` (epoch seconds, on the period's grid).

        Raises:
            CloudError: CloudWatch did not answer, asked for patience, or gave a part only.
        """
        values = self._read(asks(self.services, (BASELINE, CANARY), self.edges), start, end, self.period_seconds)
        return {
            at: {"baseline": self._arm(values, at, BASELINE), "canary": self._arm(values, at, CANARY)}
            for at in range(start, end, self.period_seconds)
        }

    def before(self, end: int) -> dict[str, Any]:
        """The baseline's hour before `end`, as the judge takes it as `pre`; n is 0 when there was no traffic.

        Raises:
            CloudError: as `intervals` does.
        """
        length = HOUR_SECONDS * self.period_seconds // 60
        arms = (NO_CANARY, BASELINE)
        values = self._read(asks(self.services, arms, self.edges), end - length, end, self.period_seconds)
        hour = {ask: {end: sum(found.values())} for ask, found in values.items()}
        return self._arm(hour, end, *arms)

    def _arm(self, values: Values, at: int, *arms: str) -> dict[str, Any]:
        return arm_counts(
            values,
            at,
            services=self.services,
            arms=arms,
            edges=self.edges,
            slow_from=objective_edge(self.objective_ms),
            one_objective=len(set(self.objectives_ms.values())) == 1,
        )

    def _read(self, wanted: Sequence[Ask], start: int, end: int, period: int) -> dict[Ask, dict[int, float]]:
        found: dict[Ask, dict[int, float]] = {ask: {} for ask in wanted}
        for first in range(0, len(wanted), MOST_QUERIES):
            part = {f"q{number}": ask for number, ask in enumerate(wanted[first : first + MOST_QUERIES])}
            queries = [self._query(name, ask, period) for name, ask in part.items()]
            for result in self._pages(queries, start, end):
                _take(found[part[result["Id"]]], result)
        return found

    def _query(self, name: str, ask: Ask, period: int) -> dict[str, Any]:
        dimensions = [{"Name": ARM_DIMENSION, "Value": ask.arm}]
        named = {"Namespace": namespace(self.gateway), "MetricName": ask.metric, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": named, "Period": period, "Stat": ask.stat}, "ReturnData": True}

    def _pages(self, queries: list[dict[str, Any]], start: int, end: int) -> list[dict[str, Any]]:
        request: dict[str, Any] = {
            "MetricDataQueries": queries,
            "StartTime": datetime.fromtimestamp(start, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
            "ScanBy": "TimestampAscending",
        }
        results: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            page = self.call("cloudwatch", "get_metric_data", **request)
            results += page["MetricDataResults"]
            if not page.get("NextToken"):
                _require_complete(results)
                return results
            request["NextToken"] = page["NextToken"]
        raise ReadingFailed(
            f"cloudwatch get_metric_data: more than {MOST_PAGES} pages. It is read again at the next look."
        )


def _take(series: dict[int, float], result: dict[str, Any]) -> None:
    """Datapoints at the epoch second at which their period begins; a page may continue a series."""
    for at, value in zip(result["Timestamps"], result["Values"], strict=True):
        series[int(at.timestamp())] = float(value)


def _require_complete(results: Sequence[dict[str, Any]]) -> None:
    """PartialData is followed by more pages (API_MetricDataResult); anything else at the end means that something is missing."""
    last = {result["Id"]: result for result in results}
    for result in last.values():
        status = result.get("StatusCode", "Complete")
        if status != "Complete":
            why = "; ".join(f"{m.get('Code')}: {m.get('Value')}" for m in result.get("Messages", ()))
            raise ReadingFailed(
                f"cloudwatch get_metric_data: {status} for {result.get('Label') or result['Id']}{f' ({why})' if why else ''}. "
                "Nothing was concluded from it; it is read again at the next look."
            )
