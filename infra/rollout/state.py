"""Where a rollout stands, as JSON in the ledger. Pure data; `machine` decides what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from infra.rollout.strategy import Strategy

__all__ = ["Outcome", "Phase", "RegionState", "Rollout"]


class Phase(StrEnum):
    """What a region is in."""

    WAITING = "waiting"
    """Its wave has not come yet, or its canary has not started."""
    BAKING = "baking"
    """Its canary has a share, and is judged."""
    PROMOTED = "promoted"
    """The release has the stage."""
    TAKING_BACK = "taking back"
    """The release is being taken off; again at each tick until it is."""
    ROLLED_BACK = "rolled back"
    """The release has nothing here any more."""
    UNDECIDED = "undecided"
    """The horizon passed; the canary was taken off, nothing was shown."""


class Outcome(StrEnum):
    """How a rollout ends."""

    RUNNING = "running"
    """It has not ended."""
    PROMOTED = "promoted"
    """In every region."""
    ROLLED_BACK = "rolled back"
    """In every region that it had touched."""
    UNDECIDED = "undecided"
    """Neither harm nor safety was shown in time; regions that were promoted before stay so."""
    ABANDONED = "abandoned"
    """Somebody else changed the release's course; nothing was done about it here."""


@dataclass(slots=True, kw_only=True)
class RegionState:
    """One region of a rollout.

    Args:
        target, baseline: deployment ids: what is released here, and what had the stage before.
        step: which of the strategy's steps the canary has.
        step_interval: number of the last interval before this step's first one.
        step_requests: canary requests since the step began.
        canary_since: epoch seconds.
        judge, feed: their states; None before the canary.
        start: the judge's start line, kept for a replay.
        look: the judge's last answer.
        held: why it does not go on though it could; "" when nothing holds it.
        reason: of its phase.
        notes: what is to be said aloud now.
    """

    region: str
    phase: Phase = Phase.WAITING
    target: str = ""
    baseline: str = ""
    step: int = 0
    step_interval: int = 0
    step_requests: int = 0
    canary_since: float = 0.0
    judge: dict[str, Any] | None = None
    feed: dict[str, Any] | None = None
    start: dict[str, Any] | None = None
    look: dict[str, Any] | None = None
    interval: int = 0
    held: str = ""
    reason: str = ""
    approved: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        """Whether clients here have met, or may still meet, the release."""
        return self.phase in (Phase.BAKING, Phase.PROMOTED, Phase.TAKING_BACK)


@dataclass(slots=True, kw_only=True)
class Rollout:
    """One rollout.

    Args:
        revision: counts writes, so that two drivers cannot both go on from the same state.
        driver: who turns the crank: an operator's process, or the state machine.
        seen: when it did last, epoch seconds.
        wave_done: when the last wave was promoted, epoch seconds; 0 while a wave is under way.
        ending: what `outcome` becomes once all is taken back that is to be.
        stop: why a person or an alarm wants all of it taken back; "" when none does.
    """

    id: str
    strategy: Strategy
    regions: dict[str, RegionState]
    started: str
    owner: str
    release: str = ""
    baseline_release: str = ""
    wave: int = 0
    wave_done: float = 0.0
    outcome: Outcome = Outcome.RUNNING
    ending: Outcome = Outcome.RUNNING
    reason: str = ""
    stop: str = ""
    revision: int = 0
    driver: str = ""
    seen: float = 0.0
    events: list[list[Any]] = field(default_factory=list)

    def say(self, now: float, region: str, text: str) -> None:
        """Keep what happened, for the history and the report."""
        self.events.append([round(now, 3), region, text])
        del self.events[:-200]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "strategy": self.strategy.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rollout:
        """Of `to_json`."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in document.items() if name in known}
        values["strategy"] = Strategy.from_json(document["strategy"])
        values["outcome"], values["ending"] = Outcome(document["outcome"]), Outcome(document["ending"])
        of_region = {one.name for one in fields(RegionState)}
        values["regions"] = {
            name: RegionState(**{k: v for k, v in one.items() if k in of_region} | {"phase": Phase(one["phase"])})
            for name, one in document["regions"].items()
        }
        return cls(**values)
