"""REST APIs, resources, tags and the account: what the control plane answers and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .facts import case, documented, fact, recorded, reference
from .gateway import ACCOUNT, Api, Cloud, add, refused, remove, replace, shown

REST = "TestApiGatewayApiRestApi::"
RESOURCE = "TestApiGatewayApiResource::"
ENUM_OP = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
DEFAULTS = {
    "apiKeySource": "HEADER",
    "disableExecuteApiEndpoint": False,
    "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]},
}

# creation

DEFAULT_API = recorded("api", REST + "test_create_rest_api_with_optional_params")
VERIFIED = recorded("api", REST + "test_create_rest_api_verify_defaults")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        case("API-01", "An API with only a name has these defaults", DEFAULT_API, {}, DEFAULTS),
        case("API-02", "The version is shown", DEFAULT_API, {"version": "v1"}, DEFAULTS | {"version": "v1"}),
        case(
            "API-03",
            "An empty list of binary media types is not shown",
            DEFAULT_API,
            {"binaryMediaTypes": []},
            DEFAULTS,
        ),
        case(
            "API-04",
            "Binary media types are shown as given",
            recorded("api", REST + "test_create_rest_api_with_binary_media_types"),
            {"binaryMediaTypes": ["image/png"]},
            DEFAULTS | {"binaryMediaTypes": ["image/png"]},
        ),
        case(
            "API-05",
            "Tags given at creation are shown",
            recorded("api", REST + "test_create_rest_api_with_tags"),
            {"description": "this is my api", "tags": {"MY_TAG1": "MY_VALUE1"}},
            DEFAULTS | {"description": "this is my api", "tags": {"MY_TAG1": "MY_VALUE1"}},
        ),
        case(
            "API-06",
            "A regional API has ipv4 addresses by default",
            VERIFIED,
            {"endpointConfiguration": {"types": ["REGIONAL"]}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "ipv4", "types": ["REGIONAL"]}},
        ),
        case(
            "API-07",
            "A private API has dualstack addresses by default",
            VERIFIED,
            {"endpointConfiguration": {"types": ["PRIVATE"]}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "dualstack", "types": ["PRIVATE"]}},
        ),
        case(
            "API-08",
            "An edge API may be dualstack",
            recorded("api", REST + "test_create_rest_api_with_endpoint_configuration"),
            {"endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "dualstack"}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "dualstack", "types": ["EDGE"]}},
        ),
    ],
)
def test_create(cloud: Cloud, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    made = cloud.control.create_rest_api(name="made", **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "rootResourceId") == expected | {"name": "made"}
    cloud.control.delete_rest_api(restApiId=made["id"])


ENDPOINTS = recorded("api", REST + "test_create_rest_api_with_endpoint_configuration")
PRIVATE = recorded("api", REST + "test_create_rest_api_private_type")
TYPES = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"
ADDRESSES = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]"


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        case(
            "API-10",
            "An empty description is refused",
            DEFAULT_API,
            {"description": ""},
            "BadRequestException",
            "Description cannot be an empty string",
        ),
        case(
            "API-11",
            "A negative compression size is refused",
            DEFAULT_API,
            {"minimumCompressionSize": -1},
            "BadRequestException",
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        case(
            "API-12",
            "An empty list of endpoint types is refused",
            ENDPOINTS,
            {"endpointConfiguration": {"types": []}},
            "BadRequestException",
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        case(
            "API-13",
            "Two endpoint types are refused",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "BadRequestException",
            "Cannot create an api with multiple Endpoint Types.",
        ),
        case(
            "API-14",
            "An unknown address type is a validation error",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "wrong"}},
            "ValidationException",
            f"1 validation error detected: {ADDRESSES}",
        ),
        case(
            "API-15",
            "An unknown endpoint type is a validation error",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["wrong"], "ipAddressType": "ipv4"}},
            "ValidationException",
            f"1 validation error detected: {TYPES}",
        ),
        case(
            "API-16",
            "Two validation errors are joined, types first",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["wrong"], "ipAddressType": "wrong"}},
            "ValidationException",
            f"2 validation errors detected: {TYPES}; {ADDRESSES}",
        ),
        case(
            "API-17",
            "A private API with ipv4 addresses is refused",
            PRIVATE,
            {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "BadRequestException",
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        case(
            "API-18",
            "An empty description is found before a private API's addresses",
            PRIVATE,
            {"description": "", "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "BadRequestException",
            "Description cannot be an empty string",
        ),
        case(
            "API-19",
            "Enumerations are checked before an empty description",
            VERIFIED,
            {"description": "", "endpointConfiguration": {"types": ["wrong"]}},
            "ValidationException",
            f"1 validation error detected: {TYPES}",
        ),
    ],
)
def test_create_refused(cloud: Cloud, settings: dict[str, Any], code: str, message: str) -> None:
    with refused(code, message):
        cloud.control.create_rest_api(name="refused", **settings)


@fact(
    "API-20", "A deleted API answers 202 and is no longer listed", recorded("api", REST + "test_list_and_delete_apis")
)
def test_delete(cloud: Cloud) -> None:
    made = cloud.control.create_rest_api(name="gone")
    gone = cloud.control.delete_rest_api(restApiId=made["id"])
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert made["id"] not in {item["id"] for item in cloud.control.get_rest_apis(limit=500)["items"]}


@fact("API-21", "Ids are case sensitive", recorded("api", REST + "test_get_api_case_insensitive"))
def test_case_sensitive(cloud: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="lower")["id"].upper()
    with refused("NotFoundException", f"Invalid API identifier specified {ACCOUNT}:{api_id}"):
        cloud.control.get_rest_api(restApiId=api_id)


@fact("API-22", "An API is not seen from another region", reference("API_GetRestApi"))
def test_regions(cloud: Cloud, europe: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="here")["id"]
    with refused("NotFoundException", f"Invalid API identifier specified {ACCOUNT}:{api_id}"):
        europe.control.get_rest_api(restApiId=api_id)


@fact("API-23", "GetRestApis shows tags as GetRestApi does", recorded("api", REST + "test_create_rest_api_with_tags"))
def test_list_tags(cloud: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="tagged", tags={"a": "b"})["id"]
    items = {item["id"]: item for item in cloud.control.get_rest_apis(limit=500)["items"]}
    assert items[api_id]["tags"] == {"a": "b"}


# patches of an API


@pytest.fixture(scope="module")
def shared(cloud: Cloud) -> Api:
    """An API that no test here may change."""
    made = cloud.api("shared", description="this is my api")
    made.resource("/pets")
    return made


def _patch(api: Api, *operations: dict[str, str]) -> dict[str, Any]:
    return shown(
        api.control.update_rest_api(restApiId=api.id, patchOperations=list(operations)), "id", "rootResourceId"
    )


BINARY = recorded("api", REST + "test_update_rest_api_operation_add_remove")
COMPRESSION = recorded("api", REST + "test_update_rest_api_compression")
BEHAVIOUR = recorded("api", REST + "test_update_rest_api_behaviour")
ADDRESS = recorded("api", REST + "test_update_rest_api_ip_address_type")
CHAINED = recorded("api", REST + "test_update_rest_api_concatenation_of_errors")


@pytest.mark.parametrize(
    ("patches", "field", "expected"),
    [
        case(
            "API-30",
            "Binary media types are added by a path that names them",
            BINARY,
            [add("/binaryMediaTypes/image~1png"), add("/binaryMediaTypes/image~1jpeg")],
            "binaryMediaTypes",
            ["image/png", "image/jpeg"],
        ),
        case(
            "API-31",
            "A replaced binary media type goes to the end",
            BINARY,
            [
                add("/binaryMediaTypes/image~1png"),
                add("/binaryMediaTypes/image~1jpeg"),
                replace("/binaryMediaTypes/image~1png", "image/gif"),
            ],
            "binaryMediaTypes",
            ["image/jpeg", "image/gif"],
        ),
        case(
            "API-32",
            "A removed binary media type is gone",
            BINARY,
            [
                add("/binaryMediaTypes/image~1png"),
                add("/binaryMediaTypes/image~1jpeg"),
                remove("/binaryMediaTypes/image~1png"),
            ],
            "binaryMediaTypes",
            ["image/jpeg"],
        ),
        case("API-33", "A removed description is not shown", BINARY, [remove("/description")], "description", None),
        case(
            "API-34",
            "An array index is taken as a binary media type",
            BEHAVIOUR,
            [add("/binaryMediaTypes/-", "image/png")],
            "binaryMediaTypes",
            ["-"],
        ),
        case(
            "API-35",
            "The compression size is a number",
            COMPRESSION,
            [replace("/minimumCompressionSize", "10")],
            "minimumCompressionSize",
            10,
        ),
        case(
            "API-36",
            "An empty compression size turns compression off",
            COMPRESSION,
            [replace("/minimumCompressionSize", "10"), replace("/minimumCompressionSize", "")],
            "minimumCompressionSize",
            None,
        ),
        case(
            "API-37",
            "A compression size of zero is shown",
            COMPRESSION,
            [replace("/minimumCompressionSize", "0")],
            "minimumCompressionSize",
            0,
        ),
        case(
            "API-38",
            "An API becomes private and dualstack by one replace of its type",
            ADDRESS,
            [
                replace("/endpointConfiguration/types/0", "REGIONAL"),
                replace("/endpointConfiguration/types/0", "PRIVATE"),
            ],
            "endpointConfiguration",
            {"ipAddressType": "dualstack", "types": ["PRIVATE"]},
        ),
        case(
            "API-39",
            "The name is replaced",
            reference("API_UpdateRestApi"),
            [replace("/name", "renamed")],
            "name",
            "renamed",
        ),
        case(
            "API-40",
            "The key source is replaced",
            reference("API_UpdateRestApi"),
            [replace("/apiKeySource", "AUTHORIZER")],
            "apiKeySource",
            "AUTHORIZER",
        ),
        case("API-41", "UpdateRestApi shows empty tags", BINARY, [replace("/description", "x")], "tags", {}),
        case(
            "API-42",
            "The execute-api endpoint is disabled by a replace",
            reference("API_UpdateRestApi"),
            [replace("/disableExecuteApiEndpoint", "true")],
            "disableExecuteApiEndpoint",
            True,
        ),
    ],
)
def test_patch(cloud: Cloud, patches: list[dict[str, str]], field: str, expected: Any) -> None:
    api = cloud.api("patched", description="this is my api")
    for operation in patches:
        changed = _patch(api, operation)
    assert changed.get(field) == expected


WRONG_SIZE = "Invalid minimum compression size, must be between 0 and 10485760"


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        case(
            "API-50",
            "A negative compression size is refused by a patch",
            COMPRESSION,
            [replace("/minimumCompressionSize", "-1")],
            WRONG_SIZE,
        ),
        case(
            "API-51",
            "A compression size that is no number is refused",
            COMPRESSION,
            [replace("/minimumCompressionSize", "test")],
            WRONG_SIZE,
        ),
        case(
            "API-52",
            "The compression size cannot be added",
            COMPRESSION,
            [add("/minimumCompressionSize", "10")],
            "Invalid patch operation specified. Must be one of: [replace]",
        ),
        case(
            "API-53",
            "Binary media types cannot be added as a whole",
            BEHAVIOUR,
            [add("/binaryMediaTypes", "image/gif")],
            "Invalid patch path /binaryMediaTypes",
        ),
        case(
            "API-54",
            "Binary media types cannot be replaced as a whole",
            BEHAVIOUR,
            [replace("/binaryMediaTypes", "image/gif")],
            "Invalid patch path /binaryMediaTypes",
        ),
        case(
            "API-55",
            "Binary media types cannot be removed as a whole",
            BEHAVIOUR,
            [remove("/binaryMediaTypes")],
            "Invalid patch path /binaryMediaTypes",
        ),
        case(
            "API-56",
            "An unknown address type is refused by a patch",
            ADDRESS,
            [replace("/endpointConfiguration/ipAddressType", "wrong")],
            "ipAddressType must be either ipv4 or dualstack.",
        ),
        case(
            "API-57",
            "An unknown endpoint type is refused by a patch",
            ADDRESS,
            [replace("/endpointConfiguration/types/0", "wrong")],
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        case(
            "API-58",
            "The address type cannot be removed",
            ADDRESS,
            [remove("/endpointConfiguration/ipAddressType") | {"value": "dualstack"}],
            "Invalid patch operation specified. Must be one of: [replace]",
        ),
        case(
            "API-59",
            "A removed endpoint type names the operations in words",
            ADDRESS,
            [remove("/endpointConfiguration/types/0") | {"value": "EDGE"}],
            "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
        ),
    ],
)
def test_patch_refused(shared: Api, operations: list[dict[str, str]], message: str) -> None:
    with refused("BadRequestException", message):
        _patch(shared, *operations)


@fact("API-60", "Unknown operations are validation errors, each with its place", CHAINED)
def test_unknown_operations(shared: Api) -> None:
    wrong = {"op": "wrong", "path": "/endpointConfiguration/types/0", "value": "EDGE"}
    places = [
        f"Value 'wrong' at 'updateRestApiInput.patchOperations.{number}.member.op' failed to satisfy constraint: {ENUM_OP}"
        for number in (1, 2)
    ]
    with refused("ValidationException", f"2 validation errors detected: {'; '.join(places)}"):
        _patch(shared, wrong, wrong)


@fact("API-61", "A patch of an unknown API is not found", recorded("api", REST + "test_update_rest_api_invalid_api_id"))
def test_patch_unknown(cloud: Cloud) -> None:
    with refused("NotFoundException", f"Invalid API identifier specified {ACCOUNT}:api_id"):
        cloud.control.update_rest_api(restApiId="api_id", patchOperations=[replace("/apiKeySource", "AUTHORIZER")])


# resources

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


# tags and account


def _arn(api: Api) -> str:
    return f"arn:aws:apigateway:{api.cloud.region}::/restapis/{api.id}"


@fact("TAG-01", "TagResource adds to the tags of an API", reference("API_TagResource"))
def test_tag(cloud: Cloud) -> None:
    api = cloud.api(tags={"a": "1"})
    api.control.tag_resource(resourceArn=_arn(api), tags={"b": "2"})
    assert api.control.get_tags(resourceArn=_arn(api))["tags"] == {"a": "1", "b": "2"}
    assert api.control.get_rest_api(restApiId=api.id)["tags"] == {"a": "1", "b": "2"}


@fact("TAG-02", "UntagResource removes tags by key", reference("API_UntagResource"))
def test_untag(cloud: Cloud) -> None:
    api = cloud.api(tags={"a": "1", "b": "2"})
    api.control.untag_resource(resourceArn=_arn(api), tagKeys=["a"])
    assert api.control.get_tags(resourceArn=_arn(api))["tags"] == {"b": "2"}


@fact("TAG-03", "A stage has tags of its own", reference("API_TagResource"))
def test_tag_stage(cloud: Cloud) -> None:
    api = cloud.api()
    api.mock("GET", "/")
    api.deploy("dev")
    api.control.tag_resource(resourceArn=f"{_arn(api)}/stages/dev", tags={"b": "2"})
    assert api.get_stage("dev")["tags"] == {"b": "2"}


@fact(
    "ACC-01",
    "GetAccount shows the account's throttle",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_GetAccount.html"),
)
def test_account(cloud: Cloud) -> None:
    throttle = cloud.control.get_account()["throttleSettings"]
    assert throttle == {"burstLimit": 5000, "rateLimit": 10000.0}


@fact(
    "ACC-02",
    "The CloudWatch role is replaced in the account",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html"),
)
def test_account_role(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    changed = cloud.control.update_account(patchOperations=[replace("/cloudwatchRoleArn", role)])
    assert changed["cloudwatchRoleArn"] == role
    assert cloud.control.get_account()["cloudwatchRoleArn"] == role
