"""A gateway in an engine of this process: two functions, one calling the other, an authorizer, an HTTP upstream, a stage that traces."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from tests.infra.local.edge.engine import Engine
from tests.infra.local.functions.fakes import zipped

ROLE = "arn:aws:iam::000000000000:role/x"
ACCOUNT = "000000000000"

BACK = """
import os
def handler(event, context):
    if event.get("fail"):
        raise ValueError("no")
    return {"trace": os.environ["_X_AMZN_TRACE_ID"]}
"""
FRONT = """
import json, os, boto3
def handler(event, context):
    query = event.get("queryStringParameters") or {}
    done = {}
    if "back" in query:
        done = json.load(boto3.client("lambda").invoke(FunctionName="back", Payload=json.dumps({"fail": "fail" in query}))["Payload"])
    kept = {name: os.environ.get(name) for name in ("_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS", "OTEL_EXPORTER_OTLP_ENDPOINT")}
    return {"statusCode": 200, "body": json.dumps({"back": done, "env": kept, "headers": event["headers"]})}
"""
ALLOW = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


def function(engine: Engine, name: str, code: str, region: str, *, mode: str = "Active", **variables: str) -> str:
    """Made; its ARN. One that an engine before this one in the process has left goes first."""
    client = engine.client("lambda", region)
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.delete_function(FunctionName=name)
    made = client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler="app.handler",
        Code={"ZipFile": zipped(app_py=code)},
        Timeout=10,
        TracingConfig={"Mode": mode},
        Environment={"Variables": variables},
    )
    return str(made["FunctionArn"])


def _integration(region: str, arn: str) -> dict[str, Any]:
    uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "passthroughBehavior": "when_no_match"}


def deploy(
    engine: Engine,
    region: str,
    *,
    front: str,
    authorizer: str | None = None,
    upstream: str | None = None,
    timeout_ms: int = 29_000,
) -> str:
    """``/front`` (and ``/upstream``) at the stage ``live``, which traces; the API's id."""
    paths: dict[str, Any] = {
        "/front": {
            "get": {"x-amazon-apigateway-integration": _integration(region, front) | {"timeoutInMillis": timeout_ms}}
        }
    }
    document = {"openapi": "3.0.1", "info": {"title": "followed", "version": "1"}, "paths": paths}
    if authorizer is not None:
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{authorizer}/invocations"
        custom = {"type": "request", "authorizerUri": uri, "authorizerResultTtlInSeconds": 0}
        scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom"}
        document["components"] = {"securitySchemes": {"own": scheme | {"x-amazon-apigateway-authorizer": custom}}}
        paths["/guarded"] = {"get": {"security": [{"own": []}], **paths["/front"]["get"]}}
    if upstream is not None:
        proxied = {"type": "http_proxy", "httpMethod": "GET", "uri": upstream}
        paths["/upstream"] = {"get": {"x-amazon-apigateway-integration": proxied}}
    control = engine.client("apigateway", region)
    api = str(control.import_rest_api(body=json.dumps(document).encode())["id"])
    control.create_deployment(restApiId=api, stageName="live", tracingEnabled=True)
    return api


def summaries(engine: Engine, region: str, expression: str = "") -> list[dict[str, Any]]:
    now = time.time()
    given = {"FilterExpression": expression} if expression else {}
    pages = engine.client("xray", region).get_paginator("get_trace_summaries")
    found: list[dict[str, Any]] = []
    for page in pages.paginate(StartTime=now - 300, EndTime=now + 60, **given):
        found += page["TraceSummaries"]
    return found


def documents(engine: Engine, region: str, trace_id: str) -> list[dict[str, Any]]:
    answer = engine.client("xray", region).batch_get_traces(TraceIds=[trace_id])
    assert answer["UnprocessedTraceIds"] == []
    return [json.loads(segment["Document"]) for segment in answer["Traces"][0]["Segments"]]


def by_origin(found: list[dict[str, Any]], origin: str, name: str | None = None) -> dict[str, Any]:
    return next(one for one in found if one.get("origin") == origin and name in (None, one["name"]))
