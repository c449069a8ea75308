"""A constant has one meaning in its module: a second assignment would change what stands between the two, in silence."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for room in ("infra", "stacks", "lambdas", "benchmarks") for path in (ROOT / room).rglob("*.py"))


def assigned(source: str) -> Counter[str]:
    """How often each name in capitals is assigned at the top of a module."""
    targets = [target for node in ast.parse(source).body if isinstance(node, ast.Assign) for target in node.targets]
    names = [
        name.id
        for target in targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    ]
    return Counter(name for name in names if name.isupper())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_constant_is_assigned_twice(path: Path) -> None:
    assert [name for name, times in assigned(path.read_text(encoding="utf-8")).items() if times > 1] == []


def test_the_test_sees_one_among_several() -> None:
    assert assigned("A, B = 1, 2\nC = 3\nD, B = 4, 5\n")["B"] == 2
