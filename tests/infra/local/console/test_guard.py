"""Who may use the console, and who may not: foreign pages, rebound names, forms."""

from __future__ import annotations

import pytest

from infra.local.console.guard import HEADER, refusal
from infra.local.ports import HttpRequest

OURS = (HEADER, "1")


def asked(method: str = "GET", host: str = "127.0.0.1:4566", *headers: tuple[str, str]) -> str | None:
    return refusal(HttpRequest(method=method, path="/", headers=[("Host", host), *headers]))


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:9", "localhost", "[::1]:4566", "LOCALHOST:1"])
def test_a_loopback_name_may_look(host):
    assert asked("GET", host) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:4566", "127.0.0.1.evil.example:4566", "0.0.0.0:4566"]
)
def test_any_other_name_may_not(host):
    assert asked("GET", host) is not None
    assert asked("POST", host, OURS) is not None


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        pytest.param((OURS,), True, id="a program of this machine"),
        pytest.param(
            (OURS, ("Origin", "http://127.0.0.1:4566"), ("Sec-Fetch-Site", "same-origin")), True, id="our page"
        ),
        pytest.param((), False, id="no header of ours: what a form can send"),
        pytest.param((OURS, ("Origin", "https://evil.example")), False, id="a foreign page"),
        pytest.param((OURS, ("Origin", "null")), False, id="a page without an origin"),
        pytest.param((OURS, ("Origin", "http://127.0.0.1:8000")), False, id="another program's page here"),
        pytest.param((OURS, ("Origin", "http://localhost:4566")), False, id="the same engine by another name"),
        pytest.param((OURS, ("Sec-Fetch-Site", "cross-site")), False, id="the browser says that it is foreign"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_changes(method, headers, passes):
    assert (asked(method, "127.0.0.1:4566", *headers) is None) is passes
