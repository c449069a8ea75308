"""The cdk runner: what it runs, in which environment, and what a failure looks like."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra.errors import CommandFailed, ToolMissing
from infra.release import cdk
from infra.release.cdk import Cdk, NodeCdk, environment, find_project, node_path


class Nothing:
    def run(self, arguments: object, *, on_line: object, on_tick: object) -> None: ...


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose `cdk` is a Python script, run by this Python in node's place."""
    script = tmp_path / "node_modules" / "aws-cdk" / "bin" / "cdk"
    script.parent.mkdir(parents=True)
    script.write_text(
        "import os, sys\n"
        "print('out', *sys.argv[1:]); print('err', file=sys.stderr)\n"
        "print('dir', os.getcwd()); print('bytecode', os.environ.get('PYTHONDONTWRITEBYTECODE'))\n"
        "print('validation', os.environ['CDK_VALIDATION'])\n"
        "sys.exit(3 if 'fail' in sys.argv else 0)\n"
    )
    (tmp_path / "cdk.json").write_text("{}")
    monkeypatch.setattr(cdk, "node_path", lambda: Path(sys.executable))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return tmp_path


def test_every_line_is_passed_on_and_kept(project: Path) -> None:
    seen: list[str] = []
    NodeCdk(project=project, log=project / "own" / "cdk.log").run(
        ["deploy", "x"], on_line=seen.append, on_tick=lambda: None
    )
    assert sorted(seen) == sorted(["out deploy x", "err", f"dir {project}", "bytecode None", "validation false"])
    log = (project / "own" / "cdk.log").read_text()
    assert log.startswith("$ cdk deploy x\n")
    assert all(line in log for line in seen)


def test_a_failure_shows_the_output_and_names_the_log(project: Path) -> None:
    runner = NodeCdk(project=project, log=project / "cdk.log")
    with pytest.raises(CommandFailed, match=r"(?s)cdk fail ended with 3.*out fail.*cdk\.log"):
        runner.run(["fail"], on_line=lambda _: None, on_tick=lambda: None)


def test_an_error_in_the_caller_ends_the_process(project: Path) -> None:
    def lost(_: str) -> None:
        raise RuntimeError("lock lost")

    with pytest.raises(RuntimeError, match="lock lost"):
        NodeCdk(project=project, log=project / "cdk.log").run(["x"], on_line=lost, on_tick=lambda: None)


def test_a_missing_cdk_says_what_to_run(project: Path) -> None:
    (project / "node_modules" / "aws-cdk" / "bin" / "cdk").unlink()
    with pytest.raises(ToolMissing, match="make setup"):
        NodeCdk(project=project, log=project / "cdk.log").run(["x"], on_line=print, on_tick=lambda: None)


def test_the_environment_keeps_what_reaches_aws() -> None:
    made = environment({"AWS_ENDPOINT_URL": "u", "PYTHONDONTWRITEBYTECODE": "1"}, Path("/node"))
    assert made["AWS_ENDPOINT_URL"] == "u"
    assert made["JSII_NODE"] == "/node"
    assert "PYTHONDONTWRITEBYTECODE" not in made


def test_the_project_is_found_from_below(project: Path) -> None:
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert find_project(below) == project.resolve()


def test_node_comes_with_the_package() -> None:
    assert node_path().is_file()


def test_a_deploy_never_gives_parameters_and_never_asks() -> None:
    made = Cdk(runner=Nothing(), assembly=Path("out"), context=("gateway=x.yaml",))
    deploy = made.deploy_arguments("Gatewright-shop-us-east-1")
    assert deploy[:2] == ("deploy", "Gatewright-shop-us-east-1")
    assert "--parameters" not in deploy
    assert "--no-previous-parameters" not in deploy
    assert deploy[deploy.index("--require-approval") + 1] == "never"
    assert deploy[deploy.index("--app") + 1] == "out"
    assert made.synth_arguments()[-2:] == ("--context", "gateway=x.yaml")
    assert made.bootstrap_arguments("1", ["r", "s"])[:3] == ("bootstrap", "aws://1/r", "aws://1/s")
