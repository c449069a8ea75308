"""What becomes of each part of an imported document: authorizers, parameters, models, validators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .documents import FUNCTION, IMPORT, MOCK, document, swagger
from .facts import case, fact, guide, recorded
from .gateway import JSON, Api, Cloud, shown

AUTH = {
    "type": "apiKey", "name": "Custom-Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
        "type": "request", "identitySource": "method.request.header.Custom-Authorization", "authorizerUri": FUNCTION,
        "authorizerResultTtlInSeconds": 300,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def rich(cloud: Cloud) -> Api:
    """A document with an authorizer, a model, a validator, parameters and a gateway response."""
    operation = {
        "operationId": "CreatePerson",
        "parameters": [
            {"name": "data", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
            {"name": "h", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Person"}}}, "required": True},
        "responses": {
            "200": {"description": "ok", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Person"}}}}
        },
        "security": [{"auth": []}],
        "x-amazon-apigateway-request-validator": "full",
        "x-amazon-apigateway-integration": MOCK | {"passthroughBehavior": "when_no_templates"},
    }
    person = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "house": {"$ref": "#/components/schemas/House"}},
    }
    house = {
        "type": "object",
        "properties": {"people": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}}},
    }
    return cloud.imported(
        document(
            {"/people/{data}": {"post": operation}},
            components={"schemas": {"Person": person, "House": house}, "securitySchemes": {"auth": AUTH}},
            **{
                "x-amazon-apigateway-api-key-source": "AUTHORIZER",
                "x-amazon-apigateway-request-validators": {
                    "full": {"validateRequestBody": True, "validateRequestParameters": True}
                },
                "x-amazon-apigateway-gateway-responses": {
                    "DEFAULT_4XX": {"responseTemplates": {JSON: '{"mine": true}'}}
                },
            },
        )
    )


@pytest.fixture(scope="module")
def imported_method(rich: Api) -> dict[str, Any]:
    return dict(rich.control.get_method(**rich.at("/people/{data}", "POST")))


GLOBAL = recorded("import", IMPORT + "test_import_with_global_api_key_authorizer")
CIRCULAR = recorded("import", IMPORT + "test_import_with_circular_models")
VALIDATED = recorded("import", IMPORT + "test_import_with_circular_models_and_request_validation")


@fact("IMP-20", "The key source is taken from the document", GLOBAL)
def test_key_source(rich: Api) -> None:
    assert rich.attributes["apiKeySource"] == "AUTHORIZER"


@fact("IMP-21", "A security scheme with an authorizer becomes one authorizer", GLOBAL)
def test_authorizer(rich: Api) -> None:
    (found,) = rich.control.get_authorizers(restApiId=rich.id)["items"]
    assert shown(found, "id") == {
        "authType": "custom", "authorizerResultTtlInSeconds": 300, "authorizerUri": FUNCTION,
        "identitySource": "method.request.header.Custom-Authorization", "name": "auth", "type": "REQUEST",
    }  # fmt: skip


@fact("IMP-22", "An operation with that security is CUSTOM with the authorizer's id", GLOBAL)
def test_security(rich: Api, imported_method: dict[str, Any]) -> None:
    (found,) = rich.control.get_authorizers(restApiId=rich.id)["items"]
    assert (imported_method["authorizationType"], imported_method["authorizerId"]) == ("CUSTOM", found["id"])


@fact("IMP-23", "The operation id becomes the operation name", CIRCULAR)
def test_operation_name(imported_method: dict[str, Any]) -> None:
    assert imported_method["operationName"] == "CreatePerson"


@fact("IMP-24", "Parameters become request parameters with whether they are required", GLOBAL)
def test_parameters(imported_method: dict[str, Any]) -> None:
    assert imported_method["requestParameters"] == {
        "method.request.header.h": False, "method.request.path.data": True, "method.request.querystring.q": True
    }  # fmt: skip


@fact("IMP-25", "A request body with a schema becomes a request model", CIRCULAR)
def test_request_model(imported_method: dict[str, Any]) -> None:
    assert imported_method["requestModels"] == {JSON: "Person"}


@fact("IMP-26", "A response with a schema becomes a method response with a model", CIRCULAR)
def test_response_model(imported_method: dict[str, Any]) -> None:
    assert imported_method["methodResponses"] == {"200": {"responseModels": {JSON: "Person"}, "statusCode": "200"}}


@fact("IMP-27", "Circular schemas become models that refer to one another by URL", CIRCULAR)
def test_circular_models(rich: Api) -> None:
    schemas = {item["name"]: json.loads(item["schema"]) for item in rich.control.get_models(restApiId=rich.id)["items"]}
    reference = schemas["Person"]["properties"]["house"]["$ref"]
    assert reference == f"https://apigateway.amazonaws.com/restapis/{rich.id}/models/House"


@fact("IMP-28", "The passthrough behaviour of the document is kept in capitals", CIRCULAR)
def test_passthrough(imported_method: dict[str, Any]) -> None:
    assert imported_method["methodIntegration"]["passthroughBehavior"] == "WHEN_NO_TEMPLATES"


@fact("IMP-29", "A default integration response has no selection pattern", CIRCULAR)
def test_default_response(imported_method: dict[str, Any]) -> None:
    assert imported_method["methodIntegration"]["integrationResponses"] == {
        "200": {"responseTemplates": {JSON: '{"from": "mock"}'}, "statusCode": "200"}
    }


@fact("IMP-30", "The validator of an operation is made once and named by its id", VALIDATED)
def test_validator(rich: Api, imported_method: dict[str, Any]) -> None:
    items = {item["name"]: item for item in rich.control.get_request_validators(restApiId=rich.id)["items"]}
    assert imported_method["requestValidatorId"] == items["full"]["id"]
    assert items["full"]["validateRequestBody"] is items["full"]["validateRequestParameters"] is True


@fact(
    "IMP-31",
    "A gateway response of the document is customised",
    guide("api-gateway-swagger-extensions-gateway-responses"),
)
def test_gateway_response(rich: Api) -> None:
    found = rich.control.get_gateway_response(restApiId=rich.id, responseType="DEFAULT_4XX")
    assert (found["defaultResponse"], found["responseTemplates"]) == (False, {JSON: '{"mine": true}'})


PETSTORE = recorded("import", IMPORT + "test_import_swagger_api")
COGNITO = recorded("import", IMPORT + "test_import_with_cognito_auth_identity_source")
POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_ABC123"


@pytest.fixture(scope="module")
def secured(cloud: Cloud) -> Api:
    """A Swagger document with a TOKEN authorizer that one operation uses, one that none uses, and two of Cognito."""

    def scheme(kind: str, header: str, **authorizer: Any) -> dict[str, Any]:
        extension = {"x-amazon-apigateway-authtype": kind, "x-amazon-apigateway-authorizer": authorizer}
        return {"type": "apiKey", "name": header, "in": "header"} | extension

    token = {
        "type": "token", "authorizerUri": FUNCTION, "authorizerCredentials": "arn:aws:iam::000000000000:role/auth",
        "identityValidationExpression": "^x-[a-z]+",
    }  # fmt: skip
    cognito = {
        "type": "cognito_user_pools",
        "providerARNs": [POOL],
        "identitySource": "method.request.header.TestHeaderAuth",
    }
    definitions = {
        "used": scheme("oauth2", "Authorization", authorizerResultTtlInSeconds=60, **token),
        "unused": scheme("oauth2", "Authorization", **token),
        "pool": scheme("cognito_user_pools", "TestHeaderAuth", **cognito),
    }

    def operation(*security: dict[str, list[str]]) -> dict[str, Any]:
        return {"get": {"responses": {}, "x-amazon-apigateway-integration": MOCK, "security": list(security)}}

    paths = {
        "/token": operation({"used": []}),
        "/pool": operation({"pool": []}),
        "/scoped": operation({"pool": ["email", "openid"]}),
    }
    return cloud.imported(swagger(paths=paths, securityDefinitions=definitions))


def _authorizers(api: Api) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in api.control.get_authorizers(restApiId=api.id)["items"]}


@fact(
    "IMP-40", "A TOKEN authorizer of a Swagger document keeps type, credentials, expression and time to live", PETSTORE
)
def test_token_authorizer(secured: Api) -> None:
    assert shown(_authorizers(secured)["used"], "id") == {
        "authType": "oauth2", "authorizerCredentials": "arn:aws:iam::000000000000:role/auth", "authorizerResultTtlInSeconds": 60,
        "authorizerUri": FUNCTION, "identitySource": "method.request.header.Authorization",
        "identityValidationExpression": "^x-[a-z]+", "name": "used", "type": "TOKEN",
    }  # fmt: skip


@fact(
    "IMP-41",
    "An authorizer that no operation uses is made as well, and shows no time to live that was not given",
    PETSTORE,
)
def test_unused_authorizer(secured: Api) -> None:
    assert "authorizerResultTtlInSeconds" not in _authorizers(secured)["unused"]


@fact("IMP-42", "A Cognito authorizer keeps its pools and its identity source", COGNITO)
def test_cognito_authorizer(secured: Api) -> None:
    assert shown(_authorizers(secured)["pool"], "id") == {
        "authType": "cognito_user_pools", "identitySource": "method.request.header.TestHeaderAuth", "name": "pool",
        "providerARNs": [POOL], "type": "COGNITO_USER_POOLS",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "scopes"),
    [
        case("IMP-43", "An operation of a Cognito authorizer without scopes shows none", COGNITO, "/pool", None),
        case(
            "IMP-44", "An operation of a Cognito authorizer shows its scopes", COGNITO, "/scoped", ["email", "openid"]
        ),
    ],
)
def test_cognito_method(secured: Api, path: str, scopes: list[str] | None) -> None:
    found = secured.control.get_method(**secured.at(path, "GET"))
    assert (found["authorizationType"], found["authorizerId"]) == (
        "COGNITO_USER_POOLS",
        _authorizers(secured)["pool"]["id"],
    )
    assert found.get("authorizationScopes") == scopes
