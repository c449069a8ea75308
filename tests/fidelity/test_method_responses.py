"""Method responses: shapes, patches, and the texts of what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import methods_api
from .facts import case, fact, recorded, reference
from .gateway import JSON, Api, Cloud, add, mock, refused, remove, replace, shown
from .refusals import NO_METHOD, NO_RESOURCE, NO_STATUS, WRONG_STATUS, Call, on_mock_method


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return methods_api(cloud)


RESPONSE = "TestApigatewayMethodResponse::"

OPERATIONS = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"

RESPONSES = recorded("api", RESPONSE + "test_lifecycle_method_response")

NEGATIVE = recorded("api", RESPONSE + "test_update_method_response_negative_tests")

LACKING = recorded("api", RESPONSE + "test_update_method_lack_response_parameters_and_models")

NAMES = recorded("api", RESPONSE + "test_update_method_wrong_param_names")

WRONG_OPERATIONS = recorded("api", RESPONSE + "test_update_method_response_wrong_operations")


@fact("MRS-01", "Empty maps given to a method response are shown", RESPONSES)
def test_put_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    made = fresh.control.put_method_response(**place, statusCode="200", responseModels={}, responseParameters={})
    assert shown(made) == {"responseModels": {}, "responseParameters": {}, "statusCode": "200"}


@fact("MRS-02", "UpdateMethodResponse answers 201 and shows what was added", RESPONSES)
def test_add_to_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(**place, statusCode="200")
    changed = fresh.control.update_method_response(
        **place,
        statusCode="200",
        patchOperations=[
            add("/responseParameters/method.response.header.my-header", "true"),
            add("/responseModels/application~1json", "Empty"),
        ],
    )
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(changed) == {
        "responseModels": {JSON: "Empty"},
        "responseParameters": {"method.response.header.my-header": True},
        "statusCode": "200",
    }


@fact(
    "MRS-03",
    "Removed parameters and models leave only the status",
    recorded("api", RESPONSE + "test_update_method_response"),
)
def test_remove_from_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(
        **place, statusCode="200", responseParameters={"method.response.header.x": True}, responseModels={JSON: "Empty"}
    )
    changed = fresh.control.update_method_response(
        **place,
        statusCode="200",
        patchOperations=[
            remove("/responseParameters/method.response.header.x"),
            remove("/responseModels/application~1json"),
        ],
    )
    assert shown(changed) == {"statusCode": "200"}


@fact("MRS-04", "A deleted method response answers 204", RESPONSES)
def test_delete_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(**place, statusCode="200")
    gone = fresh.control.delete_method_response(**place, statusCode="200")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "methodResponses" not in fresh.control.get_method(**place)


def _change(*operations: dict[str, str], **settings: Any) -> Call:
    return on_mock_method(
        "update_method_response", **{"statusCode": "200"} | settings, patchOperations=list(operations)
    )


HEADER = replace("/responseParameters/method.response.header.my-header", "true")

WRONG_OP = {"op": "wrong_op", "path": "/responseParameters/method.response.header.my-header", "value": "true"}


def _wrong(number: int) -> str:
    return f"Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.{number}.member.op' failed to satisfy constraint: {OPERATIONS}"


NO_PARAMETER, NO_TYPE = "Invalid parameter name specified", "Content-Type specified was not found"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MRS-10",
            "A patch of a status that is not there is not found",
            NEGATIVE,
            _change(HEADER, statusCode="201"),
            "NotFoundException",
            NO_STATUS,
        ),
        case(
            "MRS-11",
            "A patch of a status that is no status is a validation error",
            NEGATIVE,
            _change(HEADER, statusCode="wrong"),
            "ValidationException",
            f"1 validation error detected: {WRONG_STATUS}",
        ),
        case(
            "MRS-12",
            "Wrong operation and wrong status are joined, the operation first",
            NEGATIVE,
            _change(WRONG_OP, statusCode="wrong"),
            "ValidationException",
            f"2 validation errors detected: {_wrong(1)}; {WRONG_STATUS}",
        ),
        case(
            "MRS-13",
            "A patch on an unknown resource is not found",
            NEGATIVE,
            _change(HEADER, resourceId="wrong"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MRS-14",
            "A patch for a verb that is not there is not found",
            NEGATIVE,
            _change(HEADER, httpMethod="POST"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "MRS-15",
            "Removing a parameter that is not there is not found",
            LACKING,
            _change(remove("/responseParameters/method.response.header.my-header")),
            "NotFoundException",
            NO_PARAMETER,
        ),
        case(
            "MRS-16",
            "Removing a model that is not there is not found",
            LACKING,
            _change(remove("/responseModels/application~1json")),
            "NotFoundException",
            NO_TYPE,
        ),
        case(
            "MRS-17",
            "An unknown patch path is refused",
            LACKING,
            _change(remove("/wrong/method.response.header.my-header")),
            "BadRequestException",
            "Invalid patch path /wrong/method.response.header.my-header",
        ),
        case(
            "MRS-18",
            "Replacing a parameter that is not there is not found",
            NAMES,
            _change(replace("/responseParameters/wrong", "true")),
            "NotFoundException",
            NO_PARAMETER,
        ),
        case(
            "MRS-19",
            "Replacing a model that is not there is not found",
            NAMES,
            _change(replace("/responseModels/wrong", "Empty")),
            "NotFoundException",
            NO_TYPE,
        ),
        case(
            "MRS-20",
            "An unknown operation is a validation error",
            WRONG_OPERATIONS,
            _change(WRONG_OP),
            "ValidationException",
            f"1 validation error detected: {_wrong(1)}",
        ),
        case(
            "MRS-21",
            "Only the wrong operations are listed, with their places",
            WRONG_OPERATIONS,
            _change(WRONG_OP, HEADER, WRONG_OP),
            "ValidationException",
            f"2 validation errors detected: {_wrong(1)}; {_wrong(3)}",
        ),
        case(
            "MRS-22",
            "A method response twice is a conflict",
            reference("API_PutMethodResponse"),
            on_mock_method("put_method_response", statusCode="200"),
            "ConflictException",
            None,
        ),
    ],
)
def test_method_response_refused(api: Api, call: Call, code: str, message: str | None) -> None:
    with refused(code, message):
        call(api)
