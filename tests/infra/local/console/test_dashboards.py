"""Every widget of a dashboard with its values, from a CloudWatch that is given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.console.dashboards import Dashboards
from infra.local.ports import CloudCallError, HttpResponse

US, EU = "us-east-1", "eu-west-1"
NOW = 1_760_000_000.0


class CloudWatch:
    """Two values for every query; refuses expressions that say ``wrong``."""

    def __init__(self, **bodies: object) -> None:
        self.bodies, self.asked = bodies, []  # type: ignore[var-annotated]

    async def call(self, service: str, region: str, **more: Any) -> HttpResponse:
        raise NotImplementedError

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        assert service == "monitoring"
        operation = target.partition(".")[2]
        self.asked.append((region, operation, parameters))
        if operation == "ListDashboards":
            return {"DashboardEntries": [{"DashboardName": name} for name in self.bodies]}
        if operation == "DescribeAlarms":
            (name,) = parameters["AlarmNames"]
            return {"MetricAlarms": [], "CompositeAlarms": [{"StateValue": "ALARM", "StateReason": "because"}] if name == "page" else []}  # fmt: skip
        if operation == "GetDashboard":
            if parameters["DashboardName"] not in self.bodies:
                raise CloudCallError("ResourceNotFound", "Dashboard does not exist", 404)
            return {"DashboardBody": json.dumps(self.bodies[parameters["DashboardName"]])}
        return self._data(parameters["MetricDataQueries"])

    def _data(self, queries: list[dict[str, Any]]) -> dict[str, Any]:
        if any("wrong" in one.get("Expression", "") for one in queries):
            raise CloudCallError("ValidationError", "wrong is no metric")
        times = ["2025-10-09T08:52:00Z", "2025-10-09T08:53:00Z"]
        shown = [one for one in queries if one["ReturnData"]]
        return {"MetricDataResults": [{"Id": one["Id"], "Timestamps": times, "Values": [1.0, 2.0]} for one in shown]}


def shown(*widgets: dict[str, Any], query: str = f"region={US}&name=shop&minutes=15") -> dict[str, Any]:
    room = Dashboards(CloudWatch(shop={"widgets": list(widgets)}), lambda: NOW)
    return asyncio.run(room.answer(query))


def metric(*lines: list[Any], **more: Any) -> dict[str, Any]:
    return {"type": "metric", "x": 0, "y": 3, "width": 8, "properties": {"title": "Who?", "metrics": list(lines), **more}}  # fmt: skip


def test_a_graph_has_its_lines_with_their_values_and_its_place() -> None:
    board = shown(metric(["N", "a", {"label": "users"}], annotations={"horizontal": [{"value": 9}]}))
    (graph,) = board["widgets"]
    assert (board["start"], board["end"]) == (NOW + 1 - 900, NOW + 1)
    assert (graph["type"], graph["title"], graph["width"], graph["marks"]) == ("graph", "Who?", 8, [{"value": 9}])
    ((line),) = graph["lines"]
    assert line == {"label": "line0", "points": [[1759999920.0, 1.0], [1759999980.0, 2.0]]}


def test_a_graph_that_cannot_be_computed_costs_no_other() -> None:
    board = shown(metric([{"expression": "wrong"}]), metric(["N"]), metric(["N", "a"]))
    assert [one.get("problem", "")[:25] for one in board["widgets"]] == [
        "ValidationError: wrong is",
        "a metric is a namespace, ",
        "",
    ]


def test_alarms_have_their_states_and_one_that_is_gone_is_said() -> None:
    arns = [f"arn:aws:cloudwatch:{EU}:1:alarm:{name}" for name in ("page", "old")]
    (widget,) = shown({"type": "alarm", "properties": {"title": "T", "alarms": [*arns, "x"]}})["widgets"]
    assert [(one["name"], one["state"]) for one in widget["alarms"]] == [
        ("page", "ALARM"),
        ("old", "GONE"),
        ("x", "GONE"),
    ]


def test_texts_go_through_and_other_widgets_keep_their_title() -> None:
    board = shown(
        {"type": "text", "properties": {"markdown": "## Hello"}},
        {"type": "log", "properties": {"title": "Lines"}},
        metric(["N", "a"], view="singleValue"),
    )
    assert [(one["type"], one.get("text") or one.get("title")) for one in board["widgets"]] == [
        ("text", "## Hello"),
        ("other", "Lines"),
        ("other", "Who?"),
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param(f"region={US}&name=other", "does not exist", id="no such"),
        pytest.param(f"region={US}", "say which", id="no name"),
        pytest.param(f"region={US}&name=shop&minutes=0", "from 1 to 1440", id="no time"),
        pytest.param(f"region={US}&name=shop&minutes=x", "from 1 to 1440", id="no number"),
    ],
)
def test_what_cannot_be_shown_is_said(query: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        shown(query=query)


def test_all_regions_are_listed_once() -> None:
    room = Dashboards(CloudWatch(shop={}), lambda: NOW)
    assert asyncio.run(room.names([US, EU, US])) == [{"region": EU, "name": "shop"}, {"region": US, "name": "shop"}]
