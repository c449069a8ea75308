"""One seam to AWS, and pure modules that stay pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted((*(ROOT / "infra" / "release").glob("*.py"), *(ROOT / "infra" / "cli").glob("*.py")))
PURE = ("calls", "commands", "display", "plan", "plan_canary", "plan_release", "refusals", "situation")
IMPURE = ("awsclient", "cdk", "deploy", "executor", "ledger", "observe", "owner")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_only_the_seam_imports_boto3(path: Path) -> None:
    reaches = {name.partition(".")[0] for name in imports(path)} & {"boto3", "botocore"}
    assert not reaches or path.stem == "awsclient"


@pytest.mark.parametrize("name", [name for name in PURE if name != "commands"])
def test_planning_imports_nothing_that_touches_the_world(name: str) -> None:
    used = imports(ROOT / "infra" / "release" / f"{name}.py")
    assert used.isdisjoint({f"infra.release.{impure}" for impure in IMPURE})
    assert {used_name.partition(".")[0] for used_name in used}.isdisjoint({"os", "sys", "time", "socket", "subprocess"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_modules_say_what_they_are_and_functions_are_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    # A command's options are spelled out in its signature, as typer wants them: only the body is counted.
    lengths = {f.name: (f.end_lineno or 0) - f.body[0].lineno + 1 for f in functions}
    long = {name: lines for name, lines in lengths.items() if lines > 40}
    assert not long
