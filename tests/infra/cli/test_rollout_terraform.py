"""`gatewright canary run` of a gateway that Terraform deployed: attended, and handed to its state machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.release.home import OUTPUTS_KEY, VARIABLES, Variables, read_variables, write_variables
from tests.infra.cli.test_rollout import Desk, run
from tests.infra.release import fake_aws
from tests.infra.release.fake_aws import refuse
from tests.infra.rollout.world import EU, US, World, stored

MACHINE = f"arn:aws:states:{US}:123456789012:stateMachine:gatewright-shop-rollout"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two regions without stacks, and the roots beside the file."""

    def absent(self: Any, **parameters: Any) -> Any:
        raise refuse("ValidationError", f"Stack with id {parameters['StackName']} does not exist")

    made = World()
    monkeypatch.setattr(fake_aws._Client, "_describe_stacks", absent)
    # Deployment ids of AWS have no hyphens, those of the fake have.
    monkeypatch.setattr("infra.release.home.BASELINE_PATTERN", "^[a-z0-9-]*$")
    for name in (US, EU):
        region = made.aws.region(name)
        outputs = {"RestApiId": "api1", "StageName": "live", "ReleaseName": "two", "ReleaseDeployment": "d-two"}
        outputs |= {"RolloutMachine": MACHINE, "FunctionVersions": json.dumps(region.function_versions)}
        item = {"pk": {"S": OUTPUTS_KEY}, "sk": {"S": OUTPUTS_KEY}} | {k: {"S": v} for k, v in outputs.items()}
        region.items[OUTPUTS_KEY, OUTPUTS_KEY] = item
        (tmp_path / "terraform" / name).mkdir(parents=True)
        write_variables(tmp_path / "terraform" / name / VARIABLES, Variables(baseline="d-one"))
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def start(self: Any, **parameters: Any) -> Any:
        calls.append(parameters)
        return {"executionArn": "arn:execution"}

    monkeypatch.setattr(fake_aws._Client, "_start_execution", start, raising=False)
    return calls


def test_an_attended_rollout_is_followed_by_the_variables_files(world: World, tmp_path: Path) -> None:
    run(Desk(world), "run", "--gateway-file", str(tmp_path / "gateway.yaml"))
    assert (world.serving(US), world.serving(EU)) == ("d-two", "d-two")
    for region in (US, EU):
        said = read_variables(tmp_path / "terraform" / region / VARIABLES)
        assert said is not None
        assert (said.baseline, said.percent) == ("d-two", 0.0)


def test_detach_starts_the_machine_that_the_root_told_of(
    world: World, tmp_path: Path, started: list[dict[str, Any]]
) -> None:
    result = run(Desk(world), "run", "--detach", "--gateway-file", str(tmp_path / "gateway.yaml"))
    assert [call["stateMachineArn"] for call in started] == [MACHINE]
    assert stored(world).driver == f"the state machine in {US}"
    assert "when it has ended: gatewright terraform pin" in " ".join(result.output.split())


def test_a_root_from_before_it_had_one_is_to_be_applied_again(
    world: World, tmp_path: Path, started: list[dict[str, Any]]
) -> None:
    del world.aws.region(US).items[OUTPUTS_KEY, OUTPUTS_KEY]["RolloutMachine"]
    result = run(Desk(world), "run", "--detach", "--gateway-file", str(tmp_path / "gateway.yaml"), code=2)
    assert "Run `gatewright terraform synth` and `terraform apply` first" in " ".join(result.output.split())
    assert started == []
