"""The APIs that more than one module asks about, each made anew for the module that asks. Talks to the endpoint under test."""

from __future__ import annotations

from typing import Any

from .gateway import JSON, ROLE, Answer, Api, Cloud, http_to, mock, response

SENT = {"Content-Type": JSON, "accept": "application/xml", "user-Agent": "test/integration"}


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


def http_api(cloud: Cloud, upstream: str) -> Api:
    """Every path once below /http and once below /proxy."""
    api = cloud.api("http")
    address = upstream.removeprefix("http://")
    for base, is_proxy in (("/http", False), ("/proxy", True)):

        def put(
            path: str, uri: str, *, verb: str = "POST", base: str = base, is_proxy: bool = is_proxy, **settings: Any
        ) -> None:
            wanted = {
                name: False for name in settings.get("requestParameters", {}).values() if name.startswith("method.")
            }
            api.method(
                "ANY", f"{base}{path}", http_to(uri, proxy=is_proxy, verb=verb, **settings), responses=[response(200)],
                requestParameters=wanted,
            )  # fmt: skip

        put("/echo", f"{upstream}/x")
        put("/get", f"{upstream}/x", verb="GET")
        put(
            "/status/{code}",
            f"{upstream}/status/{{code}}",
            requestParameters={"integration.request.path.code": "method.request.path.code"},
        )
        put("/variables", "http://${stageVariables.host}/${stageVariables.path}?${stageVariables.query}")
        put("/mapped/{part}", f"{upstream}/x?testVar={{pathVar}}&testQs={{qsVar}}", requestParameters={
            "integration.request.header.headerVar": "method.request.header.foobar",
            "integration.request.path.qsVar": "method.request.querystring.testVar",
            "integration.request.path.pathVar": "method.request.path.part",
            "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
            "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
            "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
            "integration.request.header.contextHeader": "context.resourceId",
            "integration.request.header.literal": "'text'",
            "integration.request.header.variable": "stageVariables.path",
        })  # fmt: skip
        for header in ("Content-Length", "Transfer-Encoding"):
            put(
                f"/wrong-{header.lower()}",
                f"{upstream}/x",
                requestParameters={f"integration.request.header.{header}": "'0'"},
            )
    api.method("ANY", "/patterns/{code}", http_to(f"{upstream}/status/{{code}}", requestParameters={"integration.request.path.code": "method.request.path.code"}),
               requestParameters={"method.request.path.code": True},
               responses=[response(200), response(404, "none", selectionPattern="404"), response(502, "bad", selectionPattern="5\\d{2}")])  # fmt: skip
    api.method(
        "POST",
        "/xml",
        http_to(f"{upstream}/x", requestTemplates={JSON: "{}"}, passthroughBehavior="NEVER"),
        responses=[response(200)],
    )
    api.method("GET", "/refused", http_to("http://127.0.0.1:9/x", proxy=True, verb="GET"), responses=[])
    api.deploy("dev", variables={"host": address, "path": "test-path", "query": "qs_key=qs_value"})
    api.deploy("bare")
    return api


def seen(
    api: Api, path: str, verb: str = "POST", headers: dict[str, str] | None = None, body: str | None = "{}"
) -> dict[str, Any]:
    """What the upstream got, its header names in small letters."""
    found = api.send(verb, path, headers=SENT if headers is None else headers, body=body)
    assert found.status == 200, found.body
    request = dict(found.json())
    return request | {"headers": {name.lower(): value for name, value in request["headers"]}}
