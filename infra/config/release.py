"""The `release` section of gateway.yaml: its shape, and what it means. Pure.

What needs more than one value (waves that name every region once, a week without an hour for a promotion) is in `release_rules.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from infra.config import release_model
from infra.config.regions import region_name
from infra.config.section import Section
from infra.config.units import Quantity, Text

__all__ = ["DAYS", "FreezeEntry", "ReleaseEntry", "days_of", "minute_of", "to_release"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DURATION = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DAY = f"({'|'.join(DAYS)})"


def _zone_problem(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "no such time zone"
    return None


Duration = Annotated[int, Quantity(_DURATION, 0, release_model.BAKE_SECONDS_MAX, "from 0s to 7d")]
Tolerance = Annotated[
    float,
    Quantity(
        {"%": 1},
        release_model.TOLERANCE_PERCENT_MIN,
        release_model.TOLERANCE_PERCENT_MAX,
        "from 0.01% to 50%",
        whole=False,
    ),
]
Risk = Annotated[float, Quantity({"%": 1}, 0, 50, "above 0% and up to 50%", whole=False, above_lowest=True)]
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class FreezeEntry(Section):
    """A window of the week in which nothing is promoted; canaries stay at their share."""

    days: Annotated[str, Text(rf"{_DAY}(-{_DAY})?(,{_DAY}(-{_DAY})?)*", "Days such as fri-sun or mon,wed-thu", 60)]
    """The days on which it begins: `fri-sun`, `sat`, `mon,wed-thu`."""
    from_: Annotated[str, Text(_TIME, "A time of the day, 00:00 to 23:59", 5), Field(alias="from")] = "00:00"
    """When it begins on each of them, for example `16:00`. Default: 00:00."""
    to: Annotated[str, Text(rf"{_TIME}|24:00", "A time of the day, 00:00 to 24:00", 5)] = "24:00"
    """When it ends; on the next day when that is not after `from`. Default: 24:00."""
    zone: Annotated[str, Text(r"[A-Za-z0-9_+/-]+", "An IANA time zone such as Europe/Dublin", 64, _zone_problem)] = (
        "UTC"
    )
    """The time zone of both times, for example `Europe/Dublin`. Default: UTC."""


class TolerancesEntry(Section):
    """How much worse than the baseline a canary may be and still be promoted, in percent of the requests."""

    errors: Tolerance = release_model.ERRORS_PERCENT_DEFAULT
    """Answers from 500. Default: 0.5%."""
    client_errors: Tolerance = release_model.CLIENT_ERRORS_PERCENT_DEFAULT
    """Answers from 400 to 499, which vary more and are rarely the release's fault. Default: 2%."""
    slow: Tolerance = release_model.SLOW_PERCENT_DEFAULT
    """Requests slower than the service's latency objective, and than the slowest hundredth before the canary. Default: 0.5%."""


class ReleaseEntry(Section):
    """How a release reaches the clients."""

    stage: Annotated[str, Text(r"[A-Za-z0-9_]+", "A stage is named with letters, digits and _ only", 128)] = (
        release_model.STAGE_DEFAULT
    )
    """Name of the API Gateway stage. Default: live."""
    steps: tuple[
        Annotated[
            float,
            Quantity({"%": 1}, 0, 100, "above 0% and up to 100%", whole=False, above_lowest=True),
        ],
        ...,
    ] = release_model.STEPS_PERCENT_DEFAULT
    """Rising shares of the traffic that a canary gets before it is promoted. Default: [10%, 50%]."""
    bake: Duration = release_model.BAKE_SECONDS_DEFAULT
    """Time for evidence at each step. Default: 15m."""
    later_bake: Duration | None = None
    """The same in the waves after the first. Default: half of `bake`."""
    pause: Duration = release_model.PAUSE_SECONDS_DEFAULT
    """Between the promotion of a wave and the next wave's canaries. Default: 10m."""
    warmup: Annotated[int, Quantity(_DURATION, 0, release_model.WARMUP_SECONDS_MAX, "from 0s to 1h")] = (
        release_model.WARMUP_SECONDS_DEFAULT
    )
    """Cold starts: a canary's first time is watched for an outage only. Default: 2m."""
    horizon: (
        Annotated[
            int,
            Quantity(
                _DURATION, release_model.HORIZON_SECONDS_MIN, release_model.HORIZON_SECONDS_MAX, "from 10m to 30d"
            ),
        ]
        | None
    ) = None
    """Without a decision after so long a region is undecided. Default: 3h, or twice all bakes if that is longer."""
    waves: (
        Annotated[
            tuple[Annotated[tuple[Annotated[str, region_name], ...], Field(min_length=1)], ...], Field(min_length=1)
        ]
        | None
    ) = None
    """Regions that are released together, wave after wave: [[us-east-1], [eu-west-1, eu-central-1]]. Default: one by one."""
    freeze: tuple[FreezeEntry, ...] = ()
    """When nothing is promoted. Default: never."""
    mode: Literal["automatic", "ask"] = "automatic"
    """`ask`: a person agrees to each promotion; a rollback never asks. Default: automatic."""
    tolerances: TolerancesEntry = TolerancesEntry()
    """How much worse is still as good."""
    rollback_risk: Risk = release_model.ROLLBACK_RISK_PERCENT_DEFAULT
    """At most so many canaries that are no worse are rolled back. Default: 1%."""
    promotion_risk: Risk = release_model.PROMOTION_RISK_PERCENT_DEFAULT
    """At most so many canaries that are worse by the tolerance are promoted. Default: 5%."""
    alarms: tuple[Annotated[str, Text(r"[ -~]+", "The name of a CloudWatch alarm: printable ASCII", 255)], ...] = ()
    """CloudWatch alarms of each region; one in ALARM takes the canary back at once. Default: none."""
    keep: Annotated[int, Field(ge=release_model.KEEP_MIN, le=release_model.KEEP_MAX)] = release_model.KEEP_DEFAULT
    """Releases that `release prune` leaves. Default: 10."""


def days_of(text: str) -> tuple[int, ...]:
    """``fri-sun`` -> (4, 5, 6); a range may pass the end of the week: ``sat-mon``."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return tuple(sorted(found))


def minute_of(text: str) -> int:
    """``18:30`` -> 1110."""
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def to_release(entry: ReleaseEntry) -> release_model.Release:
    """What the section means."""
    tolerances = release_model.Tolerances(
        errors_percent=entry.tolerances.errors,
        client_errors_percent=entry.tolerances.client_errors,
        slow_percent=entry.tolerances.slow,
    )
    return release_model.Release(
        stage=entry.stage,
        steps_percent=entry.steps,
        bake_seconds=entry.bake,
        later_bake_seconds=entry.later_bake,
        pause_seconds=entry.pause,
        warmup_seconds=entry.warmup,
        horizon_seconds=_horizon(entry),
        waves=entry.waves or (),
        freeze=tuple(_freeze(one) for one in entry.freeze),
        automatic=entry.mode == "automatic",
        alarms=entry.alarms,
        tolerances=tolerances,
        rollback_risk_percent=entry.rollback_risk,
        promotion_risk_percent=entry.promotion_risk,
        keep=entry.keep,
    )


def _horizon(entry: ReleaseEntry) -> int:
    if entry.horizon is not None:
        return entry.horizon
    return min(
        max(release_model.HORIZON_SECONDS_DEFAULT, 2 * len(entry.steps) * entry.bake), release_model.HORIZON_SECONDS_MAX
    )


def _freeze(entry: FreezeEntry) -> release_model.Freeze:
    return release_model.Freeze(
        days=days_of(entry.days),
        from_minute=minute_of(entry.from_),
        to_minute=minute_of(entry.to) or 1440,
        zone=entry.zone,
    )
