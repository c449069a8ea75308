"""Import and put of OpenAPI documents. Runs against the endpoint under test."""

from __future__ import annotations

import json

import pytest

from .documents import IMPORT, MOCK, document, paths_of, swagger
from .facts import case, fact, guide, recorded
from .gateway import Cloud, refused, shown


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


PETSTORE = recorded("import", IMPORT + "test_import_swagger_api")


@fact("IMP-45", "A document's own model replaces the default Empty, and the default Error is not made", PETSTORE)
def test_default_models(cloud: Cloud) -> None:
    api = cloud.imported(swagger(definitions={"Empty": {"type": "object"}}))
    items = {item["name"]: item for item in api.control.get_models(restApiId=api.id)["items"]}
    assert set(items) == {"Empty"}
    assert json.loads(items["Empty"]["schema"]) == {"type": "object"}
