"""Grafana's files: every panel has a query, the queries are PromQL that Prometheus itself accepts, names are those of /metrics."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.observe import Board, boards
from infra.observe.grafana import Source, dashboard
from infra.signals.prometheus import METRICS
from tests.infra.observe.gateways import full, shop, small

ALL = [board for gateway in (shop(), small(), full()) for board in boards(gateway)]
SOURCES: list[Source] = ["cloudwatch", "prometheus"]
cases = pytest.mark.parametrize(
    ("board", "source"),
    [(b, s) for b in ALL for s in SOURCES],
    ids=lambda one: one if isinstance(one, str) else one.name,
)


@cases
def test_every_panel_asks(board: Board, source: Source) -> None:
    made = dashboard(board, source)
    panels = [panel for panel in made["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])
    assert len(made["uid"]) <= 40
    for panel in panels:
        assert panel["targets"]
        assert panel["datasource"] == {"type": source, "uid": "${source}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@cases
def test_panels_do_not_overlap(board: Board, source: Source) -> None:
    cells = [
        (x, y)
        for panel in dashboard(board, source)["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))


def test_uids_are_unique() -> None:
    uids = [dashboard(board, source)["uid"] for board in ALL for source in SOURCES]
    assert len(uids) == len(set(uids))


def test_cloudwatch_has_the_lines_of_the_graphs() -> None:
    board = next(one for one in ALL if one.name == "gatewright-full-eu-west-1")
    panels = [panel for panel in dashboard(board, "cloudwatch")["panels"] if panel["type"] != "row"]
    for panel, graph in zip(panels, board.graphs, strict=True):
        assert [target["id"] for target in panel["targets"]] == [line.id for line in graph.lines]
        assert {target["region"] for target in panel["targets"]} == {"eu-west-1"}
        assert [not target["hide"] for target in panel["targets"]] == [line.shown for line in graph.lines]


def expressions(board: Board) -> list[str]:
    return [query.expression for graph in board.graphs for query in graph.prometheus]


@pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)
def test_only_names_and_labels_that_are_served(board: Board) -> None:
    labels: dict[str, set[str]] = {}
    for metric in METRICS:
        suffixes = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        labels |= {metric.name + suffix: {*metric.labels, "le"} for suffix in suffixes}
    for expression in expressions(board):
        for name, selector in re.findall(r"(gatewright_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r'(\w+)=~?"', selector)) <= labels[name], expression
        assert re.search(r"gatewright_\w+(?!\w*\{)\b(?!\{)", expression) is None, expression


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian package prometheus)")
def test_prometheus_accepts_the_queries(tmp_path: Path) -> None:
    rules = [
        {"record": f"q:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(one for board in ALL for one in expressions(board))
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_json(tmp_path: Path) -> None:
    for board in ALL:
        json.dumps(dashboard(board, "cloudwatch"))
