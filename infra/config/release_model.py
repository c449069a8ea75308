"""How a release walks, after validation: steps, bakes, waves, and what decides. Pure data; touches nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.config.frozen import Model

# A quarter of an hour at each of two steps: a leak or a full cache shows late, and half an hour in all is what it takes to tell
# half a point of errors at 20 requests a second.
BAKE_SECONDS_DEFAULT, BAKE_SECONDS_MAX = 900, 7 * 86_400
# A later region has the first one's evidence behind it: half the time, unless the file says otherwise.
LATER_BAKE_SHARE = 0.5
# Between two waves: what a promotion breaks (caches, quotas, a partner's limits) shows within minutes.
PAUSE_SECONDS_DEFAULT = 600
WARMUP_SECONDS_DEFAULT, WARMUP_SECONDS_MAX = 120, 3_600
# Three hours without a decision: more of the same traffic will not bring one, a person will.
HORIZON_SECONDS_DEFAULT, HORIZON_SECONDS_MIN, HORIZON_SECONDS_MAX = 3 * 3_600, 600, 30 * 86_400
# How much worse is still as good, in percent of the requests: what a shop notices in its sales, and a canary in an hour.
ERRORS_PERCENT_DEFAULT, CLIENT_ERRORS_PERCENT_DEFAULT, SLOW_PERCENT_DEFAULT = 0.5, 2.0, 0.5
TOLERANCE_PERCENT_MIN, TOLERANCE_PERCENT_MAX = 0.01, 50.0
# One healthy release in a hundred may be rolled back, one in twenty that is worse by exactly the tolerance may be promoted.
ROLLBACK_RISK_PERCENT_DEFAULT, PROMOTION_RISK_PERCENT_DEFAULT = 1.0, 5.0
# Ten releases: about two weeks of daily releases to go back to. One is the least, the release that is live.
KEEP_DEFAULT, KEEP_MIN, KEEP_MAX = 10, 1, 1_000
STEPS_PERCENT_DEFAULT = (10.0, 50.0)
STAGE_DEFAULT = "live"


class Tolerances(Model):
    """How much worse than the baseline a canary may be and still be promoted, in percent of the requests."""

    errors_percent: float = ERRORS_PERCENT_DEFAULT
    client_errors_percent: float = CLIENT_ERRORS_PERCENT_DEFAULT
    slow_percent: float = SLOW_PERCENT_DEFAULT


class Freeze(Model):
    """A window of the week in which nothing is promoted.

    Args:
        days: on which it begins; Monday is 0.
        from_minute, to_minute: of the day; it ends on the next day when `to_minute` is not after `from_minute`.
        zone: an IANA time zone.
    """

    days: tuple[int, ...]
    from_minute: Annotated[int, Field(ge=0, lt=1440)] = 0
    to_minute: Annotated[int, Field(gt=0, le=1440)] = 1440
    zone: str = "UTC"


class Release(Model):
    """How a release walks: canary steps, the time that the evidence gets, and what decides.

    Args:
        stage: the API Gateway stage that the clients reach.
        steps_percent: rising shares of traffic before the promotion.
        bake_seconds: at each step.
        later_bake_seconds: the same in the waves after the first; None is half of it.
        pause_seconds: between two waves.
        warmup_seconds: at the beginning of a canary, watched for an outage only.
        horizon_seconds: without a decision after so long, a region is undecided.
        waves: names of regions that are released together, wave after wave; empty is one region a wave, in the file's order.
        freeze: when nothing is promoted.
        automatic: promote without asking.
        alarms: names of CloudWatch alarms; one of them in ALARM takes the canary back.
        keep: releases that ``release prune`` leaves.
    """

    stage: str = STAGE_DEFAULT
    steps_percent: tuple[float, ...] = STEPS_PERCENT_DEFAULT
    bake_seconds: Annotated[int, Field(ge=0, le=BAKE_SECONDS_MAX)] = BAKE_SECONDS_DEFAULT
    later_bake_seconds: Annotated[int, Field(ge=0, le=BAKE_SECONDS_MAX)] | None = None
    pause_seconds: Annotated[int, Field(ge=0, le=BAKE_SECONDS_MAX)] = PAUSE_SECONDS_DEFAULT
    warmup_seconds: Annotated[int, Field(ge=0, le=WARMUP_SECONDS_MAX)] = WARMUP_SECONDS_DEFAULT
    horizon_seconds: Annotated[int, Field(ge=HORIZON_SECONDS_MIN, le=HORIZON_SECONDS_MAX)] = HORIZON_SECONDS_DEFAULT
    waves: tuple[tuple[str, ...], ...] = ()
    freeze: tuple[Freeze, ...] = ()
    automatic: bool = True
    alarms: tuple[str, ...] = ()
    tolerances: Tolerances = Tolerances()
    rollback_risk_percent: float = ROLLBACK_RISK_PERCENT_DEFAULT
    promotion_risk_percent: float = PROMOTION_RISK_PERCENT_DEFAULT
    keep: Annotated[int, Field(ge=KEEP_MIN, le=KEEP_MAX)] = KEEP_DEFAULT
