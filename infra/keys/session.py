"""The keys of one gateway over all its regions: look, plan, carry out under the locks. Touches AWS by its parts.

A region's lock is the one of its releases: one operator at a time. All locks are taken before anything is read, in the
order of the file, so that two operators cannot begin two different secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra.config.model import Gateway
from infra.errors import CloudError, GatewrightError, Locked, NotFound, NothingToDo, Refused
from infra.keys.cloud import KeyCloud
from infra.keys.reveal import Revealed, finished_names, newest_names, revealed
from infra.keys.secret import SECRET_BYTES, merged
from infra.keys.steps import Ask
from infra.keys.view import RegionKeys, View
from infra.release.executor import Outcome
from infra.release.ledger import Ledger
from infra.release.plan import Plan, Step
from infra.release.session import Done, Session

__all__ = ["KeyCommand", "KeyRing", "Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCommand:
    """A command on keys.

    Args:
        holder: plan and customer whose keys it is about; None for everybody's.
        reveals: the values that the command has made are shown, once.
        each_region: go on to the next region after a failure; for revoke, which must reach every region it can.
    """

    planner: Callable[[View, Ask], tuple[Plan, ...]]
    holder: tuple[str, str] | None = None
    reveals: bool = False
    each_region: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command did.

    Args:
        failed: why regions were left out; only of commands that go on after a failure.
        predecessor: the owner who died holding a lock, "" when nobody did.
        keys: the values to show, for commands that reveal.
    """

    done: tuple[Done, ...]
    failed: tuple[GatewrightError, ...] = ()
    predecessor: str = ""
    keys: tuple[Revealed, ...] = ()


@dataclass(slots=True, kw_only=True)
class Run:
    """How far a run has come."""

    steps: int = 0
    done: list[Done] = field(default_factory=list)
    failed: list[GatewrightError] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class KeyRing:
    """One gateway's keys.

    Args:
        sessions: one for each region of the gateway, in the order of the file.
        random: n random bytes from the system; only a secret's version is made of them.
    """

    gateway: Gateway
    sessions: Sequence[Session]
    random: Callable[[int], bytes]
    progress: Callable[[str], None]
    _clouds: dict[str, KeyCloud] = field(default_factory=dict, init=False)
    _held: list[Ledger] = field(default_factory=list, init=False)

    def cloud(self, region: str) -> KeyCloud:
        if region not in self._clouds:
            aws = next(session.aws for session in self.sessions if session.region == region)
            self._clouds[region] = KeyCloud(aws=aws, gateway=self.gateway.name)
        return self._clouds[region]

    def look(self) -> View:
        """Every region that answers; why the others do not."""
        return self._look({})

    def plan(self, command: KeyCommand) -> tuple[Plan, ...]:
        """The plans for `--dry-run`: takes no lock, changes nothing."""
        return command.planner(self.look(), self._ask())

    def apply(
        self,
        command: KeyCommand,
        *,
        confirm: Callable[[Sequence[Plan]], bool] = lambda _: True,
        show: Callable[[Report], None] = lambda _: None,
    ) -> Report:
        """Carry a command out under the locks.

        Args:
            show: gets the report while the locks are still held: a run that dies before leaves its lock, by which the
                next run knows that there are values to show. After a failure it gets those of the keys that are whole.

        Raises:
            Refused: by the planner, by another operator's lock, or because ``confirm`` said no.
            CloudError: a call failed; run the command again to resume.
        """
        with self._locks(each_region=command.each_region) as (silent, predecessor):
            view = self._look(silent)
            plans = self._plans(command, view, predecessor)
            if plans and not confirm(plans):
                raise Refused(
                    f"{self.gateway.name}: not confirmed; nothing was changed. Use --yes to go ahead unasked."
                )
            run = Run()
            try:
                self._run(command, plans, view, run)
            except GatewrightError:
                report = self._report(command, plans, run, predecessor)
                if report.keys:
                    show(report)
                raise
            left_out = tuple(view.silent.values()) if command.each_region else ()
            report = self._report(command, plans, run, predecessor, failed=left_out)
            show(report)
            return report

    def _plans(self, command: KeyCommand, view: View, predecessor: str) -> tuple[Plan, ...]:
        try:
            return command.planner(view, self._ask())
        except NothingToDo:
            if command.each_region and view.silent:  # the key may be where we could not look
                raise next(iter(view.silent.values())) from None
            if not command.each_region or not predecessor:
                raise
            return ()  # the run that died had ended everything before

    def _report(
        self,
        command: KeyCommand,
        plans: Sequence[Plan],
        run: Run,
        predecessor: str,
        failed: tuple[GatewrightError, ...] = (),
    ) -> Report:
        keys: tuple[Revealed, ...] = ()
        if command.reveals:
            names = finished_names(plans, run.steps)
            view = self._look({}) if names or predecessor else None
            if view and predecessor:  # a run that died may have made them and not shown them
                names |= newest_names(view, command.holder)
            keys = revealed(view, names) if view else ()
        return Report(done=tuple(run.done), failed=(*failed, *run.failed), predecessor=predecessor, keys=keys)

    def _run(self, command: KeyCommand, plans: Sequence[Plan], view: View, run: Run) -> None:
        for plan in plans:
            ids = {str(k.name): k.id for seen in view.regions if seen.region == plan.region for k in seen.keys}
            outcomes: list[Outcome] = []
            try:
                for step in plan.steps:
                    outcomes.append(self._step(plan.region, step, ids))
                    run.steps += 1
            except GatewrightError as error:
                if not command.each_region:
                    raise
                run.failed.append(error)
                continue
            run.done.append(Done(plan=plan, outcomes=tuple(outcomes)))

    def _step(self, region: str, step: Step, ids: dict[str, str]) -> Outcome:
        for ledger in self._held:
            ledger.renew()
        self.progress(f"{region}: {step.service} {step.operation}: {step.reason}")
        changed = self.cloud(region).do(step, ids)
        return Outcome(key=step.key, result="done" if changed else "not needed")

    def _look(self, silent: dict[str, GatewrightError]) -> View:
        seen: list[RegionKeys] = []
        silent = dict(silent)
        for session in self.sessions:
            if session.region in silent:
                continue
            try:
                seen.append(self.cloud(session.region).look())
            except (CloudError, NothingToDo) as error:
                silent[session.region] = error
        secret = merged({one.region: one.secret for one in seen if one.secret is not None})
        return View(gateway=self.gateway, regions=tuple(seen), secret=secret, silent=silent)

    @contextmanager
    def _locks(self, *, each_region: bool) -> Iterator[tuple[dict[str, GatewrightError], str]]:
        """The locks of every region that answers; the regions without, and an owner who died holding one."""
        silent: dict[str, GatewrightError] = {}
        predecessor = ""
        try:
            for session in self.sessions:
                try:
                    predecessor = session.ledger.acquire() or predecessor
                    self._held.append(session.ledger)
                except Locked as error:
                    if not each_region:
                        raise
                    silent[session.region] = error
                except CloudError as error:
                    silent[session.region] = self._why(session, error)
            yield silent, predecessor
        finally:
            while self._held:
                self._held.pop().release()

    def _why(self, session: Session, error: CloudError) -> GatewrightError:
        """No ledger mostly means no gateway, which is said better by looking."""
        if not isinstance(error, NotFound):
            return error
        try:
            self.cloud(session.region).look()
        except GatewrightError as better:
            return better
        return error

    def _ask(self) -> Ask:
        now = datetime.fromtimestamp(self.sessions[0].aws.clock(), UTC)
        return Ask(now=now, fresh=self.random(SECRET_BYTES))
