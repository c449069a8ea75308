"""The APIs that more than one module asks about, each made anew for the module that asks. Talks to the endpoint under test."""

from __future__ import annotations

from typing import Any

from .gateway import JSON, ROLE, Answer, Api, Cloud, mock, response


def methods_api(cloud: Cloud) -> Api:
    """ANY on / without an integration; GET on /mock with MOCK and a response; GET on /bare without any of that."""
    made = cloud.api("methods")
    made.method("ANY", "/", None, apiKeyRequired=True)
    made.method("GET", "/mock", mock(), responses=[response(200, '"created"')])
    made.method("GET", "/bare", None)
    made.control.put_method_response(**made.at("/bare", "GET"), statusCode="200")
    return made


def things_api(cloud: Cloud) -> Api:
    """An API with one model, one validator, one documentation part and one customised gateway response."""
    made = cloud.api("things")
    made.control.create_model(
        restApiId=made.id, name="Mine", contentType=JSON, schema='{"title": "Mine", "type": "object"}'
    )
    made.control.create_request_validator(restApiId=made.id, name="mine")
    made.control.create_documentation_part(
        restApiId=made.id, location={"type": "API"}, properties='{"description": "x"}'
    )
    made.control.put_gateway_response(restApiId=made.id, responseType="DEFAULT_4XX", statusCode="444")
    return made


def lambda_proxy(cloud: Cloud, arn: str, **settings: Any) -> dict[str, Any]:
    """An AWS_PROXY integration of a function."""
    base = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn), "credentials": ROLE}
    return base | settings


def lambda_proxy_api(cloud: Cloud, echo: str, reply: str) -> Api:
    """ANY on /{proxy+} and /hardcoded echo the event; ANY on /reply answers what the body says."""
    made = cloud.api("lambda-proxy")
    for path in ("/{proxy+}", "/hardcoded"):
        made.method("ANY", path, lambda_proxy(cloud, echo))
    made.method("ANY", "/reply", lambda_proxy(cloud, reply))
    made.method("GET", "/wrong-verb", lambda_proxy(cloud, echo, integrationHttpMethod="GET"))
    parameters = {"integration.request.header.headerVar": "method.request.header.foobar"}
    made.method(
        "ANY", "/mapped/{part}", lambda_proxy(cloud, echo, requestParameters=parameters),
        requestParameters={"method.request.header.foobar": True},
    )  # fmt: skip
    made.deploy("dev", variables={"color": "blue"})
    made.deploy("plain")
    return made


def replied(api: Api, body: Any, headers: dict[str, str] | None = None, stage: str = "dev") -> Answer:
    """What the gateway makes of this answer of the function ``reply``."""
    return api.send("POST", "/reply", body=body, headers=headers or {}, stage=stage)
