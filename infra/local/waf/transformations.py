"""Text transformations of WAF. Pure.

https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html
Those that are not here (JavaScript, CSS and SQL escapes) make their statement "not evaluated".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

__all__ = ["NotEvaluated", "transformer"]

Transform = Callable[[bytes], bytes]


class NotEvaluated(Exception):
    """A statement that this engine stores and does not evaluate; it never matches."""


def transformer(chain: Sequence[Mapping[str, Any]]) -> Transform:
    """All transformations of a statement, in order of priority. Raises NotEvaluated for an unknown one."""
    names = [entry["Type"] for entry in sorted(chain, key=lambda entry: int(entry["Priority"]))]
    names = [name for name in names if name != "NONE"]
    if unknown := [name for name in names if name not in _TRANSFORMS]:
        raise NotEvaluated(f"text transformation {unknown[0]}")
    transforms = [_TRANSFORMS[name] for name in names]

    def apply(value: bytes) -> bytes:
        for transform in transforms:
            value = transform(value)
        return value

    return apply


def _base64(value: bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return value


def _hex(value: bytes) -> bytes:
    try:
        return bytes.fromhex(value.decode("ascii"))
    except ValueError:
        return value


def _entities(value: bytes) -> bytes:
    return html.unescape(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _normal_path(value: bytes) -> bytes:
    if not value.startswith(b"/"):
        return value
    normal = posixpath.normpath(re.sub(rb"/+", b"/", value))
    return normal + b"/" if value.endswith(b"/") and normal != b"/" else normal


def _command_line(value: bytes) -> bytes:
    value = re.sub(rb"[\\\"'^]", b"", value)
    value = re.sub(rb"[,;\s]+", b" ", value)
    return re.sub(rb" +([/(])", rb"\1", value).lower()


_TRANSFORMS: dict[str, Transform] = {
    "LOWERCASE": bytes.lower,
    "UPPERCASE": bytes.upper,
    "URL_DECODE": lambda value: unquote_to_bytes(value.replace(b"+", b" ")),
    "HTML_ENTITY_DECODE": _entities,
    "COMPRESS_WHITE_SPACE": lambda value: re.sub(rb"[\s\xa0]+", b" ", value),
    "REMOVE_WHITESPACE": lambda value: re.sub(rb"\s+", b"", value),
    "TRIM": bytes.strip,
    "TRIM_LEFT": bytes.lstrip,
    "TRIM_RIGHT": bytes.rstrip,
    "REMOVE_NULLS": lambda value: value.replace(b"\0", b""),
    "REPLACE_NULLS": lambda value: value.replace(b"\0", b" "),
    "BASE64_DECODE": _base64,
    "HEX_DECODE": _hex,
    "NORMALIZE_PATH": _normal_path,
    "NORMALIZE_PATH_WIN": lambda value: _normal_path(value.replace(b"\\", b"/")),
    "CMD_LINE": _command_line,
    "REPLACE_COMMENTS": lambda value: re.sub(rb"/\*.*?(\*/|$)", b" ", value, flags=re.DOTALL),
    "MD5": lambda value: hashlib.md5(value, usedforsecurity=False).digest(),
    "SHA256": lambda value: hashlib.sha256(value).digest(),
}
