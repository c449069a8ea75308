"""The frame: help that teaches, a quick start, exit codes, and no traceback for what we know."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from infra.cli.main import app
from infra.errors import CloudError, GatewrightError, Locked, Refused
from tests.infra.cli.conftest import Shop

HEAVY = ("boto3", "botocore", "pydantic", "aws_cdk", "yaml", "infra.release.session", "infra.config")


def commands() -> Iterator[tuple[str, ...]]:
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        if below is None:
            yield (name,)
            continue
        yield from ((name, verb) for verb in below)


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_itself(shop: Shop, command: tuple[str, ...]) -> None:
    text = " ".join(shop.run(*command, "--help").stdout.split())
    assert "Example:" in text
    assert f"gatewright {' '.join(command)}" in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from infra.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_version(shop: Shop) -> None:
    assert shop.run("--version").stdout.startswith("gatewright ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(GatewrightError("it failed"), 1, id="failure"),
        pytest.param(CloudError("AWS said no"), 1, id="cloud"),
        pytest.param(Refused("not like this"), 2, id="refusal"),
        pytest.param(Locked("bob is at work"), 2, id="lock"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(shop: Shop, error: GatewrightError, code: int) -> None:
    shop.factory.error = error
    result = shop.run("status", code=code)
    assert result.stderr == f"error: {error}\n"
    assert result.stdout == ""


def test_an_error_of_botocore_that_slipped_through_is_a_line_too(shop: Shop) -> None:
    shop.factory.error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert shop.run("status", code=1).stderr.startswith("error: AWS: ")


def test_an_interrupt_says_that_the_command_resumes(shop: Shop) -> None:
    shop.factory.error = KeyboardInterrupt()
    assert "resumes" in shop.run("status", code=130).stderr


def test_an_unknown_command_is_a_usage_error(shop: Shop) -> None:
    assert "No such command" in shop.run("canary", "fly", code=2).output


def test_without_arguments_the_help_is_shown() -> None:
    assert "Usage" in CliRunner().invoke(app, []).output
