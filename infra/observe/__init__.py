"""What to look at and when to wake somebody: graphs that answer questions, and alarms, as plain data. Pure; touches nothing.

CloudWatch, Terraform and Grafana all draw from here. What is measured is in `infra.signals`.
"""

from __future__ import annotations

from infra.observe.alarms import Alarm, Alarms, Composite, alarms_of
from infra.observe.boards import boards, home_of_the_whole, over_all, region_board
from infra.observe.graphs import Board, Graph, Section
from infra.observe.metrics import Line, Math, Metric, queries

__all__ = [
    "Alarm",
    "Alarms",
    "Board",
    "Composite",
    "Graph",
    "Line",
    "Math",
    "Metric",
    "Section",
    "alarms_of",
    "boards",
    "home_of_the_whole",
    "over_all",
    "queries",
    "region_board",
]
