"""Patches of a REST API: paths, operations, values, and the texts of what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, recorded, reference
from .gateway import ACCOUNT, Api, Cloud, add, refused, remove, replace, shown

REST = "TestApiGatewayApiRestApi::"

ENUM_OP = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"


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
