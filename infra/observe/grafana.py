"""A board as a Grafana dashboard, on CloudWatch or on Prometheus. Pure.

The data source is a variable of the dashboard, so the same file works wherever it is imported. Grafana's JSON model:
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ ; a CloudWatch query in code mode is what the data
source itself saves: https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/query-editor/ .
"""

from __future__ import annotations

from typing import Any, Literal

from infra.observe.graphs import Board, Graph
from infra.observe.metrics import Line, Math

__all__ = ["Source", "dashboard", "file_name"]

Source = Literal["cloudwatch", "prometheus"]

COLUMNS, HEIGHT = 24, 8
_UNITS = {"%": "percent", "ms": "ms", "count": "short"}
_SCHEMA = 39  # of Grafana 10.4; newer ones migrate it when they load it
UID_MAX = 40


def file_name(board: Board, source: Source) -> str:
    return f"{board.name}.{source}.json"


def dashboard(board: Board, source: Source) -> dict[str, Any]:
    """The dashboard; graphs that the source cannot answer are left out."""
    panels: list[dict[str, Any]] = []
    row = 0
    for section in board.sections:
        graphs = [graph for graph in section.graphs if source == "cloudwatch" or graph.prometheus]
        if not graphs:
            continue
        place = {"x": 0, "y": row, "w": COLUMNS, "h": 1}
        panels.append({"type": "row", "title": section.title, "collapsed": False, "gridPos": place, "panels": []})
        row = _add_panels(panels, graphs, board.region, source, row + 1)
    for number, panel in enumerate(panels, 1):
        panel["id"] = number
    return {
        "uid": f"{board.name}-{source[:4]}"[-UID_MAX:],
        "title": board.title,
        "tags": ["gatewright"],
        "timezone": "utc",
        "schemaVersion": _SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_datasource_variable(source)]},
        "panels": panels,
    }


def _datasource_variable(source: Source) -> dict[str, Any]:
    return {"name": "source", "type": "datasource", "query": source, "label": "Data source", "hide": 0}


def _add_panels(panels: list[dict[str, Any]], graphs: list[Graph], region: str, source: Source, row: int) -> int:
    in_a_row = 2 if len(graphs) in (2, 4) else min(len(graphs), 3)
    width = COLUMNS // in_a_row
    for number, graph in enumerate(graphs):
        place = {"x": number % in_a_row * width, "y": row + number // in_a_row * HEIGHT, "w": width, "h": HEIGHT}
        panels.append(_panel(graph, region, source) | {"gridPos": place})
    return row + -(-len(graphs) // in_a_row) * HEIGHT


def _panel(graph: Graph, region: str, source: Source) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": _UNITS[graph.unit], "custom": {"lineWidth": 2, "spanNulls": False}}
    # Near 100 % the difference is what counts; everywhere else it is how far from nothing.
    defaults |= {"max": 100} if graph.limits else {"min": 0}
    if graph.limits:
        steps = [{"color": "red", "value": None}, *({"color": "green", "value": one.value} for one in graph.limits)]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["custom"]["thresholdsStyle"] = {"mode": "line"}
    return {
        "type": "timeseries",
        "title": graph.question,
        "description": graph.answer,
        "datasource": {"type": source, "uid": "${source}"},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": _prometheus(graph) if source == "prometheus" else _cloudwatch(graph, region),
    }


def _prometheus(graph: Graph) -> list[dict[str, Any]]:
    return [
        {"refId": chr(ord("A") + number), "expr": query.expression, "legendFormat": query.legend, "range": True}
        for number, query in enumerate(graph.prometheus)
    ]


def _cloudwatch(graph: Graph, region: str) -> list[dict[str, Any]]:
    home = region or next(line.region for line in graph.lines if not isinstance(line, Math))
    targets = []
    for number, line in enumerate(graph.lines):
        common = {
            "refId": f"Q{number}",
            "id": line.id,
            "region": _region_of(line, graph, home),
            "period": str(graph.period_seconds),
            "label": line.label,
            "hide": not line.shown,
            "queryMode": "Metrics",
            "metricQueryType": 0,
        }
        targets.append(common | _asked(line))
    return targets


def _region_of(line: Line, graph: Graph, home: str) -> str:
    """An expression is asked where what it uses is."""
    if not isinstance(line, Math):
        return line.region or home
    used = (one for one in graph.lines if not isinstance(one, Math) and one.id in line.expression)
    return next((one.region for one in used if one.region), home)


def _asked(line: Line) -> dict[str, Any]:
    if isinstance(line, Math):
        return {
            "metricEditorMode": 1,
            "expression": line.expression,
            "namespace": "",
            "metricName": "",
            "statistic": "",
        }
    return {
        "metricEditorMode": 0,
        "namespace": line.namespace,
        "metricName": line.name,
        "dimensions": dict(line.dimensions),
        "matchExact": True,  # a metric without dimensions is another one
        "statistic": line.stat,
        "expression": "",
    }
