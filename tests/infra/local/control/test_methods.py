"""Methods and their responses as recorded from real AWS (TestApiGatewayApiMethod, TestApigatewayMethodResponse)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

UNKNOWN_AUTHORIZER = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid "
    "authorizer."
)
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{}]"


@pytest.fixture
def key(client: Any) -> dict[str, str]:
    made = client.create_rest_api(name="methods")
    return {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "ANY"}


PUT = {
    "verb": (
        {"httpMethod": "WRONG"},
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
    ),
    "authorizer": ({"authorizationType": "CUSTOM"}, UNKNOWN_AUTHORIZER),
    "validator": ({"requestValidatorId": "no"}, "Invalid Request Validator identifier specified"),
    "model": ({"requestModels": {"application/json": "petModel"}}, "Invalid model identifier specified: petModel"),
    "same name twice": (
        {"requestParameters": {"method.request.querystring.q": True, "method.request.header.q": True}},
        "Parameter names must be unique across querystring, header and path",
    ),
    "not an expression": (
        {"requestParameters": {"true": True}},
        MAPPING.format("Invalid mapping expression specified: true"),
    ),
}


@pytest.mark.parametrize(("arguments", "message"), PUT.values(), ids=PUT.keys())
def test_put_is_refused(
    client: Any, key: dict[str, str], refused: Callable[..., None], arguments: dict[str, Any], message: str
) -> None:
    given = {**key, "authorizationType": "NONE", **arguments}
    refused("BadRequestException", message, client.put_method, **given)


def test_an_unknown_api_is_an_unknown_resource(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    message = "Invalid Resource identifier specified"
    refused("NotFoundException", message, client.put_method, **{**key, "restApiId": "no", "authorizationType": "NONE"})
    refused("NotFoundException", message, client.update_method, **{**key, "restApiId": "no"}, patchOperations=[])


def test_a_second_put_is_a_conflict(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    client.put_method(**key, authorizationType="NONE")
    message = "Method already exists for this resource"
    refused("ConflictException", message, client.put_method, **key, authorizationType="NONE")


def test_life_of_a_method(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    made = client.put_method(**key, authorizationType="none")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert {name: made[name] for name in made if name != "ResponseMetadata"} == {
        "httpMethod": "ANY",
        "authorizationType": "NONE",
        "apiKeyRequired": False,
    }
    assert client.delete_method(**key)["ResponseMetadata"]["HTTPStatusCode"] == 204
    for function in (client.get_method, client.delete_method):
        refused("NotFoundException", "Invalid Method identifier specified", function, **key)


def test_patches(client: Any, key: dict[str, str]) -> None:
    client.put_method(**key, authorizationType="NONE")
    parameter = "/requestParameters/method.request.querystring.optional"

    def patched(*operations: tuple[str, str, str]) -> Any:
        listed = [{"op": op, "path": path, "value": value} for op, path, value in operations]
        return client.update_method(**key, patchOperations=listed)

    added = patched(("add", parameter, "true"), ("add", "/requestModels/application~1json", "Empty"))
    assert added["requestParameters"] == {"method.request.querystring.optional": True}
    assert added["requestModels"] == {"application/json": "Empty"}
    removed = patched(("remove", parameter, ""), ("remove", "/requestModels/application~1json", ""))
    assert "requestParameters" not in removed
    assert "requestModels" not in removed
    assert patched(("replace", "/apiKeyRequired", "whatever"))["apiKeyRequired"] is False
    assert "authorizerId" not in patched(("replace", "/authorizerId", "abc123"))


UPDATE = {
    "add operation name": (
        {"op": "add", "path": "/operationName", "value": "x"},
        "Invalid patch operation specified. Must be one of: [replace]",
    ),
    "verb": ({"op": "add", "path": "/httpMethod", "value": "PUT"}, "Invalid patch path /httpMethod"),
    "whole map": (
        {"op": "replace", "path": "/requestParameters", "value": "x"},
        "Invalid patch path /requestParameters",
    ),
    "unescaped": (
        {"op": "add", "path": "/requestModels/application/json", "value": "Empty"},
        "Invalid patch path /requestModels/application/json",
    ),
    "authorizer": ({"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}, UNKNOWN_AUTHORIZER),
    "validator": (
        {"op": "replace", "path": "/requestValidatorId", "value": "no"},
        "Invalid Request Validator identifier specified",
    ),
}


@pytest.mark.parametrize(("operation", "message"), UPDATE.values(), ids=UPDATE.keys())
def test_update_is_refused(
    client: Any, key: dict[str, str], refused: Callable[..., None], operation: dict[str, str], message: str
) -> None:
    client.put_method(**key, authorizationType="NONE")
    refused("BadRequestException", message, client.update_method, **key, patchOperations=[operation])


@pytest.fixture
def response(client: Any, key: dict[str, str]) -> dict[str, str]:
    client.put_method(**key, authorizationType="NONE")
    found = {**key, "statusCode": "200"}
    given = {"responseParameters": {"method.response.header.a": False}, "responseModels": {"application/json": "Empty"}}
    client.put_method_response(**found, **given)
    return found


def test_a_response_keeps_what_was_given_and_drops_what_was_emptied(client: Any, response: dict[str, str]) -> None:
    operations = [
        {"op": "remove", "path": "/responseParameters/method.response.header.a"},
        {"op": "remove", "path": "/responseModels/application~1json"},
    ]
    after = client.update_method_response(**response, patchOperations=operations)
    assert after["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert {name for name in after if name != "ResponseMetadata"} == {"statusCode"}
    other = {**response, "statusCode": "404"}
    assert client.put_method_response(**other, responseModels={}, responseParameters={})["responseModels"] == {}
    assert client.get_method_response(**other)["responseParameters"] == {}


OPS = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
RESPONSE = {
    "parameter": (
        {},
        {"op": "replace", "path": "/responseParameters/wrong", "value": "true"},
        "NotFoundException",
        "Invalid parameter name specified",
    ),
    "model": (
        {},
        {"op": "remove", "path": "/responseModels/wrong"},
        "NotFoundException",
        "Content-Type specified was not found",
    ),
    "path": (
        {},
        {"op": "remove", "path": "/wrong/method.response.header.a"},
        "BadRequestException",
        "Invalid patch path /wrong/method.response.header.a",
    ),
    "status": (
        {"statusCode": "201"},
        {"op": "remove", "path": "/x"},
        "NotFoundException",
        "Invalid Response status code specified",
    ),
    "op and status, body first": (
        {"statusCode": "wrong"},
        {"op": "wrong_op", "path": "/x"},
        "ValidationException",
        "2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed "
        f"to satisfy constraint: {OPS}; Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy "
        r"regular expression pattern: [1-5]\d\d",
    ),
}


@pytest.mark.parametrize(("where", "operation", "code", "message"), RESPONSE.values(), ids=RESPONSE.keys())
def test_response_update_is_refused(
    client: Any,
    response: dict[str, str],
    refused: Callable[..., None],
    where: dict[str, str],
    operation: dict[str, str],
    code: str,
    message: str,
) -> None:
    refused(code, message, client.update_method_response, **{**response, **where}, patchOperations=[operation])


def test_a_second_response_is_a_conflict_and_delete_is_204(
    client: Any, response: dict[str, str], refused: Callable[..., None]
) -> None:
    refused("ConflictException", "Response already exists for this resource", client.put_method_response, **response)
    assert client.delete_method_response(**response)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused("NotFoundException", "Invalid Response status code specified", client.get_method_response, **response)
