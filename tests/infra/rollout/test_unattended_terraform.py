"""The same state machine for a gateway that Terraform deployed: no stack, no variables file in reach, only the ledger and the stage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.errors import CloudError
from infra.release import commands
from infra.release.away import AwayAws
from infra.release.calls import set_parameters
from infra.release.home import OUT_OF_REACH, OUTPUTS_KEY, write_parameters
from infra.release.observe import ledger_table
from infra.release.session import Session
from infra.rollout import unattended
from infra.rollout.state import Phase
from tests.infra.release import fake_aws
from tests.infra.release.fake_aws import GATEWAY, refuse
from tests.infra.rollout.test_unattended import detached
from tests.infra.rollout.world import EU, US, Behaviour, World, stored


def without_stacks(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """What the stacks told is in the ledgers, as roots leave it, and CloudFormation knows nothing."""

    def absent(self: Any, **parameters: Any) -> Any:
        raise refuse("ValidationError", f"Stack with id {parameters['StackName']} does not exist")

    monkeypatch.setattr(fake_aws._Client, "_describe_stacks", absent)
    for name in (US, EU):
        region = world.aws.region(name)
        outputs = {"RestApiId": "api1", "StageName": "live", "ReleaseName": "two", "ReleaseDeployment": "d-two"}
        outputs["FunctionVersions"] = json.dumps(region.function_versions)
        item = {"pk": {"S": OUTPUTS_KEY}, "sk": {"S": OUTPUTS_KEY}} | {k: {"S": v} for k, v in outputs.items()}
        region.items[OUTPUTS_KEY, OUTPUTS_KEY] = item
    reach = world.operators.session

    def away(region: str = US, **options: Any) -> Session:
        session = reach(region, **options)
        aws = session.aws
        session.aws = AwayAws(
            region=region, factory=aws.factory, sleep=aws.sleep, clock=aws.clock, table=ledger_table(GATEWAY)
        )
        return session

    monkeypatch.setattr(world.operators, "session", away)
    world.aws.calls.clear()
    return world


def test_a_healthy_release_is_promoted_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    world = without_stacks(World(), monkeypatch)
    found = detached(world).run()
    assert (found["outcome"], world.serving(US), world.serving(EU)) == ("promoted", "d-two", "d-two")
    assert (world.canary(US), world.canary(EU)) == (None, None)
    assert {call[1] for call in world.aws.calls if call[0] == "cloudformation"} <= {"describe_stacks"}


def test_a_harmful_release_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = without_stacks(World(behaviour=Behaviour(fails=0.055)), monkeypatch)
    found = detached(world).run()
    assert (found["outcome"], world.serving(US), world.canary(US)) == ("rolled back", "d-one", None)
    assert stored(world).regions[EU].phase is Phase.WAITING


def test_the_parameters_are_what_the_stage_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    world = without_stacks(World(), monkeypatch)
    session = world.operators.session(US)
    session.apply(commands.start(33.3))
    s = session.observe()
    assert (s.stack.baseline, s.stack.percent, s.newest, s.agrees) == ("d-one", 33.3, "d-two", True)
    session.apply(commands.promote())
    s = session.observe()
    assert (s.stack.baseline, s.stack.percent, s.agrees) == ("d-two", 0.0, True)


def test_a_stack_that_is_there_comes_first() -> None:
    world = World()
    aws = world.operators.session(US).aws
    away = AwayAws(region=US, factory=aws.factory, sleep=aws.sleep, clock=aws.clock, table=ledger_table(GATEWAY)).stack(
        f"Gatewright-{GATEWAY}-{US}"
    )
    assert away == aws.stack(f"Gatewright-{GATEWAY}-{US}")
    assert away.variables_file == ""


def test_without_a_root_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = without_stacks(World(), monkeypatch)
    del world.aws.region(US).items[OUTPUTS_KEY, OUTPUTS_KEY]
    assert world.operators.session(US).observe().stage is None


def test_a_file_that_is_out_of_reach_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody moved the stage between the call and the look: the tick holds and looks again."""
    world = without_stacks(World(), monkeypatch)
    step = set_parameters(world.operators.session(US).observe(), baseline="d-other", percent=0, reason="")
    assert (step.service, step.parameters["file"]) == ("terraform", OUT_OF_REACH)
    with pytest.raises(CloudError, match="something else moved it"):
        write_parameters(step.parameters)


def test_the_function_looks_at_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unattended, "boto_client", lambda *_: None)
    aws = unattended._session("shop", US).aws
    assert isinstance(aws, AwayAws)
    assert aws.table == ledger_table("shop")
