from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from infra.local.functions.invoke_api import InvokeApi, is_invoke
from infra.local.functions.workers import Workers
from infra.local.ports import HttpRequest, HttpResponse
from tests.infra.local.functions.fakes import ACCOUNT, REGION, FakeLambda, FakeTelemetry, zipped

ECHO = zipped(app_py="def handler(e, c):\n    print('hello')\n    if e == 'fail': raise ValueError('x')\n    return e")


async def send(
    workers: Workers, name: str = "echo", body: bytes = b"{}", query: str = "", **headers: str
) -> HttpResponse:
    request = HttpRequest(
        method="POST",
        path=f"/2015-03-31/functions/{name}/invocations",
        query=query,
        headers=[(key.replace("_", "-"), value) for key, value in headers.items()],
        body=body,
    )
    api = InvokeApi(workers, retry_seconds=0)
    answer = await api.handle_invoke(request, account=ACCOUNT, region=REGION)
    await api.drain()
    return answer


def header(answer: HttpResponse, name: str) -> str | None:
    return dict(answer.headers).get(name)


def content(answer: HttpResponse) -> Any:
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/2015-03-31/functions/f/invocations", True),
        ("POST", "/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations", True),
        ("GET", "/2015-03-31/functions/f/invocations", False),
        ("POST", "/2015-03-31/functions", False),
        ("POST", "/2015-03-31/functions/f/versions", False),
    ],
    ids=["name", "ARN", "GET", "CreateFunction", "PublishVersion"],
)
def test_knows_its_own_path(method: str, path: str, expected: bool) -> None:
    assert is_invoke(method, path) is expected


async def test_request_response(workers: Workers, control: FakeLambda) -> None:
    control.put("echo", ECHO)
    answer = await send(workers, body=b'{"a": 1}')
    assert (answer.status, content(answer)) == (200, {"a": 1})
    assert header(answer, "X-Amz-Executed-Version") == "$LATEST"
    assert header(answer, "X-Amz-Function-Error") is None
    assert header(answer, "X-Amz-Log-Result") is None


async def test_no_payload_is_an_empty_event(workers: Workers, control: FakeLambda) -> None:
    control.put("echo", ECHO)
    assert content(await send(workers, body=b"")) == {}


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("echo", "Qualifier=3"),
        ("echo:3", ""),
        (f"arn%3Aaws%3Alambda%3A{REGION}%3A{ACCOUNT}%3Afunction%3Aecho%3A3", ""),
    ],
    ids=["query", "name", "encoded ARN"],
)
async def test_qualifiers(workers: Workers, control: FakeLambda, name: str, query: str) -> None:
    control.put("echo", ECHO, version="3")
    assert header(await send(workers, name, query=query), "X-Amz-Executed-Version") == "3"


async def test_a_failed_function_is_a_200_with_a_header_and_a_log_tail(workers: Workers, control: FakeLambda) -> None:
    control.put("echo", ECHO)
    answer = await send(workers, body=b'"fail"', X_Amz_Log_Type="Tail")
    assert (answer.status, header(answer, "X-Amz-Function-Error")) == (200, "Unhandled")
    assert content(answer)["errorType"] == "ValueError"
    tail = base64.b64decode(header(answer, "X-Amz-Log-Result") or "").decode()
    assert tail.startswith("START RequestId: ")
    assert "\nhello\n[ERROR] ValueError: x\nTraceback (most recent call last):\n" in tail


@pytest.mark.parametrize(
    ("body", "invocations"), [(b"{}", 1), (b'"fail"', 3)], ids=["succeeds at once", "fails and is tried twice more"]
)
async def test_events_run_in_the_background(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry, body: bytes, invocations: int
) -> None:
    control.put("echo", ECHO)
    answer = await send(workers, body=body, X_Amz_Invocation_Type="Event")
    assert (answer.status, answer.body) == (202, b"")
    assert telemetry.total("Invocations") == invocations


async def test_dry_run_runs_nothing(workers: Workers, control: FakeLambda, telemetry: FakeTelemetry) -> None:
    control.put("echo", ECHO)
    answer = await send(workers, X_Amz_Invocation_Type="DryRun")
    assert (answer.status, answer.body, telemetry.total("Invocations")) == (204, b"", 0)


@pytest.mark.parametrize(
    ("arguments", "status", "code", "message"),
    [
        pytest.param(
            {"name": "nobody", "query": "Qualifier=live"}, 404, "ResourceNotFoundException",
            f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody:live", id="no function",
        ),
        pytest.param({"name": "off"}, 429, "TooManyRequestsException", "Rate Exceeded.", id="throttled"),
        pytest.param(
            {"body": b"{"}, 400, "InvalidRequestContentException", "Could not parse request body into json: ", id="JSON"
        ),
        pytest.param(
            {"body": b'"' + b"x" * 6291456 + b'"'}, 413, "RequestEntityTooLargeException",
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation", id="6 MB",
        ),
        pytest.param(
            {"body": b'"' + b"x" * 1048576 + b'"', "X_Amz_Invocation_Type": "Event"}, 413,
            "RequestEntityTooLargeException", "1048578 byte payload is too large for the Event invocation type",
            id="1 MB event",
        ),
        pytest.param(
            {"X_Amz_Client_Context": "e30x"}, 400, "InvalidRequestContentException", "Client context", id="context"
        ),
        pytest.param(
            {"name": "echo:1", "query": "Qualifier=2"}, 400, "InvalidParameterValueException", "The derived qualifier",
            id="two qualifiers",
        ),
    ],
)  # fmt: skip
async def test_refusals(
    workers: Workers, control: FakeLambda, arguments: dict[str, Any], status: int, code: str, message: str
) -> None:
    control.put("echo", ECHO)
    control.put("off", ECHO)
    control.reserved["off"] = 0
    answer = await send(workers, **arguments)
    assert (answer.status, header(answer, "x-amzn-ErrorType")) == (status, code)
    found = content(answer)
    assert str(found.get("message") or found["Message"]).startswith(message)
