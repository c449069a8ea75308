"""`gatewright terraform`: what is written, what is refused and how it is said, and how each command ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.factory import Factory
from infra.cli.main import app
from infra.release.home import VARIABLES as VARIABLES_FILE
from infra.release.home import Variables, at_home, read_variables
from infra.release.observe import ledger_table
from tests.infra.cli.conftest import US
from tests.infra.cli.conftest import Shop as FakeShop
from tests.infra.release.fake_aws import GATEWAY
from tests.infra.release.test_home import NEW, OLD, Deployed, without_a_stack
from tests.infra.terraform.conftest import small_shop

ROOT = "eu-west-1"
MAIN = f"{ROOT}/main.tf.json"
VARIABLES = f"{ROOT}/gateway.auto.tfvars.json"


@dataclass(frozen=True)
class Project:
    """A folder with a gateway.yaml; `out` is where its roots go unless it is said otherwise."""

    file: Path

    @property
    def out(self) -> Path:
        return self.file.parent / "terraform"

    def run(self, *arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["terraform", *arguments, "--gateway-file", str(self.file)], obj=Factory())
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--output", "json", code=code).stdout)

    def files(self) -> dict[str, bytes]:
        """Everything below the project, by path."""
        folder = self.file.parent
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(small_shop(tmp_path))


def said(result: Result) -> str:
    """What stderr says, without the line breaks of a terminal."""
    return " ".join(result.stderr.split())


# --- synth ------------------------------------------------------------------------------------------------


def test_synth_writes_a_root_beside_the_file_and_says_what(project: Project) -> None:
    document = project.json("synth")
    assert (document["dry_run"], document["roots"], document["left"]) == (False, [ROOT], [])
    assert {"path": MAIN, "change": "create"} in document["files"]
    assert json.loads((project.out / VARIABLES).read_text())["releases"] == [document["releases"][ROOT]]


def test_a_second_synth_changes_nothing_and_says_so(project: Project) -> None:
    project.run("synth")
    before = project.files()
    assert "nothing has changed" in project.run("synth").stdout
    assert project.files() == before


def test_a_dry_run_says_what_the_real_run_does_and_writes_nothing(project: Project) -> None:
    before = project.files()
    would = project.json("synth", "--dry-run")
    assert f"would create {project.out / MAIN}" in project.run("synth", "--dry-run").stdout.replace("\n", "")
    assert project.files() == before
    assert project.json("synth") == would | {"dry_run": False}


def test_a_folder_that_is_not_there_is_made(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "not" / "yet"
    project.run("synth", "--out", str(out))
    assert (out / MAIN).is_file()
    assert not project.out.exists()


def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(project: Project) -> None:
    project.out.mkdir()
    (project.out / "main.tf").write_text("# mine")
    before = project.files()
    for options in ((), ("--dry-run",)):
        result = project.run("synth", *options, code=2)
        assert str(project.out) in said(result)
        assert "none of ours" in said(result)
        assert "--force" in said(result)
        assert result.stdout == ""
        assert project.files() == before


def test_force_writes_beside_what_is_there(project: Project) -> None:
    project.out.mkdir()
    (project.out / "main.tf").write_text("# mine")
    project.run("synth", "--force")
    assert (project.out / "main.tf").read_text() == "# mine"
    assert (project.out / MAIN).is_file()


def test_a_root_that_was_changed_by_hand_needs_force(project: Project) -> None:
    project.run("synth")
    ours = (project.out / MAIN).read_bytes()
    (project.out / MAIN).write_text("{}")
    result = project.run("synth", code=2)
    assert str(project.out / MAIN) in said(result)
    assert "_override.tf.json" in said(result)
    assert (project.out / MAIN).read_text() == "{}"
    project.run("synth", "--force")
    assert (project.out / MAIN).read_bytes() == ours


def test_a_file_in_place_of_the_folder_is_refused_even_with_force(project: Project) -> None:
    project.out.write_text("mine")
    assert "is a file" in said(project.run("synth", "--force", code=2))
    assert project.out.read_text() == "mine"


@pytest.mark.parametrize("options", [(), ("--force",)], ids=["plain", "force"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"canary_percent": 101}, id="percent above 100"),
        pytest.param({"canary_percent": -1}, id="percent below 0"),
        pytest.param({"canary_percent": "ten"}, id="percent no number"),
        pytest.param({"baseline_deployment": "No!"}, id="baseline no id"),
        pytest.param({"releases": ["latest"]}, id="release no digest"),
        pytest.param({"releases": "latest"}, id="releases no list"),
    ],
)
def test_variables_out_of_range_are_refused_and_kept(
    project: Project, change: dict[str, Any], options: tuple[str, ...]
) -> None:
    """Not even --force may lose what says which releases are deployed."""
    project.run("synth")
    file = project.out / VARIABLES
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    before = project.files()
    result = project.run("synth", *options, code=1)
    assert VARIABLES in said(result).replace(" ", "")
    assert next(iter(change)) in said(result)
    assert result.stdout == ""
    assert project.files() == before


def test_a_gateway_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = Project(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml" in said(nowhere.run("synth", code=1))
    assert not nowhere.out.exists()


# --- check ------------------------------------------------------------------------------------------------


def test_check_of_a_folder_that_is_not_there_says_synth(project: Project, tmp_path: Path) -> None:
    result = project.run("check", "--out", str(tmp_path / "nowhere"), code=1)
    assert "nowhere" in said(result)
    assert "gatewright terraform synth" in said(result)


def test_check_of_a_root_that_cannot_be_read_names_the_file(project: Project) -> None:
    project.run("synth")
    (project.out / MAIN).write_text("{")
    assert MAIN in said(project.run("check", code=1)).replace(" ", "")


def test_check_of_an_assembly_without_this_gateway_says_so(project: Project, tmp_path: Path) -> None:
    (tmp_path / "assembly").mkdir()
    result = project.run("check", "--assembly", str(tmp_path / "assembly"), code=1)
    assert "no template of this gateway" in said(result)
    assert "cdk synth" in said(result)


def test_check_prints_each_difference_and_ends_with_2(project: Project, tmp_path: Path) -> None:
    assembly = tmp_path / "assembly"
    assembly.mkdir()
    (assembly / f"Gatewright-little-{ROOT}.template.json").write_text('{"Resources": {}}')
    document = project.json("check", "--assembly", str(assembly), code=2)
    assert document["equal"] is False
    resources = {one["resource"] for one in document["differences"]}
    assert "AWS::ApiGateway::RestApi rest_api" in resources
    text = project.run("check", "--assembly", str(assembly), code=2).stdout
    assert f"{len(document['differences'])} differences" in text


def test_check_of_equal_outputs_says_so_and_ends_with_0(project: Project, tmp_path: Path) -> None:
    """Both made of the same file; after a change of one of them, the same command tells."""
    from tests.stacks.conftest import synthesize

    project.run("synth")
    synthesize(project.file, tmp_path / "assembly")
    arguments = ("check", "--assembly", str(tmp_path / "assembly"))
    assert project.run(*arguments).stdout == "gateway little: CloudFormation and Terraform mean the same\n"
    assert project.json(*arguments) == {"equal": True, "differences": []}
    main = project.out / MAIN
    main.write_text(main.read_text().replace('"metrics_enabled": true', '"metrics_enabled": false'))
    (difference,) = project.json(*arguments, code=2)["differences"]
    assert (difference["place"], difference["resource"]) == (ROOT, "AWS::ApiGateway::Stage stage")


# --- pin --------------------------------------------------------------------------------------------------


def test_pin_of_a_region_without_a_gateway_is_refused(shop: FakeShop) -> None:
    result = shop.run("terraform", "pin", "--region", US, code=2)
    assert US in result.stderr
    assert result.stdout == ""


def test_pin_of_a_region_that_the_file_does_not_have_is_refused(shop: FakeShop) -> None:
    assert "does not run in mars-1" in shop.run("terraform", "pin", "--region", "mars-1", code=2).stderr


def test_a_dry_run_of_pin_calls_nothing_that_changes(dark: FakeShop) -> None:
    before = len(dark.aws.calls)
    document = dark.json("terraform", "pin", "--region", US, "--dry-run")
    assert [one["region"] for one in document["results"]] == [US]
    assert len(dark.aws.calls) == before


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FakeShop, Deployed]:
    """The first `terraform apply` is done, and no baseline is pinned."""
    shop = FakeShop()
    # Deployment ids of AWS have no hyphens, those of the fake have.
    monkeypatch.setattr("infra.release.home.BASELINE_PATTERN", "^[a-z0-9-]*$")
    deployed = Deployed(shop.aws, tmp_path)
    deployed.say(baseline_deployment="")
    without_a_stack(monkeypatch)
    theirs = shop.factory.session

    def session(*arguments: Any, **options: Any) -> Any:
        made = theirs(*arguments, **options)
        made.aws = at_home(made.aws, deployed.root, ledger_table(GATEWAY))
        return made

    monkeypatch.setattr(shop.factory, "session", session)
    return shop, deployed


def test_pin_writes_what_the_stage_serves_and_says_it(applied: tuple[FakeShop, Deployed]) -> None:
    shop, deployed = applied
    variables = read_variables(deployed.root / VARIABLES_FILE)
    assert "write_variables" in shop.run("terraform", "pin", "--region", US, "--dry-run").stdout
    assert read_variables(deployed.root / VARIABLES_FILE) == variables

    told = shop.run("terraform", "pin", "--region", US).stdout
    assert told == f"{US}: pin done: pin the baseline to {OLD} (d-{OLD})\n"
    after = read_variables(deployed.root / VARIABLES_FILE)
    assert after == Variables(baseline=f"d-{OLD}", percent=0, releases=(OLD, NEW))
    assert shop.aws.region(US).stage["deploymentId"] == f"d-{OLD}"


def test_pin_in_json(applied: tuple[FakeShop, Deployed]) -> None:
    shop, _ = applied
    (result,) = shop.json("terraform", "pin", "--region", US)["results"]
    assert (result["region"], result["operation"], result["warnings"]) == (US, "pin", [])
    assert len(result["outcomes"]) == len(result["steps"]) > 0


def test_a_second_pin_has_nothing_to_do_and_changes_nothing(applied: tuple[FakeShop, Deployed]) -> None:
    shop, deployed = applied
    shop.run("terraform", "pin", "--region", US)
    before = deployed.truth
    shop.run("terraform", "pin", "--region", US)
    assert deployed.truth == before
