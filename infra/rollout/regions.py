"""One region of a rollout: what is seen there, what is judged, what is done. Touches AWS through the session it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.breaker.cloud import BreakerCloud
from infra.errors import CloudError, NothingToDo, Refused
from infra.evidence import Feed, Reader
from infra.judge import Judge, Policy, Verdict, read_interval
from infra.release import commands
from infra.release.session import Session
from infra.rollout.machine import Seen
from infra.rollout.state import Phase, RegionState
from infra.rollout.strategy import Strategy
from lambdas.breaker.circuit.states import State

__all__ = ["Place"]

_OPEN = (State.OPEN, State.FORCED_OPEN)

Keep = Callable[[dict[str, Any]], None]


@dataclass(slots=True, kw_only=True)
class Place:
    """A region with its session; `clock` gives epoch seconds."""

    session: Session
    strategy: Strategy
    clock: Callable[[], float]

    @property
    def reader(self) -> Reader:
        strategy = self.strategy
        return Reader(
            call=self.session.aws.call,
            gateway=strategy.gateway,
            objectives_ms=strategy.objectives_ms,
            period_seconds=strategy.minute_seconds,
        )

    # --- seeing ----------------------------------------------------------------------------------------------

    def look(self, state: RegionState) -> Seen:
        """What is so now; never raises for what AWS answers."""
        try:
            situation = self.session.observe()
            alarms = self._alarms()
            breaker = self._breaker()
        except (CloudError, Refused) as error:
            return Seen(problem=str(error))
        canary = situation.canary
        return Seen(
            serving=situation.serving,
            newest=situation.newest,
            canary=canary.deployment_id if canary else "",
            percent=canary.percent if canary else 0.0,
            breaker=breaker,
            alarms=alarms if state.touched else (),
        )

    def _alarms(self) -> tuple[str, ...]:
        names = self.strategy.alarms
        if not names:
            return ()
        answer = self.session.aws.call("cloudwatch", "describe_alarms", AlarmNames=list(names), StateValue="ALARM")
        found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        return tuple(one["AlarmName"] for one in found if one["StateValue"] == "ALARM")

    def _breaker(self) -> str:
        """Why an open breaker pauses the rollout: the answers of its fallback tell nothing of the release."""
        cloud = BreakerCloud(aws=self.session.aws, gateway=self.strategy.gateway)
        for service in self.strategy.objectives_ms:
            try:
                circuit = cloud.look(service).circuit
            except NothingToDo:
                return ""
            if circuit.state in _OPEN:
                return f"the breaker of {service} is {circuit.state.value}: paused until it closes"
        return ""

    # --- judging ---------------------------------------------------------------------------------------------

    def judge(self, state: RegionState, seen: Seen, keep: Keep) -> tuple[str, list[dict[str, Any]]]:
        """Take the intervals that are ready. Returns why none could be read ("" when they were), and the judge's answers."""
        if state.judge is None or state.feed is None:
            return "", []
        feed, judge = Feed.from_json(state.feed), Judge.from_json(state.judge)
        if seen.breaker:
            feed.leave_out(self.clock(), seen.breaker)
        try:
            taken = feed.take(self.clock(), self.reader.intervals)
        except CloudError as error:
            return str(error), []
        answers = []
        for interval in taken.intervals:
            keep(interval)
            state.interval = int(interval["i"])
            if "left_out" in interval:
                continue
            if state.interval > state.step_interval:
                state.step_requests += int(interval["canary"].get("n", 0))
            answer = judge.look(read_interval(interval, judge.policy.buckets)).to_json()
            answers.append({**answer, "at": interval["at"]})
            if answer["verdict"] == Verdict.ROLLBACK:
                break
        state.feed, state.judge = feed.to_json(), judge.to_json()
        state.notes = list(taken.notes)
        if answers:
            state.look = answers[-1]
        return "", answers

    # --- doing -----------------------------------------------------------------------------------------------

    def start(self, state: RegionState, seen: Seen, percent: float) -> None:
        """Give the canary its first share, with the hour before as what is known.

        Raises:
            CloudError, Refused: nothing began, or the share did and the same call goes on from there.
        """
        period = self.strategy.minute_seconds
        before = self.reader.before(int(self.clock() // period) * period)
        state.start = self.strategy.judge_config(state.region, before)
        judge = Judge(self._policy(state.start))
        self.session.apply(commands.start(percent))
        now = self.clock()
        state.target, state.baseline = seen.newest, seen.serving
        state.judge, state.feed = judge.to_json(), Feed.beginning(now, period_seconds=period).to_json()
        state.phase, state.canary_since = Phase.BAKING, now
        state.step = state.step_interval = state.step_requests = state.interval = 0

    @staticmethod
    def _policy(config: dict[str, Any]) -> Policy:
        """Counts of the hour before that contradict each other are as good as none."""
        try:
            return Policy.from_config(config)
        except Refused:
            config["pre"] = {"n": 0, "e5xx": 0, "e4xx": 0}
            return Policy.from_config(config)

    def step(self, state: RegionState, percent: float) -> None:
        """Give the canary its next share; the interval in which it changes is no evidence.

        Raises:
            CloudError, Refused: as `start`.
        """
        feed = Feed.from_json(state.feed or {})
        feed.leave_out(self.clock(), "the canary's share changed in it")
        self.session.apply(commands.step(percent))
        feed.leave_out(self.clock(), "the canary's share changed in it")
        state.feed = feed.to_json()
        state.step += 1
        state.step_interval, state.step_requests = feed.number_at(self.clock()), 0

    def promote(self, state: RegionState, seen: Seen) -> tuple[str, ...]:
        """Give the release the stage, unless it has it. Returns what failed without making it fail."""
        warnings = self.session.apply(commands.promote()).warnings if seen.canary else ()
        state.phase = Phase.PROMOTED
        return warnings

    def take_back(self, state: RegionState, *, promoted: bool) -> tuple[str, ...]:
        """Take the release off the stage, wherever it got to. Safe to repeat. Returns what failed without making it fail.

        Args:
            promoted: also give the stage back when the release has all of it.

        Raises:
            CloudError, Refused: something is left to do; do it again.
        """
        situation = self.session.observe()
        warnings: tuple[str, ...] = ()
        if situation.canary is not None or situation.intent is not None:
            warnings = self.session.apply(commands.rollback()).warnings
            situation = self.session.observe()
        if promoted and situation.serving == state.target and state.baseline not in ("", state.target):
            self.session.apply(commands.release_rollback(state.baseline))
        return warnings
