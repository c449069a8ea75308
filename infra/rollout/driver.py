"""Turns the crank of a rollout: look, judge, decide, act, keep. Touches AWS through the regions' sessions and the home ledger.

One tick is safe to repeat from any point: every action is a resumable command, its effect is seen at the next look, and the state is kept after
each. What AWS refuses or does not answer holds the rollout where it is and is said; nothing is promoted on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from infra.errors import CloudError, GatewrightError, NothingToDo, Refused
from infra.rollout.machine import Action, Seen, decide, settle, take_back
from infra.rollout.regions import Place
from infra.rollout.state import Outcome, Phase, RegionState, Rollout
from infra.rollout.store import Store

__all__ = ["Driver", "Heard"]

_AGAIN = 4  # at most so many decisions a tick: an agreement is followed by its promotion, a pause of 0 by the next wave


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a tick tells whoever watches.

    Args:
        answers: the judge's, by region.
        events: (region, text) of what was done or held.
    """

    answers: Mapping[str, list[dict[str, Any]]]
    events: tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class Driver:
    """Drives one rollout.

    Args:
        places: by region, every region of the rollout.
        agree: asked when a promotion needs a person; False waits.
    """

    rollout: Rollout
    places: Mapping[str, Place]
    store: Store
    clock: Callable[[], float]
    agree: Callable[[RegionState], bool] = lambda _: False
    _events: list[tuple[str, str]] = field(default_factory=list)

    def tick(self) -> Heard:
        """One turn.

        Raises:
            Refused: another driver goes on with this rollout.
            CloudError: the home ledger did not answer, so nothing more was done.
        """
        self._events = []
        rollout = self.rollout
        seen = {name: self.places[name].look(state) for name, state in rollout.regions.items() if self._watched(state)}
        answers: dict[str, list[dict[str, Any]]] = {}
        for name, state in rollout.regions.items():
            if state.phase is Phase.BAKING and name in seen:
                answers[name] = self._judge(state, seen)
        self.store.save(rollout)
        for _ in range(_AGAIN):
            actions = decide(rollout, seen, self.clock())
            if not [action for action in actions if self._act(action, seen)]:
                break
        self._take_back()
        settle(rollout)
        if rollout.outcome is not Outcome.RUNNING:
            self._record()
        self.store.save(rollout)
        self._hold_aloud()
        return Heard(answers=answers, events=tuple(self._events))

    def _watched(self, state: RegionState) -> bool:
        in_wave = state.region in self.rollout.strategy.waves[self.rollout.wave]
        return state.phase is Phase.BAKING or (
            self.rollout.ending is Outcome.RUNNING
            and (in_wave or (state.touched and bool(self.rollout.strategy.alarms)))
        )

    def _judge(self, state: RegionState, seen: dict[str, Seen]) -> list[dict[str, Any]]:
        def keep(interval: dict[str, Any]) -> None:
            self.store.keep(self.rollout, state.region, interval)

        unread, answers = self.places[state.region].judge(state, seen[state.region], keep)
        if unread:
            seen[state.region] = replace(seen[state.region], unread=unread)
        for note in state.notes:
            self._say(state.region, note)
        return answers

    def _act(self, action: Action, seen: dict[str, Seen]) -> bool:
        """Do one thing; whether anything changed. What fails is said, and done again at the next tick."""
        rollout = self.rollout
        if action.verb == "end":
            self._end(action)
            return False
        if action.verb == "next":
            rollout.wave, rollout.wave_done = rollout.wave + 1, 0.0
            for name in rollout.strategy.waves[rollout.wave]:
                seen[name] = self.places[name].look(rollout.regions[name])
            self._say("", f"wave {rollout.wave + 1}: {', '.join(rollout.strategy.waves[rollout.wave])}")
            return True
        state = rollout.regions[action.region]
        try:
            done = self._do(action, state, seen[action.region])
        except (CloudError, Refused) as error:
            state.held = f"{action.verb} failed: {error}"
            return False
        if done:
            seen[action.region] = self.places[action.region].look(state)
            self.store.save(rollout)
        return done

    def _do(self, action: Action, state: RegionState, seen: Seen) -> bool:
        place = self.places[action.region]
        if action.verb == "ask":
            state.approved = self.agree(state)
            return state.approved
        if action.verb == "start":
            self._start(action, state, seen)
        elif action.verb == "step":
            place.step(state, action.percent)
            self._say(action.region, f"{action.percent:g} % now: {action.why}")
        elif action.verb == "promote":
            warnings = place.promote(state, seen)
            self._say(action.region, f"promoted: {action.why}")
            self._warn(action.region, warnings)
            wave = self.rollout.strategy.waves[self.rollout.wave]
            if all(self.rollout.regions[name].phase is Phase.PROMOTED for name in wave):
                self.rollout.wave_done = self.clock()
        return True

    def _start(self, action: Action, state: RegionState, seen: Seen) -> None:
        if seen.serving == seen.newest and not seen.canary:
            state.target, state.phase = seen.newest, Phase.PROMOTED
            self.rollout.wave_done = self.clock()
            self._say(action.region, "has the newest release already: nothing to do here")
            return
        self.places[action.region].start(state, seen, action.percent)
        self._say(action.region, f"the canary has {action.percent:g} %")

    def _end(self, action: Action) -> None:
        self._say(action.region, f"{action.outcome.value}: {action.why}")
        if action.outcome is Outcome.PROMOTED:
            self.rollout.ending, self.rollout.reason = action.outcome, action.why
        else:
            take_back(self.rollout, action.outcome, action.why)

    def _take_back(self) -> None:
        """Every region that is to be; one that fails does not keep the others from it."""
        ending = self.rollout.ending
        for name, state in self.rollout.regions.items():
            if state.phase is not Phase.TAKING_BACK:
                continue
            warnings: tuple[str, ...] = ()
            try:
                warnings = self.places[name].take_back(state, promoted=ending is Outcome.ROLLED_BACK)
            except NothingToDo:
                pass
            except GatewrightError as error:
                state.held = f"taking it back failed and is tried again: {error}"
                continue
            state.phase = Phase.UNDECIDED if ending is Outcome.UNDECIDED else Phase.ROLLED_BACK
            state.reason, state.held = self.rollout.reason, ""
            self._say(name, "all requests are off the release")
            self._warn(name, warnings)

    def _record(self) -> None:
        """The decision with its evidence into the ledger of every region that was part of it."""
        rollout = self.rollout
        for name, state in rollout.regions.items():
            if not state.target:
                continue
            decision = {
                "id": rollout.id,
                "started": rollout.started,
                "operation": "rollout",
                "target": state.target,
                "percent": rollout.strategy.steps_percent[min(state.step, len(rollout.strategy.steps_percent) - 1)],
                "baseline": state.baseline,
                "owner": rollout.owner,
                "outcome": rollout.outcome.value,
            }
            evidence = {"reason": rollout.reason, "phase": state.phase.value, "rules": state.start, "look": state.look}
            try:
                self.places[name].session.ledger.record(decision, evidence=evidence)
            except CloudError as error:
                self._say(name, f"the decision could not be written into this region's ledger: {error}")

    def _hold_aloud(self) -> None:
        for name, state in self.rollout.regions.items():
            if state.held:
                self._events.append((name, f"holds: {state.held}"))

    def _warn(self, region: str, warnings: tuple[str, ...]) -> None:
        for text in warnings:
            self._say(region, f"warning: {text}")

    def _say(self, region: str, text: str) -> None:
        self._events.append((region, text))
        self.rollout.say(self.clock(), region, text)
