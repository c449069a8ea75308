"""Any sequence of commands, deploys and kills: the truth is never split and the baseline is never lost."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.errors import CloudError, Refused
from infra.release import commands
from infra.release.session import Command, Session
from tests.infra.release.fake_aws import FakeAws, Killed, Operators

REGION = "us-east-1"
MOVERS = ("promote", "rollback", "release-rollback")
COMMANDS = st.one_of(
    st.sampled_from((1, 10, 50, 100)).map(lambda p: ("start", p)),
    st.sampled_from((10, 25)).map(lambda p: ("step", p)),
    st.sampled_from((("promote", 0), ("rollback", 0), ("pin", 0), ("release-rollback", 0), ("prune", 1))),
)


def make(name: str, value: int) -> Command:
    match name:
        case "start":
            return commands.start(value)
        case "step":
            return commands.step(value)
        case "prune":
            return commands.prune(value)
        case "release-rollback":
            return commands.release_rollback()
        case "pin":
            return commands.pin()
        case "promote":
            return commands.promote()
    return commands.rollback()


class Operations(RuleBasedStateMachine):
    """`served` is every release that may have the stage now: one, or two while a command that moves it is half done."""

    @initialize(polls=st.integers(0, 3), resends=st.booleans())
    def begin(self, polls: int, resends: bool) -> None:
        self.aws = FakeAws(polls=polls, resends=resends)
        self.operators = Operators(self.aws)
        self.count = 1
        self.served = {self.aws.deploy(REGION, "r1")}
        self.operators.session().apply(commands.pin())

    @property
    def pending(self) -> bool:
        return ("intent", "intent") in self.aws.region(REGION).items

    @precondition(lambda self: not self.pending and "canarySettings" not in self.aws.region(REGION).stage)
    @rule()
    def deploy(self) -> None:
        """`gatewright deploy` refuses otherwise; see test_deploy."""
        self.count += 1
        self.aws.deploy(REGION, f"r{self.count}")

    @rule(command=COMMANDS, kill_after=st.none() | st.integers(1, 10), fails=st.booleans())
    def run(self, command: tuple[str, int], kill_after: int | None, fails: bool) -> None:
        region = self.aws.region(REGION)
        before = region.items.get(("intent", "intent"))
        region.fail_next_update = fails and kill_after is None
        self.aws.kill_after = kill_after
        session = self.operators.session()
        ended = self._attempt(session, make(*command))
        region.fail_next_update = False
        if ended == "killed":
            self.operators.bury(session)
        self.aws.revive()
        if ended == "refused":
            assert region.items.get(("intent", "intent")) == before, "a refusal changed the ledger"
        self._account(session)
        if ended == "done":
            self._settled()

    def _attempt(self, session: Session, command: Command) -> str:
        try:
            session.apply(command)
        except Killed:
            return "killed"
        except CloudError:
            return "failed"
        except Refused:
            return "refused"
        return "done"

    def _account(self, session: Session) -> None:
        """What may be served now: a half-done command may or may not have moved the stage, a finished one has."""
        intent = self.operators.session().ledger.intent()
        if intent is not None:
            if intent.operation in MOVERS:
                self.served |= {intent.target}
            return
        (latest, *_) = self.operators.session().history(limit=1)
        if latest["finished_by"] == str(session.ledger.owner) and latest["operation"] in MOVERS:
            self.served = {latest["target"]}
        elif len(self.served) > 1:
            self.served = {self.aws.region(REGION).stage["deploymentId"]}

    def _settled(self) -> None:
        s = self.operators.session().observe()
        if s.intent is None:
            assert s.agrees, (s.stage, s.stack)
        assert s.lock is None

    @property
    def unwritten(self) -> bool:
        """A rollback died between its first call, which ends the harm, and the one that writes it down: the stack still has
        the canary's percentage. Every other command refuses and leaves it so; a rollback finishes it."""
        s = self.operators.session().observe()
        return s.intent is None and s.canary is None and s.stack.percent > 0

    @rule()
    def rollback_always_brings_peace(self) -> None:
        """Whatever was half done: after one rollback nothing is pending, no canary is on, all agrees."""
        region = self.aws.region(REGION)
        if not self.pending and "canarySettings" not in region.stage and not self.unwritten:
            return
        calls = len(self.aws.calls)
        done = self.operators.session().apply(commands.rollback())
        assert "canarySettings" not in region.stage
        assert not self.pending
        assert done.plan.intent is not None
        self.served = {done.plan.intent.target}
        first = next((c for c in self.aws.calls[calls:] if c[0] != "dynamodb"), None)
        if first is not None and first[1] == "update_stage":
            assert first[2]["patchOperations"][0]["path"] in ("/canarySettings", "/deploymentId")
        self._settled()

    @invariant()
    def baseline_is_never_lost(self) -> None:
        region = self.aws.region(REGION)
        assert region.stage["deploymentId"] in self.served
        assert region.stage["deploymentId"] in region.deployments

    @invariant()
    def there_are_never_two_truths_at_rest(self) -> None:
        region = self.aws.region(REGION)
        if self.pending or region.update or region.items.get(("lock", "lock")):
            return
        s = self.operators.session().observe()
        assert s.agrees or self.unwritten, (s.stage, s.stack)


Operations.TestCase.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
TestOperations = Operations.TestCase
