from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.faults import GatewayFault
from infra.local.gateway.payloads import (
    MAX_PAYLOAD_BYTES,
    BinaryTypes,
    compress,
    decompress,
    from_integration,
    to_integration,
)
from tests.infra.local.gateway.fakes import World, header, mock

RAW, ENCODED = b"\x1f\x8b\x08", b"H4sI"


@pytest.mark.parametrize(
    ("binary", "handling", "body", "expected"),
    [
        pytest.param(True, None, RAW, RAW, id="binary passes"),
        pytest.param(True, "CONVERT_TO_BINARY", RAW, RAW, id="binary stays"),
        pytest.param(True, "CONVERT_TO_TEXT", RAW, "H4sI", id="binary to text"),
        pytest.param(False, None, RAW, "\x1f\ufffd\x08", id="text of bad bytes"),
        pytest.param(False, "CONVERT_TO_TEXT", b"a", "a", id="text stays"),
        pytest.param(False, "CONVERT_TO_BINARY", ENCODED, RAW, id="text to binary"),
    ],
)
def test_to_integration(binary: bool, handling: str | None, body: bytes, expected: bytes | str) -> None:
    """test_apigw_s3_binary_support_request, all its cases."""
    assert to_integration(body, binary=binary, handling=handling) == expected


@pytest.mark.parametrize(
    ("binary", "accepts", "handling", "body", "expected"),
    [
        pytest.param(True, True, None, RAW, RAW, id="binary to binary"),
        pytest.param(True, False, None, RAW, "H4sI", id="binary for a text client"),
        pytest.param(True, True, "CONVERT_TO_TEXT", RAW, "H4sI", id="binary to text by setting"),
        pytest.param(False, False, None, b"a", "a", id="text to text"),
        pytest.param(False, True, None, ENCODED, RAW, id="text for a binary client"),
        pytest.param(False, False, "CONVERT_TO_BINARY", ENCODED, RAW, id="text to binary by setting"),
    ],
)
def test_from_integration(
    binary: bool, accepts: bool, handling: str | None, body: bytes, expected: bytes | str
) -> None:
    """test_apigw_s3_binary_support_response_*."""
    assert from_integration(body, binary=binary, accepts_binary=accepts, handling=handling) == expected


def test_bad_base64_is_a_server_error() -> None:
    with pytest.raises(GatewayFault) as raised:
        to_integration(b"?!", binary=False, handling="CONVERT_TO_BINARY")
    assert raised.value.status == 500


@given(st.text(max_size=30))
def test_no_types_match_nothing(value: str) -> None:
    assert not BinaryTypes([]).matches(value)


@pytest.mark.parametrize(
    ("accept", "minimum", "encoding"),
    [
        pytest.param("gzip, deflate", 0, "gzip", id="gzip"),
        pytest.param("deflate", 5, "deflate", id="deflate"),
        pytest.param("gzip", 6, None, id="too small"),
        pytest.param("gzip", None, None, id="switched off"),
        pytest.param("br", 0, None, id="unsupported"),
        pytest.param(None, 0, None, id="not asked for"),
    ],
)
def test_compress(accept: str | None, minimum: int | None, encoding: str | None) -> None:
    body, used = compress(b"hello", accept, minimum)
    undo = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}
    assert (undo[used](body), used) == (b"hello", encoding)


async def test_a_compressed_answer() -> None:
    world = World(minimumCompressionSize=3)
    world.method("/", "ANY", integration=mock(responseTemplates={"application/json": "hello"}))
    response = await world.call(headers=(("Accept-Encoding", "gzip"),))
    assert (gzip.decompress(response.body), header(response, "Content-Encoding")) == (b"hello", "gzip")


async def test_a_compressed_request() -> None:
    world = World(minimumCompressionSize=0)
    world.method("/", "ANY")
    await world.call("/", "POST", headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"hello"))
    assert world.event["body"] == "hello"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"not gzip", 400, id="broken"),
        pytest.param(gzip.compress(bytes(MAX_PAYLOAD_BYTES + 1)), 413, id="a bomb"),
    ],
)
def test_decompress_refuses(body: bytes, status: int) -> None:
    with pytest.raises(GatewayFault) as raised:
        decompress(body, "gzip")
    assert raised.value.status == status
