"""One gateway in one region, for the commands: look, plan, and carry out under the lock. Touches AWS by its parts.

This is where lock, observation, planner and executor meet, always in that order: a plan made before the lock was held
could be out of date when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from infra.errors import CloudError, NotFound, Refused
from infra.release.awsclient import AwsClient
from infra.release.executor import Executor, Outcome, Progress
from infra.release.ledger import Ledger
from infra.release.observe import observe, stack_name, with_versions
from infra.release.plan import Plan, Request
from infra.release.situation import PIN, UNPIN, Condition, Situation

__all__ = ["Command", "Done", "Session"]

Planner = Callable[[Situation, Request], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A mutating command: its name in the ledger, and how a plan is made.

    Args:
        percent: what `--percent` asks for; None for commands without one.
        with_history: the planner reads manifests and the release from before.
        with_versions: the planner reads which function versions are published.
    """

    operation: str
    planner: Planner
    percent: float | None = None
    with_history: bool = False
    with_versions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did in one region. ``outcomes`` is empty after a dry run and when nothing was to do."""

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What failed without making the command fail."""
        return tuple(outcome.note for outcome in self.outcomes if outcome.note)


@dataclass(slots=True, kw_only=True)
class Session:
    """One gateway in one region.

    Args:
        unpin: takes pinned testers back when their canary ends (`infra.release.pinning`); None: it is only said that they are there.
    """

    gateway: str
    aws: AwsClient
    ledger: Ledger
    new_id: Callable[[], str]
    progress: Progress
    unpin: Callable[[Session, Situation], object] | None = None

    @property
    def region(self) -> str:
        return self.aws.region

    def observe(self, *, with_history: bool = False) -> Situation:
        return observe(self.aws, self.ledger, gateway=self.gateway, with_history=with_history)

    def history(self, *, limit: int = 50) -> tuple[dict[str, Any], ...]:
        """The latest decisions, newest first; none where nothing was deployed."""
        try:
            return self.ledger.history(limit=limit)
        except NotFound:
            return ()

    def plan(self, command: Command) -> Plan:
        """The plan for `--dry-run`: takes no lock, changes nothing."""
        return command.planner(self._look(command), self._request())

    def apply(self, command: Command, *, confirm: Callable[[Plan], bool] = lambda _: True) -> Done:
        """Carry a command out under the lock.

        Raises:
            Refused: by the planner, by another operator's lock, or because ``confirm`` said no.
            CloudError: a call failed; run the command again to resume.
        """
        try:
            predecessor = self.ledger.acquire()
        except NotFound:
            self.plan(command)  # says better what is missing, when the gateway is not there
            raise
        except CloudError as error:
            if command.operation == "rollback":
                self._take_traffic_off(error)
            raise
        try:
            return self.apply_locked(command, confirm=confirm)
        except Refused:
            if not self._was_finished(command, predecessor):
                raise
            summary = f"already done: the run of {predecessor} finished it before it died"
            return Done(plan=Plan(operation=command.operation, region=self.region, summary=summary))
        finally:
            self.ledger.release()

    def _take_traffic_off(self, error: CloudError) -> None:
        """What a rollback does when the ledger does not answer: its first call, which is safe without a lock.

        Raises:
            CloudError: always, because the rest is still to do.
        """
        outputs = self.aws.stack(stack_name(self.gateway, self.region)).outputs
        api_id, name = outputs.get("RestApiId", ""), outputs.get("StageName", "")
        stage = next((one for one in self.aws.stages(api_id) if one.name == name), None) if api_id else None
        if stage is None or stage.canary is None:
            return
        remove = [{"op": "remove", "path": "/canarySettings"}]
        self.aws.update_stage({"restApiId": api_id, "stageName": name, "patchOperations": remove})
        raise CloudError(
            f"{self.gateway} in {self.region}: all traffic is off the canary, but the ledger did not answer ({error}) "
            "Run the command again when it does: the stack does not know yet, and a deploy could bring the canary back."
        ) from error

    def apply_locked(self, command: Command, *, confirm: Callable[[Plan], bool] = lambda _: True) -> Done:
        """Carry a command out; the caller holds the lock."""
        if command.with_versions:
            self.adopt()
        situation = self._look(command)
        if self._must_wait(situation, command):
            self.progress(f"the update that the earlier run began is still in {situation.stack.status}")
            self.aws.wait_for_stack(situation.stack.name, self._tick)
            situation = self._look(command)
        plan = command.planner(situation, self._request())
        if plan.empty:
            return Done(plan=plan)
        if not confirm(plan):
            raise Refused(f"{situation.place}: not confirmed; nothing was changed. Use --yes to go ahead unasked.")
        unpin = partial(self.unpin, self) if self.unpin is not None else None
        executor = Executor(aws=self.aws, ledger=self.ledger, progress=self.progress, unpin=unpin)
        outcomes = executor.run(plan, situation)
        self.adopt()
        return Done(plan=plan, outcomes=outcomes)

    def adopt(self) -> None:
        """Remember which function versions the newest release calls, if the ledger does not know yet."""
        stack = self.aws.stack(stack_name(self.gateway, self.region))
        newest = stack.outputs.get("ReleaseDeployment", "")
        if newest and stack.function_versions and stack.condition is Condition.READY:
            self.ledger.record_release(newest, stack.function_versions)

    def _look(self, command: Command) -> Situation:
        situation = self.observe(with_history=command.with_history)
        return with_versions(situation, self.aws) if command.with_versions else situation

    def _must_wait(self, situation: Situation, command: Command) -> bool:
        """A run that died may have left its own update running. Rollback never waits: its plan does."""
        intent = situation.intent
        return (
            intent is not None
            and intent.operation == command.operation != "rollback"
            and situation.stack.condition is Condition.BUSY
        )

    def _was_finished(self, command: Command, predecessor: str) -> bool:
        """Whether the run whose lock we found did all of this very command and died only before giving the lock back."""
        found = (one for one in self.ledger.history(limit=10) if one["operation"] not in (PIN, UNPIN))
        latest = next(found, None) if predecessor else None
        return (
            latest is not None
            and latest["finished_by"] == predecessor
            and latest["operation"] == command.operation
            and command.percent in (None, latest.get("percent"))
        )

    def _tick(self, message: str) -> None:
        self.ledger.renew()
        self.progress(message)

    def _request(self) -> Request:
        now = datetime.fromtimestamp(self.aws.clock(), UTC).isoformat(timespec="milliseconds")
        return Request(id=self.new_id(), owner=str(self.ledger.owner), now=now)
