"""A graph answers one question, which is its title; a board is graphs in sections. Pure data.

The same graph is drawn by CloudWatch (`dashboard`), by Grafana on CloudWatch, and by Grafana on Prometheus (`grafana`): its lines
and its PromQL stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.observe.metrics import Line

__all__ = ["Board", "Graph", "Promised", "Query", "Section"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """PromQL, and the legend with ``{{label}}`` placeholders."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A horizontal line: what is promised or allowed."""

    value: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """One question.

    Args:
        question: the title; ends with a question mark.
        answer: how to read it, and what it does not say.
        lines: for CloudWatch.
        prometheus: for Prometheus; empty where it has nothing to ask it.
        unit: of the vertical axis: ``%``, ``ms``, ``count``.
        quiet: why it may rightly be empty; "" when an empty graph is a fault.
        period_seconds: one point.
    """

    question: str
    answer: str
    lines: tuple[Line, ...]
    prometheus: tuple[Query, ...] = ()
    unit: str = "count"
    limits: tuple[Promised, ...] = ()
    quiet: str = ""
    period_seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Graphs that belong together."""

    title: str
    graphs: tuple[Graph, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard.

    Args:
        name: unique in the account: letters, digits, hyphens.
        region: whose metrics it shows; "" for all regions, where each line names its own.
    """

    name: str
    title: str
    region: str
    sections: tuple[Section, ...]

    @property
    def graphs(self) -> tuple[Graph, ...]:
        return tuple(graph for section in self.sections for graph in section.graphs)
