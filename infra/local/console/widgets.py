"""A CloudWatch dashboard's body, read: its widgets, and what each graph asks of which region. Pure.

Any dashboard is read, not ours alone. What is no graph over time, no text and no list of alarms is shown by its name only.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.telemetry.math_syntax import InvalidExpression, names_in, parse

__all__ = ["Question", "questions", "widgets_of"]

PERIOD_DEFAULT = 300
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one graph asks of one region: GetMetricData's queries."""

    region: str
    queries: tuple[dict[str, Any], ...]


def widgets_of(body: object) -> list[Mapping[str, Any]]:
    """The widgets that have a type, from top to bottom."""
    found = body.get("widgets") if isinstance(body, Mapping) else None
    listed = found if isinstance(found, list) else []
    kept = [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("type"), str)]
    return sorted(kept, key=lambda one: (_number(one.get("y")), _number(one.get("x"))))


def questions(properties: Mapping[str, Any], *, region: str) -> tuple[Question, ...]:
    """A metric widget's questions, one for each region that its lines name.

    Args:
        region: of a widget that names none.

    Raises:
        ValueError: a line or an expression is not as CloudWatch writes them, or one computes over two regions.
    """
    home = str(properties.get("region") or region)
    period = int(_number(properties.get("period")) or PERIOD_DEFAULT)
    lines = list(_lines(properties.get("metrics") or ()))
    regions: dict[str, str] = {}
    for position, (kind, options) in enumerate(lines):
        options.setdefault("id", f"line{position}")
        if kind:
            regions[options["id"]] = str(options.get("region") or home)
    asked: dict[str, list[dict[str, Any]]] = {}
    for kind, options in lines:
        where = regions[options["id"]] if kind else _region_of(options, regions, home)
        regions[options["id"]] = where
        asked.setdefault(where, []).append(_query(kind, options, properties, period))
    return tuple(Question(region=where, queries=tuple(queries)) for where, queries in asked.items())


def _lines(metrics: Sequence[Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Each line's names (empty for an expression) and options. ``.`` is the part above, ``...`` all parts above that are not written."""
    above: list[str] = []
    for line in metrics:
        if not isinstance(line, Sequence) or isinstance(line, str) or not line:
            raise ValueError(f"a line of metrics is a list, not {line!r:.60}")
        options = dict(line[-1]) if isinstance(line[-1], Mapping) else {}
        names = [str(part) for part in line if not isinstance(part, Mapping)]
        if names and names[0] == "...":
            names = above[: len(above) - len(names) + 1] + names[1:]
        names = [above[at] if part == "." and at < len(above) else part for at, part in enumerate(names)]
        if not names and not isinstance(options.get("expression"), str):
            raise ValueError("a line is a metric or an expression")
        if names and (len(names) < 2 or len(names) % 2):
            raise ValueError(f"a metric is a namespace, a name and pairs of dimensions, not {names!r:.80}")
        above = names or above
        yield names, options


def _region_of(options: Mapping[str, Any], regions: Mapping[str, str], home: str) -> str:
    """Where an expression is computed: where the lines are that it names."""
    try:
        used = names_in(parse(options["expression"]))
    except InvalidExpression as problem:
        raise ValueError(f"{options['expression']!r:.80}: {problem}") from problem
    where = {regions[name] for name in used if name in regions}
    if len(where) > 1:
        raise ValueError(
            f"{options['expression']!r:.80} is over {' and '.join(sorted(where))}: not computed on this machine"
        )
    return next(iter(where), home)


def _query(names: list[str], options: Mapping[str, Any], properties: Mapping[str, Any], period: int) -> dict[str, Any]:
    identity = str(options["id"])
    if not _ID.fullmatch(identity):
        raise ValueError(f"{identity!r:.60} is no id: it begins with a small letter")
    query: dict[str, Any] = {"Id": identity, "ReturnData": options.get("visible", True) is not False}
    if options.get("label"):
        query["Label"] = str(options["label"])
    if not names:
        return {**query, "Expression": options["expression"], "Period": period}
    dimensions = [{"Name": name, "Value": value} for name, value in zip(names[2::2], names[3::2], strict=True)]
    stat = str(options.get("stat") or properties.get("stat") or "Average")
    metric = {"Namespace": names[0], "MetricName": names[1], "Dimensions": dimensions}
    return {**query, "MetricStat": {"Metric": metric, "Period": int(options.get("period") or period), "Stat": stat}}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
