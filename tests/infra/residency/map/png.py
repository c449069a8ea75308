"""The colours of a screenshot: eight-bit PNG without interlacing, as browsers write it (https://www.w3.org/TR/png-3/)."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

Colour = tuple[int, int, int]


def colours(data: bytes) -> Counter[Colour]:
    """How many pixels have each colour."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, width, channels = 8, b"", 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, interlace) == (8, 0)
            channels = {2: 3, 6: 4}[colour_type]
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * channels
    found: Counter[Colour] = Counter()
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, channels)
        found.update(zip(line[0::channels], line[1::channels], line[2::channels], strict=True))
        above = line
    return found


def _unfiltered(kind: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    if kind == 0:
        return line
    for i, value in enumerate(line):
        left = line[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        guess = {1: left, 2: above[i], 3: (left + above[i]) // 2}.get(kind)
        if guess is None:
            near = left + above[i] - corner
            guess = min((left, above[i], corner), key=lambda one, near=near: abs(near - one))  # type: ignore[misc]
        line[i] = (value + guess) & 255
    return line
