"""The endpoint under test, the shared Lambda functions and upstream, and the table of facts. Starts one server."""

from __future__ import annotations

import base64
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from . import table
from .facts import NOT_HELD
from .functions import ECHO, PLAIN, REPLY
from .gateway import Api, Cloud, request

ENDPOINT_VARIABLE = "GATEWRIGHT_FIDELITY_ENDPOINT"
START_SECONDS = 40
STAGE_NUMBERS = itertools.count(1)
OUTCOMES: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-fidelity", action="store_true", help="write docs/fidelity.md from this run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fact(id): the fact a test asks for, see tests/fidelity/facts.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Facts that are known not to hold here do not fail the run; the published table says so. Other engines get no such help."""
    elsewhere = bool(os.environ.get(ENDPOINT_VARIABLE))
    for item in items:
        for mark in list(item.iter_markers("fact")):
            item.add_marker(pytest.mark.embedded)
            reason = NOT_HELD.get(mark.args[0])
            if reason and not elsewhere:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    for mark in item.iter_markers("fact"):
        if report.when == "call" or report.outcome != "passed":
            broken = hasattr(report, "wasxfail") and report.outcome == "skipped"
            OUTCOMES[mark.args[0]] = "failed" if broken else report.outcome
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--write-fidelity", default=False):
        table.write(OUTCOMES)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _answers(endpoint: str) -> bool:
    try:
        return request(endpoint, "GET", "/_gatewright/health").status == 200
    except OSError:
        return False


def _wait_until_ready(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(endpoint):
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"the embedded AWS did not start:\n{log.read_text()[-3000:]}", returncode=1)
        time.sleep(0.05)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint: the one named in the environment, or a server of our own for this session."""
    if given := os.environ.get(ENDPOINT_VARIABLE):
        yield given.rstrip("/")
        return
    port, log = _free_port(), tmp_path_factory.mktemp("embedded") / "server.log"
    environment = os.environ | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "infra.local.server", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(server, endpoint, log)
        yield endpoint
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture(scope="session")
def cloud(embedded: str) -> Cloud:
    return Cloud(embedded)


@pytest.fixture(scope="session")
def europe(embedded: str) -> Cloud:
    return Cloud(embedded, "eu-west-1")


@pytest.fixture(scope="session")
def unique() -> str:
    """A short word that is new in every session, for names that must be unique."""
    return uuid.uuid4().hex[:8]


@pytest.fixture
def fresh(cloud: Cloud) -> Api:
    """An empty API of the test's own."""
    return cloud.api("fresh")


@pytest.fixture(scope="module")
def small(cloud: Cloud) -> Api:
    """A deployed API with one method, GET on /existing."""
    made = cloud.api("small")
    made.mock("GET", "/existing", "{}")
    made.deploy()
    return made


@pytest.fixture
def first(api: Api) -> str:
    """A deployment of the module's API, for a stage."""
    return api.snapshot()


@pytest.fixture
def second(api: Api) -> str:
    """Another deployment of the module's API, for a canary."""
    return api.snapshot()


@pytest.fixture
def stage(api: Api, first: str) -> Iterator[str]:
    """A stage of the test's own, on the first deployment, without a canary."""
    name = f"s{next(STAGE_NUMBERS)}"
    api.control.create_stage(restApiId=api.id, stageName=name, deploymentId=first, variables={"testVar": "default"})
    api.stage = name
    yield name
    with suppress(ClientError):
        api.control.delete_stage(restApiId=api.id, stageName=name)


@pytest.fixture(scope="session")
def reply(cloud: Cloud, unique: str) -> str:
    """A function that returns what the request's body says: the whole Lambda proxy answer comes from the test."""
    return cloud.function(f"fidelity-reply-{unique}", REPLY)


@pytest.fixture(scope="session")
def echo(cloud: Cloud, unique: str) -> str:
    """A proxy function that answers with the event it was given."""
    return cloud.function(f"fidelity-echo-{unique}", ECHO)


@pytest.fixture(scope="session")
def plain(cloud: Cloud, unique: str) -> str:
    """A function that returns its event, or raises when the event says so."""
    return cloud.function(f"fidelity-plain-{unique}", PLAIN)


class _Upstream(BaseHTTPRequestHandler):
    """Echoes the request as JSON; ``/status/<code>`` answers with that status, ``/body`` with the bare body,
    ``/payload/<base64>?type=<media type>`` with that payload as that type."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "body": body.decode("latin-1"),
        }
        status, payload = 200, json.dumps(seen).encode()
        if path.startswith("/status/"):
            status = int(path.split("/")[2])
        if path.startswith("/body"):
            payload = body
        kind = "application/json"
        if path.startswith("/payload/"):
            payload = base64.urlsafe_b64decode(path.split("/")[2])
            kind = self.path.rpartition("type=")[2]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Connection", "keep-alive")
        self.send_header("X-Upstream", "yes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """An HTTP service of the test's own on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
