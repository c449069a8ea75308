"""Request validators and authorizers in the control plane."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import things_api
from .facts import case, fact, recorded, reference
from .gateway import ACCOUNT, Api, Cloud, add, refused, remove, replace, shown
from .refusals import UNKNOWN_API, Call, on_api


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return things_api(cloud)


VALIDATORS = "TestApiGatewayApiRequestValidator::"


VALIDATOR = recorded("api", VALIDATORS + "test_request_validator_lifecycle")

VALIDATOR_PATCH = recorded("api", VALIDATORS + "test_invalid_update_request_validator_operations")

NO_VALIDATOR = "Invalid Request Validator identifier specified"


@fact("VAL-01", "A validator validates nothing unless asked", VALIDATOR)
def test_create_validator(fresh: Api) -> None:
    made = fresh.control.create_request_validator(restApiId=fresh.id, name="v")
    assert shown(made, "id") == {"name": "v", "validateRequestBody": False, "validateRequestParameters": False}
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201


@fact("VAL-02", "A replace without a value sets false", VALIDATOR)
def test_validator_without_value(fresh: Api) -> None:
    made = fresh.control.create_request_validator(restApiId=fresh.id, name="v", validateRequestBody=True)
    changed = fresh.control.update_request_validator(
        restApiId=fresh.id,
        requestValidatorId=made["id"],
        patchOperations=[{"op": "replace", "path": "/validateRequestBody"}],
    )
    assert changed["validateRequestBody"] is False


@fact("VAL-03", "A deleted validator answers 202 and is not found afterwards", VALIDATOR)
def test_delete_validator(fresh: Api) -> None:
    made = fresh.control.create_request_validator(restApiId=fresh.id, name="v")
    gone = fresh.control.delete_request_validator(restApiId=fresh.id, requestValidatorId=made["id"])
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused("NotFoundException", NO_VALIDATOR):
        fresh.control.get_request_validator(restApiId=fresh.id, requestValidatorId=made["id"])
    assert fresh.control.get_request_validators(restApiId=fresh.id)["items"] == []


def _patch_validator(operation: dict[str, str]) -> Call:
    def call(api: Api) -> Any:
        found = api.control.get_request_validators(restApiId=api.id)["items"][0]["id"]
        return api.control.update_request_validator(
            restApiId=api.id, requestValidatorId=found, patchOperations=[operation]
        )

    return call


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "VAL-10",
            "A validator of an unknown API is a bad request",
            recorded("api", VALIDATORS + "test_validators_crud_no_api"),
            on_api("create_request_validator", restApiId="fake-id", name="x"),
            "BadRequestException",
            "Invalid REST API identifier specified",
        ),
        case(
            "VAL-11",
            "GetRequestValidators of an unknown API is not found",
            recorded("api", VALIDATORS + "test_invalid_get_request_validators"),
            on_api("get_request_validators", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "VAL-12",
            "GetRequestValidator of an unknown API says that the validator is not found",
            recorded("api", VALIDATORS + "test_invalid_get_request_validator"),
            on_api("get_request_validator", restApiId="fake-id", requestValidatorId="x"),
            "NotFoundException",
            NO_VALIDATOR,
        ),
        case(
            "VAL-13",
            "DeleteRequestValidator of an unknown API says that the validator is not found",
            recorded("api", VALIDATORS + "test_invalid_delete_request_validator"),
            on_api("delete_request_validator", restApiId="fake-id", requestValidatorId="x"),
            "NotFoundException",
            NO_VALIDATOR,
        ),
        case(
            "VAL-14",
            "Add on a validator is refused",
            VALIDATOR_PATCH,
            _patch_validator(add("/validateRequestBody", "true")),
            "BadRequestException",
            "Invalid patch path  '/validateRequestBody' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "VAL-15",
            "Remove on a validator is refused",
            VALIDATOR_PATCH,
            _patch_validator(remove("/validateRequestBody")),
            "BadRequestException",
            "Invalid patch path  '/validateRequestBody' specified for op 'remove'. Please choose supported operations",
        ),
        case(
            "VAL-16",
            "An unknown path of a validator names the allowed ones",
            VALIDATOR_PATCH,
            _patch_validator(replace("/invalidPath", "true")),
            "BadRequestException",
            "Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]",
        ),
        case(
            "VAL-17",
            "A blank name of a validator is refused",
            VALIDATOR_PATCH,
            _patch_validator(replace("/name", "")),
            "BadRequestException",
            "Request Validator name cannot be blank",
        ),
    ],
)
def test_validator_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


NO_API = recorded("api", "TestApiGatewayApiAuthorizer::test_authorizer_crud_no_api")

FUNCTION = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:{ACCOUNT}:function:auth/invocations"


@fact(
    "ATZ-01",
    "A TOKEN authorizer shows custom as its authType",
    recorded("basic", "TestAPIGateway::test_apigateway_with_custom_authorization_method"),
)
def test_create_authorizer(fresh: Api) -> None:
    made = fresh.control.create_authorizer(
        restApiId=fresh.id, name="a", type="TOKEN", authorizerUri=FUNCTION, identitySource="method.request.header.Auth"
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "authorizerResultTtlInSeconds") == {
        "authType": "custom",
        "authorizerUri": FUNCTION,
        "identitySource": "method.request.header.Auth",
        "name": "a",
        "type": "TOKEN",
    }


@fact("ATZ-02", "An authorizer of an unknown API is a conflict by concurrent modification", NO_API)
def test_authorizer_unknown_api(cloud: Cloud) -> None:
    message = "Unable to complete operation due to concurrent modification. Please try again later."
    with refused("ConflictException", message):
        cloud.control.create_authorizer(
            restApiId="fake-id",
            name="a",
            type="TOKEN",
            authorizerUri=FUNCTION,
            identitySource="method.request.header.Auth",
        )


@fact("ATZ-03", "GetAuthorizers of an unknown API is not found", NO_API)
def test_authorizers_unknown_api(cloud: Cloud) -> None:
    with refused("NotFoundException", UNKNOWN_API):
        cloud.control.get_authorizers(restApiId="fake-id")


@fact(
    "ATZ-04", "The result of an authorizer is cached for 300 seconds unless told otherwise", reference("API_Authorizer")
)
def test_default_ttl(fresh: Api) -> None:
    made = fresh.control.create_authorizer(
        restApiId=fresh.id, name="a", type="TOKEN", authorizerUri=FUNCTION, identitySource="method.request.header.Auth"
    )
    found = fresh.control.get_authorizer(restApiId=fresh.id, authorizerId=made["id"])
    assert found.get("authorizerResultTtlInSeconds", 300) == 300


@fact("ATZ-05", "A time to live over 3600 seconds is refused", reference("API_CreateAuthorizer"))
def test_long_ttl(fresh: Api) -> None:
    with refused("BadRequestException"):
        fresh.control.create_authorizer(
            restApiId=fresh.id,
            name="a",
            type="TOKEN",
            authorizerUri=FUNCTION,
            identitySource="method.request.header.Auth",
            authorizerResultTtlInSeconds=3601,
        )


@fact("ATZ-06", "The time to live is replaced by a patch and shown as a number", reference("API_UpdateAuthorizer"))
def test_patch_ttl(fresh: Api) -> None:
    made = fresh.control.create_authorizer(
        restApiId=fresh.id, name="a", type="TOKEN", authorizerUri=FUNCTION, identitySource="method.request.header.Auth"
    )
    changed = fresh.control.update_authorizer(
        restApiId=fresh.id, authorizerId=made["id"], patchOperations=[replace("/authorizerResultTtlInSeconds", "60")]
    )
    assert changed["authorizerResultTtlInSeconds"] == 60
