"""Customised gateway responses on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, guide, recorded
from .gateway import JSON, Api, Cloud, mock, response

TEMPLATE = (
    '{"message": $context.error.messageString, "type": "$context.error.responseType", "stage": "$context.stage", '
    '"resource": "$context.resourcePath", "variable": "$stageVariables.a", "plain": "$context.error.message"}'
)

CRUD = recorded("api", "TestApiGatewayGatewayResponse::test_gateway_response_crud")

CUSTOM = guide("api-gateway-gatewayResponse-definition")


@pytest.fixture(scope="module")
def customised(cloud: Cloud) -> Api:
    api = cloud.api("customised")
    validator = api.control.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    api.mock(
        "GET",
        "/pets/{petId}",
        "ok",
        requestParameters={"method.request.querystring.q": True},
        requestValidatorId=validator,
    )

    def put(kind: str, **settings: Any) -> None:
        api.control.put_gateway_response(restApiId=api.id, responseType=kind, **settings)

    parameters = {
        "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
        "gatewayresponse.header.x-request-header": "method.request.header.X-Sent",
        "gatewayresponse.header.x-request-query": "method.request.querystring.sent",
    }
    put(
        "MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters=parameters,
        responseTemplates={JSON: TEMPLATE},
    )
    put(
        "DEFAULT_4XX",
        responseParameters={"gatewayresponse.header.x-all": "'yes'"},
        responseTemplates={JSON: TEMPLATE, "application/xml": "<m>$context.error.message</m>"},
    )
    api.deploy("dev", variables={"a": "A"})
    return api


@fact("GWW-01", "A customised status is answered", CRUD)
def test_custom_status(customised: Api) -> None:
    assert customised.get("/nowhere").status == 404


@fact("GWW-02", "A customised template sees error, stage and stage variables", CRUD)
def test_custom_template(customised: Api) -> None:
    assert customised.get("/nowhere").json() == {
        "message": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN", "stage": "dev",
        "resource": "", "variable": "A", "plain": "Missing Authentication Token",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        case(
            "GWW-03", "A literal header of a gateway response is answered", CRUD, "Access-Control-Allow-Origin", "a.b.c"
        ),
        case(
            "GWW-04",
            "A header of the request is mapped into a gateway response",
            CRUD,
            "x-request-header",
            "header value",
        ),
        case(
            "GWW-05",
            "A query parameter of the request is mapped into a gateway response",
            CRUD,
            "x-request-query",
            "query value",
        ),
    ],
)
def test_custom_headers(customised: Api, name: str, expected: str) -> None:
    assert customised.get("/nowhere?sent=query%20value", {"X-Sent": "header value"}).header(name) == expected


@fact("GWW-06", "DEFAULT_4XX gives its headers and template to responses that are not customised", CUSTOM)
def test_default_4xx(customised: Api) -> None:
    found = customised.get("/pets/1")
    assert (found.status, found.header("x-all")) == (400, "yes")
    assert found.json()["type"] == "BAD_REQUEST_PARAMETERS"
    assert found.json()["resource"] == "/pets/{petId}"


@fact("GWW-07", "A customised response takes nothing from DEFAULT_4XX", CUSTOM)
def test_no_default_4xx(customised: Api) -> None:
    assert customised.get("/nowhere").header("x-all") is None


@fact("GWW-08", "Accept picks the template of a gateway response", CUSTOM)
def test_accept(customised: Api) -> None:
    found = customised.get("/pets/1", {"Accept": "application/xml"})
    assert found.text.startswith("<m>Missing required request parameters")
    assert (found.header("Content-Type") or "").startswith("application/xml")


@fact(
    "GWW-09",
    "A customisation is served after a deployment and not before",
    guide("set-up-gateway-response-using-the-api"),
)
def test_deployed(cloud: Cloud) -> None:
    api = cloud.api("later")
    api.method("GET", "/", mock(), responses=[response(200)])
    api.deploy()
    api.control.put_gateway_response(restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN", statusCode="404")
    assert api.get("/nowhere").status == 403
    api.deploy()
    assert api.get("/nowhere").status == 404
