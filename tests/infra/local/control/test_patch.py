"""Laws of the patch grammar, for any operations."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.control import patch
from infra.local.control.errors import AwsError
from infra.local.control.patch import Grammar, PatchOperation

GRAMMARS = {
    "plain": Grammar(
        {
            "/name": patch.text("name", blank="blank"),
            "/description": patch.text("description", ops=("replace", "remove")),
            "/on": patch.flag("on"),
            "/size": patch.number("size", "not a number"),
            "/map/*": patch.entry("map", missing="missing"),
            "/list/*": patch.member("list"),
            "/values": patch.scopes("values"),
        }
    ),
}
GRAMMARS["listing"] = Grammar(GRAMMARS["plain"].rules, listing=True)
PATHS = st.sampled_from(
    [
        "/name",
        "/description",
        "/on",
        "/size",
        "/map/a",
        "/map/b~1c",
        "/list/a",
        "/values",
        "/",
        "",
        "name",
        "/map",
        "/map/",
    ]
)
OPERATIONS = st.lists(
    st.builds(
        PatchOperation,
        op=st.sampled_from(["add", "remove", "replace", "copy", "move", "test"]),
        path=st.one_of(st.none(), PATHS, st.text(max_size=8)),
        value=st.one_of(st.none(), st.sampled_from(["", "1", "true", "x"]), st.text(max_size=5)),
    ),
    max_size=6,
)


def attempt(shape: dict[str, Any], operations: list[PatchOperation], grammar: Grammar) -> dict[str, Any] | AwsError:
    try:
        return patch.apply(shape, operations, grammar)
    except AwsError as error:
        return error


SHAPE: dict[str, Any] = {"name": "n", "map": {"a": "1"}, "list": ["a"], "values": ["x"], "on": False}


@given(st.text())
def test_escaping_is_undone(segment: str) -> None:
    assert patch.segments(f"/{patch.escape(segment)}") == (segment,)


@given(st.lists(st.text(), min_size=1))
def test_a_pointer_has_its_segments(parts: list[str]) -> None:
    assert patch.segments("".join(f"/{patch.escape(part)}" for part in parts)) == tuple(parts)


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS.keys())
@given(operations=OPERATIONS)
def test_the_shape_is_never_touched_and_refusals_are_aws_errors(
    grammar: Grammar, operations: list[PatchOperation]
) -> None:
    before = copy.deepcopy(SHAPE)
    outcome = attempt(SHAPE, operations, grammar)
    if isinstance(outcome, AwsError):
        assert outcome.status in (400, 404)
        assert outcome.message
    else:
        assert outcome is not SHAPE
        assert outcome["name"]
    assert before == SHAPE


@given(OPERATIONS, OPERATIONS)
def test_patching_twice_is_patching_once_with_both(first: list[PatchOperation], second: list[PatchOperation]) -> None:
    grammar = GRAMMARS["plain"]
    both, half = attempt(SHAPE, [*first, *second], grammar), attempt(SHAPE, first, grammar)
    if isinstance(both, AwsError):
        assert isinstance(half, AwsError) or isinstance(attempt(half, second, grammar), AwsError)
    else:
        assert not isinstance(half, AwsError)
        assert both == patch.apply(half, second, grammar)


@given(st.sampled_from(["add", "remove", "replace"]), st.text(alphabet="ab/~", min_size=1))
def test_an_emptied_map_disappears(op: str, key: str) -> None:
    path = f"/map/{patch.escape(key)}"
    shape = {"map": {key: "1"}}
    after = patch.apply(shape, [PatchOperation(op, path, "2")], GRAMMARS["plain"])
    assert after == ({} if op == "remove" else {"map": {key: "2"}})
