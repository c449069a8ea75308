"""The Lambda entry point, started cold as Lambda does it, with keys from a real TLS server."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .hostile import HostileServer, answer, authority
from .issuer import ENVIRONMENT, JWKS, bearer, claims, token

FOLDER = Path(__file__).parents[3] / "lambdas" / "authorizer"
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
# Imports the handler with nothing of this process, and prints what that loaded.
PROBE = "import sys; sys.path.insert(0, sys.argv[1]); import handler; print(*sys.modules)"


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in ("handler", "gate")]:
        del sys.modules[name]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Handler]]:
    def cold(**environment: str) -> Handler:
        _forget()
        monkeypatch.syspath_prepend(str(FOLDER))
        for name, value in {**ENVIRONMENT, **environment}.items():
            monkeypatch.setenv(name, value)
        return importlib.import_module("handler").handler  # type: ignore[no-any-return]

    yield cold
    _forget()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    ca, certificate = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    server = HostileServer(certificate)
    server.behave = answer(json.dumps(JWKS).encode())
    yield server
    server.stop()


def fresh(**changes: Any) -> str:
    now = int(time.time())
    return token(claims(**{"exp": now + 60, "iat": now, **changes}))


def test_a_good_token_and_a_bad_one(start: Callable[..., Handler], server: HostileServer, capsys):
    handler = start(GATEWRIGHT_JWKS_URL=server.url, GATEWRIGHT_KEY_SECRET="")
    assert server.heads == []
    assert handler(bearer(fresh()), None)["principalId"] == "c42"
    with pytest.raises(Exception, match=r"^Unauthorized$") as error:
        handler(bearer(fresh(exp=1)), None)
    assert type(error.value) is Exception
    assert error.value.__suppress_context__
    assert json.loads(capsys.readouterr().out) == {"level": "INFO", "message": "refused", "reason": "expired"}
    assert len(server.heads) == 1


def test_keys_are_fetched_at_init_on_lambda(start: Callable[..., Handler], server: HostileServer):
    start(GATEWRIGHT_JWKS_URL=server.url, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    assert len(server.heads) == 1


def test_an_issuer_that_is_down_fails_no_start_and_no_token_silently(
    start: Callable[..., Handler], server: HostileServer, capsys
):
    server.behave = answer(b"<html>")
    handler = start(GATEWRIGHT_JWKS_URL=server.url, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    with pytest.raises(Exception, match="keys are unavailable"):
        handler(bearer(fresh()), None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["reason"] for line in lines] == ["the answer is not JSON in UTF-8"] * 2


def test_a_wrong_setting_ends_the_start(start: Callable[..., Handler]):
    with pytest.raises(ValueError, match="GATEWRIGHT_JURISDICTION"):
        start(GATEWRIGHT_JURISDICTION="moon")


def test_the_start_loads_nothing_that_is_slow():
    run = subprocess.run([sys.executable, "-c", PROBE, str(FOLDER)], env=ENVIRONMENT, capture_output=True, check=True)
    loaded = set(run.stdout.decode().split())
    slow = {"boto3", "botocore", "urllib3", "jwt", "cryptography.x509", "http.client", "ssl", "logging", "inspect"}
    assert "cryptography.hazmat.primitives.asymmetric.rsa" in loaded
    assert loaded & slow == set()


def test_the_entry_point_is_short():
    assert len((FOLDER / "handler.py").read_text().splitlines()) < 40
