"""The resource tree as recorded from real AWS (localstack/localstack, TestApiGatewayApiResource)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


class Tree:
    """An API's resources by path."""

    def __init__(self, client: Any) -> None:
        made = client.create_rest_api(name="tree")
        self.client, self.api, self.ids = client, made["id"], {"/": made["rootResourceId"]}

    def add(self, parent: str, part: str) -> Any:
        made = self.client.create_resource(restApiId=self.api, parentId=self.ids[parent], pathPart=part)
        self.ids[made["path"]] = made["id"]
        return made

    def patch(self, path: str, target: str, value: str | None = None, op: str = "replace") -> Any:
        operation = {"op": op, "path": target, **({} if value is None else {"value": value})}
        return self.client.update_resource(
            restApiId=self.api, resourceId=self.ids.get(path, path), patchOperations=[operation]
        )

    def paths(self) -> list[str]:
        return [item["path"] for item in self.client.get_resources(restApiId=self.api, limit=500)["items"]]


@pytest.fixture
def tree(client: Any) -> Tree:
    made = Tree(client)
    for parent, part in (("/", "pets"), ("/pets", "sub"), ("/pets/sub", "pets")):
        made.add(parent, part)
    return made


def test_a_renamed_resource_takes_its_subtree_along(tree: Tree) -> None:
    after = tree.patch("/pets", "/pathPart", "dogs")
    assert (after["path"], after["pathPart"]) == ("/dogs", "dogs")
    assert tree.paths() == ["/", "/dogs", "/dogs/sub", "/dogs/sub/pets"]


def test_a_moved_resource_takes_its_subtree_along(tree: Tree) -> None:
    assert tree.patch("/pets/sub", "/parentId", tree.ids["/"])["path"] == "/sub"
    assert tree.paths() == ["/", "/pets", "/sub", "/sub/pets"]


def test_deleting_takes_the_subtree(tree: Tree, refused: Callable[..., None]) -> None:
    answer = tree.client.delete_resource(restApiId=tree.api, resourceId=tree.ids["/pets"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert tree.paths() == ["/"]
    refused(
        "NotFoundException",
        "Invalid Resource identifier specified",
        tree.client.delete_resource,
        restApiId=tree.api,
        resourceId=tree.ids["/pets/sub"],
    )


UPDATES = {
    "unknown": ("nothing", "/pathPart", "a", "NotFoundException", "Invalid Resource identifier specified"),
    "unknown path": (
        "/pets",
        "/invalid",
        "a",
        "BadRequestException",
        "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
    ),
    "unknown parent": ("/pets", "/parentId", "no", "NotFoundException", "Invalid Resource identifier specified"),
    "root": ("/", "/pathPart", "dogs", "BadRequestException", "Root resource cannot update its pathPart."),
    "root's parent": ("/", "/parentId", "dogs", "BadRequestException", "Root resource cannot update its parentId."),
}


@pytest.mark.parametrize(("path", "target", "value", "code", "message"), UPDATES.values(), ids=UPDATES.keys())
def test_updates_are_refused(
    tree: Tree, refused: Callable[..., None], path: str, target: str, value: str, code: str, message: str
) -> None:
    before = tree.paths()
    refused(code, message, lambda: tree.patch(path, target, value))
    assert tree.paths() == before


@pytest.mark.parametrize("below", ["/pets", "/pets/sub", "/pets/sub/pets"])
def test_a_cycle_is_refused(tree: Tree, refused: Callable[..., None], below: str) -> None:
    refused(
        "BadRequestException",
        "Resources cannot be cyclical.",
        lambda: tree.patch("/pets", "/parentId", tree.ids[below]),
    )
    assert len(tree.paths()) == 4


def test_the_name_of_a_future_sibling_is_taken(tree: Tree, refused: Callable[..., None]) -> None:
    message = "Another resource with the same parent already has this name: pets"
    refused("ConflictException", message, lambda: tree.patch("/pets/sub/pets", "/parentId", tree.ids["/"]))
    refused("ConflictException", message, lambda: tree.add("/", "pets"))


@pytest.mark.parametrize("op", ["add", "remove"])
def test_only_replace_is_supported(tree: Tree, refused: Callable[..., None], op: str) -> None:
    message = f"Invalid patch path  '/pathPart' specified for op '{op}'. Please choose supported operations"
    refused("BadRequestException", message, lambda: tree.patch("/pets", "/pathPart", op=op))


def test_greedy_and_variable_siblings(tree: Tree, refused: Callable[..., None]) -> None:
    tree.add("/", "{proxy+}")
    refused(
        "BadRequestException",
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
        lambda: tree.add("/", "{id}"),
    )
    for part in ("static", "{child}"):
        refused(
            "BadRequestException",
            "Cannot create a child of a resource with a greedy path variable: {proxy+}",
            lambda part=part: tree.add("/{proxy+}", part),
        )
    assert tree.add("/pets", "{child+}")["path"] == "/pets/{child+}"


def test_methods_are_shown_in_full_only_when_asked(client: Any, mock_api: dict[str, Any]) -> None:
    api = mock_api["restApiId"]
    assert client.get_resources(restApiId=api)["items"][0]["resourceMethods"] == {"GET": {}}
    full = client.get_resources(restApiId=api, embed=["methods"])["items"][0]["resourceMethods"]["GET"]
    assert full["methodIntegration"]["type"] == "MOCK"
    one = client.get_resource(restApiId=api, resourceId=mock_api["root"], embed=["methods"])
    assert one["resourceMethods"]["GET"] == full
