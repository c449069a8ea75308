"""TestInvokeMethod of a function: its answer and its log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, fact, recorded
from .gateway import FAILED, JSON, ROLE, Cloud, http_to, response

INVOKED = recorded("basic", "TestAPIGateway::test_apigw_test_invoke_method_api")

FAILING = recorded("api", "TestApigatewayTestInvoke::test_failed_invoke_test_method")


@pytest.fixture(scope="module")
def invoked(cloud: Cloud, plain: str) -> dict[str, Any]:
    api = cloud.api("invoked")
    place = api.method(
        "GET",
        "/foo",
        {"type": "AWS", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(plain), "credentials": ROLE},
        responses=[response(200)],
    )
    return dict(
        api.control.test_invoke_method(
            **place,
            pathWithQueryString="/foo?queryTest=value",
            body='{"test": "val123"}',
            headers={"content-type": JSON},
        )
    )


@fact("TIM-10", "TestInvokeMethod of a function answers its result with a trace header", INVOKED)
def test_invoked(invoked: dict[str, Any]) -> None:
    assert (invoked["status"], json.loads(invoked["body"])) == (200, {"test": "val123"})
    assert set(invoked["headers"]) == {"Content-Type", "X-Amzn-Trace-Id"}


@pytest.mark.parametrize(
    "line",
    [
        case("TIM-11", "The log of a function has verb and path", INVOKED, "HTTP Method: GET, Resource Path: /foo"),
        case(
            "TIM-12",
            "The log of a function has the query string",
            INVOKED,
            "Method request query string: {queryTest=value}",
        ),
        case(
            "TIM-13",
            "The log of a function has the headers",
            INVOKED,
            "Method request headers: {content-type=application/json}",
        ),
        case(
            "TIM-14",
            "The log of a function has the body before the transformations",
            INVOKED,
            'Method request body before transformations: {"test": "val123"}',
        ),
        case(
            "TIM-15",
            "The log of a function has the body after the transformations",
            INVOKED,
            'Endpoint request body after transformations: {"test": "val123"}',
        ),
        case("TIM-16", "The log of a function has the endpoint", INVOKED, "Endpoint request URI: https://"),
        case(
            "TIM-17",
            "The log of a function has the call",
            INVOKED,
            "Sending request to https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:",
        ),
        case(
            "TIM-18",
            "The log of a function has the status and the latency of the integration",
            INVOKED,
            "Received response. Status: 200, Integration latency: ",
        ),
        case(
            "TIM-19",
            "The log of a function has the answer before the transformations",
            INVOKED,
            "Endpoint response body before transformations: ",
        ),
        case("TIM-20", "The log of a function ends with the status", INVOKED, "Method completed with status: 200"),
    ],
)
def test_invoked_log(invoked: dict[str, Any], line: str) -> None:
    texts = [text.partition(" : ")[2] for text in invoked["log"].split("\n")]
    assert any(text.startswith(line) for text in texts), texts


@fact("TIM-21", "TestInvokeMethod of a URI that is none answers 500 and logs the configuration error", FAILING)
def test_failing(cloud: Cloud) -> None:
    api = cloud.api("failing")
    place = api.method("GET", "/", http_to("http://${stageVariables.host}/x", proxy=True, verb="GET"))
    answer = api.control.test_invoke_method(**place)
    assert (answer["status"], json.loads(answer["body"])) == (500, FAILED)
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert "Execution failed due to configuration error: Invalid endpoint address" in answer["log"]
