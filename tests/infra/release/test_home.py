"""Canaries of a gateway that Terraform deployed: the API moves the stage, the variables file follows, kills are healed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.errors import NothingToDo, Refused
from infra.release import commands
from infra.release.cdk import Cdk
from infra.release.deploy import plan_deploy
from infra.release.display import plan_lines
from infra.release.home import OUTPUTS_KEY, VARIABLES, Variables, at_home, read_variables, write_variables
from infra.release.observe import ledger_table
from infra.release.session import Command, Session
from tests.infra.release import fake_aws
from tests.infra.release.fake_aws import GATEWAY, FakeAws, Killed, Operators, refuse

REGION = "us-east-1"
OLD, NEW = "0000000a", "0000000b"


class Deployed:
    """A region that Terraform deployed: no stack, the outputs in the ledger, a variables file."""

    def __init__(self, aws: FakeAws, root: Path) -> None:
        self.aws, self.operators, self.root = aws, Operators(aws), root
        aws.deploy(REGION, OLD)
        region = aws.region(REGION)
        created = {**region.deployments[f"d-{OLD}"], "id": f"d-{NEW}", "description": f"release {NEW}"}
        region.deployments[f"d-{NEW}"] = created
        outputs = {"RestApiId": "api1", "StageName": "live", "ReleaseName": NEW, "ReleaseDeployment": f"d-{NEW}"}
        outputs["FunctionVersions"] = json.dumps(region.function_versions)
        item = {"pk": {"S": OUTPUTS_KEY}, "sk": {"S": OUTPUTS_KEY}} | {k: {"S": v} for k, v in outputs.items()}
        region.items[OUTPUTS_KEY, OUTPUTS_KEY] = item
        write_variables(root / VARIABLES, Variables(baseline=f"d{OLD}", releases=(OLD, NEW)))
        self.say(baseline_deployment=f"d-{OLD}")
        aws.calls.clear()

    def say(self, **values: Any) -> None:
        file = self.root / VARIABLES
        file.write_text(json.dumps({**json.loads(file.read_text()), **values}))

    def session(self) -> Session:
        session = self.operators.session()
        session.aws = at_home(session.aws, self.root, ledger_table(GATEWAY))
        return session

    def run(self, command: Command) -> None:
        self.session().apply(command)

    @property
    def truth(self) -> tuple[Any, ...]:
        """What the stage serves, and what the next plan is told."""
        stage = self.aws.region(REGION).stage
        canary = stage.get("canarySettings") or {}
        said = read_variables(self.root / VARIABLES)
        assert said is not None
        return stage["deploymentId"], canary.get("deploymentId"), float(canary.get("percentTraffic", 0)), said


@pytest.fixture
def deployed(aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    # Deployment ids of AWS have no hyphens, those of the fake have.
    monkeypatch.setattr("infra.release.home.BASELINE_PATTERN", "^[a-z0-9-]*$")
    made = Deployed(aws, tmp_path)
    without_a_stack(monkeypatch)
    return made


def without_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation knows nothing of the gateway."""

    def absent(self: Any, **parameters: Any) -> Any:
        raise refuse("ValidationError", f"Stack with id {parameters['StackName']} does not exist")

    monkeypatch.setattr(fake_aws._Client, "_describe_stacks", absent)


def said(baseline: str, percent: float = 0.0, releases: tuple[str, ...] = (OLD, NEW)) -> Variables:
    return Variables(baseline=f"d-{baseline}", percent=percent, releases=releases)


def test_it_is_found_by_what_the_root_left_in_the_ledger(deployed: Deployed) -> None:
    s = deployed.session().observe()
    assert (s.serving, s.newest, s.stack.baseline) == (f"d-{OLD}", f"d-{NEW}", f"d-{OLD}")
    assert s.stack.variables_file == str(deployed.root / VARIABLES)
    assert s.agrees


def test_without_a_root_here_nothing_is_found(deployed: Deployed) -> None:
    (deployed.root / VARIABLES).unlink()
    assert deployed.session().observe().stage is None


def test_a_canary_from_start_to_promotion(deployed: Deployed) -> None:
    deployed.run(commands.start(10))
    assert deployed.truth == (f"d-{OLD}", f"d-{NEW}", 10.0, said(OLD, 10))
    deployed.run(commands.step(50))
    assert deployed.truth == (f"d-{OLD}", f"d-{NEW}", 50.0, said(OLD, 50))
    deployed.run(commands.promote())
    assert deployed.truth == (f"d-{NEW}", None, 0.0, said(NEW))
    assert not [call for call in deployed.aws.calls if call[0] == "cloudformation"]


def test_a_rollback_takes_the_traffic_off_first(deployed: Deployed) -> None:
    deployed.run(commands.start(10))
    deployed.aws.calls.clear()
    deployed.run(commands.rollback())
    first = next(call for call in deployed.aws.calls if call[0] != "dynamodb")
    assert first[2]["patchOperations"] == [{"op": "remove", "path": "/canarySettings"}]
    assert deployed.truth == (f"d-{OLD}", None, 0.0, said(OLD))


def test_the_first_apply_is_pinned(deployed: Deployed) -> None:
    deployed.say(baseline_deployment="")
    deployed.run(commands.pin())
    assert deployed.truth[-1] == said(OLD)


def test_prune_takes_a_release_out_of_the_file(deployed: Deployed) -> None:
    deployed.run(commands.start(10))
    deployed.run(commands.promote())
    deployed.aws.region(REGION).items = {
        key: item for key, item in deployed.aws.region(REGION).items.items() if key[0] != "history"
    }
    deployed.run(commands.prune(0))
    assert deployed.truth[-1] == said(NEW, releases=(NEW,))
    assert set(deployed.aws.region(REGION).deployments) == {f"d-{NEW}"}


def test_variables_of_the_users_own_stay(deployed: Deployed) -> None:
    deployed.say(mine=[1])
    deployed.run(commands.start(10))
    assert json.loads((deployed.root / VARIABLES).read_text())["mine"] == [1]


def test_cdk_does_not_deploy_over_it(deployed: Deployed) -> None:
    with pytest.raises(Refused, match="Terraform deployed this gateway"):
        plan_deploy(deployed.session().observe(), Cdk(runner=None, assembly=deployed.root))  # type: ignore[arg-type]


def test_a_dry_run_names_the_file_and_changes_nothing(deployed: Deployed) -> None:
    before = deployed.truth
    lines = plan_lines(deployed.session().plan(commands.start(10)))
    assert any(f"{VARIABLES}: baseline_deployment=d-{OLD}, canary_percent=10" in line for line in lines)
    assert deployed.truth == before
    assert deployed.aws.calls == []


@pytest.mark.parametrize(
    "command",
    [lambda: commands.promote(), lambda: commands.rollback(), lambda: commands.step(50)],
    ids=["promote", "rollback", "step"],
)
@pytest.mark.parametrize("kill_after", range(1, 9))
def test_a_run_that_died_is_finished_by_the_next(
    deployed: Deployed, command: Callable[[], Command], kill_after: int
) -> None:
    deployed.run(commands.start(10))
    deployed.aws.kill_after = kill_after
    session = deployed.session()
    try:
        session.apply(command())
    except Killed:
        deployed.operators.bury(session)
        deployed.aws.revive()
        with contextlib.suppress(NothingToDo):  # it died after its last write, giving the lock back
            deployed.run(command())
    deployed.aws.revive()
    s = deployed.session().observe()
    assert s.agrees
    assert s.intent is None
