"""Gateway responses as recorded from real AWS (TestApiGatewayGatewayResponse)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


@pytest.fixture
def api(client: Any) -> str:
    return str(client.create_rest_api(name="responses")["id"])


def test_defaults(client: Any, api: str) -> None:
    items = {item["responseType"]: item for item in client.get_gateway_responses(restApiId=api)["items"]}
    assert len(items) == 21
    assert items["INTEGRATION_FAILURE"] == {
        "responseType": "INTEGRATION_FAILURE",
        "statusCode": "504",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": True,
    }
    assert "statusCode" not in items["DEFAULT_4XX"]


def test_a_customised_family_is_inherited_by_what_is_not_customised(client: Any, api: str) -> None:
    mine = {"gatewayresponse.header.a": "'b'"}
    client.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        statusCode="599",
        responseParameters=mine,
        responseTemplates={"a/b": "x"},
    )
    client.put_gateway_response(restApiId=api, responseType="AUTHORIZER_FAILURE", responseParameters=mine)
    items = {item["responseType"]: item for item in client.get_gateway_responses(restApiId=api)["items"]}
    inherited = items["INTEGRATION_TIMEOUT"]
    assert (inherited["statusCode"], inherited["responseParameters"], inherited["responseTemplates"]) == (
        "599",
        mine,
        {"a/b": "x"},
    )
    assert inherited["defaultResponse"] is True
    assert (items["AUTHORIZER_FAILURE"]["statusCode"], items["AUTHORIZER_FAILURE"]["responseTemplates"]) == (
        "500",
        TEMPLATES,
    )
    assert items["THROTTLED"]["statusCode"] == "429"


def test_life(client: Any, api: str, refused: Callable[..., None]) -> None:
    key = {"restApiId": api, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    made = client.put_gateway_response(**key, statusCode="404")
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["defaultResponse"]) == (201, False)
    assert client.delete_gateway_response(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    refused("NotFoundException", "Gateway response type not defined on api", client.delete_gateway_response, **key)
    assert client.get_gateway_response(**key)["statusCode"] == "403"


PARAMETER = "/responseParameters/gatewayresponse.header.a"
UPDATE = {
    "add status": (
        {"op": "add", "path": "/statusCode", "value": "4"},
        "BadRequestException",
        "Invalid patch path /statusCode",
    ),
    "unknown parameter": (
        {"op": "replace", "path": PARAMETER, "value": "'x'"},
        "NotFoundException",
        "Invalid parameter name specified",
    ),
    "no path": ({"op": "add", "value": "x"}, "BadRequestException", "Invalid patch path null"),
    "wrong path": (
        {"op": "add", "path": "/wrongPath", "value": "x"},
        "BadRequestException",
        "Invalid patch path /wrongPath",
    ),
    "null template": (
        {"op": "replace", "path": "/responseTemplates/application~1xml"},
        "BadRequestException",
        "Invalid null or empty value in responseTemplates",
    ),
    "null parameter": (
        {"op": "replace", "path": PARAMETER},
        "BadRequestException",
        "Invalid null or empty value in responseParameters",
    ),
}


@pytest.mark.parametrize(("operation", "code", "message"), UPDATE.values(), ids=UPDATE.keys())
def test_update_is_refused(
    client: Any, api: str, refused: Callable[..., None], operation: dict[str, str], code: str, message: str
) -> None:
    key = {"restApiId": api, "responseType": "DEFAULT_4XX"}
    refused(code, message, client.update_gateway_response, **key, patchOperations=[operation])
    assert client.get_gateway_response(**key)["defaultResponse"] is True


def test_an_update_of_a_default_makes_it_customised(client: Any, api: str) -> None:
    key = {"restApiId": api, "responseType": "DEFAULT_4XX"}
    operations = [
        {"op": "replace", "path": "/statusCode", "value": "444"},
        {"op": "add", "path": "/responseTemplates/application~1xml", "value": "<a/>"},
    ]
    after = client.update_gateway_response(**key, patchOperations=operations)
    assert (after["statusCode"], after["defaultResponse"]) == ("444", False)
    assert after["responseTemplates"] == {**TEMPLATES, "application/xml": "<a/>"}


def test_an_unknown_type_comes_before_an_unknown_api(client: Any, refused: Callable[..., None]) -> None:
    order = (
        "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, "
        "BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, "
        "INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, "
        "API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN"
    )
    refused(
        "ValidationException",
        "1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must satisfy "
        f"enum value set: [{order}]",
        client.get_gateway_response,
        restApiId="no",
        responseType="FAKE",
    )
