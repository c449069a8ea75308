"""Small builders to arrange an API and to ask it. Talks to the endpoint under test over HTTP, nothing else.

``Cloud`` holds the clients of one endpoint and region, ``Api`` one REST API. Requests are written with ``http.client``
so that paths, header names and bodies arrive exactly as the test wrote them.
"""

from __future__ import annotations

import http.client
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fidelity"
JSON = "application/json"
FAILED = {"message": "Internal server error"}
Headers = Sequence[tuple[str, str]] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names as they were sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


@dataclass
class Cloud:
    """The endpoint under test, seen from one region."""

    endpoint: str
    region: str = "us-east-1"
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, read_timeout=40, parameter_validation=False),
            )
        return self.clients[service]

    @cached_property
    def control(self) -> Any:
        return self.client("apigateway")

    def api(self, name: str = "fidelity", **settings: Any) -> Api:
        return Api(self, self.control.create_rest_api(name=name, **settings))

    def imported(self, document: Mapping[str, Any], **parameters: Any) -> Api:
        return Api(self, self.control.import_rest_api(body=json.dumps(document).encode(), **parameters))

    def function(self, name: str, source: str, **settings: Any) -> str:
        """Makes a Lambda function from one module's source; gives its ARN."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", source)
        settings.setdefault("Timeout", 10)
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=ROLE,
            Code={"ZipFile": packed.getvalue()},
            **settings,
        )
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        return str(made["FunctionArn"])

    def invocation_uri(self, arn: str) -> str:
        return f"arn:aws:apigateway:{self.region}:lambda:path/2015-03-31/functions/{arn}/invocations"


class Api:
    """One REST API under test."""

    def __init__(self, cloud: Cloud, attributes: Mapping[str, Any]) -> None:
        self.cloud, self.control = cloud, cloud.control
        self.id: str = attributes["id"]
        self.attributes = attributes
        self.resources: dict[str, str] = {}
        self.stage = "dev"

    @cached_property
    def root(self) -> str:
        return self.resource("/")

    def resource(self, path: str) -> str:
        """The id of a resource, made with its parents when it is not there."""
        if not self.resources:
            found = self.control.get_resources(restApiId=self.id, limit=500)["items"]
            self.resources = {item["path"]: item["id"] for item in found}
        if path not in self.resources:
            parent, _, part = path.rpartition("/")
            made = self.control.create_resource(restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part)
            self.resources[path] = made["id"]
        return self.resources[path]

    def at(self, path: str, verb: str) -> dict[str, str]:
        """The parameters that name a method in every call."""
        return {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": verb}

    def method(
        self,
        verb: str,
        path: str,
        integration: Mapping[str, Any] | None,
        *,
        responses: Sequence[Mapping[str, Any]] = (),
        **settings: Any,
    ) -> dict[str, str]:
        """Puts a method, its integration and its responses (each one a method response and an integration response)."""
        place = self.at(path, verb)
        settings.setdefault("authorizationType", "NONE")
        self.control.put_method(**place, **settings)
        if integration is not None:
            self.control.put_integration(**place, **integration)
        for response in responses:
            mapped = {name.replace("integration", "method"): False for name in response.get("responseParameters", {})}
            self.control.put_method_response(
                **place, statusCode=response["statusCode"], **({"responseParameters": mapped} if mapped else {})
            )
            self.control.put_integration_response(**place, **response)
        return place

    def mock(self, verb: str, path: str, template: str = "{}", *, status: int = 200, **settings: Any) -> dict[str, str]:
        """A MOCK method that answers with one response template."""
        return self.method(verb, path, mock(status), responses=[response(status, template)], **settings)

    def deploy(self, stage: str | None = None, **settings: Any) -> str:
        """Deploys to the stage; gives the deployment's id."""
        made = self.control.create_deployment(restApiId=self.id, stageName=stage or self.stage, **settings)
        return str(made["id"])

    def snapshot(self, **settings: Any) -> str:
        """A deployment that is on no stage."""
        return str(self.control.create_deployment(restApiId=self.id, **settings)["id"])

    def patch_stage(self, *operations: Mapping[str, str], stage: str | None = None) -> dict[str, Any]:
        return dict(
            self.control.update_stage(
                restApiId=self.id, stageName=stage or self.stage, patchOperations=list(operations)
            )
        )

    def get_stage(self, stage: str | None = None) -> dict[str, Any]:
        return dict(self.control.get_stage(restApiId=self.id, stageName=stage or self.stage))

    def send(
        self, verb: str, path: str, *, stage: str | None = None, headers: Headers = (), body: bytes | str | Any = None
    ) -> Answer:
        """Sends a request with exactly these headers (plus Host and, with a body, Content-Length)."""
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        raw = body.encode() if isinstance(body, str) else body
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        target = f"/_aws/execute-api/{self.id}/{stage or self.stage}{path}"
        return request(self.cloud.endpoint, verb, target, pairs, raw)

    def get(self, path: str, headers: Headers = (), *, stage: str | None = None) -> Answer:
        return self.send("GET", path, headers=headers, stage=stage)

    def post(self, path: str, body: Any = None, headers: Headers = (("Content-Type", JSON),), **where: Any) -> Answer:
        return self.send("POST", path, headers=headers, body=body, **where)


def request(endpoint: str, verb: str, target: str, headers: Headers = (), body: bytes | None = None) -> Answer:
    """One raw request."""
    place = urlsplit(endpoint)
    connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=40)
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    names = {name.lower() for name, _ in pairs}
    try:
        connection.putrequest(verb, target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in pairs:
            connection.putheader(name, value)
        if body is not None and "content-length" not in names:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        got = connection.getresponse()
        return Answer(got.status, got.getheaders(), got.read())
    finally:
        connection.close()


def mock(status: int = 200, template: str | None = None, **settings: Any) -> dict[str, Any]:
    """A MOCK integration; the request template says which status to take."""
    return {
        "type": "MOCK",
        "requestTemplates": {JSON: template if template is not None else f'{{"statusCode": {status}}}'},
        **settings,
    }


def response(status: int = 200, template: str | None = None, **settings: Any) -> dict[str, Any]:
    """A method response with its integration response; the first without a pattern is the default."""
    settings.setdefault("selectionPattern", "")
    made: dict[str, Any] = {"statusCode": str(status), **settings}
    if template is not None:
        made["responseTemplates"] = {JSON: template}
    return made


def http_to(uri: str, *, proxy: bool = False, verb: str = "POST", **settings: Any) -> dict[str, Any]:
    return {"type": "HTTP_PROXY" if proxy else "HTTP", "integrationHttpMethod": verb, "uri": uri, **settings}


def replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: str | None = None) -> dict[str, str]:
    return {"op": "add", "path": path} | ({} if value is None else {"value": value})


def remove(path: str) -> dict[str, str]:
    return {"op": "remove", "path": path}


def copy(source: str, path: str) -> dict[str, str]:
    return {"op": "copy", "from": source, "path": path}


@contextmanager
def refused(code: str, message: str | None = None, status: int | None = None) -> Iterator[None]:
    """The call inside must be refused with this code, message and HTTP status."""
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer["Error"]
    if message is not None:
        assert answer["Error"]["Message"] == message
    expected = status or {"NotFoundException": 404, "ConflictException": 409}.get(code, 400)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == expected


def shown(answer: Mapping[str, Any], *hidden: str) -> dict[str, Any]:
    """An SDK answer without what differs from call to call: metadata, dates, and the fields named."""
    skipped = {"ResponseMetadata", "createdDate", "lastUpdatedDate", *hidden}
    return {key: value for key, value in answer.items() if key not in skipped}
