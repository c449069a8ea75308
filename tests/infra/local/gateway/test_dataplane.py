from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.control.store import Deployment
from tests.infra.local.gateway.fakes import ACCOUNT, API_ID, FUNCTION, REGION, World, header, mock, proxy

POLICY_ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}"


async def test_headers_of_a_regional_answer() -> None:
    """test_invocation_trace_id: normal-req-headers-MOCK, without what CloudFront and the server add."""
    world = World()
    world.method("/", integration=mock())
    response = await world.call()
    assert [name for name, _ in response.headers] == ["Content-Type", "x-amzn-RequestId", "x-amz-apigw-id"]


async def test_only_what_is_deployed_is_served() -> None:
    world = World()
    world.method("/", integration=mock(responseTemplates={"application/json": "one"}))
    first = world.deploy()
    world.live.resources.clear()
    world.method("/", integration=mock(responseTemplates={"application/json": "two"}))
    assert (await world.call()).body == b"one"
    world.deploy()
    assert (await world.call()).body == b"two"
    world.stage["deploymentId"] = first
    assert (await world.call()).body == b"one"


async def test_a_recreated_deployment_is_compiled_again() -> None:
    world = World()
    world.method("/", integration=mock())
    identifier = world.deploy()
    assert (await world.call()).status == 200
    world.live.resources.clear()
    world.api.deployments[identifier] = Deployment(identifier, None, 0, world.live.snapshot())
    assert (await world.call()).status == 403


async def test_a_stage_without_its_deployment_is_forbidden() -> None:
    world = World()
    world.method("/")
    world.api.deployments.pop(world.deploy())
    world.api.deployments["other"] = Deployment("other", None, 0, world.live.snapshot())
    assert (await world.call()).body == b'{"message":"Forbidden"}'


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        pytest.param({"body": b"x" * (10 * 1024 * 1024)}, 200, None, id="10 MB"),
        pytest.param({"body": b"x" * (10 * 1024 * 1024 + 1)}, 413, "RequestTooLargeException", id="over 10 MB"),
        pytest.param({"headers": (("a", "x" * 10_000),)}, 200, None, id="headers that fit"),
        pytest.param({"headers": (("a", "x" * 10_300),)}, 431, "BadRequestException", id="headers too large"),
        pytest.param({"query": "%"}, 200, None, id="a bad percent escape stays as it is"),
    ],
)
async def test_limits(request_: dict[str, Any], status: int, error: str | None) -> None:
    world = World()
    world.method("/", "ANY", integration={"type": "HTTP_PROXY", "httpMethod": "POST", "uri": "http://x.test"})
    response = await world.call("/", "POST", **request_)
    assert (response.status, header(response, "x-amzn-ErrorType")) == (status, error)


async def test_a_payload_that_lambda_refuses() -> None:
    world = World()
    world.method("/", "ANY")
    response = await world.call("/", "POST", body=b"x" * (7 * 1024 * 1024))
    assert (response.status, world.functions.events) == (500, [])


async def test_order_of_the_rules() -> None:
    """Authorizer before key, key before validation, validation before the integration."""
    world = World()
    world.live.request_validators = {"v": {"id": "v", "validateRequestParameters": True}}
    required = {"method.request.querystring.q": True}
    shape = {"requestValidatorId": "v", "requestParameters": required, "apiKeyRequired": True}
    world.method("/", authorizationType="AWS_IAM", **shape)
    signed = ("Authorization", "AWS4-HMAC-SHA256 x")
    key = ("x-api-key", "v" * 20)
    world.region.api_keys["k1"] = {"id": "k1", "value": "v" * 20, "enabled": True}
    world.region.usage_plans["p1"] = {"id": "p1", "apiStages": [{"apiId": API_ID, "stage": "test"}]}
    world.region.usage_plan_keys["p1"] = ["k1"]
    messages = [
        json.loads((await world.call(headers=headers, query=query)).body).get("message")
        for headers, query in [((), ""), ((signed,), ""), ((signed, key), ""), ((signed, key), "q=1")]
    ]
    assert messages == [
        "Missing Authentication Token",
        "Forbidden",
        "Missing required request parameters: [q]",
        None,
    ]


async def test_the_default_endpoint_can_be_closed() -> None:
    world = World()
    world.method("/", integration=mock())
    world.api.attributes["disableExecuteApiEndpoint"] = True
    assert (await world.call()).body == b'{"message":"Forbidden"}'
    assert (await world.call("/", full_path="/")).status == 200


@pytest.mark.parametrize(
    ("effect", "resource", "message"),
    [
        pytest.param("Allow", "execute-api:/*", None, id="allowed, short form"),
        pytest.param("Deny", "execute-api:/test/GET/*", " with an explicit deny", id="denied"),
        pytest.param("Allow", POLICY_ARN + "/prod/*", "", id="another stage"),
    ],
)
async def test_resource_policy(effect: str, resource: str, message: str | None) -> None:
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world = World(policy=text.replace('"', '\\"'))
    world.method("/a", integration=mock())
    response = await world.call("/a")
    if message is None:
        assert response.status == 200
    else:
        target = f"arn:aws:execute-api:{REGION}:********9012:{API_ID}/test/GET/a"
        expected = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {target}{message}"
        assert (response.status, json.loads(response.body)) == (403, {"Message": expected})


async def test_every_request_is_recorded_once() -> None:
    world = World()
    world.method("/fn/{id}")
    format_ = (
        '{"id":"$context.requestId","s":"$context.status","r":"$context.resourcePath","l":"$context.responseLatency",'
        '"il":"$context.integration.latency","is":"$context.integrationStatus","e":"$context.error.message",'
        '"c":"$context.isCanaryRequest","len":"$context.responseLength","ip":"$context.identity.sourceIp","x":"$context.no"}'
    )
    group = "arn:aws:logs:us-east-1:1:log-group:access"
    world.stage["accessLogSettings"] = {"destinationArn": group, "format": format_}
    world.stage["methodSettings"] = {"*/*": {"metricsEnabled": True}}

    def slow(event: Any) -> Any:
        world.clock.now += 0.25
        return {"statusCode": 201, "body": "hello"}

    world.functions.handlers[FUNCTION] = slow
    response = await world.call("/fn/1")
    record = world.telemetry.records[0]
    assert (record.status, record.resource_path, record.method, record.api_name) == (201, "/fn/{id}", "GET", "shop")
    assert (record.detailed_metrics, record.access_log_group_arn) == (True, group)
    assert record.latency_ms == pytest.approx(250)
    assert record.integration_latency_ms == pytest.approx(250)
    assert record.context == {
        "requestId": header(response, "x-amzn-RequestId"),
        "status": 201,
        "resourcePath": "/fn/{id}",
        "responseLatency": 250,
        "integration.latency": 250,
        "integrationStatus": 201,
        "responseLength": 5,
        "identity.sourceIp": "203.0.113.7",
    }
    await world.call("/nope")
    refused = world.telemetry.records[1]
    assert (refused.status, refused.resource_path, refused.integration_latency_ms) == (403, None, None)
    assert refused.context["error.message"] == "Missing Authentication Token"
    assert len(world.telemetry.records) == 2


async def test_a_bug_looks_like_a_server_error() -> None:
    world = World()
    world.method("/")
    world.functions.raises = AssertionError("bug")
    response = await world.call()
    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


async def test_a_method_without_integration() -> None:
    world = World()
    world.method("/")
    next(iter(world.live.resources.values()))["resourceMethods"]["GET"]["methodIntegration"] = None
    assert (await world.call()).status == 500


async def test_an_unknown_api() -> None:
    world = World()
    world.method("/", integration=proxy())
    world.region.rest_apis.clear()
    assert (await world.call()).status == 403
