"""A small world for data-plane tests: an API in a real store, functions and telemetry that only remember."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.control.store import Definition, Deployment, RestApi, Store
from infra.local.gateway.dataplane import DataPlane
from infra.local.gateway.integrations.answer import Answer
from infra.local.ports import HttpRequest, HttpResponse, Invocation, RequestRecord

ACCOUNT, REGION, API_ID, STAGE = "123456789012", "us-east-1", "abcdef1234", "test"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:handler"


def lambda_uri(arn: str = FUNCTION) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


class Clock:
    """A clock that only moves when told to. Starts on 2026-11-24T12:00:00Z."""

    def __init__(self) -> None:
        self.now = 1_795_521_600.0

    def __call__(self) -> float:
        return self.now


Handler = Callable[[dict[str, Any]], Any]


class FakeFunctions:
    """Runs Python callables by ARN; an exception becomes Lambda's error object. `delay_seconds` blocks forever-ish."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {FUNCTION: lambda event: {"statusCode": 200, "body": json.dumps(event)}}
        self.events: list[tuple[str, Any]] = []
        self.raises: Exception | None = None
        self.hangs = False

    async def invoke(self, arn: str, payload: bytes, *, trace_id: str | None = None) -> Invocation:
        if self.raises is not None:
            raise self.raises
        if self.hangs:
            await asyncio.Event().wait()
        event = json.loads(payload)
        self.events.append((arn, event))
        try:
            result = self.handlers[arn](event)
        except Exception as error:
            failure = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            return Invocation(payload=json.dumps(failure).encode(), function_error="Unhandled")
        return Invocation(payload=result if isinstance(result, bytes) else json.dumps(result).encode())


class FakeTelemetry:
    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def request(self, record: RequestRecord) -> None:
        self.records.append(record)

    def log(self, region: str, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None: ...

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None: ...

    async def flush(self) -> None: ...


@dataclass
class FakeUpstream:
    """Remembers what was sent; answers `answer` or echoes the body."""

    answer: Answer | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> Answer:
        self.sent.append({"method": method, "url": url, "headers": dict(headers), "body": body})
        if self.answer is not None:
            return Answer(self.answer.status, list(self.answer.headers), self.answer.body)
        return Answer(200, [("Content-Type", "application/json")], body)

    async def close(self) -> None: ...


class World:
    """One API with one stage. Add methods, then `call`; each `deploy` is a new deployment of the live definition."""

    def __init__(self, *, endpoint: str = "REGIONAL", **settings: Any) -> None:
        self.store, self.clock = Store(), Clock()
        self.functions, self.telemetry, self.upstream = FakeFunctions(), FakeTelemetry(), FakeUpstream()
        self.random_value = 0.5
        self.live = Definition(settings=settings)
        attributes = {"id": API_ID, "name": "shop", "endpointConfiguration": {"types": [endpoint]}}
        self.api = RestApi(
            id=API_ID, account=ACCOUNT, region=REGION, root_resource_id="root", attributes=attributes, live=self.live
        )
        self.region = self.store.region(ACCOUNT, REGION)
        self.region.rest_apis[API_ID] = self.api
        self.stage: dict[str, Any] = {"stageName": STAGE, "methodSettings": {}, "tracingEnabled": False}
        self.plane = DataPlane(
            self.store,
            self.functions,
            self.telemetry,
            clock=self.clock,
            random=lambda: self.random_value,
            http=self.upstream,
        )

    def method(self, path: str, verb: str = "GET", **shape: Any) -> None:
        """Adds a method; `integration` is its integration, a Lambda proxy unless given."""
        integration = shape.pop("integration", None) or proxy()
        resource = next((r for r in self.live.resources.values() if r["path"] == path), None)
        if resource is None:
            identifier = f"res{len(self.live.resources)}"
            resource = {"id": identifier, "path": path, "resourceMethods": {}}
            self.live.resources[identifier] = resource
        method = {"httpMethod": verb, "authorizationType": "NONE", "apiKeyRequired": False, **shape}
        method["methodIntegration"] = integration
        resource["resourceMethods"][verb] = method

    def deploy(self) -> str:
        """Snapshots the live definition and points the stage at it."""
        identifier = f"dep{len(self.api.deployments)}"
        self.api.deployments[identifier] = Deployment(identifier, None, self.clock(), self.live.snapshot())
        self.stage["deploymentId"] = identifier
        self.api.stages[STAGE] = self.stage
        return identifier

    async def call(
        self,
        path: str = "/",
        verb: str = "GET",
        *,
        query: str = "",
        headers: Sequence[tuple[str, str]] = (("Host", f"{API_ID}.execute-api.localhost"), ("User-Agent", "test")),
        body: bytes = b"",
        stage: str = STAGE,
        full_path: str | None = None,
    ) -> HttpResponse:
        if not self.api.deployments:
            self.deploy()
        request = HttpRequest(
            method=verb,
            path=full_path or f"/{stage}{path}",
            query=query,
            headers=headers,
            body=body,
            source_ip="203.0.113.7",
        )
        return await self.plane.handle(request, api_id=API_ID, stage=stage, path=path)

    @property
    def event(self) -> dict[str, Any]:
        """The last event a function got."""
        event: dict[str, Any] = self.functions.events[-1][1]
        return event


def proxy(arn: str = FUNCTION, **shape: Any) -> dict[str, Any]:
    return {"type": "AWS_PROXY", "httpMethod": "POST", "uri": lambda_uri(arn), "integrationResponses": {}, **shape}


def mock(request: str = '{"statusCode": 200}', **response: Any) -> dict[str, Any]:
    return {
        "type": "MOCK",
        "passthroughBehavior": "WHEN_NO_MATCH",
        "requestTemplates": {"application/json": request},
        "integrationResponses": {"200": {"statusCode": "200", **response}},
    }


def header(response: HttpResponse, name: str) -> str | None:
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)
