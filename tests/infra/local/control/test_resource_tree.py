"""Laws of the resource tree, for any sequence of creates, moves, renames and deletes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.control.errors import AwsError
from infra.local.control.plane import ControlPlane
from infra.local.control.store import Store

PARTS = st.sampled_from(["a", "b", "c", "{id}", "{proxy+}", "not valid", ""])
NUMBERS = st.integers(min_value=0, max_value=12)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), NUMBERS, PARTS),
        st.tuples(st.just("rename"), NUMBERS, PARTS),
        st.tuples(st.just("move"), NUMBERS, NUMBERS),
        st.tuples(st.just("delete"), NUMBERS, st.just(0)),
    ),
    max_size=25,
)


class Tree:
    """Runs steps; a refused one must leave the tree as it was."""

    def __init__(self) -> None:
        self.plane = ControlPlane(Store(), clock=lambda: 0.0)
        made = self._call("CreateRestApi", name="tree")
        self.api, self.ids = made["id"], [made["rootResourceId"]]

    def _call(self, operation: str, **params: Any) -> Any:
        return self.plane.perform(operation, params, account="1", region="r")

    def id(self, number: int) -> str:
        return str(self.ids[number % len(self.ids)])

    def step(self, kind: str, number: int, what: Any) -> None:
        key = {"restApiId": self.api, "resourceId": self.id(number)}
        if kind == "create":
            made = self._call("CreateResource", restApiId=self.api, parentId=self.id(number), pathPart=what)
            self.ids.append(made["id"])
        elif kind == "delete":
            self._call("DeleteResource", **key)
        else:
            path, value = ("/pathPart", what) if kind == "rename" else ("/parentId", self.id(what))
            self._call("UpdateResource", **key, patchOperations=[{"op": "replace", "path": path, "value": value}])

    def resources(self) -> dict[str, Any]:
        api = self.plane.store.find_api(self.api)
        assert api is not None
        return api.live.resources


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_tree_stays_a_tree(steps: list[tuple[str, int, Any]]) -> None:
    tree = Tree()
    for step in steps:
        before = {key: dict(shape) for key, shape in tree.resources().items()}
        try:
            tree.step(*step)
        except AwsError:
            assert {key: dict(shape) for key, shape in tree.resources().items()} == before
        found = tree.resources()
        paths = [shape["path"] for shape in found.values()]
        assert len(set(paths)) == len(paths)
        for shape in found.values():
            assert shape["path"] == walked(found, shape)
            siblings = [other for other in found.values() if other.get("parentId") == shape["id"]]
            assert sum(other["pathPart"].startswith("{") for other in siblings) <= 1
            assert not (siblings and shape.get("pathPart", "").endswith("+}"))


def walked(found: dict[str, Any], shape: dict[str, Any]) -> str:
    """The path by walking up; a missing parent or a cycle fails here."""
    parts: list[str] = []
    for _ in range(len(found) + 1):
        if "parentId" not in shape:
            return "/" + "/".join(reversed(parts))
        parts.append(shape["pathPart"])
        shape = found[shape["parentId"]]
    raise AssertionError("a cycle")
