"""A board as the body of a CloudWatch dashboard. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html : 24 columns, one
``metric`` widget for each graph, a ``text`` widget before each section that says how to read them.
"""

from __future__ import annotations

import json
from typing import Any

from infra.observe.graphs import Board, Graph, Section
from infra.observe.metrics import Line, Math

__all__ = ["body", "dumps"]

COLUMNS, HEIGHT = 24, 6
_AXIS = {"%": "%", "ms": "Milliseconds", "count": "a minute"}


def dumps(board: Board, *, alarm_arns: tuple[str, ...] = ()) -> str:
    """The body as text, without needless blanks."""
    return json.dumps(body(board, alarm_arns=alarm_arns), separators=(",", ":"))


def body(board: Board, *, alarm_arns: tuple[str, ...] = ()) -> dict[str, Any]:
    """The dashboard.

    Args:
        alarm_arns: shown on top, in the order given.
    """
    widgets: list[dict[str, Any]] = []
    row = 0
    if alarm_arns:
        properties = {"title": "Does anything need somebody?", "alarms": list(alarm_arns)}
        widgets.append({"type": "alarm", "x": 0, "y": 0, "width": COLUMNS, "height": 2, "properties": properties})
        row = 2
    for section in board.sections:
        widgets.append(_heading(section, row))
        row += widgets[-1]["height"]
        row = _add_graphs(widgets, section, board.region, row)
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": widgets}


def _heading(section: Section, row: int) -> dict[str, Any]:
    lines = [f"## {section.title}", *(f"- **{graph.question}** {graph.answer}" for graph in section.graphs)]
    height = 1 + len(section.graphs)
    return {
        "type": "text",
        "x": 0,
        "y": row,
        "width": COLUMNS,
        "height": height,
        "properties": {"markdown": "\n".join(lines)},
    }


def _add_graphs(widgets: list[dict[str, Any]], section: Section, region: str, row: int) -> int:
    """Up to three in a row; returns the row below."""
    count = len(section.graphs)
    in_a_row = 2 if count in (2, 4) else min(count, 3)
    width = COLUMNS // in_a_row
    for number, graph in enumerate(section.graphs):
        widgets.append(
            {
                "type": "metric",
                "x": number % in_a_row * width,
                "y": row + number // in_a_row * HEIGHT,
                "width": width,
                "height": HEIGHT,
                "properties": _properties(graph, region),
            }
        )
    return row + -(-count // in_a_row) * HEIGHT


def _properties(graph: Graph, region: str) -> dict[str, Any]:
    axis: dict[str, Any] = {"label": _AXIS[graph.unit], "showUnits": False}
    # Near 100 % the difference is what counts; everywhere else it is how far from nothing.
    axis |= {"max": 100} if graph.limits else {"min": 0}
    properties: dict[str, Any] = {
        "title": graph.question,
        "view": "timeSeries",
        "stacked": False,
        # Where no metric names its own, CloudWatch wants one all the same.
        "region": region or next(line.region for line in graph.lines if not isinstance(line, Math)),
        "period": graph.period_seconds,
        "metrics": [_metric(line) for line in graph.lines],
        "yAxis": {"left": axis},
    }
    if graph.limits:
        marks = [{"label": limit.label, "value": limit.value, "color": "#d62728"} for limit in graph.limits]
        properties["annotations"] = {"horizontal": marks}
    return properties


def _metric(line: Line) -> list[Any]:
    """The array form: namespace, name, dimensions, options."""
    options: dict[str, Any] = {"id": line.id, "visible": line.shown}
    if line.label:
        options["label"] = line.label
    if isinstance(line, Math):
        return [{**options, "expression": line.expression}]
    if line.region:
        options["region"] = line.region
    options["stat"] = line.stat
    return [line.namespace, line.name, *(part for pair in line.dimensions for part in pair), options]
