"""What a log line and a sample hide."""

from __future__ import annotations

import hashlib
from typing import Any

from infra.local.waf.redaction import redaction


def protection(kind: str, *keys: str, action: str = "SUBSTITUTION") -> dict[str, Any]:
    field: dict[str, Any] = {"FieldType": kind}
    if keys:
        field["FieldKeys"] = list(keys)
    return {"DataProtections": [{"Field": field, "Action": action}]}


def test_without_a_word_nothing_is_hidden() -> None:
    hide = redaction(None)
    assert (hide.header("Authorization", "a"), hide.part("query", "q=1")) == ("a", "q=1")


def test_headers_by_name_whatever_the_case() -> None:
    hide = redaction(protection("SINGLE_HEADER", "Authorization"), [{"SingleHeader": {"Name": "x-api-key"}}])
    assert hide.header("AUTHORIZATION", "a") == "REDACTED"
    assert hide.header("X-Api-Key", "a") == "REDACTED"
    assert hide.header("Accept", "a") == "a"


def test_a_hash_is_one_way_and_the_same_for_the_same() -> None:
    hide = redaction(protection("SINGLE_HEADER", "authorization", action="HASH"))
    assert hide.header("Authorization", "a") == hashlib.sha256(b"a").hexdigest()


def test_a_query_whole_or_one_argument() -> None:
    assert redaction(protection("QUERY_STRING")).part("query", "a=1&b=2") == "REDACTED"
    assert redaction(protection("QUERY_STRING")).part("query", "") == ""
    assert redaction(protection("SINGLE_QUERY_ARGUMENT", "B")).part("query", "a=1&b=2&c") == "a=1&b=REDACTED&c"


def test_one_cookie_of_many() -> None:
    assert redaction(protection("SINGLE_COOKIE", "s")).header("Cookie", "s=1; t=2") == "s=REDACTED; t=2"


def test_uri_and_method() -> None:
    hide = redaction(None, [{"UriPath": {}}, {"Method": {}}])
    assert (hide.part("uri", "/a"), hide.part("method", "GET")) == ("REDACTED", "REDACTED")
