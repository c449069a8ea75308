"""Gateway responses in the control plane: defaults, inheritance, patches, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import things_api
from .facts import case, fact, recorded
from .gateway import JSON, Api, Cloud, add, refused, remove, replace, shown
from .refusals import UNKNOWN_API, Call, on_api


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return things_api(cloud)


GATEWAY = "TestApiGatewayGatewayResponse::"


CRUD = recorded("api", GATEWAY + "test_gateway_response_crud")

PUT = recorded("api", GATEWAY + "test_gateway_response_put")

WRONG = recorded("api", GATEWAY + "test_gateway_response_validation")

UPDATE = recorded("api", GATEWAY + "test_update_gateway_response")

BODY = {JSON: '{"message":$context.error.messageString}'}

KINDS = {
    "ACCESS_DENIED": "403", "API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500", "BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400", "DEFAULT_4XX": None,
    "DEFAULT_5XX": None, "EXPIRED_TOKEN": "403", "INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403", "MISSING_AUTHENTICATION_TOKEN": "403", "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413", "RESOURCE_NOT_FOUND": "404", "THROTTLED": "429", "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415", "WAF_FILTERED": "403",
}  # fmt: skip


@fact("GWR-01", "There are 21 gateway responses with these statuses", CRUD)
def test_kinds(fresh: Api) -> None:
    items = fresh.control.get_gateway_responses(restApiId=fresh.id, limit=500)["items"]
    assert {item["responseType"]: item.get("statusCode") for item in items} == KINDS


@fact("GWR-02", "A response that is not customised is shown as a default with the message template", CRUD)
def test_default_response(fresh: Api) -> None:
    found = fresh.control.get_gateway_response(restApiId=fresh.id, responseType="MISSING_AUTHENTICATION_TOKEN")
    assert shown(found) == {
        "defaultResponse": True,
        "responseParameters": {},
        "responseTemplates": BODY,
        "responseType": "MISSING_AUTHENTICATION_TOKEN",
        "statusCode": "403",
    }


PARAMETERS = {"gatewayresponse.header.x-request-header": "method.request.header.Accept"}


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        case(
            "GWR-03",
            "A put of only the status keeps the default template",
            PUT,
            "MISSING_AUTHENTICATION_TOKEN",
            {"statusCode": "404"},
            {"statusCode": "404", "responseParameters": {}, "responseTemplates": BODY},
        ),
        case(
            "GWR-04",
            "A put of only parameters keeps the default status and template",
            PUT,
            "MISSING_AUTHENTICATION_TOKEN",
            {"responseParameters": PARAMETERS},
            {"statusCode": "403", "responseParameters": PARAMETERS, "responseTemplates": BODY},
        ),
        case(
            "GWR-05",
            "A put of only templates keeps the default status",
            PUT,
            "MISSING_AUTHENTICATION_TOKEN",
            {"responseTemplates": {JSON: "{}"}},
            {"statusCode": "403", "responseParameters": {}, "responseTemplates": {JSON: "{}"}},
        ),
        case(
            "GWR-06",
            "DEFAULT_5XX takes a status, parameters and templates",
            PUT,
            "DEFAULT_5XX",
            {"statusCode": "599", "responseParameters": PARAMETERS, "responseTemplates": {JSON: "{}"}},
            {"statusCode": "599", "responseParameters": PARAMETERS, "responseTemplates": {JSON: "{}"}},
        ),
    ],
)
def test_put_response(fresh: Api, kind: str, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    made = fresh.control.put_gateway_response(restApiId=fresh.id, responseType=kind, **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made) == expected | {"defaultResponse": False, "responseType": kind}


@fact("GWR-07", "Responses that are not customised inherit what DEFAULT_5XX has and stay defaults", PUT)
def test_inheritance(fresh: Api) -> None:
    fresh.control.put_gateway_response(
        restApiId=fresh.id,
        responseType="DEFAULT_5XX",
        statusCode="599",
        responseParameters=PARAMETERS,
        responseTemplates={JSON: "{}"},
    )
    found = fresh.control.get_gateway_response(restApiId=fresh.id, responseType="INTEGRATION_FAILURE")
    assert shown(found) == {
        "defaultResponse": True,
        "responseParameters": PARAMETERS,
        "responseTemplates": {JSON: "{}"},
        "responseType": "INTEGRATION_FAILURE",
        "statusCode": "599",
    }


@fact("GWR-08", "A customised response inherits nothing from DEFAULT_5XX", PUT)
def test_no_inheritance(fresh: Api) -> None:
    fresh.control.put_gateway_response(
        restApiId=fresh.id, responseType="DEFAULT_5XX", statusCode="599", responseTemplates={JSON: "{}"}
    )
    made = fresh.control.put_gateway_response(
        restApiId=fresh.id,
        responseType="AUTHORIZER_FAILURE",
        responseParameters={"gatewayresponse.header.foo": "'bar'"},
    )
    assert (made["statusCode"], made["responseTemplates"]) == ("500", BODY)


@fact("GWR-09", "A deleted customisation brings the default back", CRUD)
def test_delete_response(fresh: Api) -> None:
    kind = "MISSING_AUTHENTICATION_TOKEN"
    fresh.control.put_gateway_response(restApiId=fresh.id, responseType=kind, statusCode="404")
    gone = fresh.control.delete_gateway_response(restApiId=fresh.id, responseType=kind)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    found = fresh.control.get_gateway_response(restApiId=fresh.id, responseType=kind)
    assert (found["statusCode"], found["defaultResponse"]) == ("403", True)


@fact("GWR-10", "A patch of a response that is not customised customises it", UPDATE)
def test_patch_default(fresh: Api) -> None:
    changed = fresh.control.update_gateway_response(
        restApiId=fresh.id, responseType="DEFAULT_4XX", patchOperations=[replace("/statusCode", "444")]
    )
    assert shown(changed) == {
        "defaultResponse": False,
        "responseParameters": {},
        "responseTemplates": BODY,
        "responseType": "DEFAULT_4XX",
        "statusCode": "444",
    }


def _change(operation: dict[str, Any], kind: str = "DEFAULT_4XX") -> Call:
    return on_api("update_gateway_response", responseType=kind, patchOperations=[operation])


ORIGIN = "/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin"

FAKE = "1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "GWR-20",
            "GetGatewayResponses of an unknown API is not found",
            WRONG,
            on_api("get_gateway_responses", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "GWR-21",
            "GetGatewayResponse of an unknown API is not found",
            WRONG,
            on_api("get_gateway_response", restApiId="fake-id", responseType="DEFAULT_4XX"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "GWR-22",
            "Deleting a response that is not customised is not found",
            WRONG,
            on_api("delete_gateway_response", responseType="DEFAULT_5XX"),
            "NotFoundException",
            "Gateway response type not defined on api",
        ),
        case(
            "GWR-23",
            "GetGatewayResponse of an unknown type is a validation error with all types",
            WRONG,
            on_api("get_gateway_response", responseType="FAKE_RESPONSE_TYPE"),
            "ValidationException",
            FAKE,
        ),
        case(
            "GWR-24",
            "PutGatewayResponse of an unknown type is a validation error with all types",
            WRONG,
            on_api("put_gateway_response", responseType="FAKE_RESPONSE_TYPE", statusCode="404"),
            "ValidationException",
            FAKE,
        ),
        case(
            "GWR-25",
            "The status of a gateway response cannot be added",
            UPDATE,
            _change(add("/statusCode", "444")),
            "BadRequestException",
            "Invalid patch path /statusCode",
        ),
        case(
            "GWR-26",
            "The status of a gateway response cannot be removed",
            UPDATE,
            _change(remove("/statusCode")),
            "BadRequestException",
            "Invalid patch path /statusCode",
        ),
        case(
            "GWR-27",
            "Replacing a parameter that a gateway response lacks is not found",
            UPDATE,
            _change(replace(ORIGIN, "'x'")),
            "NotFoundException",
            "Invalid parameter name specified",
        ),
        case(
            "GWR-28",
            "A patch without a path is refused as null",
            UPDATE,
            _change({"op": "add", "value": "'x'"}),
            "BadRequestException",
            "Invalid patch path null",
        ),
        case(
            "GWR-29",
            "An unknown operation on a gateway response is a validation error",
            UPDATE,
            _change({"op": "wrong-op", "path": "/statusCode", "value": "x"}),
            "ValidationException",
            "1 validation error detected: Value 'wrong-op' at 'updateGatewayResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]",
        ),
        case(
            "GWR-30",
            "An unknown path of a gateway response is refused",
            UPDATE,
            _change(add("/wrongPath", "x")),
            "BadRequestException",
            "Invalid patch path /wrongPath",
        ),
        case(
            "GWR-31",
            "A template cannot be replaced by null",
            UPDATE,
            _change({"op": "replace", "path": "/responseTemplates/application~1json", "value": None}),
            "BadRequestException",
            "Invalid null or empty value in responseTemplates",
        ),
    ],
)
def test_gateway_response_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)
