"""Small documents to import, and the resources that came of one. Asks the endpoint under test for those."""

from __future__ import annotations

from typing import Any

from .gateway import JSON, Api

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
