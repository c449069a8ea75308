"""Examples of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html, and what follows."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.telemetry.filter_fields import split_fields
from infra.local.telemetry.filter_pattern import Event, InvalidPattern, compile_pattern


def matches(pattern: str, message: Any) -> bool:
    text = message if isinstance(message, str) else json.dumps(message)
    return compile_pattern(pattern)(Event(text)) is not None


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        (" ", "", True),
        ('" "', "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("ERROR", "Exiting with ERRORCODE: -1", True),
        ("ERROR", "error", False),
        ("ERROR ARGUMENTS", "ERROR missing ARGUMENTS", True),
        ("ERROR ARGUMENTS", "ERROR missing", False),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "INTERNAL ERROR SERVER", False),
        ("ERROR -ARGUMENTS", "ERROR missing ARGUMENTS", False),
        ("ERROR -ARGUMENTS", "ERROR missing", True),
        ('ERROR -"exit code"', "ERROR exit code 1", False),
        ("?ERROR ?ARGUMENTS", "only ARGUMENTS", True),
        ("?ERROR ?ARGUMENTS", "neither", False),
        ("?ERROR ?ARGUMENTS REQUEST", "[INFO 201] REQUEST ACCEPTED", True),
        ('"say \\"hi\\""', 'they say "hi"', True),
        ("%AUTHORIZED%", "UNAUTHORIZED REQUEST", True),
        ("%[4-5][0-9][0-9]%", "status 503", True),
        ("%[4-5][0-9][0-9]%", "status 203", False),
        ("task-timed-out", "x task-timed-out y", True),
    ],
)
def test_terms(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


RECORD = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value", 3],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "off": False,
    "status": 503,
    "asText": "503",
    "latency": 12.5,
    "negative": -3,
    "nested": {"deep": {"er": "x"}},
    "isCanaryRequest": "true",
    "a.b": 1,
    "empty": "",
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType = "update*" }', False),
        ('{ $.eventType = "Update*" }', True),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[9] = "value" }', False),
        ('{ $.arrayKey[*] = "another value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id > 1 }", True),
        ("{ $.objectList[*].id > 2 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.status IS NULL }", False),
        ("{ $.SomeOtherObject IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.off IS TRUE }", False),
        ("{ $.off IS FALSE }", True),
        ("{ $.isCanaryRequest IS TRUE }", False),
        ("{ $.status = 503 }", True),
        ("{ $.status != 503 }", False),
        ("{ $.status >= 500 && $.status < 600 }", True),
        ("{ $.status > 503 }", False),
        ("{ $.status <= 503 }", True),
        ("{ $.latency = 1.25e1 }", True),
        ("{ $.negative < -2 }", True),
        ("{ $.negative = -3 }", True),
        ("{ $.asText >= 500 }", False),
        ('{ $.asText = "503" }', True),
        ('{ $.status = "503" }', True),
        ("{ $.missing != 5 }", False),
        ("{ $.status = 5* }", True),
        ("{ $.status = * }", True),
        ("{ $.nested = * }", False),
        ("{ $.arrayKey = * }", False),
        ("{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }", True),
        ("{ $.nested.* = x }", False),
        ("{ $.nested.deep.* = x }", True),
        ("{ $.SomeObject = * }", True),
        ("{ $.missing = * }", False),
        ('{ $.nested.deep.er = "x" }', True),
        ('{ $.["a.b"] = 1 }', True),
        ("{ $['a.b'] = 1 }", True),
        ('{ $.empty = "" }', True),
        ('{ $.status >= 500 && $.isCanaryRequest = "true" }', True),
        ("{ ($.status = 404) || ($.status = 503) }", True),
        ("{ $.status = 404 || $.status = 503 && $.latency > 100 }", False),
        ("{ ($.status = 503 || $.status = 404) && $.latency > 100 }", False),
        ("{ $.status = 503 || $.status = 404 && $.latency > 100 }", True),
        ("{ (($.status = 503)) }", True),
        ("{$.status=503}", True),
        ("{ $.eventType = %Trail$% }", True),
        ("{ $.eventType = %^Trail% }", False),
        ("{ $.eventType != %Trail% }", False),
    ],
)
def test_json(pattern: str, expected: bool) -> None:
    assert matches(pattern, RECORD) is expected


@pytest.mark.parametrize("message", ["no json", "[1, 2", "", '"text"', "12"], ids=repr)
def test_json_patterns_do_not_match_what_is_no_json(message: str) -> None:
    assert not matches("{ $.a NOT EXISTS }", message)


CLF = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 404*]", True),
        ("[ip, user, username, timestamp, request, status_code = 404]", False),
        ("[ip = %127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[w1=127*, w2]", True),
        ("[ip, user, username, timestamp, request, status_code=4*, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request, status_code=4*, bytes > 2000]", False),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", True),
        ("[..., status_code, bytes]", True),
        ("[..., status_code = 404, bytes]", True),
        ("[..., status_code != 404, bytes]", False),
        ("[ip, ...]", True),
        ("[ip = 127.*, ..., bytes >= 1534]", True),
        ("[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 400 || status_code = 410, bytes]", False),
        ("[ip, user, username, timestamp, request, (status_code >= 400 && status_code < 500), bytes]", True),
        ('[ip, user, username = "frank", ...]', True),
        ("[ip, user, username = %fr.nk%, ...]", True),
        ("[a, b, c, d, e, f, g, h, ...]", False),
    ],
)
def test_space_delimited(pattern: str, expected: bool) -> None:
    assert matches(pattern, CLF) is expected


def test_fields_keep_quoted_and_bracketed_text_together() -> None:
    assert split_fields(CLF)[3:5] == ["10/Oct/2000:13:25:15 -0700", "GET /index.html HTTP/1.0"]


@pytest.mark.parametrize(
    ("pattern", "message", "reference", "value"),
    [
        ("{ $.a.b = * }", '{"a": {"b": 7.5}}', "$.a.b", 7.5),
        ("{ $.a.b = * }", '{"a": {"b": 7.5}}', "$.a.c", None),
        ("", '{"a": 1}', "$.a", 1),
        ("", "text", "$.a", None),
        ("[..., bytes]", CLF, "$bytes", "1534"),
        ("[ip, ...]", CLF, "$bytes", None),
    ],
    ids=["property", "missing", "no pattern", "no JSON", "field", "no such field"],
)
def test_values_of_a_match(pattern: str, message: str, reference: str, value: Any) -> None:
    match = compile_pattern(pattern)(Event(message))
    assert match is not None
    assert match.value(reference) == value


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a = 1",
        "{ }",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a == 1 }",
        "{ a = 1 }",
        "{ $ = 1 }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a IS 1 }",
        "{ $.a NOT NULL }",
        "{ $.a > abc }",
        "{ $.a = $.b }",
        "{ $.a[x] = 1 }",
        "{ $.a[*].b[*] = 1 }",
        "{ $.a = %x% || $.a = %y% || $.a = %z% }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a = %(x)% }",
        "{ $.a = %[% }",
        "[a, b",
        "[a,, b]",
        "[]",
        "[..., a, ...]",
        "[a = ]",
        "[a, b = 1 && c = 2]",
        "[a = 1 ||]",
        '"open',
        "%(x)%",
    ],
)
def test_bad_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern, match=r"^Invalid filter pattern: "):
        compile_pattern(pattern)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_order_operators_agree_with_numbers(left: int, right: int) -> None:
    for sign, expected in (("<", left < right), (">=", left >= right), ("=", left == right), ("!=", left != right)):
        assert matches(f"{{ $.v {sign} {right} }}", {"v": left}) is expected


@given(st.text(), st.text())
def test_quoted_text_is_taken_literally(left: str, right: str) -> None:
    if "*" not in right:
        quoted = right.replace("\\", "\\\\").replace('"', '\\"')
        assert matches(f'{{ $.v = "{quoted}" }}', {"v": left}) is (left == right)


@given(st.text(max_size=40))
def test_any_text_compiles_or_is_refused_clearly(text: str) -> None:
    with contextlib.suppress(InvalidPattern):
        compile_pattern(text)(Event(text))
