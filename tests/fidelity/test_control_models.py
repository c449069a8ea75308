"""Models, validators, authorizers, gateway responses, documentation, VPC links, keys and plans: the control plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .facts import case, documented, fact, recorded, reference
from .gateway import ACCOUNT, JSON, Api, Cloud, add, refused, remove, replace, shown

Call = Callable[[Api], Any]
UNKNOWN_API = f"Invalid API identifier specified {ACCOUNT}:fake-id"
MODELS = "TestApiGatewayApiModels::"
VALIDATORS = "TestApiGatewayApiRequestValidator::"
GATEWAY = "TestApiGatewayGatewayResponse::"
PARTS = "TestApiGatewayApiDocumentationPart::"
KEYS = "TestApigatewayApiKeysCrud::"
DRAFT = "http://json-schema.org/draft-04/schema#"


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    """An API with one model, one validator, one documentation part and one customised gateway response."""
    made = cloud.api("things")
    made.control.create_model(
        restApiId=made.id, name="Mine", contentType=JSON, schema='{"title": "Mine", "type": "object"}'
    )
    made.control.create_request_validator(restApiId=made.id, name="mine")
    made.control.create_documentation_part(
        restApiId=made.id, location={"type": "API"}, properties='{"description": "x"}'
    )
    made.control.put_gateway_response(restApiId=made.id, responseType="DEFAULT_4XX", statusCode="444")
    return made


@pytest.fixture
def fresh(cloud: Cloud) -> Api:
    return cloud.api("fresh-things")


def _call(operation: str, **settings: Any) -> Call:
    return lambda api: getattr(api.control, operation)(**{"restApiId": api.id} | settings)


# models

MODEL_LIFE = recorded("api", MODELS + "test_model_lifecycle")
MODEL_WRONG = recorded("api", MODELS + "test_model_validation")
MODEL_UPDATE = recorded("api", MODELS + "test_update_model")
NO_SCHEMA = "Model schema must have at least 1 property or array items defined"
SCHEMA = '{"title": "S", "type": "object"}'


@fact("MOD-01", "A new API has the models Empty and Error", MODEL_LIFE)
def test_default_models(fresh: Api) -> None:
    items = sorted(fresh.control.get_models(restApiId=fresh.id)["items"], key=lambda item: item["name"])
    assert [(item["name"], item["description"], item["contentType"]) for item in items] == [
        ("Empty", "This is a default empty schema model", JSON),
        ("Error", "This is a default error schema model", JSON),
    ]
    assert DRAFT in items[0]["schema"]


@fact("MOD-02", "A model shows its schema as it was written", MODEL_LIFE)
def test_create_model(fresh: Api) -> None:
    schema = '{\n\t"title": "Calc output",\n\t"type": "object"\n}\n'
    made = fresh.control.create_model(
        restApiId=fresh.id, name="Calc", contentType=JSON, description="Calc", schema=schema
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == {"contentType": JSON, "description": "Calc", "name": "Calc", "schema": schema}
    assert shown(fresh.control.get_model(restApiId=fresh.id, modelName="Calc")) == shown(made)


@fact(
    "MOD-03",
    "An empty description of a model is not shown",
    recorded("api", "TestApiGatewayApiMethod::test_put_method_model"),
)
def test_empty_description(fresh: Api) -> None:
    made = fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, description="", schema=SCHEMA)
    assert "description" not in made


@fact("MOD-04", "A deleted model answers 202", MODEL_LIFE)
def test_delete_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, schema=SCHEMA)
    gone = fresh.control.delete_model(restApiId=fresh.id, modelName="Calc")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202


USED = recorded("api", "TestApiGatewayApiMethod::test_put_method_model")


@fact("MOD-05", "A model that a method uses cannot be deleted, and the method is named", USED)
def test_delete_used_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Used", contentType=JSON, schema=SCHEMA)
    fresh.method("ANY", "/", None, requestModels={JSON: "Used"})
    with refused("ConflictException", "Cannot delete model 'Used', is referenced in method request: //ANY"):
        fresh.control.delete_model(restApiId=fresh.id, modelName="Used")


@fact("MOD-06", "The method that uses a model is named by its path and verb", USED)
def test_delete_used_model_below(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Used", contentType=JSON, schema=SCHEMA)
    fresh.method("ANY", "/test", None, requestModels={JSON: "Used"})
    with refused("ConflictException", "Cannot delete model 'Used', is referenced in method request: /test/ANY"):
        fresh.control.delete_model(restApiId=fresh.id, modelName="Used")


@fact("MOD-07", "The schema of a model is replaced and an empty description removes it", MODEL_UPDATE)
def test_update_model(fresh: Api) -> None:
    fresh.control.create_model(restApiId=fresh.id, name="Calc", contentType=JSON, description="d", schema=SCHEMA)
    new = '{"title": "Updated schema", "type": "object"}'
    changed = fresh.control.update_model(
        restApiId=fresh.id, modelName="Calc", patchOperations=[replace("/schema", new), replace("/description", "")]
    )
    assert shown(changed, "id") == {"contentType": JSON, "name": "Calc", "schema": new}


def _model(**settings: Any) -> Call:
    return _call("create_model", **{"name": "New", "contentType": JSON, "schema": SCHEMA} | settings)


def _patch_model(operation: dict[str, str]) -> Call:
    return _call("update_model", modelName="Mine", patchOperations=[operation])


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MOD-10",
            "A model of an unknown API is not found",
            MODEL_WRONG,
            _model(restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "MOD-11",
            "GetModels of an unknown API is not found",
            MODEL_WRONG,
            _call("get_models", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "MOD-12",
            "GetModel of an unknown API says that the model is not found",
            MODEL_WRONG,
            _call("get_model", restApiId="fake-id", modelName="MySchema"),
            "NotFoundException",
            "Invalid model name specified: MySchema",
        ),
        case(
            "MOD-13",
            "DeleteModel of an unknown API says that the model is not found",
            MODEL_WRONG,
            _call("delete_model", restApiId="fake-id", modelName="MySchema"),
            "NotFoundException",
            "Invalid model name specified: MySchema",
        ),
        case(
            "MOD-14",
            "A model name twice is a conflict",
            MODEL_WRONG,
            _model(name="Mine"),
            "ConflictException",
            "Model name already exists for this REST API",
        ),
        case(
            "MOD-15",
            "An empty model name is refused",
            MODEL_WRONG,
            _model(name=""),
            "BadRequestException",
            "Model name must be non-empty",
        ),
        case("MOD-16", "An empty schema is refused", MODEL_WRONG, _model(schema=""), "BadRequestException", NO_SCHEMA),
        case(
            "MOD-17",
            "A model without a schema is refused",
            MODEL_WRONG,
            lambda api: api.control.create_model(restApiId=api.id, name="New", contentType=JSON),
            "BadRequestException",
            NO_SCHEMA,
        ),
        case(
            "MOD-18",
            "UpdateModel of an unknown API says that the model is not found",
            MODEL_UPDATE,
            _call(
                "update_model", restApiId="fake-id", modelName="mySchema", patchOperations=[replace("/schema", "{}")]
            ),
            "NotFoundException",
            "Invalid model name specified: mySchema",
        ),
        case(
            "MOD-19",
            "Add on a model is refused",
            MODEL_UPDATE,
            _patch_model(add("/wrong-path", "x")),
            "BadRequestException",
            "Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "MOD-20",
            "The name of a model cannot be replaced",
            MODEL_UPDATE,
            _patch_model(replace("/name", "x")),
            "BadRequestException",
            "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
        ),
        case(
            "MOD-21",
            "A schema cannot be replaced by an empty one",
            MODEL_UPDATE,
            _patch_model(replace("/schema", "")),
            "BadRequestException",
            NO_SCHEMA,
        ),
    ],
)
def test_model_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


# validators

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
            _call("create_request_validator", restApiId="fake-id", name="x"),
            "BadRequestException",
            "Invalid REST API identifier specified",
        ),
        case(
            "VAL-11",
            "GetRequestValidators of an unknown API is not found",
            recorded("api", VALIDATORS + "test_invalid_get_request_validators"),
            _call("get_request_validators", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "VAL-12",
            "GetRequestValidator of an unknown API says that the validator is not found",
            recorded("api", VALIDATORS + "test_invalid_get_request_validator"),
            _call("get_request_validator", restApiId="fake-id", requestValidatorId="x"),
            "NotFoundException",
            NO_VALIDATOR,
        ),
        case(
            "VAL-13",
            "DeleteRequestValidator of an unknown API says that the validator is not found",
            recorded("api", VALIDATORS + "test_invalid_delete_request_validator"),
            _call("delete_request_validator", restApiId="fake-id", requestValidatorId="x"),
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


# authorizers

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


# gateway responses

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
    return _call("update_gateway_response", responseType=kind, patchOperations=[operation])


ORIGIN = "/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin"
FAKE = "1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "GWR-20",
            "GetGatewayResponses of an unknown API is not found",
            WRONG,
            _call("get_gateway_responses", restApiId="fake-id"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "GWR-21",
            "GetGatewayResponse of an unknown API is not found",
            WRONG,
            _call("get_gateway_response", restApiId="fake-id", responseType="DEFAULT_4XX"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "GWR-22",
            "Deleting a response that is not customised is not found",
            WRONG,
            _call("delete_gateway_response", responseType="DEFAULT_5XX"),
            "NotFoundException",
            "Gateway response type not defined on api",
        ),
        case(
            "GWR-23",
            "GetGatewayResponse of an unknown type is a validation error with all types",
            WRONG,
            _call("get_gateway_response", responseType="FAKE_RESPONSE_TYPE"),
            "ValidationException",
            FAKE,
        ),
        case(
            "GWR-24",
            "PutGatewayResponse of an unknown type is a validation error with all types",
            WRONG,
            _call("put_gateway_response", responseType="FAKE_RESPONSE_TYPE", statusCode="404"),
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


# documentation

PART = recorded("api", PARTS + "test_documentation_part_lifecycle")
PART_UPDATE = recorded("api", PARTS + "test_invalid_update_documentation_part")
NO_PART = "Invalid Documentation part identifier specified"


@fact("DOC-01", "A documentation part shows its location and properties", PART)
def test_create_part(fresh: Api) -> None:
    properties = '{"description": "Sample API description"}'
    made = fresh.control.create_documentation_part(restApiId=fresh.id, location={"type": "API"}, properties=properties)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == {"location": {"type": "API"}, "properties": properties}
    items = fresh.control.get_documentation_parts(restApiId=fresh.id)["items"]
    assert items == [shown(made)]


@fact(
    "DOC-02",
    "A documentation version has a description by a patch",
    recorded("common", "TestDocumentations::test_documentation_parts_and_versions"),
)
def test_versions(fresh: Api) -> None:
    fresh.control.create_documentation_part(restApiId=fresh.id, location={"type": "API"}, properties='{"foo": "bar"}')
    made = fresh.control.create_documentation_version(restApiId=fresh.id, documentationVersion="v123")
    assert shown(made) == {"version": "v123"}
    changed = fresh.control.update_documentation_version(
        restApiId=fresh.id, documentationVersion="v123", patchOperations=[replace("/description", "doc version new")]
    )
    assert shown(changed) == {"version": "v123", "description": "doc version new"}


def _patch_part(operation: dict[str, str]) -> Call:
    def call(api: Api) -> Any:
        part = api.control.get_documentation_parts(restApiId=api.id)["items"][0]["id"]
        return api.control.update_documentation_part(
            restApiId=api.id, documentationPartId=part, patchOperations=[operation]
        )

    return call


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "DOC-10",
            "A documentation part of an unknown API is not found",
            recorded("api", PARTS + "test_doc_parts_crud_no_api"),
            _call("create_documentation_part", restApiId="fake-id", location={"type": "API"}, properties="{}"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "DOC-11",
            "GetDocumentationPart of an unknown API says that the part is not found",
            recorded("api", PARTS + "test_invalid_get_documentation_part"),
            _call("get_documentation_part", restApiId="fake-id", documentationPartId="x"),
            "NotFoundException",
            NO_PART,
        ),
        case(
            "DOC-12",
            "An unknown location type is a validation error",
            recorded("api", PARTS + "test_invalid_create_documentation_part_operations"),
            _call("create_documentation_part", location={"type": "INVALID"}, properties="{}"),
            "ValidationException",
            "1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
        ),
        case(
            "DOC-13",
            "Add on a documentation part is refused",
            PART_UPDATE,
            _patch_part(add("/properties", "{}")),
            "BadRequestException",
            "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "DOC-14",
            "An unknown path of a documentation part names the allowed one",
            PART_UPDATE,
            _patch_part(replace("/invalidPath", "{}")),
            "BadRequestException",
            "Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/properties]",
        ),
        case(
            "DOC-15",
            "Deleting an unknown documentation part is not found",
            recorded("api", PARTS + "test_invalid_delete_documentation_part"),
            _call("delete_documentation_part", documentationPartId="x"),
            "NotFoundException",
            NO_PART,
        ),
    ],
)
def test_documentation_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


LINK = "TestApiGatewayVpcLink::"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "VPC-01",
            "An unknown VPC link is not found",
            recorded("api", LINK + "test_get_vpc_link_invalid_id"),
            lambda api: api.control.get_vpc_link(vpcLinkId="none"),
            "NotFoundException",
            "Invalid Vpc Link identifier specified",
        ),
        case(
            "VPC-02",
            "A VPC link without a name is refused",
            recorded("api", LINK + "test_create_vpc_link_invalid_parameters"),
            lambda api: api.control.create_vpc_link(
                name="", targetArns=[f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/x/1"]
            ),
            "BadRequestException",
            "Name cannot be empty",
        ),
        case(
            "VPC-03",
            "A VPC link to something that is no ARN is refused",
            recorded("api", LINK + "test_create_vpc_link_invalid_parameters"),
            lambda api: api.control.create_vpc_link(name="x", targetArns=["invalid-arn"]),
            "BadRequestException",
            "Invalid ARN. ARN is not well formed invalid-arn",
        ),
    ],
)
def test_vpc_link_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


# keys and plans

NAMES = recorded("extended", KEYS + "test_create_api_key_with_invalid_name")
VALUES = recorded("extended", KEYS + "test_create_api_key_with_invalid_value")
LIST = recorded("extended", KEYS + "test_get_api_keys")
PLAN = recorded("common", "TestUsagePlans::test_usage_plan_crud")


@fact("KEY-01", "A key is disabled unless asked, and shown with its value when made", LIST)
def test_create_key(cloud: Cloud, unique: str) -> None:
    made = cloud.control.create_api_key(name=f"made-{unique}")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "value") == {"enabled": False, "name": f"made-{unique}", "stageKeys": []}
    assert 20 <= len(made["value"]) <= 128


@fact("KEY-02", "Keys are listed without their values", LIST)
def test_list_hides_values(cloud: Cloud, unique: str) -> None:
    cloud.control.create_api_key(name=f"hidden-{unique}")
    items = cloud.control.get_api_keys(nameQuery=f"hidden-{unique}")["items"]
    assert [set(shown(item)) for item in items] == [{"enabled", "id", "name", "stageKeys"}]


@fact("KEY-03", "Keys are listed with their values when asked", reference("API_GetApiKeys"))
def test_list_values(cloud: Cloud, unique: str) -> None:
    made = cloud.control.create_api_key(name=f"open-{unique}")
    items = cloud.control.get_api_keys(nameQuery=f"open-{unique}", includeValues=True)["items"]
    assert [item["value"] for item in items] == [made["value"]]


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        case("KEY-04", "The name query finds a prefix", LIST, lambda name: name[:8], True),
        case("KEY-05", "The name query minds the case", LIST, lambda name: name[:8].upper(), False),
        case("KEY-06", "The name query does not find the end of a name", LIST, lambda name: name[2:], False),
        case("KEY-07", "The name query does not find the middle of a name", LIST, lambda name: name[2:8], False),
    ],
)
def test_name_query(
    cloud: Cloud, unique: str, request: pytest.FixtureRequest, cut: Callable[[str], str], found: bool
) -> None:
    name = f"q{unique}-{request.node.callspec.id.lower()}"
    cloud.control.create_api_key(name=name)
    names = [item.get("name") for item in cloud.control.get_api_keys(nameQuery=cut(name), limit=500)["items"]]
    assert (name in names) is found


@fact("KEY-08", "Keys are listed in pages with a position", LIST)
def test_key_pages(cloud: Cloud, unique: str) -> None:
    names = {f"page{unique}-{number}" for number in range(2)}
    for name in names:
        cloud.control.create_api_key(name=name)
    first = cloud.control.get_api_keys(nameQuery=f"page{unique}", limit=1)
    second = cloud.control.get_api_keys(nameQuery=f"page{unique}", limit=1, position=first["position"])
    assert {item["name"] for item in first["items"] + second["items"]} == names
    assert "position" not in second


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        case(
            "KEY-10",
            "A key name over 1024 characters is refused",
            NAMES,
            {"name": "a" * 1025},
            "Invalid API Key name, can be at most 1024 characters.",
        ),
        case(
            "KEY-11",
            "A key value under 20 characters is refused",
            VALUES,
            {"value": "short"},
            "API Key value should be at least 20 characters",
        ),
        case(
            "KEY-12",
            "A key value over 128 characters is refused",
            VALUES,
            {"value": "a" * 129},
            "API Key value exceeds maximum size of 128 characters",
        ),
        case(
            "KEY-13",
            "A key description over 125000 characters is refused",
            recorded("extended", KEYS + "test_update_api_key_invalid_description_length"),
            {"description": "a" * 125001},
            "Invalid API Key description specified.",
        ),
    ],
)
def test_key_refused(cloud: Cloud, settings: dict[str, str], message: str) -> None:
    with refused("BadRequestException", message):
        cloud.control.create_api_key(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        case("KEY-14", "A key without a name shows none", NAMES, {}),
        case("KEY-15", "A key with an empty name shows none", NAMES, {"name": ""}),
        case("KEY-16", "A key with an empty value gets a value", VALUES, {"value": ""}),
    ],
)
def test_nameless_key(cloud: Cloud, settings: dict[str, str]) -> None:
    made = cloud.control.create_api_key(**settings)
    assert "name" not in made
    assert len(made["value"]) >= 20


@fact(
    "KEY-17",
    "A text that is no boolean disables a key",
    recorded("extended", KEYS + "test_update_api_key_invalid_enabled_type"),
)
def test_key_not_boolean(cloud: Cloud) -> None:
    made = cloud.control.create_api_key(enabled=True)
    changed = cloud.control.update_api_key(apiKey=made["id"], patchOperations=[replace("/enabled", "not-a-boolean")])
    assert shown(changed, "id") == {"enabled": False, "stageKeys": [], "tags": {}}


@fact(
    "KEY-18",
    "The id of a key cannot be replaced and the allowed paths are listed",
    recorded("extended", KEYS + "test_update_api_key_immutable_field"),
)
def test_key_id(cloud: Cloud) -> None:
    made = cloud.control.create_api_key()
    message = "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]"
    with refused("BadRequestException", message):
        cloud.control.update_api_key(apiKey=made["id"], patchOperations=[replace("/id", "new-id")])


@fact(
    "KEY-19",
    "A key value is unique in the region",
    documented("https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html"),
)
def test_same_value(cloud: Cloud, unique: str) -> None:
    cloud.control.create_api_key(value=f"value-{unique}-0123456789")
    with refused("ConflictException"):
        cloud.control.create_api_key(value=f"value-{unique}-0123456789")


@fact(
    "KEY-20",
    "The same key value may be in another region",
    documented("https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html"),
)
def test_same_value_elsewhere(cloud: Cloud, europe: Cloud, unique: str) -> None:
    made = [place.control.create_api_key(value=f"both-{unique}-0123456789") for place in (cloud, europe)]
    assert made[0]["value"] == made[1]["value"]


@pytest.fixture(scope="module")
def planned(cloud: Cloud) -> tuple[Api, str]:
    """An API on stage dev and the id of a plan for it; no test changes either."""
    api = cloud.api("planned")
    api.mock("GET", "/")
    api.deploy()
    plan = cloud.control.create_usage_plan(name="planned", apiStages=[{"apiId": api.id, "stage": "dev"}])
    return api, plan["id"]


@fact(
    "PLN-01",
    "A plan shows its stages, limits and tags",
    recorded("common", "TestUsagePlans::test_api_key_required_for_methods"),
)
def test_create_plan(planned: tuple[Api, str]) -> None:
    api, _ = planned
    settings = {
        "description": "Test",
        "quota": {"limit": 10, "offset": 0, "period": "DAY"},
        "throttle": {"burstLimit": 1, "rateLimit": 2.0},
        "tags": {"tag_key": "tag_value"},
    }
    api.deploy("other")
    made = api.control.create_usage_plan(name="full", apiStages=[{"apiId": api.id, "stage": "other"}], **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == settings | {"name": "full", "apiStages": [{"apiId": api.id, "stage": "other"}]}


@fact("PLN-02", "A burst over the rate is taken", recorded("extended", KEYS + "test_create_usage_plan_with_throttle"))
def test_burst_over_rate(cloud: Cloud) -> None:
    made = cloud.control.create_usage_plan(name="burst", throttle={"rateLimit": 10, "burstLimit": 20})
    assert shown(made, "id") == {"apiStages": [], "name": "burst", "throttle": {"burstLimit": 20, "rateLimit": 10.0}}


@fact("PLN-03", "Limits are made by single replaces", PLAN)
def test_patch_plan(cloud: Cloud) -> None:
    made = cloud.control.create_usage_plan(name="patched")
    changed = cloud.control.update_usage_plan(
        usagePlanId=made["id"],
        patchOperations=[
            replace("/throttle/burstLimit", "100"),
            replace("/throttle/rateLimit", "200"),
            replace("/quota/period", "MONTH"),
            replace("/quota/limit", "5000"),
        ],
    )
    assert changed["throttle"] == {"burstLimit": 100, "rateLimit": 200.0}
    assert changed["quota"] == {"limit": 5000, "offset": 0, "period": "MONTH"}


def _patch_plan(operation: dict[str, str]) -> Callable[[Api, str], Any]:
    return lambda api, plan: api.control.update_usage_plan(usagePlanId=plan, patchOperations=[operation])


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "PLN-10",
            "An unknown plan is not found",
            PLAN,
            lambda api, plan: api.control.update_usage_plan(
                usagePlanId="none1", patchOperations=[replace("/throttle/burstLimit", "1")]
            ),
            "NotFoundException",
            "Invalid Usage Plan ID specified",
        ),
        case(
            "PLN-11",
            "Removing stages without naming one is refused",
            PLAN,
            _patch_plan(remove("/apiStages")),
            "BadRequestException",
            "Invalid API Stage specified",
        ),
        case(
            "PLN-12",
            "Removing a stage that is written wrongly is refused",
            PLAN,
            _patch_plan(remove("/apiStages") | {"value": "fakevalue"}),
            "BadRequestException",
            "Invalid API Stage specified",
        ),
        case(
            "PLN-13",
            "Removing the stage of an unknown API is not found, and both are named",
            PLAN,
            lambda api, plan: _patch_plan(remove("/apiStages") | {"value": f"{api.id}b:dev"})(api, plan),
            "NotFoundException",
            "Invalid API Stage {api: <api>b, stage: dev} specified for usageplan <plan>",
        ),
        case(
            "PLN-14",
            "Removing an unknown stage is not found, and both are named",
            PLAN,
            lambda api, plan: _patch_plan(remove("/apiStages") | {"value": f"{api.id}:fakestagename"})(api, plan),
            "NotFoundException",
            "Invalid API Stage {api: <api>, stage: fakestagename} specified for usageplan <plan>",
        ),
    ],
)
def test_plan_refused(planned: tuple[Api, str], call: Callable[[Api, str], Any], code: str, message: str) -> None:
    api, plan = planned
    with refused(code, message.replace("<api>", api.id).replace("<plan>", plan)):
        call(api, plan)


@fact(
    "PLN-15",
    "A plan's keys show type and value, the newest first",
    recorded("extended", KEYS + "test_get_usage_plan_api_keys"),
)
def test_plan_keys(cloud: Cloud, unique: str) -> None:
    plan = cloud.control.create_usage_plan(name="keys")["id"]
    keys = [cloud.control.create_api_key(name=f"plan-{unique}-{number}") for number in range(2)]
    for key in keys:
        made = cloud.control.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        assert shown(made) == {"id": key["id"], "name": key["name"], "type": "API_KEY", "value": key["value"]}
    items = cloud.control.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert {item["id"] for item in items} == {key["id"] for key in keys}
    assert all(item["type"] == "API_KEY" and item["value"] for item in items)


@fact("PLN-16", "A deleted key leaves its plans", recorded("extended", KEYS + "test_get_usage_plan_api_keys"))
def test_deleted_key_leaves(cloud: Cloud) -> None:
    plan = cloud.control.create_usage_plan(name="leaving")["id"]
    key = cloud.control.create_api_key(name="leaving")["id"]
    cloud.control.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    cloud.control.delete_api_key(apiKey=key)
    assert cloud.control.get_usage_plan_keys(usagePlanId=plan)["items"] == []


@fact(
    "PLN-17",
    "The keys of an unknown plan are an empty list",
    recorded("extended", KEYS + "test_get_usage_plan_api_keys"),
)
def test_keys_of_unknown_plan(cloud: Cloud) -> None:
    assert cloud.control.get_usage_plan_keys(usagePlanId="bad-id")["items"] == []
