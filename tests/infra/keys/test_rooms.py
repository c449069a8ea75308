"""What may be imported by whom: the pure modules stay pure, and the stacks can use two of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.infra.release.test_rooms import imports

ROOM = Path(__file__).resolve().parents[3] / "infra" / "keys"
MODULES = sorted(ROOM.glob("*.py"))
IMPURE = ("cloud", "metering", "session")
FOR_EVERYBODY = ("value", "secret")  # the stacks name the secret; they may know nothing of releasing
WORLD = {"os", "sys", "time", "socket", "subprocess", "boto3", "botocore", "secrets", "random"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_reaches_the_world_but_through_the_seam(path: Path) -> None:
    used = imports(path)
    assert {name.partition(".")[0] for name in used}.isdisjoint(WORLD)
    if path.stem not in IMPURE:
        assert used.isdisjoint({f"infra.keys.{name}" for name in IMPURE} | {"infra.release.awsclient"})
    if path.stem in FOR_EVERYBODY:
        assert {name for name in used if name.startswith("infra.")} <= {"infra.errors"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_say_what_they_are_and_functions_are_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    assert not {f.name for f in functions if f.end_lineno and f.end_lineno - f.lineno >= 40}
