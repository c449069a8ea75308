"""Dashboards as CloudWatch would draw them: every widget with its values. Touches the embedded CloudWatch, reading only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from infra.local.console.widgets import questions, widgets_of
from infra.local.ports import Cloud, CloudCallError

__all__ = ["Dashboards"]

_TARGET = "GraniteServiceVersion20100801"
MOST_MINUTES = 1440


class Dashboards:
    """Args: clock: epoch seconds."""

    def __init__(self, cloud: Cloud, clock: Callable[[], float]) -> None:
        self._cloud, self._clock = cloud, clock

    async def names(self, regions: Iterable[str]) -> list[dict[str, str]]:
        """Each with its region; those over all regions first."""
        found = []
        for region in sorted(set(regions)):
            listed = await self._call(region, "ListDashboards", {})
            found += [{"region": region, "name": str(one["DashboardName"])} for one in listed["DashboardEntries"]]
        return sorted(found, key=lambda one: (one["name"], one["region"]))

    async def answer(self, query: str) -> dict[str, Any]:
        """The dashboard of a query string: ``region``, ``name``, and ``minutes`` (30 if not said).

        Raises:
            ValueError: it cannot be shown; the text says why.
        """
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        minutes = given.get("minutes", "30")
        if not minutes.isdecimal() or not 1 <= int(minutes) <= MOST_MINUTES:
            raise ValueError(f"minutes is a number from 1 to {MOST_MINUTES}")
        if not {"region", "name"} <= set(given):
            raise ValueError("say which: region and name")
        return await self.shown(given["region"], given["name"], int(minutes))

    async def shown(self, region: str, name: str, minutes: int) -> dict[str, Any]:
        """One dashboard, for the time until now.

        Raises:
            ValueError: there is no such dashboard, or its body is no JSON.
        """
        try:
            kept = await self._call(region, "GetDashboard", {"DashboardName": name})
        except CloudCallError as error:
            raise ValueError(error.message) from error
        end = int(self._clock()) + 1
        start = end - minutes * 60
        widgets = [
            {
                **{side: one.get(side) for side in ("x", "y", "width", "height")},
                **await self._widget(one, region, start, end),
            }
            for one in widgets_of(json.loads(kept["DashboardBody"]))
        ]
        return {"region": region, "name": name, "start": start, "end": end, "widgets": widgets}

    async def _widget(self, widget: Mapping[str, Any], region: str, start: int, end: int) -> dict[str, Any]:
        properties = widget.get("properties") or {}
        title = str(properties.get("title") or "")
        if widget["type"] == "text":
            return {"type": "text", "text": str(properties.get("markdown") or "")}
        if widget["type"] == "alarm":
            return {"type": "alarm", "title": title, "alarms": await self._alarms(properties.get("alarms") or ())}
        if widget["type"] != "metric" or properties.get("view", "timeSeries") != "timeSeries":
            return {"type": "other", "title": title or str(widget["type"])}
        graph = {
            "type": "graph",
            "title": title,
            "axis": (properties.get("yAxis") or {}).get("left") or {},
            "marks": (properties.get("annotations") or {}).get("horizontal") or [],
        }
        try:
            return {**graph, "lines": await self._lines(properties, region, start, end)}
        except (ValueError, CloudCallError) as error:
            return {**graph, "lines": [], "problem": str(error)}

    async def _lines(self, properties: Mapping[str, Any], region: str, start: int, end: int) -> list[dict[str, Any]]:
        lines = []
        for question in questions(properties, region=region):
            asked = {
                "MetricDataQueries": list(question.queries),
                "StartTime": start,
                "EndTime": end,
                "ScanBy": "TimestampAscending",
            }
            answer = await self._call(question.region, "GetMetricData", asked)
            lines += [
                {
                    "label": one.get("Label") or one["Id"],
                    "points": [[_epoch(at), value] for at, value in zip(one["Timestamps"], one["Values"], strict=True)],
                }
                for one in answer["MetricDataResults"]
            ]
        return lines

    async def _alarms(self, arns: Iterable[object]) -> list[dict[str, str]]:
        """Names and states, in the order of the widget; one that is gone is unknown."""
        found = []
        for arn in arns:
            parts = str(arn).split(":", 6)
            region, name = (parts[3], parts[6]) if len(parts) == 7 else ("", str(arn))
            asked = {"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
            answer = await self._call(region, "DescribeAlarms", asked) if region else {}
            known = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
            state, why = (known[0]["StateValue"], known[0].get("StateReason", "")) if known else ("GONE", "")
            found.append({"name": name, "state": str(state), "why": str(why)})
        return found

    async def _call(self, region: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return await self._cloud.json("monitoring", region, f"{_TARGET}.{operation}", parameters)


def _epoch(moment: object) -> float:
    """Of a timestamp as the embedded CloudWatch writes it: a number, or ISO 8601."""
    if isinstance(moment, int | float):
        return float(moment)
    return datetime.fromisoformat(str(moment)).timestamp()
