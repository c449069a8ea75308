"""What a worker finds around it: layers of its own machine only, names of this machine, variables below the function's."""

from __future__ import annotations

import json
import logging
import platform
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from infra.errors import LocalError
from infra.local.functions.package import CodeStore
from infra.local.functions.runtimes import runs_here
from infra.local.functions.workers import Workers
from infra.local.ports import HttpResponse
from tests.infra.local.functions.fakes import ACCOUNT, FakeLambda, FakeTelemetry, zipped

ARN = "arn:aws:lambda:us-east-1:123456789012:layer:libraries:1"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Layers:
    """A control plane with one layer."""

    def __init__(self, **shape: Any) -> None:
        self.shape, self.calls = shape, 0

    async def call(self, service: str, region: str, **request: Any) -> HttpResponse:
        self.calls += 1
        if request["path"] == "/content":
            return HttpResponse(status=200, body=zipped(x_py="1"))
        if not self.shape:
            return HttpResponse(status=404, body=b"{}")
        return HttpResponse(
            status=200, body=json.dumps({"Content": {"Location": "http://x/content"}, **self.shape}).encode()
        )

    async def json(self, *_: Any) -> dict[str, Any]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("machine", "architectures", "runtimes", "runs"),
    [
        pytest.param("x86_64", ["arm64"], [PYTHON], False, id="another processor"),
        pytest.param("aarch64", ["arm64"], [PYTHON], True, id="this processor and Python"),
        pytest.param("aarch64", ["arm64"], ["python2.7"], False, id="another Python"),
        pytest.param("x86_64", ["arm64", "x86_64"], [], True, id="any of two processors"),
        pytest.param("x86_64", [], ["python2.7"], True, id="nothing compiled"),
        pytest.param("riscv64", ["arm64"], [], False, id="a processor that Lambda has not"),
    ],
)
def test_what_runs_here(
    monkeypatch: pytest.MonkeyPatch, machine: str, architectures: list[str], runtimes: list[str], runs: bool
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(sys, "platform", "linux")
    assert runs_here(architectures, runtimes) is runs


def test_compiled_code_of_linux_runs_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not runs_here(["arm64"], [PYTHON])


async def test_a_layer_of_another_machine_is_left_out_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layers = Layers(CompatibleArchitectures=["none_such"], CompatibleRuntimes=["python3.13"])
    store = CodeStore(layers, folder=tmp_path, version_code=None)

    with caplog.at_level(logging.WARNING):
        assert [await store.layer("us-east-1", ARN) for _ in range(3)] == [None] * 3
    assert [record.getMessage() for record in caplog.records] == [
        f"layer {ARN} is built for none_such, python3.13: left out here, installed packages take its place"
    ]
    assert list(tmp_path.iterdir()) == []


async def test_a_layer_for_any_machine_is_unpacked_once(tmp_path: Path) -> None:
    layers = Layers(CompatibleRuntimes=["python3.13"])
    store = CodeStore(layers, folder=tmp_path, version_code=None)

    folder = await store.layer("us-east-1", ARN)
    assert folder is not None
    assert (folder / "x.py").read_text() == "1"
    assert await store.layer("us-east-1", ARN) == folder
    assert layers.calls == 2


async def test_a_layer_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="publish it again"):
        await CodeStore(Layers(), folder=tmp_path, version_code=None).layer("us-east-1", ARN)


@pytest.fixture
async def workers(tmp_path: Path, control: FakeLambda, telemetry: FakeTelemetry) -> AsyncIterator[Workers]:
    made = Workers(
        control,
        telemetry=telemetry,
        endpoint="http://127.0.0.1:4599",
        account=ACCOUNT,
        state_folder=tmp_path,
        version_code=None,
        surroundings=lambda: {"SSL_CERT_FILE": "/ca.pem", "_GATEWRIGHT_HOSTS": '{"login.shop.example:443": 4711}'},
    )
    yield made
    await made.close()


async def test_names_of_this_machine_and_no_trace_of_how(workers: Workers, control: FakeLambda) -> None:
    code = zipped(
        app_py="import os, socket\n"
        "def handler(e, c):\n"
        "    found = socket.getaddrinfo('login.shop.example', 443, type=socket.SOCK_STREAM)[0][4]\n"
        "    other = socket.getaddrinfo('127.0.0.1', 443, type=socket.SOCK_STREAM)[0][4]\n"
        "    return [list(found), list(other), os.environ['SSL_CERT_FILE'], '_GATEWRIGHT_HOSTS' in os.environ]"
    )
    done = await workers.invoke(control.put("asks", code), b"{}")
    assert json.loads(done.payload) == [["127.0.0.1", 4711], ["127.0.0.1", 443], "/ca.pem", False]


async def test_the_functions_own_trust_wins(workers: Workers, control: FakeLambda) -> None:
    code = zipped(app_py="import os\ndef handler(e, c): return os.environ['SSL_CERT_FILE']")
    done = await workers.invoke(control.put("own", code, variables={"SSL_CERT_FILE": "/mine.pem"}), b"{}")
    assert json.loads(done.payload) == "/mine.pem"
