from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.local.gateway.fakes import World, header, mock


def world_with(**custom: dict[str, Any]) -> World:
    world = World()
    world.method("/known", integration=mock())
    world.method("/key", apiKeyRequired=True, integration=mock())
    world.live.gateway_responses = {kind: {"responseType": kind, **shape} for kind, shape in custom.items()}
    return world


@pytest.mark.parametrize("verb", ["GET", "PUT"])
@pytest.mark.parametrize("path", ["/unknown", "/known/below", "/"])
async def test_not_found(path: str, verb: str) -> None:
    """test_routing_not_found: not-found and wrong-method."""
    response = await world_with().call(path, verb)
    assert (response.status, response.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert header(response, "x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    assert header(response, "Content-Type") == "application/json"


async def test_a_custom_response() -> None:
    world = world_with(
        MISSING_AUTHENTICATION_TOKEN={
            "statusCode": "404",
            "responseParameters": {
                "gatewayresponse.header.X-Static": "'a, b'",
                "gatewayresponse.header.X-Echo": "method.request.header.x-in",
                "gatewayresponse.header.X-Query": "method.request.querystring.q",
                "gatewayresponse.header.X-Stage": "context.stage",
                "gatewayresponse.header.X-None": "method.request.header.absent",
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
            },
            "responseTemplates": {
                "application/json": '{"m":$context.error.messageString,"t":"$context.error.responseType",'
                '"r":"$context.requestId","p":"$context.path","none":"$context.resourcePath"}'
            },
        }
    )
    response = await world.call("/unknown", query="q=1%202", headers=(("X-In", "yes"),))
    assert response.status == 404
    assert json.loads(response.body) == {
        "m": "Missing Authentication Token",
        "t": "MISSING_AUTHENTICATION_TOKEN",
        "r": header(response, "x-amzn-RequestId"),
        "p": "/test/unknown",
        "none": "",
    }
    names = ("X-Static", "X-Echo", "X-Query", "X-Stage", "X-None", "Content-Type")
    assert [header(response, n) for n in names] == ["a, b", "yes", "1 2", "test", None, "application/problem+json"]


@pytest.mark.parametrize(
    ("custom", "status"),
    [
        pytest.param({"DEFAULT_4XX": {"statusCode": "418"}}, 418, id="family"),
        pytest.param(
            {"DEFAULT_4XX": {"statusCode": "418"}, "INVALID_API_KEY": {"statusCode": "499"}}, 499, id="own type first"
        ),
        pytest.param({"DEFAULT_5XX": {"statusCode": "599"}}, 403, id="other family"),
        pytest.param({"DEFAULT_4XX": {"responseParameters": {}}}, 403, id="no status keeps the fault's"),
    ],
)
async def test_which_response_is_used(custom: dict[str, Any], status: int) -> None:
    assert (await world_with(**custom).call("/key")).status == status


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("text/xml", b"<m>Forbidden</m>", id="by Accept"),
        pytest.param("image/png", b'{"j":"Forbidden"}', id="else JSON"),
        pytest.param(None, b'{"j":"Forbidden"}', id="no Accept"),
    ],
)
async def test_template_by_accept(accept: str | None, expected: bytes) -> None:
    templates = {"text/xml": "<m>$context.error.message</m>", "application/json": '{"j":$context.error.messageString}'}
    world = world_with(INVALID_API_KEY={"responseTemplates": templates})
    response = await world.call("/key", headers=(("Accept", accept),) if accept else ())
    assert response.body == expected


async def test_values_cannot_break_out_of_json() -> None:
    templates = {"application/json": '{"p":"$context.path"}'}
    world = world_with(DEFAULT_4XX={"responseTemplates": templates})
    response = await world.call('/"}x{"')
    assert json.loads(response.body) == {"p": '/test/"}x{"'}


async def test_an_unknown_stage_is_forbidden() -> None:
    response = await world_with().call("/known", stage="nope")
    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    assert header(response, "x-amzn-ErrorType") == "ForbiddenException"
