"""What a canary can and cannot notice at this traffic, and how long that takes: the table before a rollout begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.errors import Refused
from infra.judge import Policy
from infra.judge.planning import Outlook, outlook
from infra.rollout.strategy import Strategy

__all__ = ["foresee", "foresight_rows"]

HOUR_SECONDS = 3600
# Small: what takes long; large: what a person would see.
SHOWN_RISES = (0.005, 0.01, 0.05)


def foresee(strategy: Strategy, region: str, before: Mapping[str, Any], percent: float) -> Outlook | str:
    """The outlook at one step; or why there is none."""
    requests = int(before.get("n", 0))
    if not requests:
        return "no traffic in the hour before: nothing can be noticed and nothing will be promoted until there is some"
    share = min(percent, 99.0) / 100
    try:
        policy = Policy.from_config(strategy.judge_config(region, before))
        return outlook(policy, requests_per_second=requests / HOUR_SECONDS, share=share, rises=SHOWN_RISES)
    except Refused as refusal:
        return str(refusal)


def foresight_rows(strategy: Strategy, hours: Mapping[str, Mapping[str, Any]]) -> list[dict[str, object]]:
    """A row for each region, step and metric.

    Args:
        hours: the hour before, by region.
    """
    rows: list[dict[str, object]] = []
    for region, before in hours.items():
        for percent in strategy.steps_percent:
            found = foresee(strategy, region, before, percent)
            place: dict[str, object] = {
                "region": region,
                "share": f"{percent:g} %",
                "canary/min": f"{int(before.get('n', 0)) / 60 * percent / 100:,.0f}",
            }
            if isinstance(found, str):
                rows.append({**place, "metric": found})
            else:
                rows += [{**place, **row} for row in _metrics(found)]
    return rows


def _metrics(found: Outlook) -> Sequence[dict[str, object]]:
    rows = []
    for metric, smallest in found.smallest.items():
        row: dict[str, object] = {"metric": metric, "least": "nothing" if smallest is None else f"+{smallest:.2%}"}
        for notice in found.notices:
            if notice.metric == metric:
                row[f"+{notice.rise * 100:g} pp"] = minutes(notice.seconds)
        row["safe after"] = minutes(found.promotion_seconds)
        rows.append(row)
    return rows


def minutes(seconds: float | None) -> str:
    """``12 min``, or ``never`` within the horizon."""
    return "never" if seconds is None else f"{seconds / 60:,.0f} min"
