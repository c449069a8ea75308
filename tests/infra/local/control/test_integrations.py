"""Integrations and their responses as recorded from real AWS (test_put_integration_validation and others)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LAMBDA = "arn:aws:lambda:us-east-1:111111111111:function:f"
API_ARN = "arn:aws:apigateway:us-east-1"
LAMBDA_URI = f"{API_ARN}:lambda:path/2015-03-31/functions/{LAMBDA}/invocations"
ONLY_LAMBDA = (
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
)
NO_PATH = "AWS ARN for integration must contain path or action"
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{}]"


@pytest.fixture
def key(client: Any) -> dict[str, str]:
    made = client.create_rest_api(name="integrations")
    found = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**found, authorizationType="NONE", requestParameters={"method.request.header.known": True})
    return found


SHOWN = {
    "mock forgets method and uri": (
        {"type": "MOCK", "integrationHttpMethod": "POST", "uri": "http://example.com"},
        {"type": "MOCK"},
    ),
    "http has a connection type": (
        {"type": "HTTP", "integrationHttpMethod": "POST", "uri": "http://example.com"},
        {"type": "HTTP", "httpMethod": "POST", "uri": "http://example.com", "connectionType": "INTERNET"},
    ),
    "lambda": (
        {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": LAMBDA_URI, "timeoutInMillis": 50},
        {"type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA_URI, "timeoutInMillis": 50},
    ),
    "stage variable as host": (
        {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": "${stageVariables.url}"},
        {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": "${stageVariables.url}", "connectionType": "INTERNET"},
    ),
}


@pytest.mark.parametrize(("arguments", "shown"), SHOWN.values(), ids=SHOWN.keys())
def test_put_and_get(client: Any, key: dict[str, str], arguments: dict[str, Any], shown: dict[str, Any]) -> None:
    made = client.put_integration(**key, **arguments)
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    defaults = {
        "cacheKeyParameters": [],
        "cacheNamespace": key["resourceId"],
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
    }
    assert made == {**defaults, **shown}
    assert client.get_method(**key)["methodIntegration"] == made


PUT = {
    "no method": ({"type": "HTTP", "uri": "http://example.com"}, "Enumeration value for HttpMethod must be non-empty"),
    "http uri": ({"type": "HTTP_PROXY", "uri": "non-valid-http"}, "Invalid HTTP endpoint specified for URI"),
    "not an arn": ({"type": "AWS", "uri": "non-valid-arn"}, "Invalid ARN specified in the request"),
    "role arn": ({"type": "AWS", "uri": "arn:aws:iam::0:role/service-role/asdf"}, NO_PATH),
    "lambda's own arn": ({"type": "AWS_PROXY", "uri": LAMBDA}, NO_PATH),
    "bad arn": ({"type": "AWS_PROXY", "uri": f"bad-{LAMBDA_URI}"}, "Invalid ARN specified in the request"),
    "neither path nor action": (
        {"type": "AWS_PROXY", "uri": f"{API_ARN}:lambda:test/2015-03-31/functions/{LAMBDA}/invocations"},
        NO_PATH,
    ),
    "s3": ({"type": "AWS_PROXY", "uri": f"{API_ARN}:s3:path/b/k"}, ONLY_LAMBDA),
    "firehose by path": ({"type": "AWS_PROXY", "uri": f"{API_ARN}:firehose:path/x"}, ONLY_LAMBDA),
    "not an invocation": ({"type": "AWS_PROXY", "uri": f"{API_ARN}:lambda:path/random/{LAMBDA}"}, ONLY_LAMBDA),
    "too long": ({"type": "MOCK", "timeoutInMillis": 29001}, "Timeout should be between 50 ms and 29000 ms"),
    "too short": ({"type": "MOCK", "timeoutInMillis": 49}, "Timeout should be between 50 ms and 29000 ms"),
    "undeclared parameter": (
        {"type": "MOCK", "requestParameters": {"integration.request.header.a": "method.request.header.unknown"}},
        MAPPING.format("Invalid mapping expression parameter specified: method.request.header.unknown"),
    ),
    "not a mapping": (
        {"type": "MOCK", "requestParameters": {"integration.request.header.a": "nonsense"}},
        MAPPING.format("Invalid mapping expression specified: nonsense"),
    ),
    "content type": (
        {"type": "MOCK", "requestTemplates": {"123": "{}"}},
        "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), PUT.values(), ids=PUT.keys())
def test_put_is_refused(
    client: Any, key: dict[str, str], refused: Callable[..., None], arguments: dict[str, Any], message: str
) -> None:
    given = dict(arguments)
    if "no method" not in message and "HttpMethod" not in message:
        given["integrationHttpMethod"] = "POST"
    refused("BadRequestException", message, client.put_integration, **key, **given)
    refused("NotFoundException", "Invalid Integration identifier specified", client.get_integration, **key)


def test_declared_parameters_can_be_mapped(client: Any, key: dict[str, str]) -> None:
    mapped = {
        "integration.request.header.a": "method.request.header.known",
        "integration.request.header.b": "'static'",
        "integration.request.querystring.c": "context.requestId",
        "integration.request.header.d": "method.request.multivalueheader.known",
    }
    assert client.put_integration(**key, type="MOCK", requestParameters=mapped)["requestParameters"] == mapped


def test_wrong_type_and_wrong_json_types(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    refused(
        "ValidationException",
        "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
        client.put_integration,
        **key,
        type="HTTPS_PROXY",
    )
    refused(
        "SerializationException",
        "class java.lang.Boolean can not be converted to an String",
        client.put_integration,
        **key,
        type="HTTP_PROXY",
        requestParameters={"integration.request.path.a": True},
    )
    client.put_integration(**key, type="MOCK")
    refused(
        "SerializationException",
        "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
        client.put_integration_response,
        **key,
        statusCode="200",
        responseTemplates={"application/json": 123},
    )


def test_patches(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    client.put_integration(**key, type="HTTP", integrationHttpMethod="GET", uri="http://a.example")
    operations = [
        {"op": "replace", "path": "/uri", "value": "http://b.example"},
        {"op": "add", "path": "/requestTemplates/application~1json", "value": "{}"},
        {"op": "replace", "path": "/timeoutInMillis", "value": "1000"},
    ]
    after = client.update_integration(**key, patchOperations=operations)
    assert (after["uri"], after["timeoutInMillis"]) == ("http://b.example", 1000)
    assert after["requestTemplates"] == {"application/json": "{}"}
    wrong = [{"op": "replace", "path": "/uri", "value": "nowhere"}]
    refused(
        "BadRequestException",
        "Invalid HTTP endpoint specified for URI",
        client.update_integration,
        **key,
        patchOperations=wrong,
    )


def test_life_of_a_response(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    status = {**key, "statusCode": "200"}
    refused("NotFoundException", "Invalid Integration identifier specified", client.put_integration_response, **status)
    client.put_integration(**key, type="MOCK")
    made = client.put_integration_response(**status, responseTemplates={"application/json": ""}, selectionPattern="")
    assert made["responseTemplates"] == {"application/json": None}
    assert made["selectionPattern"] == ""
    bare = client.put_integration_response(**status)
    assert {name for name in bare if name != "ResponseMetadata"} == {"statusCode"}
    operation = {"op": "replace", "path": "/selectionPattern", "value": "4.."}
    assert client.update_integration_response(**status, patchOperations=[operation])["selectionPattern"] == "4.."
    assert client.delete_integration_response(**status)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused("NotFoundException", "Invalid Response status code specified", client.get_integration_response, **status)
    other = {**status, "httpMethod": "POST"}
    refused(
        "NotFoundException", "Invalid Integration identifier specified", client.delete_integration_response, **other
    )
    refused("NotFoundException", "Invalid Method identifier specified", client.get_integration_response, **other)


def test_a_response_header_must_be_declared(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    client.put_integration(**key, type="MOCK")
    header = "method.response.header.a"
    given = {**key, "statusCode": "200", "responseParameters": {header: "'x'"}}
    refused(
        "BadRequestException",
        MAPPING.format(f"Invalid mapping expression parameter specified: {header}"),
        client.put_integration_response,
        **given,
    )
    client.put_method_response(**key, statusCode="200", responseParameters={header: False})
    assert client.put_integration_response(**given)["responseParameters"] == {header: "'x'"}
