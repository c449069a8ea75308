"""What a rollout does next: from its state and what is seen, to actions. Pure.

Everything that ends harm comes first; a promotion comes last, and only when nothing holds it: evidence read at this tick, no open breaker,
no window without promotions, a baked last step, canary requests in it, the judge's word, and a person's where one is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.rollout.state import Outcome, Phase, RegionState, Rollout

__all__ = ["Action", "Seen", "Verb", "decide", "said_aloud", "settle", "take_back"]

Verb = Literal["start", "step", "promote", "ask", "next", "end"]
DOUBT = 5.0  # no larger share while the evidence of harm is this large; the judge does not promote above it either


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One region at this tick.

    Args:
        serving, newest: deployment ids of the stage and of the template.
        canary: the canary's deployment id; "" without one.
        percent: its share.
        unread: why there is no evidence of this tick; "" when it was read.
        breaker: the open breaker of a judged service; "" when none is.
        alarms: those in ALARM.
        problem: why the region could not be looked at at all.
    """

    serving: str = ""
    newest: str = ""
    canary: str = ""
    percent: float = 0.0
    unread: str = ""
    breaker: str = ""
    alarms: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do. `why` is what the ledger keeps."""

    verb: Verb
    region: str = ""
    percent: float = 0.0
    outcome: Outcome = Outcome.RUNNING
    why: str = ""


def decide(rollout: Rollout, seen: Mapping[str, Seen], now: float) -> list[Action]:
    """What to do now, in this order. Also writes into the state why a region waits (`held`); nothing else of it changes."""
    if rollout.outcome is not Outcome.RUNNING or rollout.ending is not Outcome.RUNNING:
        return []
    for state in rollout.regions.values():
        state.held = ""
    harm = rollout.stop or _harm(rollout, seen)
    if harm:
        return [Action(verb="end", outcome=Outcome.ROLLED_BACK, why=harm)]
    late = _too_late(rollout, seen, now)
    if late:
        return [Action(verb="end", outcome=Outcome.UNDECIDED, why=late)]
    wave = [rollout.regions[name] for name in rollout.strategy.waves[rollout.wave]]
    actions = [action for state in wave if (action := _next(rollout, state, seen.get(state.region, Seen()), now))]
    if not actions and all(state.phase is Phase.PROMOTED for state in wave):
        return _after_wave(rollout, now)
    return actions


def take_back(rollout: Rollout, outcome: Outcome, why: str) -> None:
    """Mark what is to be taken back: a rollback takes all regions that were touched, an end without a decision only canaries."""
    rollout.ending, rollout.reason = outcome, why
    for state in rollout.regions.values():
        if state.phase is Phase.BAKING or (outcome is Outcome.ROLLED_BACK and state.touched):
            state.phase = Phase.TAKING_BACK


def settle(rollout: Rollout) -> None:
    """End once nothing is left to take back."""
    if rollout.ending is not Outcome.RUNNING and all(
        state.phase is not Phase.TAKING_BACK for state in rollout.regions.values()
    ):
        rollout.outcome = rollout.ending


def _harm(rollout: Rollout, seen: Mapping[str, Seen]) -> str:
    """Why all of it is taken back; the first reason."""
    for name, state in rollout.regions.items():
        look = seen.get(name, Seen())
        if state.phase is Phase.BAKING and (state.look or {}).get("verdict") == "rollback":
            return f"{name}: {(state.look or {}).get('reason', 'the canary is worse')}"
        if state.touched and look.alarms:
            return f"{name}: in ALARM: {', '.join(look.alarms)}"
        if state.phase is not Phase.BAKING or look.problem:
            continue
        if not look.canary and look.serving != state.target:
            return f"{name}: somebody else took the canary off"
        if look.canary and look.canary != state.target:
            return f"{name}: the canary is another release now"
    return ""


def _too_late(rollout: Rollout, seen: Mapping[str, Seen], now: float) -> str:
    """A region whose horizon has passed. What holds a promotion back (a window, a person) is no lack of evidence."""
    strategy = rollout.strategy
    for name, state in rollout.regions.items():
        if state.phase is not Phase.BAKING or seen.get(name, Seen()).serving == state.target:
            continue
        promoted = (state.look or {}).get("verdict") == "promote"
        if not promoted and now - state.canary_since >= strategy.real_seconds(strategy.horizon_seconds):
            minutes = strategy.horizon_seconds / 60
            return f"{name}: neither harm nor safety was shown in {minutes:g} minutes. {said_aloud(state)}".strip()
    return ""


def said_aloud(state: RegionState) -> str:
    """What explains that nothing is decided."""
    if not (state.look or {}).get("canary_requests"):
        return "The canary had no traffic that is evidence: nothing was or will be promoted without."
    return ""


def _next(rollout: Rollout, state: RegionState, look: Seen, now: float) -> Action | None:
    """What one region of the wave does now."""
    if look.problem:
        state.held = look.problem
        return None
    if state.phase is Phase.WAITING:
        return _begin(rollout, state, look)
    if state.phase is not Phase.BAKING:
        return None
    if not look.canary and look.serving == state.target:
        # A run that died right after the promotion, or a person who was faster.
        return Action(verb="promote", region=state.region, why="the stage serves it already")
    return _go_on(rollout, state, look, now)


def _begin(rollout: Rollout, state: RegionState, look: Seen) -> Action | None:
    if look.unread:
        state.held = f"the hour before is not known yet: {look.unread}"
        return None
    if look.breaker:
        state.held = look.breaker
        return None
    percent = rollout.strategy.steps_percent[0]
    return Action(verb="start", region=state.region, percent=percent, why="the first step")


def _go_on(rollout: Rollout, state: RegionState, look: Seen, now: float) -> Action | None:
    """A step, a promotion, or a reason to wait."""
    strategy = rollout.strategy
    verdict = state.look or {}
    baked = (state.interval - state.step_interval) >= strategy.bake_minutes(state.region) and state.step_requests > 0
    if look.unread:
        state.held = f"no evidence could be read: {look.unread}"
    elif look.breaker:
        state.held = look.breaker
    elif state.interval > state.step_interval and not state.step_requests:
        state.held = "no canary traffic yet: nothing is promoted without"
    if state.held or not baked:
        return None
    if state.step + 1 < len(strategy.steps_percent):
        if float(verdict.get("e_value", 1.0)) >= DOUBT:
            state.held = "the evidence of harm is too large for a larger share"
            return None
        percent = strategy.steps_percent[state.step + 1]
        return Action(verb="step", region=state.region, percent=percent, why="baked, and no evidence of harm")
    if verdict.get("verdict") != "promote":
        return None
    if strategy.frozen(now):
        state.held = "safe; nothing is promoted at this time of the week"
        return None
    if not (strategy.automatic or state.approved):
        state.held = "safe; waiting for a person to agree"
        return Action(verb="ask", region=state.region, why=str(verdict.get("reason", "")))
    return Action(verb="promote", region=state.region, why=str(verdict.get("reason", "")))


def _after_wave(rollout: Rollout, now: float) -> list[Action]:
    """The end, or the wait for the next wave."""
    if rollout.wave + 1 >= len(rollout.strategy.waves):
        return [Action(verb="end", outcome=Outcome.PROMOTED, why="promoted in every region")]
    waits = rollout.strategy.real_seconds(rollout.strategy.pause_seconds)
    if rollout.wave_done and now - rollout.wave_done >= waits:
        return [Action(verb="next", why="the pause after the wave is over")]
    return []
