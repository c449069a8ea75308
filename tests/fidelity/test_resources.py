"""Resources of an API: paths, moves, siblings, and the texts of what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .facts import case, fact, recorded, reference
from .gateway import Api, Cloud, add, refused, remove, replace, shown

RESOURCE = "TestApiGatewayApiResource::"

LIFE = recorded("api", RESOURCE + "test_resource_lifecycle")

UPDATES = recorded("api", RESOURCE + "test_update_resource_behaviour")

GREEDY = recorded("api", RESOURCE + "test_create_proxy_resource_validation")

ROOT = recorded("api", RESOURCE + "test_update_resource_on_root")


@fact("RES-01", "A new API has the root resource without a parent and a path part", LIFE)
def test_root(cloud: Cloud) -> None:
    made = cloud.control.create_rest_api(name="root")
    assert cloud.control.get_resources(restApiId=made["id"])["items"] == [{"id": made["rootResourceId"], "path": "/"}]


@fact("RES-02", "A created resource shows its path and its parent", LIFE)
def test_create_resource(cloud: Cloud) -> None:
    api = cloud.api()
    made = api.control.create_resource(restApiId=api.id, parentId=api.root, pathPart="pets")
    assert shown(made, "id") == {"parentId": api.root, "path": "/pets", "pathPart": "pets"}


@fact("RES-03", "A new path part changes the resource's path", LIFE)
def test_rename_resource(cloud: Cloud) -> None:
    api = cloud.api()
    resource = api.resource("/pets")
    changed = api.control.update_resource(
        restApiId=api.id, resourceId=resource, patchOperations=[replace("/pathPart", "dogs")]
    )
    assert shown(changed) == {"id": resource, "parentId": api.root, "path": "/dogs", "pathPart": "dogs"}


@fact("RES-04", "A renamed parent changes the paths below it", LIFE)
def test_rename_parent(cloud: Cloud) -> None:
    api = cloud.api()
    child, parent = api.resource("/pets/small"), api.resource("/pets")
    api.control.update_resource(restApiId=api.id, resourceId=parent, patchOperations=[replace("/pathPart", "dogs")])
    assert api.control.get_resource(restApiId=api.id, resourceId=child)["path"] == "/dogs/small"


@fact(
    "RES-05",
    "Deleting a resource answers 202 and deletes those below it",
    recorded("api", RESOURCE + "test_delete_resource"),
)
def test_delete_resource(cloud: Cloud) -> None:
    api = cloud.api()
    child = api.resource("/pets/small")
    gone = api.control.delete_resource(restApiId=api.id, resourceId=api.resource("/pets"))
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert [item["path"] for item in api.control.get_resources(restApiId=api.id)["items"]] == ["/"]
    with refused("NotFoundException", "Invalid Resource identifier specified"):
        api.control.delete_resource(restApiId=api.id, resourceId=child)


@fact(
    "RES-06",
    "A greedy resource may stand beside and below literal ones",
    recorded("api", RESOURCE + "test_create_proxy_resource"),
)
def test_greedy_siblings(cloud: Cloud) -> None:
    api = cloud.api()
    paths = ["/{proxy+}", "/parent/{child}", "/parent/child/{proxy+}", "/parent/{child}/{proxy+}"]
    for path in paths:
        api.resource(path)
    assert set(paths) <= {item["path"] for item in api.control.get_resources(restApiId=api.id)["items"]}


@fact("RES-07", "A greedy variable may have any name", GREEDY)
def test_greedy_name(cloud: Cloud) -> None:
    api = cloud.api()
    made = api.control.create_resource(restApiId=api.id, parentId=api.resource("/parent"), pathPart="{child+}")
    assert (made["path"], made["pathPart"]) == ("/parent/{child+}", "{child+}")


def _make(parent: str, part: str) -> Callable[[Api], Any]:
    return lambda api: api.control.create_resource(restApiId=api.id, parentId=api.resource(parent), pathPart=part)


def _change(path: str, *operations: dict[str, str]) -> Callable[[Api], Any]:
    return lambda api: api.control.update_resource(
        restApiId=api.id, resourceId=api.resource(path), patchOperations=list(operations)
    )


@pytest.fixture(scope="module")
def tree(cloud: Cloud) -> Api:
    """Resources that no test here changes: /pets/subpets/pets and a greedy sibling."""
    api = cloud.api("tree")
    for path in ("/pets/subpets/pets", "/{proxy+}", "/dogs"):
        api.resource(path)
    return api


UNKNOWN = "Invalid Resource identifier specified"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "RES-10",
            "A second variable beside a greedy one is refused",
            GREEDY,
            _make("/", "{dynamic}"),
            "BadRequestException",
            "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
        ),
        case(
            "RES-11",
            "A literal child of a greedy resource is refused",
            GREEDY,
            _make("/{proxy+}", "child"),
            "BadRequestException",
            "Cannot create a child of a resource with a greedy path variable: {proxy+}",
        ),
        case(
            "RES-12",
            "A variable child of a greedy resource is refused",
            GREEDY,
            _make("/{proxy+}", "{child}"),
            "BadRequestException",
            "Cannot create a child of a resource with a greedy path variable: {proxy+}",
        ),
        case(
            "RES-13",
            "An unknown parent is not found",
            recorded("api", RESOURCE + "test_create_resource_parent_invalid"),
            lambda api: api.control.create_resource(restApiId=api.id, parentId="fake-parent", pathPart="x"),
            "NotFoundException",
            UNKNOWN,
        ),
        case(
            "RES-14",
            "The same path part twice is a conflict",
            UPDATES,
            _make("/", "pets"),
            "ConflictException",
            "Another resource with the same parent already has this name: pets",
        ),
        case(
            "RES-15",
            "An unknown resource is not found by a patch",
            UPDATES,
            lambda api: api.control.update_resource(
                restApiId=api.id, resourceId="fake-resource", patchOperations=[replace("/pathPart", "dogs")]
            ),
            "NotFoundException",
            UNKNOWN,
        ),
        case(
            "RES-16",
            "An unknown path in a patch names the allowed ones, after two spaces",
            UPDATES,
            _change("/pets", replace("/invalid", "dogs")),
            "BadRequestException",
            "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
        case(
            "RES-17",
            "A move below an unknown parent is not found",
            UPDATES,
            _change("/pets", replace("/parentId", "fake-parent-id")),
            "NotFoundException",
            UNKNOWN,
        ),
        case(
            "RES-18",
            "A move to where the name is taken is a conflict",
            UPDATES,
            lambda api: _change("/pets/subpets/pets", replace("/parentId", api.root))(api),
            "ConflictException",
            "Another resource with the same parent already has this name: pets",
        ),
        case(
            "RES-19",
            "A move below its own child is refused as cyclical",
            UPDATES,
            lambda api: _change("/pets", replace("/parentId", api.resource("/pets/subpets")))(api),
            "BadRequestException",
            "Resources cannot be cyclical.",
        ),
        case(
            "RES-20",
            "Removing a path part is refused",
            UPDATES,
            _change("/pets", remove("/pathPart")),
            "BadRequestException",
            "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
        ),
        case(
            "RES-21",
            "Adding a path part is refused",
            UPDATES,
            _change("/pets", add("/pathPart", "x")),
            "BadRequestException",
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "RES-22",
            "The root's path part cannot be changed",
            ROOT,
            _change("/", replace("/pathPart", "dogs")),
            "BadRequestException",
            "Root resource cannot update its pathPart.",
        ),
        case(
            "RES-23",
            "The root's parent cannot be changed",
            ROOT,
            lambda api: _change("/", replace("/parentId", api.root))(api),
            "BadRequestException",
            "Root resource cannot update its parentId.",
        ),
        case(
            "RES-24",
            "A rename to a taken name is a conflict",
            UPDATES,
            _change("/dogs", replace("/pathPart", "pets")),
            "ConflictException",
            "Another resource with the same parent already has this name: pets",
        ),
        case(
            "RES-25",
            "GetResource of an unknown resource is not found",
            reference("API_GetResource"),
            lambda api: api.control.get_resource(restApiId=api.id, resourceId="none"),
            "NotFoundException",
            UNKNOWN,
        ),
    ],
)
def test_resource_refused(tree: Api, call: Callable[[Api], Any], code: str, message: str) -> None:
    with refused(code, message):
        call(tree)


@fact("RES-26", "A resource moves to the root and its path follows", UPDATES)
def test_move(cloud: Cloud) -> None:
    api = cloud.api()
    child = api.resource("/pets/subpets")
    changed = api.control.update_resource(
        restApiId=api.id, resourceId=child, patchOperations=[replace("/parentId", api.root)]
    )
    assert shown(changed) == {"id": child, "parentId": api.root, "path": "/subpets", "pathPart": "subpets"}
