"""Import, put and export of OpenAPI documents. Runs against the endpoint under test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, fact, guide, recorded
from .gateway import JSON, Api, Cloud, mock, refused, response, shown

IMPORT = "TestApiGatewayImportRestApi::"
MOCK = {
    "type": "MOCK",
    "requestTemplates": {JSON: '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200", "responseTemplates": {JSON: '{"from": "mock"}'}}},
}
FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"


def document(paths: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": MOCK}
    paths = {"/test": {"get": operation}} if paths is None else paths
    return {"openapi": "3.0.1", "info": {"title": "imported", "version": "1.0"}, "paths": paths} | parts


def swagger(**parts: Any) -> dict[str, Any]:
    return {key: value for key, value in document().items() if key != "openapi"} | {"swagger": "2.0"} | parts


def paths_of(api: Api) -> dict[str, list[str]]:
    items = api.control.get_resources(restApiId=api.id, limit=500)["items"]
    return {item["path"]: sorted(item.get("resourceMethods", {})) for item in items}


@fact(
    "IMP-01",
    "An imported API takes name, version and binary media types from the document",
    recorded("import", IMPORT + "test_import_rest_api"),
)
def test_import(cloud: Cloud) -> None:
    body = document(**{"x-amazon-apigateway-binary-media-types": ["*/*"]})
    made = cloud.control.import_rest_api(body=json.dumps(body).encode())
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "rootResourceId") == {
        "apiKeySource": "HEADER",
        "binaryMediaTypes": ["*/*"],
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]},
        "name": "imported",
        "version": "1.0",
    }


BASE = recorded("import", IMPORT + "test_import_rest_apis_with_base_path_swagger[prepend]")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        case("IMP-02", "Base path mode ignore leaves the base path out", BASE, "ignore", {"/", "/test"}),
        case(
            "IMP-03",
            "Base path mode prepend makes resources of the base path",
            BASE,
            "prepend",
            {"/", "/base", "/base/test"},
        ),
        case("IMP-04", "Base path mode split takes the first part off", BASE, "split", {"/", "/test"}),
    ],
)
def test_base_path(cloud: Cloud, mode: str, expected: set[str]) -> None:
    api = cloud.api("based")
    api.control.put_rest_api(
        restApiId=api.id,
        mode="overwrite",
        body=json.dumps(swagger(basePath="/base")).encode(),
        parameters={"basepath": mode},
    )
    assert set(paths_of(api)) == expected


OAS = recorded("import", IMPORT + "test_import_rest_api_with_base_path_oas30[prepend]")


@fact("IMP-05", "The base path of an OpenAPI 3 document is the default of the server variable basePath", OAS)
def test_base_path_server(cloud: Cloud) -> None:
    servers = [{"url": "https://example.com/{basePath}", "variables": {"basePath": {"default": "base"}}}]
    api = cloud.imported(document(servers=servers), parameters={"basepath": "prepend"})
    assert set(paths_of(api)) == {"/", "/base", "/base/test"}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        case(
            "IMP-16",
            "The path of a server URL is the base path and is prepended",
            OAS,
            "prepend",
            {"/", "/base-url", "/base-url/part", "/base-url/part/test"},
        ),
        case(
            "IMP-17",
            "Of a base path with two parts split takes off the first",
            recorded("import", IMPORT + "test_import_rest_api_with_base_path_oas30[split]"),
            "split",
            {"/", "/part", "/part/test"},
        ),
        case(
            "IMP-18",
            "The path of a server URL is ignored when asked",
            recorded("import", IMPORT + "test_import_rest_api_with_base_path_oas30[ignore]"),
            "ignore",
            {"/", "/test"},
        ),
    ],
)
def test_server_url(cloud: Cloud, mode: str, expected: set[str]) -> None:
    api = cloud.imported(
        document(servers=[{"url": "https://example.com/base-url/part"}]), parameters={"basepath": mode}
    )
    assert set(paths_of(api)) == expected


@fact("IMP-06", "PutRestApi answers 200, keeps the id and shows the tags", BASE)
def test_put(cloud: Cloud) -> None:
    api = cloud.api("before")
    made = api.control.put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(document()).encode())
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (made["id"], made["name"], made["version"], made["tags"]) == (api.id, "imported", "1.0", {})


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        case(
            "IMP-07",
            "Mode merge adds to the binary media types",
            recorded("import", IMPORT + "test_put_rest_api_mode_binary_media_types[merge]"),
            "merge",
            ["image/heif", "image/png", "image/jpg"],
        ),
        case(
            "IMP-08",
            "Mode overwrite replaces the binary media types",
            recorded("import", IMPORT + "test_put_rest_api_mode_binary_media_types[overwrite]"),
            "overwrite",
            ["image/png", "image/jpg"],
        ),
    ],
)
def test_put_mode(cloud: Cloud, mode: str, expected: list[str]) -> None:
    api = cloud.api("media", binaryMediaTypes=["image/heif"])
    body = document(**{"x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"]})
    made = api.control.put_rest_api(restApiId=api.id, mode=mode, body=json.dumps(body).encode())
    assert made["binaryMediaTypes"] == expected


@fact(
    "IMP-09", "Mode merge keeps the resources that the document does not name", guide("api-gateway-import-api-update")
)
def test_merge_keeps(cloud: Cloud) -> None:
    api = cloud.api("merged")
    api.mock("GET", "/old")
    api.control.put_rest_api(restApiId=api.id, mode="merge", body=json.dumps(document()).encode())
    assert set(paths_of(api)) == {"/", "/old", "/test"}


@fact(
    "IMP-10",
    "Mode overwrite drops the resources that the document does not name",
    guide("api-gateway-import-api-update"),
)
def test_overwrite_drops(cloud: Cloud) -> None:
    api = cloud.api("overwritten")
    api.mock("GET", "/old")
    api.control.put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(document()).encode())
    assert set(paths_of(api)) == {"/", "/test"}


@fact("IMP-11", "What is put is not served before it is deployed", guide("api-gateway-import-api-update"))
def test_put_is_not_deployed(cloud: Cloud) -> None:
    api = cloud.api("put-live")
    api.mock("GET", "/old", "old")
    api.deploy()
    api.control.put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(document()).encode())
    assert api.get("/old").text == "old"
    assert api.get("/test").status == 403
    api.deploy()
    assert (api.get("/old").status, api.get("/test").json()) == (403, {"from": "mock"})


BAD = recorded("import", IMPORT + "test_import_api_bad_file")


@pytest.mark.parametrize(
    "body",
    [
        case("IMP-12", "A body that is neither JSON nor YAML is refused", BAD, b"this is: not: yaml: {"),
        case("IMP-13", "A JSON body that is no document is refused", BAD, b'{"not": "a document"}'),
    ],
)
def test_bad_body(cloud: Cloud, body: bytes) -> None:
    with refused("BadRequestException", "Invalid OpenAPI input."):
        cloud.control.import_rest_api(body=body)


@fact(
    "IMP-14",
    "An any-method becomes the verb ANY",
    recorded("import", IMPORT + "test_import_with_global_api_key_authorizer"),
)
def test_any_method(cloud: Cloud) -> None:
    operation = {"x-amazon-apigateway-integration": MOCK, "responses": {}}
    api = cloud.imported(document({"/any": {"x-amazon-apigateway-any-method": operation}}))
    assert paths_of(api)["/any"] == ["ANY"]
    api.deploy()
    assert api.send("PATCH", "/any").json() == {"from": "mock"}


@fact(
    "IMP-15",
    "Parents that the document does not name are made without methods",
    recorded("import", IMPORT + "test_import_with_global_api_key_authorizer"),
)
def test_parents(cloud: Cloud) -> None:
    api = cloud.imported(
        document({"/echo/{data}": {"get": {"x-amazon-apigateway-integration": MOCK, "responses": {}}}})
    )
    assert paths_of(api) == {"/": [], "/echo": [], "/echo/{data}": ["GET"]}


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


@fact(
    "IMP-32",
    "A status that is written as a number is taken",
    recorded("import", IMPORT + "test_import_with_integer_http_status_code"),
)
def test_integer_status(cloud: Cloud) -> None:
    answers = {"default": {"statusCode": 200}}
    operation = {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": MOCK | {"responses": answers},
    }
    api = cloud.imported(document({"/test": {"get": operation}}))
    method = api.control.get_method(**api.at("/test", "GET"))
    assert method["methodIntegration"]["integrationResponses"] == {"200": {"statusCode": "200"}}


EXPORT = recorded("extended", "test_export_oas30_openapi[TEST_IMPORT_PETS]")


@pytest.fixture(scope="module")
def exported(cloud: Cloud) -> Api:
    api = cloud.api("exported")
    api.method(
        "GET", "/pets/{petId}", mock(), responses=[response(200)], requestParameters={"method.request.path.petId": True}
    )
    api.deploy()
    return api


def _export(api: Api, kind: str, **parameters: str) -> dict[str, Any]:
    answer = api.control.get_export(
        restApiId=api.id, stageName="dev", exportType=kind, parameters=parameters, accepts=JSON
    )
    return dict(json.loads(answer["body"].read()))


@fact("EXP-01", "An OpenAPI 3 export is version 3.0.1 and has the stage as the server variable basePath", EXPORT)
def test_export_oas30(exported: Api) -> None:
    found = _export(exported, "oas30")
    assert found["openapi"] == "3.0.1"
    assert found["info"]["title"] == "exported"
    assert found["servers"][0]["variables"]["basePath"]["default"] == "dev"


@fact(
    "EXP-02",
    "A Swagger export is version 2.0 and has the stage as its base path",
    recorded("extended", "test_export_swagger_openapi[TEST_IMPORT_PETS]"),
)
def test_export_swagger(exported: Api) -> None:
    found = _export(exported, "swagger")
    assert (found["swagger"], found["basePath"], found["schemes"]) == ("2.0", "/dev", ["https"])


@fact("EXP-03", "Without extensions an export has no integrations", EXPORT)
def test_export_plain(exported: Api) -> None:
    operation = _export(exported, "oas30")["paths"]["/pets/{petId}"]["get"]
    assert "x-amazon-apigateway-integration" not in operation
    assert operation["parameters"] == [{"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}]


@fact("EXP-04", "With the extension integrations an export has them", guide("api-gateway-export-api"))
def test_export_integrations(exported: Api) -> None:
    found = _export(exported, "oas30", extensions="integrations")
    operation = found["paths"]["/pets/{petId}"]["get"]
    assert operation["x-amazon-apigateway-integration"]["type"] == "mock"


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


@fact("IMP-45", "A document's own model replaces the default Empty, and the default Error is not made", PETSTORE)
def test_default_models(cloud: Cloud) -> None:
    api = cloud.imported(swagger(definitions={"Empty": {"type": "object"}}))
    items = {item["name"]: item for item in api.control.get_models(restApiId=api.id)["items"]}
    assert set(items) == {"Empty"}
    assert json.loads(items["Empty"]["schema"]) == {"type": "object"}
