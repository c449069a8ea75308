"""Every rule for what a Lambda proxy function may answer."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import lambda_proxy, lambda_proxy_api, replied
from .facts import case, documented, fact, guide, recorded
from .gateway import ACCOUNT, FAILED, JSON, Answer, Api, Cloud


@pytest.fixture(scope="module")
def api(cloud: Cloud, echo: str, reply: str) -> Api:
    return lambda_proxy_api(cloud, echo, reply)


FORMAT = recorded("lambda", "test_aws_proxy_response_payload_format_validation")

EVENT = guide("set-up-lambda-proxy-integrations")


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        case("LPA-01", "A status alone is an empty answer", FORMAT, {"statusCode": 200}, 200, ""),
        case("LPA-02", "A status as text is taken", FORMAT, {"statusCode": "201"}, 201, ""),
        case("LPA-03", "Headers alone are an empty 200", FORMAT, {"headers": {"test-header": "value"}}, 200, ""),
        case("LPA-04", "A null map of headers is taken", FORMAT, {"statusCode": 200, "headers": None}, 200, ""),
        case(
            "LPA-05",
            "A base64 body without binary media types is answered as it is",
            FORMAT,
            {"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": True},
            200,
            "dGVzdC1kYXRh",
        ),
        case(
            "LPA-06",
            "A body that is not marked as base64 is answered as it is",
            FORMAT,
            {"statusCode": 200, "body": "dGVzdC1kYXRh"},
            200,
            "dGVzdC1kYXRh",
        ),
        case("LPA-07", "A null body is an empty body", EVENT, {"statusCode": 200, "body": None}, 200, ""),
        case(
            "LPA-08",
            "An error status of the function is the answer's status",
            EVENT,
            {"statusCode": 418, "body": "teapot"},
            418,
            "teapot",
        ),
    ],
)
def test_answer(api: Api, answer: Any, status: int, body: str) -> None:
    found = replied(api, answer)
    assert (found.status, found.text) == (status, body)


@pytest.mark.parametrize(
    "answer",
    [
        case(
            "LPA-10", "One unknown field makes the answer malformed", FORMAT, {"statusCode": 200, "wrongValue": "value"}
        ),
        case("LPA-11", "An answer of null is malformed", FORMAT, None),
        case(
            "LPA-12",
            "A multi-value header that is no list is malformed",
            FORMAT,
            {"statusCode": 200, "multiValueHeaders": {"x": "value1"}},
        ),
        case("LPA-13", "A status that is no number is malformed", FORMAT, {"statusCode": "test"}),
        case("LPA-14", "A bare string is malformed", FORMAT, '"justAString"'),
        case("LPA-15", "A list is malformed", EVENT, "[1]"),
        case("LPA-16", "A number is malformed", EVENT, "42"),
        case(
            "LPA-17",
            "A body that is an object is malformed",
            documented("https://repost.aws/knowledge-center/malformed-502-api-gateway"),
            {"statusCode": 200, "body": {"a": 1}},
        ),
    ],
)
def test_malformed(api: Api, answer: Any) -> None:
    found = replied(api, answer)
    assert (found.status, found.json()) == (502, FAILED)


EMPTY = recorded("lambda", "test_lambda_aws_proxy_response_format")


@fact("LPA-18", "An empty object is a valid, empty 200", EMPTY)
def test_empty_object(api: Api) -> None:
    found = replied(api, "{}")
    assert (found.status, found.body) == (200, b"")


@pytest.mark.parametrize(
    ("answer", "name", "expected"),
    [
        case("LPA-20", "A header is answered", FORMAT, {"headers": {"test-header": "value"}}, "test-header", ["value"]),
        case(
            "LPA-21",
            "A boolean header is its text in small letters",
            FORMAT,
            {"headers": {"header-bool": True}},
            "header-bool",
            ["true"],
        ),
        case(
            "LPA-22", "A number header is its text", EVENT, {"headers": {"header-number": 42}}, "header-number", ["42"]
        ),
        case(
            "LPA-23", "The content type is JSON unless the function says otherwise", FORMAT, {}, "Content-Type", [JSON]
        ),
        case(
            "LPA-24",
            "The function's content type is answered",
            EVENT,
            {"headers": {"content-type": "text/plain"}},
            "Content-Type",
            ["text/plain"],
        ),
    ],
)
def test_headers(api: Api, answer: dict[str, Any], name: str, expected: list[str]) -> None:
    assert replied(api, {"statusCode": 200} | answer).all(name) == expected


def values(answer: Answer, name: str) -> list[str]:
    return [value.strip() for field in answer.all(name) for value in field.split(",")]


@fact("LPA-25", "Multi-value headers are all answered", FORMAT)
def test_multi_headers(api: Api) -> None:
    assert values(
        replied(api, {"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}}), "test-multi"
    ) == ["value1", "value2"]


@fact("LPA-26", "A header in both maps has the values of both, the list's first", FORMAT)
def test_both_headers(api: Api) -> None:
    answer = {
        "statusCode": 200,
        "multiValueHeaders": {"test-multi": ["value-multi"]},
        "headers": {"test-multi": "value-solo"},
    }
    assert values(replied(api, answer), "test-multi") == ["value-multi", "value-solo"]


@fact("LPA-27", "Of a header in both maps with another case the list's name comes first", FORMAT)
def test_both_headers_case(api: Api) -> None:
    answer = {
        "statusCode": 200,
        "multiValueHeaders": {"tesT-Multi": ["value-multi"]},
        "headers": {"test-multi": "value-solo"},
    }
    found = replied(api, answer)
    assert values(found, "test-multi") == ["value-multi", "value-solo"]
    assert next(name for name, _ in found.headers if name.lower() == "test-multi") == "tesT-Multi"


@fact("LPA-28", "A malformed answer is InternalServerErrorException", FORMAT)
def test_malformed_type(api: Api) -> None:
    assert (
        replied(api, {"statusCode": 200, "wrongValue": "value"}).header("x-amzn-ErrorType")
        == "InternalServerErrorException"
    )


@fact("LPA-29", "A function that raises gives 502", EVENT)
def test_raise(api: Api) -> None:
    found = replied(api, "{}", {"x-raise": "broken"})
    assert (found.status, found.json()) == (502, FAILED)


@fact(
    "LPA-30",
    "An integration verb other than POST gives 500",
    recorded("lambda", "test_lambda_aws_proxy_integration_non_post_method"),
)
def test_wrong_verb(api: Api) -> None:
    found = api.get("/wrong-verb")
    assert (found.status, found.json()) == (500, FAILED)


@fact(
    "LPA-31",
    "A function that is not there gives 500",
    documented("https://repost.aws/knowledge-center/api-gateway-lambda-stage-variable-500"),
)
def test_no_function(cloud: Cloud) -> None:
    api = cloud.api("no-function")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fidelity-not-there"
    api.method("GET", "/", lambda_proxy(cloud, arn))
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (500, FAILED)


SLOW = """
import time

def handler(event, context):
    time.sleep(2)
    return {"statusCode": 200}
"""


@fact(
    "LPA-32",
    "A function that takes longer than the integration's timeout gives 504",
    guide("supported-gateway-response-types"),
)
def test_timeout(cloud: Cloud, unique: str) -> None:
    api = cloud.api("slow")
    api.method("GET", "/", lambda_proxy(cloud, cloud.function(f"fidelity-slow-{unique}", SLOW), timeoutInMillis=300))
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (504, {"message": "Endpoint request timed out"})


@fact(
    "LPA-33",
    "A stage variable in the URI picks the function's alias, for the stage that has it",
    guide("amazon-api-gateway-using-stage-variables"),
)
def test_alias_by_stage_variable(cloud: Cloud, unique: str) -> None:
    client, name = cloud.client("lambda"), f"fidelity-alias-{unique}"
    arn = cloud.function(name, 'def handler(e, c):\n    return {"statusCode": 200, "body": c.function_version}\n')
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    api = cloud.api("aliases")
    api.method("GET", "/", lambda_proxy(cloud, f"{arn}:${{stageVariables.alias}}"))
    api.deploy("dev", variables={"alias": "live"})
    assert api.get("/").text == version
