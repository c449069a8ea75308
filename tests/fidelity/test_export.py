"""Exports and documentation as documents. Runs against the endpoint under test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, fact, guide, recorded
from .gateway import JSON, Api, Cloud, mock, refused, response

SWAGGER = recorded("extended", "test_export_swagger_openapi[TEST_IMPORT_PETS]")
OAS = recorded("extended", "test_export_oas30_openapi[TEST_IMPORT_PETS]")
STORE = recorded("extended", "test_export_oas30_openapi[TEST_IMPORT_PETSTORE_SWAGGER]")
STORE_SWAGGER = recorded("extended", "test_export_swagger_openapi[TEST_IMPORT_PETSTORE_SWAGGER]")
UPSTREAM = "http://petstore-demo-endpoint.execute-api.com/petstore/pets"


def _integration(uri: str, **settings: Any) -> dict[str, Any]:
    return {
        "type": "http", "httpMethod": "GET", "uri": uri, "responses": {"default": {"statusCode": "200"}},
        "passthroughBehavior": "when_no_match",
    } | settings  # fmt: skip


PETS = {
    "swagger": "2.0", "info": {"version": "1.0.0", "title": "Simple PetStore (Swagger)"}, "schemes": ["https"],
    "paths": {
        "/pets": {"get": {"responses": {"200": {"description": "200 response"}}, "x-amazon-apigateway-integration": _integration(UPSTREAM)}},
        "/pets/{petId}": {"get": {
            "parameters": [{"name": "petId", "in": "path", "required": True, "type": "string"}],
            "responses": {"200": {"description": "200 response"}},
            "x-amazon-apigateway-integration": _integration(
                f"{UPSTREAM}/{{id}}", requestParameters={"integration.request.path.id": "method.request.path.petId"}
            ),
        }},
    },
    "x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"],
}  # fmt: skip


@pytest.fixture(scope="module")
def pets(cloud: Cloud) -> Api:
    api = cloud.imported(PETS)
    api.deploy("local")
    return api


def export(api: Api, kind: str, *, extensions: str | None = None, stage: str = "local", accepts: str = JSON) -> Any:
    parameters = {"extensions": extensions} if extensions else {}
    return api.control.get_export(
        restApiId=api.id, stageName=stage, exportType=kind, parameters=parameters, accepts=accepts
    )


def exported(api: Api, kind: str, **settings: Any) -> dict[str, Any]:
    return dict(json.loads(export(api, kind, **settings)["body"].read()))


@fact("EXP-10", "A Swagger export without extensions is exactly this", SWAGGER)
def test_swagger(pets: Api) -> None:
    answers = {"200": {"description": "200 response"}}
    parameter = {"name": "petId", "in": "path", "required": True, "type": "string"}
    assert exported(pets, "swagger") == {
        "swagger": "2.0",
        "info": {"version": "1.0.0", "title": "Simple PetStore (Swagger)"},
        "host": f"{pets.id}.execute-api.us-east-1.amazonaws.com",
        "basePath": "/local",
        "schemes": ["https"],
        "paths": {
            "/pets": {"get": {"responses": answers}},
            "/pets/{petId}": {"get": {"parameters": [parameter], "responses": answers}},
        },
    }


@fact("EXP-11", "A Swagger export with API Gateway's extensions has integrations and binary media types", SWAGGER)
def test_swagger_extensions(pets: Api) -> None:
    found = exported(pets, "swagger", extensions="apigateway")
    assert found["x-amazon-apigateway-binary-media-types"] == ["image/png", "image/jpg"]
    assert found["paths"]["/pets"]["get"]["x-amazon-apigateway-integration"] == _integration(UPSTREAM)


@fact("EXP-12", "An OpenAPI 3 export without extensions is exactly this", OAS)
def test_oas30(pets: Api) -> None:
    answers = {"200": {"description": "200 response", "content": {}}}
    parameter = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}
    assert exported(pets, "oas30") == {
        "openapi": "3.0.1",
        "info": {"version": "1.0.0", "title": "Simple PetStore (Swagger)"},
        "servers": [
            {
                "url": f"https://{pets.id}.execute-api.us-east-1.amazonaws.com/{{basePath}}",
                "variables": {"basePath": {"default": "local"}},
            }
        ],
        "paths": {
            "/pets": {"get": {"responses": answers}},
            "/pets/{petId}": {"get": {"parameters": [parameter], "responses": answers}},
        },
        "components": {},
    }


@fact("EXP-13", "A request parameter of an exported integration is kept", OAS)
def test_oas30_extensions(pets: Api) -> None:
    found = exported(pets, "oas30", extensions="apigateway")["paths"]["/pets/{petId}"]["get"]
    expected = _integration(
        f"{UPSTREAM}/{{id}}", requestParameters={"integration.request.path.id": "method.request.path.petId"}
    )
    assert found["x-amazon-apigateway-integration"] == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        case(
            "EXP-14",
            "A Swagger export is an attachment named by kind and version",
            SWAGGER,
            "swagger",
            "swagger_1.0.0.json",
        ),
        case(
            "EXP-15", "An OpenAPI 3 export is an attachment named by kind and version", OAS, "oas30", "oas30_1.0.0.json"
        ),
    ],
)
def test_attachment(pets: Api, kind: str, name: str) -> None:
    found = export(pets, kind)
    assert found["contentDisposition"] == f'attachment; filename="{name}"'
    assert found["contentType"] == "application/octet-stream"


@fact("EXP-16", "An export may be YAML", guide("api-gateway-export-api"))
def test_yaml(pets: Api) -> None:
    text = export(pets, "oas30", accepts="application/yaml")["body"].read().decode()
    assert text.startswith(("openapi:", "---\nopenapi:"))


@fact("EXP-17", "An export of an unknown stage is not found", guide("api-gateway-export-api"))
def test_unknown_stage(pets: Api) -> None:
    with refused("NotFoundException"):
        export(pets, "oas30", stage="nowhere")


STORE_DOCUMENT = {
    "openapi": "3.0.1", "info": {"title": "PetStore", "version": "1", "description": "pets"},
    "paths": {"/pets": {"post": {
        "operationId": "CreatePet",
        "requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/NewPet"}}}},
        "responses": {"200": {
            "description": "200 response", "headers": {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}},
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Pet"}}},
        }},
        "x-amazon-apigateway-integration": {
            "type": "mock", "passthroughBehavior": "when_no_match", "requestTemplates": {JSON: '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}},
        },
    }}},
    "components": {"schemas": {
        "Pet": {"type": "object", "properties": {"id": {"type": "integer"}, "pet": {"$ref": "#/components/schemas/NewPet"}}},
        "NewPet": {"type": "object", "properties": {"price": {"type": "number"}}},
    }},
}  # fmt: skip


@pytest.fixture(scope="module")
def store(cloud: Cloud) -> Api:
    api = cloud.imported(STORE_DOCUMENT)
    api.deploy("local")
    return api


@fact("EXP-20", "Models go back into components with references inside the document", STORE)
def test_components(store: Api) -> None:
    schemas = exported(store, "oas30")["components"]["schemas"]
    assert schemas["Pet"]["properties"]["pet"] == {"$ref": "#/components/schemas/NewPet"}
    assert schemas["NewPet"]["properties"] == {"price": {"type": "number"}}


@fact("EXP-21", "A request model goes back into the request body", STORE)
def test_request_body(store: Api) -> None:
    operation = exported(store, "oas30")["paths"]["/pets"]["post"]
    assert operation["requestBody"] == STORE_DOCUMENT["paths"]["/pets"]["post"]["requestBody"]
    assert operation["operationId"] == "CreatePet"


@fact("EXP-22", "A method response goes back with headers and content", STORE)
def test_responses(store: Api) -> None:
    assert (
        exported(store, "oas30")["paths"]["/pets"]["post"]["responses"]
        == STORE_DOCUMENT["paths"]["/pets"]["post"]["responses"]
    )


@fact("EXP-23", "In Swagger a request model is a body parameter and models are definitions", STORE_SWAGGER)
def test_swagger_models(store: Api) -> None:
    found = exported(store, "swagger")
    operation = found["paths"]["/pets"]["post"]
    assert operation["parameters"] == [
        {"in": "body", "name": "NewPet", "required": True, "schema": {"$ref": "#/definitions/NewPet"}}
    ]
    assert operation["consumes"] == operation["produces"] == [JSON]
    assert set(found["definitions"]) == {"Pet", "NewPet"}


@fact("EXP-24", "The description of the API goes back into info", STORE)
def test_info(store: Api) -> None:
    assert exported(store, "oas30")["info"] == {"title": "PetStore", "version": "1", "description": "pets"}


@fact("EXP-25", "A MOCK integration goes back with templates and response parameters", STORE)
def test_mock(store: Api) -> None:
    found = exported(store, "oas30", extensions="integrations")["paths"]["/pets"]["post"]
    assert (
        found["x-amazon-apigateway-integration"]
        == STORE_DOCUMENT["paths"]["/pets"]["post"]["x-amazon-apigateway-integration"]
    )


@fact("EXP-26", "An export that is imported again serves the same", guide("api-gateway-export-api"))
def test_round_trip(cloud: Cloud) -> None:
    first = cloud.api("round-trip")
    first.mock("GET", "/a/{b}", "b is $input.params('b')")
    first.deploy("local")
    second = cloud.imported(exported(first, "oas30", extensions="apigateway"))
    second.deploy("local")
    assert second.get("/a/1", stage="local").text == first.get("/a/1", stage="local").text == "b is 1"


# documentation

PARTS = recorded("api", "TestApiGatewayApiDocumentationPart::test_import_documentation_parts")
BAD_PARTS = recorded("api", "TestApiGatewayApiDocumentationPart::test_import_documentation_parts_bad_file")
DOCUMENTED = {
    "openapi": "3.0.1", "info": {"title": "documented", "version": "1"},
    "paths": {"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {
        "type": "mock", "requestTemplates": {JSON: '{"statusCode": 200}'}, "responses": {"default": {"statusCode": "200"}},
    }}}},
    "x-amazon-apigateway-documentation": {"version": "1", "documentationParts": [
        {"location": {"type": "API"}, "properties": {"description": "API description"}},
        {"location": {"type": "METHOD", "path": "/", "method": "GET"}, "properties": {"description": "Method description."}},
    ]},
}  # fmt: skip


def _parts(api: Api) -> dict[str, Any]:
    items = api.control.get_documentation_parts(restApiId=api.id)["items"]
    assert all(isinstance(item["properties"], str) for item in items)
    return {item["location"]["type"]: (item["location"], json.loads(item["properties"])) for item in items}


@fact("DOC-20", "Documentation parts of an imported document are made, with their properties as text", PARTS)
def test_documentation(cloud: Cloud) -> None:
    found = _parts(cloud.imported(DOCUMENTED))
    assert found["API"] == ({"type": "API"}, {"description": "API description"})
    assert found["METHOD"] == ({"type": "METHOD", "path": "/", "method": "GET"}, {"description": "Method description."})


@fact("DOC-21", "Documentation parts are imported alone and their ids answered", PARTS)
def test_import_parts(cloud: Cloud) -> None:
    api = cloud.api("parts-alone")
    made = api.control.import_documentation_parts(
        restApiId=api.id, mode="overwrite", body=json.dumps(DOCUMENTED).encode()
    )
    items = api.control.get_documentation_parts(restApiId=api.id)["items"]
    assert sorted(made["ids"]) == sorted(item["id"] for item in items)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    "body",
    [
        case(
            "DOC-22",
            "Documentation that is no YAML is refused",
            BAD_PARTS,
            b'test:\n  value:\n    - "a \\"b\\": $var, $(x +"%a")}"\n',
        ),
        case("DOC-23", "Documentation that is no JSON is refused", BAD_PARTS, b"{'key:value}"),
    ],
)
def test_bad_documentation(cloud: Cloud, body: bytes) -> None:
    api = cloud.api("parts-bad")
    with refused("BadRequestException", "Unable to build importer with provided input."):
        api.control.import_documentation_parts(restApiId=api.id, mode="overwrite", body=body)


@pytest.fixture(scope="module")
def single(cloud: Cloud) -> Api:
    api = cloud.api("exported")
    api.method(
        "GET", "/pets/{petId}", mock(), responses=[response(200)], requestParameters={"method.request.path.petId": True}
    )
    api.deploy()
    return api


@fact("EXP-01", "An OpenAPI 3 export is version 3.0.1 and has the stage as the server variable basePath", OAS)
def test_export_oas30(single: Api) -> None:
    found = exported(single, "oas30", stage="dev")
    assert found["openapi"] == "3.0.1"
    assert found["info"]["title"] == "exported"
    assert found["servers"][0]["variables"]["basePath"]["default"] == "dev"


@fact(
    "EXP-02",
    "A Swagger export is version 2.0 and has the stage as its base path",
    recorded("extended", "test_export_swagger_openapi[TEST_IMPORT_PETS]"),
)
def test_export_swagger(single: Api) -> None:
    found = exported(single, "swagger", stage="dev")
    assert (found["swagger"], found["basePath"], found["schemes"]) == ("2.0", "/dev", ["https"])


@fact("EXP-03", "Without extensions an export has no integrations", OAS)
def test_export_plain(single: Api) -> None:
    operation = exported(single, "oas30", stage="dev")["paths"]["/pets/{petId}"]["get"]
    assert "x-amazon-apigateway-integration" not in operation
    assert operation["parameters"] == [{"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}]


@fact("EXP-04", "With the extension integrations an export has them", guide("api-gateway-export-api"))
def test_export_integrations(single: Api) -> None:
    found = exported(single, "oas30", stage="dev", extensions="integrations")
    operation = found["paths"]["/pets/{petId}"]["get"]
    assert operation["x-amazon-apigateway-integration"]["type"] == "mock"
