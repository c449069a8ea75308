from __future__ import annotations

import pytest

from infra.local.traces.daemon import Daemon, read
from infra.local.traces.store import InvalidSegment, TraceStore

HEAD = b'{"format": "json", "version": 1}\n'


def test_a_datagram_is_a_line_and_a_document() -> None:
    assert read(HEAD + b'{"id":\n"x"}') == {"id": "x"}


@pytest.mark.parametrize(
    "data",
    [b"", HEAD, b"{}", b'{}\n{"id": 1}', HEAD + b"[]", HEAD + b"\xff", b'{"format": "xml"}\n{}', HEAD + b"[" * 9000],
    ids=["empty", "no document", "no line", "no format", "a list", "no text", "another format", "deep"],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(InvalidSegment):
        read(data)


async def test_a_region_keeps_its_address() -> None:
    daemon = Daemon(TraceStore())
    first, again, other = await daemon.address("a"), await daemon.address("a"), await daemon.address("b")
    assert first == again != other
    daemon.close()
