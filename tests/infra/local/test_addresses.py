"""Which stage a URL means, and whom a signature names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.addresses import Credentials, Target, execute_api_target, signed_for


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        pytest.param(
            "127.0.0.1", "/_aws/execute-api/abc/live/api/users", Target("abc", "live", "/api/users"), id="path"
        ),
        pytest.param("127.0.0.1", "/_aws/execute-api/abc/live", Target("abc", "live", "/"), id="path without a rest"),
        pytest.param(
            "127.0.0.1", "/_aws/execute-api/abc/live//x", Target("abc", "live", "//x"), id="double slash kept"
        ),
        pytest.param(
            "127.0.0.1", "/_aws/execute-api/abc/live/a%2Fb", Target("abc", "live", "/a%2Fb"), id="encoded kept"
        ),
        pytest.param("127.0.0.1", "/restapis/abc/live/_user_request_/x", Target("abc", "live", "/x"), id="old form"),
        pytest.param(
            "abc.execute-api.localhost", "/live/x", Target("abc", "live", "/x", default_endpoint=True), id="host"
        ),
        pytest.param(
            "ABC.execute-api.us-east-1.amazonaws.com",
            "/live",
            Target("abc", "live", "/", default_endpoint=True),
            id="AWS host",
        ),
        pytest.param("127.0.0.1", "/restapis/abc/stages/live", None, id="control plane"),
        pytest.param("127.0.0.1", "/_aws/execute-api/abc", None, id="no stage"),
        pytest.param("api.shop.example", "/live/x", None, id="another host"),
    ],
)
def test_execute_api_target(host: str, path: str, expected: Target | None) -> None:
    assert execute_api_target(host, path) == expected


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_a_target_or_none_and_the_path_begins_with_a_slash(host: str, path: str) -> None:
    target = execute_api_target(host, path)
    assert target is None or target.path.startswith("/")


@pytest.mark.parametrize(
    ("key", "account"),
    [
        pytest.param("test", "000000000000", id="any key works in the default account"),
        pytest.param("123456789012", "123456789012", id="twelve digits are the account"),
        pytest.param("12345678901", "000000000000", id="eleven digits are a key"),
    ],
)
def test_signed_for(key: str, account: str) -> None:
    header = (
        f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/apigateway/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=abc"
    )
    assert signed_for(header, default_account="000000000000") == Credentials(account, "eu-west-1", "apigateway")


@pytest.mark.parametrize("header", ["", "Bearer abc", "AWS4-HMAC-SHA256 Credential=broken"])
def test_unsigned(header: str) -> None:
    assert signed_for(header, default_account="000000000000") is None
