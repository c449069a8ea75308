"""Methods of a resource: what the control plane answers and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import methods_api
from .facts import case, fact, recorded, reference
from .gateway import JSON, Api, Cloud, add, refused, remove, replace, shown
from .refusals import NO_METHOD, NO_RESOURCE, Call, on_mock_method


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return methods_api(cloud)


METHOD = "TestApiGatewayApiMethod::"

NO_AUTHORIZER = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."

LIFE = recorded("api", METHOD + "test_method_lifecycle")

PUT = recorded("api", METHOD + "test_put_method_validation")

UPDATE = recorded("api", METHOD + "test_update_method")

UPDATE_WRONG = recorded("api", METHOD + "test_update_method_validation")


@fact("MTH-01", "A plain method shows three fields", LIFE)
def test_put_method(fresh: Api) -> None:
    made = fresh.control.put_method(**fresh.at("/", "ANY"), authorizationType="NONE")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made) == {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}
    assert shown(fresh.control.get_method(**fresh.at("/", "ANY"))) == shown(made)


@fact("MTH-02", "A deleted method answers 204 and is not found afterwards", LIFE)
def test_delete_method(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    assert fresh.control.delete_method(**fresh.at("/", "ANY"))["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", NO_METHOD):
        fresh.control.get_method(**fresh.at("/", "ANY"))
    with refused("NotFoundException", NO_METHOD):
        fresh.control.delete_method(**fresh.at("/", "ANY"))


PARAMETERS = recorded("api", METHOD + "test_method_request_parameters")


@fact("MTH-03", "Request parameters are shown with whether they are required", PARAMETERS)
def test_request_parameters(fresh: Api) -> None:
    wanted = {"method.request.header.h": True, "method.request.querystring.q": False}
    made = fresh.control.put_method(**fresh.at("/", "ANY"), authorizationType="NONE", requestParameters=wanted)
    assert made["requestParameters"] == wanted


def _put_method(path: str = "/bare", verb: str = "PUT", **settings: Any) -> Call:
    settings.setdefault("authorizationType", "NONE")
    return lambda api: api.control.put_method(**api.at(path, verb), **settings)


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MTH-10",
            "A parameter name twice in header and query string is refused",
            PARAMETERS,
            _put_method(
                requestParameters={
                    "method.request.querystring.optional": False,
                    "method.request.header.optional": False,
                }
            ),
            "BadRequestException",
            "Parameter names must be unique across querystring, header and path",
        ),
        case(
            "MTH-11",
            "PutMethod on an unknown API says that the resource is not found",
            PUT,
            on_mock_method("put_method", restApiId="fake-api", authorizationType="NONE"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-12",
            "PutMethod on an unknown resource is not found before the verb is looked at",
            PUT,
            on_mock_method("put_method", resourceId="fake", httpMethod="WRONG", authorizationType="NONE"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-13",
            "An unknown verb is refused",
            PUT,
            _put_method(verb="WRONG"),
            "BadRequestException",
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        ),
        case(
            "MTH-14",
            "A custom authorization without an authorizer is refused",
            PUT,
            _put_method(authorizationType="CUSTOM"),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-15",
            "An unknown request validator is refused",
            PUT,
            _put_method(requestValidatorId="fake-validator"),
            "BadRequestException",
            "Invalid Request Validator identifier specified",
        ),
        case(
            "MTH-16",
            "An unknown request model is refused",
            PUT,
            _put_method(requestModels={JSON: "petModel"}),
            "BadRequestException",
            "Invalid model identifier specified: petModel",
        ),
        case(
            "MTH-17",
            "A method twice is a conflict",
            reference("API_PutMethod"),
            _put_method("/mock", "GET"),
            "ConflictException",
            None,
        ),
    ],
)
def test_put_method_refused(api: Api, call: Call, code: str, message: str | None) -> None:
    with refused(code, message):
        call(api)


def _update(*operations: dict[str, Any], path: str = "/", verb: str = "ANY") -> Call:
    return lambda api: api.control.update_method(**api.at(path, verb), patchOperations=list(operations))


ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MTH-20",
            "UpdateMethod on an unknown API says that the resource is not found",
            UPDATE_WRONG,
            on_mock_method("update_method", restApiId="fake-api", patchOperations=[]),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-21",
            "UpdateMethod on an unknown resource is not found",
            UPDATE_WRONG,
            on_mock_method("update_method", resourceId="fake", patchOperations=[]),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-22",
            "UpdateMethod of a verb that is not there is not found",
            UPDATE_WRONG,
            _update(replace("/operationName", "x"), verb="GET"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "MTH-23",
            "The operation name cannot be added",
            UPDATE_WRONG,
            _update(add("/operationName", "x")),
            "BadRequestException",
            ONLY_REPLACE,
        ),
        case(
            "MTH-24",
            "The validator cannot be added",
            UPDATE_WRONG,
            _update(add("/requestValidatorId", "wrong-id")),
            "BadRequestException",
            ONLY_REPLACE,
        ),
        case(
            "MTH-25",
            "The verb of a method cannot be changed",
            UPDATE_WRONG,
            _update(add("/httpMethod", "PUT")),
            "BadRequestException",
            "Invalid patch path /httpMethod",
        ),
        case(
            "MTH-26",
            "Request parameters cannot be replaced as a whole",
            UPDATE_WRONG,
            _update(replace("/requestParameters", "method.request.querystring.optional=false")),
            "BadRequestException",
            "Invalid patch path /requestParameters",
        ),
        case(
            "MTH-27",
            "A content type in a path must have its slash escaped",
            UPDATE_WRONG,
            _update(add("/requestModels/application/json", "Empty")),
            "BadRequestException",
            "Invalid patch path /requestModels/application/json",
        ),
        case(
            "MTH-28",
            "A change to custom authorization needs an authorizer",
            UPDATE_WRONG,
            _update(replace("/authorizationType", "CUSTOM")),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-29",
            "A change to custom authorization needs an authorizer that is there",
            UPDATE_WRONG,
            _update(replace("/authorizationType", "CUSTOM"), replace("/authorizerId", "abc123")),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-30",
            "A change to an unknown validator is refused",
            UPDATE_WRONG,
            _update(replace("/requestValidatorId", "fake-id")),
            "BadRequestException",
            "Invalid Request Validator identifier specified",
        ),
    ],
)
def test_update_method_refused(api: Api, call: Call, code: str, message: str | None) -> None:
    with refused(code, message):
        call(api)


@fact("MTH-31", "A text that is no boolean makes apiKeyRequired false", UPDATE_WRONG)
def test_not_a_boolean(fresh: Api) -> None:
    fresh.method("ANY", "/", None, apiKeyRequired=True)
    assert _update(replace("/apiKeyRequired", "whatever"))(fresh)["apiKeyRequired"] is False


@fact("MTH-32", "An authorizer id is ignored while the authorization is NONE", UPDATE_WRONG)
def test_authorizer_ignored(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(replace("/authorizerId", "abc123"))(fresh)
    assert shown(changed) == {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}


@fact("MTH-33", "Parameters and models are added by path", UPDATE)
def test_update_adds(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(
        add("/requestParameters/method.request.querystring.optional", "true"),
        add("/requestModels/application~1json", "Empty"),
    )(fresh)
    assert changed["requestParameters"] == {"method.request.querystring.optional": True}
    assert changed["requestModels"] == {JSON: "Empty"}


@fact("MTH-34", "Operation name, key and authorization are replaced", UPDATE)
def test_update_replaces(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(
        replace("/operationName", "Name"), replace("/apiKeyRequired", "true"), replace("/authorizationType", "AWS_IAM")
    )(fresh)
    assert shown(changed) == {
        "apiKeyRequired": True, "authorizationType": "AWS_IAM", "httpMethod": "ANY", "operationName": "Name"
    }  # fmt: skip


@fact("MTH-35", "Removed parameters and models are not shown, not even empty", UPDATE)
def test_update_removes(fresh: Api) -> None:
    fresh.method(
        "ANY", "/", None, requestParameters={"method.request.querystring.q": True}, requestModels={JSON: "Empty"}
    )
    changed = _update(
        remove("/requestParameters/method.request.querystring.q"), remove("/requestModels/application~1json")
    )(fresh)
    assert "requestParameters" not in changed
    assert "requestModels" not in changed
