"""The one function that touches the network, against a TLS server that means harm."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdas.authorizer.gate.fetch import LARGEST_BYTES, FetchError, fetch_json

from .hostile import Behaviour, HostileServer, answer, authority, drip, send, then_hang

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[0]))
    server = HostileServer(certificates[1])
    yield server
    server.stop()


def test_a_good_answer(server: HostileServer):
    server.behave = answer('{"keys": ["ü"]}'.encode())
    assert fetch_json(f"{server.url}/a?b=c") == {"keys": ["ü"]}
    request = server.heads[0].decode()
    assert request.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: {server.url.removeprefix('https://')}\r\n" in request


def test_a_good_answer_in_chunks(server: HostileServer):
    server.behave = send(CHUNKED, b"2\r\n{}\r\n", b"0\r\n\r\n")
    assert fetch_json(server.url) == {}


BAD: dict[str, tuple[Behaviour, str]] = {
    "redirect": (answer(b"{}", status="302 Found", headers="Location: https://evil.example/\r\n"), "status 302"),
    "redirect to http": (answer(b"", status="308 Moved", headers="Location: http://127.0.0.1/\r\n"), "status 308"),
    "not found": (answer(b"{}", status="404 Not Found"), "status 404"),
    "server error": (answer(b"{}", status="500 Oops"), "status 500"),
    "partial": (answer(b"{}", status="206 Partial Content"), "status 206"),
    "no content": (send(b"HTTP/1.1 204 No Content\r\n\r\n"), "status 204"),
    "huge body": (answer(b" " * (LARGEST_BYTES + 1)), "larger"),
    "huge body, in chunks": (send(CHUNKED, *[b"8000\r\n" + b" " * 0x8000 + b"\r\n"] * 6), "larger"),
    "endless body": (send(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 1_000_000), "larger"),
    "cut short": (send(HEAD, b"{}"), "cut short"),
    "cut short in chunks": (send(CHUNKED, b"10\r\n{}"), "request failed"),
    "bad chunk": (send(CHUNKED, b"zz\r\n{}"), "request failed"),
    "garbage": (send(b"\x00\xff" * 100), "request failed"),
    "nothing": (send(), "request failed"),
    "endless header line": (send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000), "request failed"),
    "too many headers": (send(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "request failed"),
    "HTML": (answer(b"<html>"), "not JSON"),
    "empty": (answer(b""), "not JSON"),
    "UTF-16": (answer("{}".encode("utf-16")), "not JSON"),
    "not UTF-8": (answer(b'{"a": "\xff"}'), "not JSON"),
    "deep": (answer(b"[" * 100_000), "not JSON"),
    "compressed": (answer(b"{}", headers="Content-Encoding: gzip\r\n"), "compressed"),
}


@pytest.mark.parametrize(("behaviour", "reason"), BAD.values(), ids=BAD)
def test_a_bad_answer_is_an_error_with_a_reason(server: HostileServer, behaviour: Behaviour, reason: str):
    server.behave = behaviour
    with pytest.raises(FetchError, match=reason):
        fetch_json(server.url)
    assert len(server.heads) == 1


SLOW: dict[str, Behaviour] = {
    "silent": then_hang(),
    "hangs after the headers": then_hang(HEAD, b"{"),
    "drips a body": drip(HEAD),
    "drips a header": drip(b"HTTP/1.1 200 OK\r\nX: "),
    "drips a status": drip(b"HTTP/1.1 200 "),
    "continues for ever": then_hang(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_the_deadline_is_total(server: HostileServer, behaviour: Behaviour):
    server.behave = behaviour
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"no whole answer within 0\.2 s"):
        fetch_json(server.url, deadline_seconds=0.2)
    assert time.monotonic() - started < 2  # not timed, but far from the drip's end, which never comes
    assert _thread_ends()


def test_a_handshake_that_never_ends_is_ended(server: HostileServer):
    server.handshake = False
    with pytest.raises(FetchError):
        fetch_json(server.url, deadline_seconds=0.2)
    assert _thread_ends()


def _thread_ends() -> bool:
    """Whether the exchange's thread ends soon after it was given up."""
    deadline = time.monotonic() + 3
    while any(t.name.endswith("(run)") for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(t.name.endswith("(run)") for t in threading.enumerate())


def test_a_certificate_of_nobody_is_refused(server: HostileServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    server.behave = answer(b"{}")
    with pytest.raises(FetchError, match="SSLCertVerificationError"):
        fetch_json(server.url)
    assert server.heads == []


def test_a_certificate_for_another_name_is_refused(server: HostileServer):
    with pytest.raises(FetchError, match="request failed"):
        fetch_json(server.url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/jwks.json",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "https://",
        "https://user:secret@127.0.0.1/",
        "https://bücher.example/",
        "HTTPS//x",
        "",
    ],
)
def test_only_plain_https_addresses(url: str):
    with pytest.raises(FetchError, match="not a plain https address"):
        fetch_json(url)


@pytest.mark.parametrize("url", ["https://127.0.0.1:99999/", "https://[::1/", "https://127.0.0.1:x/"])
def test_an_address_that_is_none(url: str):
    with pytest.raises(FetchError, match="ValueError"):
        fetch_json(url)


def test_an_address_writes_no_header(server: HostileServer):
    with pytest.raises(FetchError, match="InvalidURL"):
        fetch_json(f"{server.url}/a b\r\nX: y")


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match="ConnectionRefusedError"):
        fetch_json(f"https://127.0.0.1:{port}/")


def test_reasons_hold_nothing_that_the_server_sent(server: HostileServer):
    server.behave = send(b"HTTP/1.1 secret\r\n\r\n")
    with pytest.raises(FetchError) as error:
        fetch_json(server.url)
    assert "secret" not in json.dumps(str(error.value))
