"""Imports of OpenAPI 3 and Swagger 2: what becomes of a document, and what a document may not do to us."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:f"
    "/invocations"
)
PROXY = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}
INTEGRATION = "x-amazon-apigateway-integration"


def document(**extra: Any) -> dict[str, Any]:
    """A small API with most of the extensions."""
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "1.0", "description": "what it is"},
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True}
        },
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"responseParameters": {}, "statusCode": 429}},
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "security": [{"jwt": []}],
        "paths": {
            "/items/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Page"}],
                "get": {
                    "operationId": "getItem",
                    "parameters": [{"name": "x-trace", "in": "header", "required": True, "schema": {"type": "string"}}],
                    "responses": {
                        "200": {
                            "description": "ok",
                            "headers": {"ETag": {"schema": {"type": "string"}}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                        },
                        "default": {"description": "else"},
                    },
                    INTEGRATION: PROXY,
                },
                "put": {
                    "security": [{"api_key": []}],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                        "required": True,
                    },
                    "responses": {},
                    INTEGRATION: PROXY,
                },
            },
            "/{proxy+}": {
                "x-amazon-apigateway-any-method": {
                    "security": [],
                    "responses": {},
                    INTEGRATION: {
                        "type": "mock",
                        "requestTemplates": {"application/json": '{"statusCode": 200}'},
                        "responses": {"default": {"statusCode": 200}, "4\\d{2}": {"statusCode": "400"}},
                    },
                }
            },
        },
        "components": {
            "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "string"}}},
            "schemas": {
                "Item": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Item"}}},
            },
            "securitySchemes": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                "jwt": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "custom",
                    "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": URI},
                },
            },
        },
        **extra,
    }


def body(**extra: Any) -> bytes:
    return json.dumps(document(**extra)).encode()


def resources(client: Any, api: str) -> dict[str, Any]:
    items = client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    return {item["path"]: item for item in items}


@pytest.fixture
def shop(client: Any) -> Any:
    return client.import_rest_api(body=body())


def test_the_api_itself(client: Any, shop: Any) -> None:
    assert (shop["name"], shop["version"], shop["description"]) == ("shop", "1.0", "what it is")
    assert (shop["apiKeySource"], shop["binaryMediaTypes"]) == ("AUTHORIZER", ["image/png"])
    assert shop["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert "tags" not in shop
    assert [model["name"] for model in client.get_models(restApiId=shop["id"])["items"]] == ["Item"]
    response = client.get_gateway_response(restApiId=shop["id"], responseType="THROTTLED")
    assert (response["statusCode"], response["defaultResponse"]) == ("429", False)


def test_methods(client: Any, shop: Any) -> None:
    api = shop["id"]
    found = resources(client, api)
    assert list(found) == ["/", "/items", "/items/{id}", "/{proxy+}"]
    validator = client.get_request_validators(restApiId=api)["items"][0]
    authorizer = client.get_authorizers(restApiId=api)["items"][0]
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    get = found["/items/{id}"]["resourceMethods"]["GET"]
    assert get.pop("methodIntegration")["uri"] == URI
    assert get == {
        "httpMethod": "GET",
        "authorizationType": "CUSTOM",
        "authorizerId": authorizer["id"],
        "apiKeyRequired": False,
        "operationName": "getItem",
        "requestValidatorId": validator["id"],
        "requestParameters": {
            "method.request.path.id": True,
            "method.request.querystring.page": False,
            "method.request.header.x-trace": True,
        },
        "methodResponses": {
            "200": {
                "statusCode": "200",
                "responseModels": {"application/json": "Item"},
                "responseParameters": {"method.response.header.ETag": False},
            }
        },
    }
    put = found["/items/{id}"]["resourceMethods"]["PUT"]
    assert (put["authorizationType"], put["apiKeyRequired"]) == ("NONE", True)
    assert put["requestModels"] == {"application/json": "Item"}


def test_any_method_and_selection_patterns(client: Any, shop: Any) -> None:
    method = resources(client, shop["id"])["/{proxy+}"]["resourceMethods"]["ANY"]
    assert method["authorizationType"] == "NONE"
    assert method["methodIntegration"]["integrationResponses"] == {
        "200": {"statusCode": "200"},
        "400": {"statusCode": "400", "selectionPattern": "4\\d{2}"},
    }


def test_models_refer_to_one_another_by_address(client: Any, shop: Any) -> None:
    schema = json.loads(client.get_model(restApiId=shop["id"], modelName="Item")["schema"])
    address = f"https://apigateway.amazonaws.com/restapis/{shop['id']}/models/Item"
    assert schema["properties"]["next"] == {"$ref": address}


def test_overwriting_keeps_the_ids_of_paths_that_stay(client: Any, shop: Any) -> None:
    before = {path: item["id"] for path, item in resources(client, shop["id"]).items()}
    changed = document()
    changed["paths"]["/new"] = changed["paths"].pop("/{proxy+}")
    changed["info"] = {"title": "renamed", "version": "2"}
    after = client.put_rest_api(restApiId=shop["id"], mode="overwrite", body=json.dumps(changed))
    assert (after["id"], after["rootResourceId"], after["tags"]) == (shop["id"], shop["rootResourceId"], {})
    assert (after["name"], "description" in after) == ("renamed", False)
    found = {path: item["id"] for path, item in resources(client, shop["id"]).items()}
    assert found.keys() == {"/", "/items", "/items/{id}", "/new"}
    assert all(before[path] == found[path] for path in ("/", "/items", "/items/{id}"))


def test_merging_keeps_what_the_document_does_not_have(client: Any, shop: Any) -> None:
    other = {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "2"},
        "x-amazon-apigateway-binary-media-types": ["image/jpg"],
        "paths": {"/items/{id}": {"delete": {"responses": {}, INTEGRATION: {"type": "mock"}}}},
    }
    after = client.put_rest_api(restApiId=shop["id"], mode="merge", body=json.dumps(other))
    assert after["binaryMediaTypes"] == ["image/png", "image/jpg"]
    found = resources(client, shop["id"])
    assert set(found["/items/{id}"]["resourceMethods"]) == {"GET", "PUT", "DELETE"}
    assert "/{proxy+}" in found


@pytest.mark.parametrize(
    ("mode", "swagger", "oas30"),
    [
        ("ignore", "/test", "/test"),
        ("prepend", "/base/part/test", "/base/part/test"),
        ("split", "/part/test", "/part/test"),
    ],
    ids=["ignore", "prepend", "split"],
)
def test_base_paths(client: Any, mode: str, swagger: str, oas30: str) -> None:
    paths = {"/test": {"get": {"responses": {}, INTEGRATION: {"type": "mock"}}}}
    info = {"title": "t", "version": "1"}
    for content, expected in (
        ({"swagger": "2.0", "basePath": "/base/part"}, swagger),
        ({"openapi": "3.0.1", "servers": [{"url": "https://example.com/base/part"}]}, oas30),
    ):
        text = json.dumps({**content, "info": info, "paths": paths})
        made = client.import_rest_api(body=text, parameters={"basepath": mode})
        assert expected in resources(client, made["id"])


def test_yaml_with_whole_numbers_as_status_codes(client: Any) -> None:
    text = (
        "openapi: 3.0.1\ninfo: {title: y, version: 1}\npaths:\n  /a:\n    get:\n      responses:\n        200:\n"
        "          description: ok\n      x-amazon-apigateway-integration:\n        type: mock\n"
        "        responses: {default: {statusCode: 200}}\n"
    )
    made = client.import_rest_api(body=text)
    method = resources(client, made["id"])["/a"]["resourceMethods"]["GET"]
    assert list(method["methodResponses"]) == ["200"]
    assert list(method["methodIntegration"]["integrationResponses"]) == ["200"]


def test_a_parameter_that_is_no_string_is_a_warning(client: Any, refused: Callable[..., None]) -> None:
    mock = {"type": "mock", "requestParameters": {"integration.request.header.nothing": True}}
    paths = {"/test": {"get": {"responses": {}, INTEGRATION: mock}}}
    text = json.dumps({"openapi": "3.0.1", "info": {"title": "w", "version": "1"}, "paths": paths})
    warning = (
        "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' "
        "of resource '/test' and method 'GET' but got 'true'"
    )
    assert client.import_rest_api(body=text)["warnings"] == [warning]
    message = f"Warnings found during import:\n\t{warning}"
    refused("BadRequestException", message, client.import_rest_api, body=text, failOnWarnings=True)


@pytest.mark.parametrize("text", ["{'key:value}", "test:\n  - a\n\tb", "[]", "{}", "\x00", "openapi: 3.0.1"])
def test_no_document(client: Any, world: Any, text: str) -> None:
    with pytest.raises(client.exceptions.BadRequestException) as error:
        client.import_rest_api(body=text)
    assert error.value.response["Error"]["Message"] == "Invalid OpenAPI input."
    with pytest.raises(client.exceptions.BadRequestException):
        client.put_rest_api(restApiId="unknown", body=text.replace("openapi", "x"))
    assert world.store.region("111111111111", "us-east-1").rest_apis == {}


def wide(levels: int) -> str:
    anchors = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, levels))
    return f"openapi: 3.0.1\ninfo: {{title: x}}\na0: &a0 [1, 1]\n{anchors}paths: {{}}\n"


HOSTILE = {
    "aliases that multiply": wide(30),
    "an alias inside itself": "openapi: 3.0.1\ninfo: {title: x}\nloop: &a [*a]\npaths: {}\n",
    "deep json": '{"openapi":"3.0.1","info":{"title":"x"},"paths":' + "[" * 5000 + "]" * 5000 + "}",
    "references in a circle": json.dumps(
        {
            "openapi": "3.0.1",
            "info": {"title": "x"},
            "components": {
                "parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"}}
            },
            "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/A"}], "responses": {}}}},
        }
    ),
    "a reference to nowhere": json.dumps(
        {"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"/a": {"$ref": "#/components/pathItems/None"}}}
    ),
    "a path without end": json.dumps(
        {"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"/a" * 5000: {"get": {"responses": {}}}}}
    ),
    "too large": json.dumps({"openapi": "3.0.1", "info": {"title": "x" * 7_000_000}, "paths": {}}),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_documents_are_refused_and_leave_nothing(client: Any, world: Any, text: str) -> None:
    with pytest.raises(client.exceptions.BadRequestException) as error:
        client.import_rest_api(body=text)
    assert len(error.value.response["Error"]["Message"]) < 20_000
    assert world.store.region("111111111111", "us-east-1").rest_apis == {}


def test_all_errors_are_told_and_nothing_is_changed(client: Any, shop: Any, refused: Callable[..., None]) -> None:
    paths = {
        "/a": {"get": {"responses": {}, INTEGRATION: {"type": "http", "httpMethod": "GET", "uri": "nowhere"}}},
        "/b": {"get": {"responses": {}, INTEGRATION: {"type": "http", "uri": "http://a.example"}}},
    }
    text = json.dumps({"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": paths})
    before = resources(client, shop["id"])
    refused(
        "BadRequestException",
        "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': Invalid HTTP "
        "endpoint specified for URI\n\tUnable to put integration on 'GET' for resource at path '/b': Enumeration value "
        "for HttpMethod must be non-empty",
        client.put_rest_api,
        restApiId=shop["id"],
        mode="overwrite",
        body=text,
    )
    assert resources(client, shop["id"]) == before


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
def test_an_export_can_be_imported_again(client: Any, shop: Any, kind: str) -> None:
    client.create_deployment(restApiId=shop["id"], stageName="dev")
    key = {"restApiId": shop["id"], "stageName": "dev", "exportType": kind}
    got = client.get_export(**key, parameters={"extensions": "integrations,authorizers"})
    assert got["contentDisposition"] == f'attachment; filename="{kind}_1.0.json"'
    text = got["body"].read()
    again = client.import_rest_api(body=text)

    def shown(api: str) -> Any:
        found = resources(client, api)
        ids = {item["id"]: path for path, item in found.items()}
        ids |= {item["id"]: item["name"] for item in client.get_authorizers(restApiId=api)["items"]}
        ids |= {item["id"]: item["name"] for item in client.get_request_validators(restApiId=api)["items"]}
        text = json.dumps({path: item.get("resourceMethods") for path, item in found.items()}, sort_keys=True)
        for key, name in ids.items():
            text = text.replace(f'"{key}"', f'"{name}"')
        return json.loads(text)

    assert shown(again["id"]) == shown(shop["id"])


def test_an_export_without_extensions_and_in_yaml(client: Any, shop: Any) -> None:
    client.create_deployment(restApiId=shop["id"], stageName="dev")
    key = {"restApiId": shop["id"], "stageName": "dev", "exportType": "oas30"}
    plain = json.loads(client.get_export(**key)["body"].read())
    assert INTEGRATION not in plain["paths"]["/items/{id}"]["get"]
    assert plain["servers"][0]["variables"] == {"basePath": {"default": "dev"}}
    assert b"openapi: 3.0.1" in client.get_export(**key, accepts="application/yaml")["body"].read()
