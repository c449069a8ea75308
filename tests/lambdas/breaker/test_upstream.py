"""The two kinds of service, on a real socket: what is sent, what comes back, and what went wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lambdas.breaker.circuit.aws import Service, dynamodb_call
from lambdas.breaker.circuit.outcomes import classify
from lambdas.breaker.circuit.states import Outcome
from lambdas.breaker.circuit.store import StoreError
from lambdas.breaker.circuit.table import ConditionFailed
from lambdas.breaker.circuit.upstream import Failure, FunctionUpstream, HttpUpstream

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:orders:7"


class Backend:
    """Answers everything with what it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.headers, self.body, self.delay = 200, {}, b"{}", threading.Event()
        self.wait = False
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                sent = {name.lower(): value for name, value in self.headers.items()}
                backend.asked.append((self.command, self.path, sent, body))
                if backend.wait:
                    backend.delay.wait(5)
                self.send_response(backend.status)
                for name, value in backend.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(backend.body)))
                self.end_headers()
                self.wfile.write(backend.body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def service(self, name: str) -> Service:
        environment = {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID"}
        return Service(name, environment, lambda: 1_790_000_000)


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.delay.set()
    made.server.shutdown()
    made.server.server_close()


def test_a_function_is_invoked_by_its_exact_version(backend: Backend) -> None:
    backend.body = b'{"statusCode": "201", "body": "made"}'
    event = {"httpMethod": "POST", "path": "/api/orders"}
    answer = FunctionUpstream(ARN, backend.service("lambda")).answer(event, 2)
    assert answer == {"statusCode": 201, "body": "made"}
    ((method, path, headers, body),) = backend.asked
    assert method == "POST"
    assert path == (
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Aorders/invocations?Qualifier=7"
    )
    assert "Credential=AKID/20260921/eu-west-1/lambda/aws4_request" in headers["authorization"]
    assert json.loads(body) == event


def test_a_function_is_called_in_the_trace_of_the_request(backend: Backend) -> None:
    traced, untraced = ("Root=1-a;Parent=b;Sampled=1", "")
    for trace in (traced, untraced):
        backend.body = b'{"statusCode": 200}'
        FunctionUpstream(ARN, backend.service("lambda"), lambda: trace).answer({}, 2)  # noqa: B023
    first, second = (headers for _, _, headers, _ in backend.asked)
    assert first["x-amzn-trace-id"] == traced
    assert "x-amzn-trace-id" not in first["authorization"], "it may change on the way, so it is not signed"
    assert "x-amzn-trace-id" not in second


@pytest.mark.parametrize(
    ("prefix", "path", "sent"),
    [
        ("/api/orders", "/api/orders", "/base"),
        ("/api/orders", "/api/orders/", "/base/"),
        ("/api/orders", "/api/orders/1/items", "/base/1/items"),
        ("/t/{tenant}/orders", "/t/acme/orders/1", "/base/1"),
        ("/t/{tenant}/orders", "/t/orders/orders", "/base"),
        ("", "/orders/1", "/base/orders/1"),
        ("/", "/orders/1", "/base/orders/1"),
    ],
)
def test_a_prefix_is_cut_off_by_its_segments(backend: Backend, prefix: str, path: str, sent: str) -> None:
    HttpUpstream(f"{backend.url}/base", prefix).answer({"httpMethod": "GET", "path": path}, 2)
    assert backend.asked[0][1] == sent


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        pytest.param(429, {}, b"{}", "throttled", id="reserved concurrency"),
        pytest.param(500, {}, b"{}", "unreachable", id="Lambda itself"),
        pytest.param(200, {"X-Amz-Function-Error": "Unhandled"}, b"{}", "function_error", id="an exception"),
        pytest.param(200, {}, b"null", "bad_answer", id="no object"),
        pytest.param(200, {}, b'{"statusCode": "ok"}', "bad_answer", id="no status"),
        pytest.param(200, {}, b"no json", "bad_answer", id="no json"),
    ],
)
def test_a_function_that_fails(backend: Backend, status: int, headers: dict[str, str], body: bytes, kind: str) -> None:
    backend.status, backend.headers, backend.body = status, headers, body
    with pytest.raises(Failure) as failed:
        FunctionUpstream(ARN, backend.service("lambda")).answer({}, 2)
    assert failed.value.kind == kind


def test_a_service_that_takes_too_long_is_given_up(backend: Backend) -> None:
    backend.wait = True
    with pytest.raises(Failure) as failed:
        HttpUpstream(backend.url, "/api").answer({"httpMethod": "GET", "path": "/api"}, 0.05)
    assert failed.value.kind == "timeout"


def test_an_endpoint_gets_the_request_below_its_base(backend: Backend) -> None:
    backend.headers, backend.body = {"X-Kind": "a"}, "grün".encode()
    event = {
        "httpMethod": "POST",
        "path": "/api/orders/a b",
        "multiValueQueryStringParameters": {"q": ["1", "ä"]},
        "multiValueHeaders": {"Accept": ["a", "b"], "Host": ["evil"], "Connection": ["close"], "X-Bad": ["a\r\nb: c"]},
        "body": "aGVsbG8=",
        "isBase64Encoded": True,
    }
    answer = HttpUpstream(f"{backend.url}/base/", "/api/orders").answer(event, 2)
    ((method, path, headers, body),) = backend.asked
    assert (method, path, body) == ("POST", "/base/a%20b?q=1&q=%C3%A4", b"hello")
    assert headers["accept"] == "a, b"
    assert headers["host"] == backend.url.partition("//")[2]
    assert "x-bad" not in headers
    assert (answer["statusCode"], answer["body"], answer["multiValueHeaders"]["X-Kind"]) == (200, "grün", ["a"])


def test_bytes_that_are_no_text_come_as_base64(backend: Backend) -> None:
    backend.body = b"\xff\xfe"
    answer = HttpUpstream(backend.url, "").answer({"httpMethod": "GET", "path": "/"}, 2)
    assert (answer["body"], answer["isBase64Encoded"]) == ("//4=", True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}', ConditionFailed),
        (400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}', StoreError),
        (500, b"<html>", StoreError),
        (200, b"[]", StoreError),
    ],
)
def test_what_the_table_may_answer(backend: Backend, status: int, body: bytes, kind: type[StoreError]) -> None:
    backend.status, backend.body = status, body
    with pytest.raises(StoreError) as failed:
        dynamodb_call(backend.service("dynamodb"), lambda: 2)("UpdateItem", {})
    assert type(failed.value) is kind
    assert backend.asked[0][2]["x-amz-target"] == "DynamoDB_20120810.UpdateItem"


def test_a_table_that_is_slow_is_a_failure(backend: Backend) -> None:
    backend.wait = True
    with pytest.raises(StoreError, match="timeout"):
        dynamodb_call(backend.service("dynamodb"), lambda: 0.05)("Query", {})


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (("503", "5xx"), Outcome.FAILURE),
        (("501", "5xx"), Outcome.IGNORED),
        (("404", "4xx"), Outcome.SUCCESS),
        (("throttled",), Outcome.SUCCESS),
    ],
    ids=["recorded", "ignored wins", "a status in neither list is a success", "a failure in neither list is a success"],
)
def test_c6_what_is_neither_ignored_nor_recorded_is_a_success(words: tuple[str, ...], outcome: Outcome) -> None:
    assert classify(words, recorded=("5xx", "timeout"), ignored=("501",)) is outcome
