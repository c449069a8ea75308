"""MOCK integrations: overrides, selection of responses, passthrough."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .facts import case, fact, guide, recorded
from .gateway import FAILED, JSON, Api, Cloud, response

MAPPING = guide("api-gateway-mapping-template-reference")

OVERRIDE = recorded("integrations", "test_integration_mock_with_response_override_in_request_template[True]")

OVERRIDE_EMPTY = recorded("integrations", "test_integration_mock_with_response_override_in_request_template[False]")

REQUEST_OVERRIDE = recorded("integrations", "test_integration_mock_with_request_overrides_in_response_template")

VTL_MAP = recorded("integrations", "test_integration_mock_with_vtl_map_assignation")

MOCKS = guide("how-to-mock-integration")

PATH_PARAMETER = recorded("integrations", "test_integration_mock_with_path_param")

OVERRIDING = (
    '#set($context.responseOverride.status = 444)\n#set($context.responseOverride.header.foo = "bar")\n'
    '#set($context.responseOverride.custom = "is also passed around")\n{"statusCode": 200}'
)

DECODING = (
    "#set($body = $util.base64Decode($input.params('testPath')))\n#set($context.requestOverride.path.body = $body)\n"
    + '{"statusCode": 200}'
)

BRANCHES = (
    "#set($body = $util.parseJson($context.requestOverride.path.body))\n#set($inputBody = $body.message)\n"
    '#if($inputBody == "path1")one#elseif($inputBody == "path2")two#{else}other#end'
)

ASSIGNING = (
    '#set($paramName = "foo")\n#set($context.requestOverride.querystring[$paramName] = "bar")\n#set($paramPutName = "putfoo")\n'
    '$context.requestOverride.querystring.put($paramPutName, "putBar")\n'
    '#set($context["requestOverride"].querystring["nestedfoo"] = "nestedFoo")\n{"statusCode": 200}'
)


@pytest.fixture(scope="module")
def mocks(cloud: Cloud) -> Api:
    api = cloud.api("mocks")

    def put(path: str, template: str | None, *answers: dict[str, Any], **settings: Any) -> None:
        integration = (
            {"type": "MOCK"} | ({"requestTemplates": {JSON: template}} if template is not None else {}) | settings
        )
        api.method("ANY", path, integration, responses=answers)

    def any_status(template: str | None) -> dict[str, Any]:
        return response(200, template, selectionPattern="2\\d{2}")

    put(
        "/override",
        OVERRIDING,
        any_status(
            '{"status": "$context.responseOverride.status", "foo": "$context.responseOverride.header.foo", "custom": "$context.responseOverride.custom"}'
        ),
    )
    put("/override-empty", OVERRIDING, any_status(None))
    put("/decode/{testPath}", DECODING, any_status(BRANCHES))
    put(
        "/assign",
        ASSIGNING,
        any_status('#set($q = $context.requestOverride.querystring)$q["foo"] $q["putfoo"] $q["nestedfoo"]'),
    )
    put("/not-json", "{statusCode: 200}", any_status(None))
    put(
        "/by-status",
        '{"statusCode": $input.params("code")}',
        response(200, "fine"),
        response(404, "gone", selectionPattern="404"),
        response(500, "5xx", selectionPattern="5\\d{2}"),
    )
    put("/never", '{"statusCode": 200}', response(200, "ok"), passthroughBehavior="NEVER")
    put("/when-no-templates", '{"statusCode": 200}', response(200, "ok"), passthroughBehavior="WHEN_NO_TEMPLATES")
    put("/no-status", '{"other": 1}', response(200, "ok"))
    put("/no-response", '{"statusCode": 200}')
    put("/only-404", '{"statusCode": 200}', response(404, "gone", selectionPattern="404"))
    put("/set-status", '{"statusCode": 200}', response(200, "#set($context.responseOverride.status = 418)teapot"))
    headers = {"method.response.header.x-literal": "'literal'"}
    put("/header", '{"statusCode": 200}', response(200, "{}", responseParameters=headers))
    put(
        "/overridden-header",
        '{"statusCode": 200}',
        response(200, '#set($context.responseOverride.header.x-literal = "new")x', responseParameters=headers),
    )
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        case(
            "MCK-01",
            "A status override in the request template is the answer's status",
            OVERRIDE_EMPTY,
            "/override-empty",
            444,
            "",
        ),
        case(
            "MCK-02",
            "Overrides of the request template are seen by the response template",
            OVERRIDE,
            "/override",
            444,
            '{"status": "444", "foo": "bar", "custom": "is also passed around"}',
        ),
        case(
            "MCK-03",
            "A request override carries data from request to response template",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "path1"}').decode(),
            200,
            "one",
        ),
        case(
            "MCK-04",
            "An elseif of a parsed override is taken",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "path2"}').decode(),
            200,
            "two",
        ),
        case(
            "MCK-05",
            "The else of a parsed override is taken",
            REQUEST_OVERRIDE,
            "/decode/" + base64.b64encode(b'{"message": "whatever"}').decode(),
            200,
            "other",
        ),
        case(
            "MCK-06",
            "Overrides are assigned by index, by put and by a nested index",
            VTL_MAP,
            "/assign",
            200,
            "bar putBar nestedFoo",
        ),
        case("MCK-07", "A request template that is no strict JSON is taken", PATH_PARAMETER, "/not-json", 200, ""),
        case(
            "MCK-08",
            "The status in the request template picks the response by its pattern",
            MOCKS,
            "/by-status?code=404",
            404,
            "gone",
        ),
        case("MCK-09", "A pattern is a regular expression over the status", MOCKS, "/by-status?code=503", 500, "5xx"),
        case(
            "MCK-10", "A status without a pattern takes the default response", MOCKS, "/by-status?code=201", 200, "fine"
        ),
        case(
            "MCK-11",
            "A status override in a response template is the answer's status",
            MAPPING,
            "/set-status",
            418,
            "teapot",
        ),
    ],
)
def test_mock(mocks: Api, path: str, status: int, body: str) -> None:
    found = mocks.get(path)
    assert (found.status, found.text.strip()) == (status, body)


@fact("MCK-12", "A header override in the request template is an answer's header", OVERRIDE)
def test_mock_override_header(mocks: Api) -> None:
    assert mocks.get("/override").header("foo") == "bar"


@fact("MCK-13", "A literal response parameter is an answer's header", guide("request-response-data-mappings"))
def test_mock_header(mocks: Api) -> None:
    assert mocks.get("/header").header("x-literal") == "literal"


@fact("MCK-14", "A header override wins over a response parameter", MAPPING)
def test_mock_overridden_header(mocks: Api) -> None:
    assert mocks.get("/overridden-header").header("x-literal") == "new"


PASS = recorded("basic", "TestIntegrations::test_mock_integration_response[NEVER-UrlType.PATH_BASED-POST]")

PASSTHROUGH = guide("integration-passthrough-behaviors")


@pytest.mark.parametrize(
    ("path", "verb", "kind", "status"),
    [
        case(
            "MCK-15", "Passthrough NEVER takes a GET without a content type as JSON", PASS, "/never", "GET", None, 200
        ),
        case("MCK-16", "Passthrough NEVER takes a POST of JSON", PASS, "/never", "POST", JSON, 200),
        case(
            "MCK-17",
            "Passthrough NEVER refuses another content type with 415",
            PASSTHROUGH,
            "/never",
            "POST",
            "text/plain",
            415,
        ),
        case(
            "MCK-18",
            "Passthrough WHEN_NO_TEMPLATES refuses another content type with 415",
            PASSTHROUGH,
            "/when-no-templates",
            "POST",
            "text/plain",
            415,
        ),
    ],
)
def test_passthrough(mocks: Api, path: str, verb: str, kind: str | None, status: int) -> None:
    found = mocks.send(
        verb, path, headers={"Content-Type": kind} if kind else {}, body="{}" if verb == "POST" else None
    )
    assert found.status == status
    if status == 415:
        assert found.json() == {"message": "Unsupported Media Type"}


@pytest.mark.parametrize(
    "path",
    [
        case("MCK-19", "A request template without a status gives 500", MOCKS, "/no-status"),
        case("MCK-20", "No integration response gives 500", MOCKS, "/no-response"),
        case("MCK-21", "No matching and no default response gives 500", MOCKS, "/only-404"),
    ],
)
def test_mock_fails(mocks: Api, path: str) -> None:
    found = mocks.get(path)
    assert (found.status, found.json()) == (500, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"
