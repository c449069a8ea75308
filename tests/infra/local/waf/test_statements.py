"""Each kind of statement, with a request that matches and one that does not."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from infra.local.waf.inspected import Inspected
from infra.local.waf.statements import references
from tests.infra.local.waf.requests import NONE, Clock, action, compiled, inspected, rule, web_acl

IP_SET = "arn:aws:wafv2:us-east-1:000000000000:regional/ipset/office/22222222-2222-2222-2222-222222222222"
PATTERNS = "arn:aws:wafv2:us-east-1:000000000000:regional/regexpatternset/bad/33333333-3333-3333-3333-333333333333"
REFERRED: dict[str, Any] = {
    IP_SET: {"Addresses": ["192.0.2.0/24", "2001:db8::/32"]},
    PATTERNS: {"RegularExpressionList": [{"RegexString": "^curl/"}, {"RegexString": "bot$"}]},
}


def text(sought: str, field: dict[str, Any], position: str = "CONTAINS", *transformations: str) -> dict[str, Any]:
    chain = [{"Priority": number, "Type": name} for number, name in enumerate(transformations)] or NONE
    return {
        "ByteMatchStatement": {
            "SearchString": base64.b64encode(sought.encode()).decode(),
            "FieldToMatch": field,
            "PositionalConstraint": position,
            "TextTransformations": chain,
        }
    }


def geo(*countries: str) -> dict[str, Any]:
    return {"GeoMatchStatement": {"CountryCodes": list(countries)}}


def ip_set(**config: Any) -> dict[str, Any]:
    return {"IPSetReferenceStatement": {"ARN": IP_SET, **config}}


def forwarded_set(position: str, fallback: str) -> dict[str, Any]:
    return ip_set(IPSetForwardedIPConfig={"HeaderName": "X-Client", "Position": position, "FallbackBehavior": fallback})


def size(field: dict[str, Any], operator: str, number: int) -> dict[str, Any]:
    return {
        "SizeConstraintStatement": {
            "FieldToMatch": field,
            "ComparisonOperator": operator,
            "Size": number,
            "TextTransformations": NONE,
        }
    }


URI: dict[str, Any] = {"UriPath": {}}
BODY: dict[str, Any] = {"Body": {"OversizeHandling": "CONTINUE"}}
AGENT = {"SingleHeader": {"Name": "User-Agent"}}
ALWAYS = size(URI, "GE", 0)
NEVER = size(URI, "LT", 0)
LONG = b"x" * 20_000 + b"needle"


@pytest.mark.parametrize(
    ("statement", "request_", "expected"),
    [
        pytest.param(text("/live/", URI, "STARTS_WITH"), inspected(), "BLOCK", id="uri starts, with the stage"),
        pytest.param(text("/x", URI, "ENDS_WITH"), inspected(), "BLOCK", id="uri ends"),
        pytest.param(text("/live", URI, "EXACTLY"), inspected(), "ALLOW", id="uri is not exactly"),
        pytest.param(text("/LIVE", URI), inspected(), "ALLOW", id="case matters"),
        pytest.param(text("/live", URI, "CONTAINS", "LOWERCASE"), inspected(uri="/LIVE/X"), "BLOCK", id="lowercase"),
        pytest.param(text("a b", URI, "CONTAINS", "URL_DECODE"), inspected(uri="/a%20b"), "BLOCK", id="url decode"),
        pytest.param(
            text("<script", BODY, "CONTAINS", "HTML_ENTITY_DECODE", "LOWERCASE"),
            inspected(body=b"&lt;SCRIPT"),
            "BLOCK",
            id="two transformations in order",
        ),
        pytest.param(text("live", URI, "CONTAINS_WORD"), inspected(), "BLOCK", id="a word"),
        pytest.param(text("iv", URI, "CONTAINS_WORD"), inspected(), "ALLOW", id="part of a word"),
        pytest.param(text("curl", AGENT), inspected(headers={"user-agent": "curl/8"}), "BLOCK", id="header"),
        pytest.param(text("curl", AGENT), inspected(), "ALLOW", id="missing header"),
        pytest.param({"NotStatement": {"Statement": text("curl", AGENT)}}, inspected(), "BLOCK", id="not missing"),
        pytest.param(text("1", {"SingleQueryArgument": {"Name": "Q"}}), inspected(query="q=1"), "BLOCK", id="argument"),
        pytest.param(text("p", {"AllQueryArguments": {}}), inspected(query="p=1"), "BLOCK", id="an argument's name"),
        pytest.param(text("q=1", {"QueryString": {}}), inspected(query="q=1"), "BLOCK", id="query string"),
        pytest.param(text("POST", {"Method": {}}, "EXACTLY"), inspected("POST"), "BLOCK", id="method"),
        pytest.param(
            text("v", {"Cookies": {"MatchPattern": {"IncludedCookies": ["s"]}, "MatchScope": "VALUE"}}),
            inspected(headers={"Cookie": "s=v; t=w"}),
            "BLOCK",
            id="cookie",
        ),
        pytest.param(
            text("w", {"Cookies": {"MatchPattern": {"IncludedCookies": ["s"]}, "MatchScope": "VALUE"}}),
            inspected(headers={"Cookie": "s=v; t=w"}),
            "ALLOW",
            id="another cookie",
        ),
        pytest.param(
            text("admin", {"JsonBody": {"MatchPattern": {"IncludedPaths": ["/user/role"]}, "MatchScope": "VALUE"}}),
            inspected(body=b'{"user": {"role": "admin"}}'),
            "BLOCK",
            id="json path",
        ),
        pytest.param(
            text("admin", {"JsonBody": {"MatchPattern": {"IncludedPaths": ["/user/role"]}, "MatchScope": "VALUE"}}),
            inspected(body=b'{"user": {"name": "admin"}}'),
            "ALLOW",
            id="another json path",
        ),
        pytest.param(
            text(
                "x",
                {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "InvalidFallbackBehavior": "MATCH"}},
            ),
            inspected(body=b"{"),
            "BLOCK",
            id="no json, fallback",
        ),
        pytest.param(text("needle", BODY), inspected(body=LONG), "ALLOW", id="behind what WAF reads of a body"),
        pytest.param(
            text("y", {"Body": {"OversizeHandling": "MATCH"}}), inspected(body=LONG), "BLOCK", id="oversize matches"
        ),
        pytest.param(
            {"RegexMatchStatement": {"RegexString": "^/live/[a-z]$", "FieldToMatch": URI, "TextTransformations": NONE}},
            inspected(),
            "BLOCK",
            id="regular expression",
        ),
        pytest.param(
            {
                "RegexPatternSetReferenceStatement": {
                    "ARN": PATTERNS,
                    "FieldToMatch": AGENT,
                    "TextTransformations": NONE,
                }
            },
            inspected(headers={"User-Agent": "googlebot"}),
            "BLOCK",
            id="pattern set",
        ),
        pytest.param(size(BODY, "GT", 3), inspected(body=b"1234"), "BLOCK", id="size above"),
        pytest.param(size(BODY, "LE", 3), inspected(body=b"1234"), "ALLOW", id="size not below"),
        pytest.param(ip_set(), inspected(ip="192.0.2.77"), "BLOCK", id="ip set"),
        pytest.param(ip_set(), inspected(ip="2001:db8::5"), "BLOCK", id="ip set, IPv6"),
        pytest.param(ip_set(), inspected(ip="198.51.100.1"), "ALLOW", id="not in the ip set"),
        pytest.param(
            forwarded_set("FIRST", "NO_MATCH"),
            inspected(headers={"X-Client": "192.0.2.1, 9.9.9.9"}),
            "BLOCK",
            id="first",
        ),
        pytest.param(
            forwarded_set("LAST", "NO_MATCH"), inspected(headers={"X-Client": "192.0.2.1, 9.9.9.9"}), "ALLOW", id="last"
        ),
        pytest.param(
            forwarded_set("ANY", "NO_MATCH"), inspected(headers={"X-Client": "9.9.9.9, 192.0.2.1"}), "BLOCK", id="any"
        ),
        pytest.param(forwarded_set("ANY", "MATCH"), inspected(headers={"X-Client": "?"}), "BLOCK", id="fallback match"),
        pytest.param(forwarded_set("ANY", "MATCH"), inspected(), "ALLOW", id="no header, no fallback"),
        pytest.param(geo("DE", "GF"), inspected(headers={"X-Viewer-Country": "gf"}), "BLOCK", id="country"),
        pytest.param(geo("DE"), inspected(headers={"X-Viewer-Country": "US"}), "ALLOW", id="another country"),
        pytest.param(geo("DE"), inspected(), "ALLOW", id="unknown country"),
        pytest.param({"AndStatement": {"Statements": [ALWAYS, ALWAYS]}}, inspected(), "BLOCK", id="and"),
        pytest.param({"AndStatement": {"Statements": [ALWAYS, NEVER]}}, inspected(), "ALLOW", id="and, one not"),
        pytest.param({"OrStatement": {"Statements": [NEVER, ALWAYS]}}, inspected(), "BLOCK", id="or"),
        pytest.param({"OrStatement": {"Statements": [NEVER, NEVER]}}, inspected(), "ALLOW", id="or, none"),
        pytest.param({"NotStatement": {"Statement": NEVER}}, inspected(), "BLOCK", id="not"),
    ],
)
def test_a_statement(statement: dict[str, Any], request_: Inspected, expected: str) -> None:
    assert action(statement, request_, referred=REFERRED) == expected


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param({"SqliMatchStatement": {"FieldToMatch": URI, "TextTransformations": NONE}}, "SqliMatch", id="sqli"),
        pytest.param({"XssMatchStatement": {"FieldToMatch": URI, "TextTransformations": NONE}}, "XssMatch", id="xss"),
        pytest.param({"AsnMatchStatement": {"AsnList": [1]}}, "AsnMatch", id="asn"),
        pytest.param({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "X"}}, "managed rule group X", id="managed"),
        pytest.param(text("x", URI, "CONTAINS", "JS_DECODE"), "JS_DECODE", id="transformation"),
        pytest.param({"NotStatement": {"Statement": {"SqliMatchStatement": {}}}}, "SqliMatch", id="not of unknown"),
        pytest.param(ip_set(), "does not exist", id="set that is gone"),
        pytest.param({"ByteMatchStatement": {}}, "malformed", id="malformed"),
        pytest.param({}, "nothing", id="empty"),
    ],
)  # fmt: skip
def test_what_is_not_evaluated_never_matches_and_is_named(statement: dict[str, Any], named: str) -> None:
    acl = compiled(web_acl(rule("r", statement)))
    assert acl.evaluate(inspected()).action == "ALLOW"
    (told,) = acl.not_evaluated
    assert told.startswith("r: ")
    assert named in told


def test_a_country_is_a_label_whether_it_matches_or_not() -> None:
    request = inspected(headers={"X-Viewer-Country": "FR"})
    acl = compiled(
        web_acl(
            rule("geo", geo("DE"), "Count"),
            rule(
                "label",
                {"LabelMatchStatement": {"Scope": "LABEL", "Key": "awswaf:clientip:geo:country:FR"}},
                priority=1,
            ),
        )
    )
    assert acl.evaluate(request).action == "BLOCK"


@pytest.mark.parametrize(
    ("scope", "key", "expected"),
    [
        pytest.param("LABEL", "team:blue", "BLOCK", id="own namespace"),
        pytest.param("LABEL", "awswaf:000000000000:webacl:shop:team:blue", "BLOCK", id="in full"),
        pytest.param("LABEL", "team", "ALLOW", id="a part is no label"),
        pytest.param("NAMESPACE", "team:", "BLOCK", id="namespace"),
        pytest.param("NAMESPACE", "tea:", "ALLOW", id="no part of a name"),
    ],
)
def test_labels_of_earlier_rules(scope: str, key: str, expected: str) -> None:
    acl = compiled(
        web_acl(
            rule("first", ALWAYS, "Count", RuleLabels=[{"Name": "team:blue"}]),
            rule("second", {"LabelMatchStatement": {"Scope": scope, "Key": key}}, priority=1),
        )
    )
    assert acl.evaluate(inspected()).action == expected


def rate(limit: int = 10, **more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": limit, "EvaluationWindowSec": 60, "AggregateKeyType": "IP", **more}}


def test_a_rate_is_counted_by_address_and_forgotten_with_its_window() -> None:
    clock = Clock()
    acl = compiled(web_acl(rule("r", rate())), clock=clock)
    assert [acl.evaluate(inspected()).action for _ in range(11)] == ["ALLOW"] * 10 + ["BLOCK"]
    assert acl.evaluate(inspected(ip="198.51.100.2")).action == "ALLOW"
    clock.now += 60
    assert acl.evaluate(inspected()).action == "ALLOW"


def test_only_what_the_scope_down_statement_fits_is_counted_and_limited() -> None:
    acl = compiled(web_acl(rule("r", rate(ScopeDownStatement=text("POST", {"Method": {}}, "EXACTLY")))))
    assert {acl.evaluate(inspected("GET")).action for _ in range(50)} == {"ALLOW"}
    assert [acl.evaluate(inspected("POST")).action for _ in range(11)][-1] == "BLOCK"
    assert acl.evaluate(inspected("GET")).action == "ALLOW"


FORWARDED = {"AggregateKeyType": "FORWARDED_IP"}
MATCH = {"ForwardedIPConfig": {"HeaderName": "X-Client", "FallbackBehavior": "MATCH"}}
NO_MATCH = {"ForwardedIPConfig": {"HeaderName": "X-Client", "FallbackBehavior": "NO_MATCH"}}


@pytest.mark.parametrize(
    ("config", "header", "eleventh"),
    [
        pytest.param(MATCH, {"X-Client": "9.9.9.9, 8.8.8.8"}, "BLOCK", id="first address"),
        pytest.param(MATCH, {}, "ALLOW", id="no header: the rule is not applied"),
        pytest.param(NO_MATCH, {"X-Client": "unknown"}, "ALLOW", id="no address, no match"),
    ],
)
def test_a_forwarded_address(config: dict[str, Any], header: dict[str, str], eleventh: str) -> None:
    acl = compiled(web_acl(rule("r", rate(**FORWARDED, **config))))
    found = [acl.evaluate(inspected(headers=header, ip=f"10.0.0.{number}")).action for number in range(11)]
    assert found == ["ALLOW"] * 10 + [eleventh]


def test_a_forwarded_text_that_is_no_address_matches_at_once_by_fallback() -> None:
    acl = compiled(web_acl(rule("r", rate(**FORWARDED, **MATCH))))
    assert acl.evaluate(inspected(headers={"X-Client": "unknown"})).action == "BLOCK"


def test_the_address_that_connects_is_last_in_x_forwarded_for_as_on_api_gateway() -> None:
    assert inspected(headers={"x-forwarded-for": "9.9.9.9"}).forwarded("X-Forwarded-For") == ["9.9.9.9", "198.51.100.1"]
    assert inspected().forwarded("X-Forwarded-For") == ["198.51.100.1"]


CUSTOM = {
    "AggregateKeyType": "CUSTOM_KEYS",
    "CustomKeys": [
        {"Header": {"Name": "x-api-key", "TextTransformations": NONE}},
        {"HTTPMethod": {}},
    ],
}


def test_custom_keys_count_by_all_parts_and_not_without_one() -> None:
    acl = compiled(web_acl(rule("r", rate(**CUSTOM))))
    first = {"X-Api-Key": "a"}
    assert [acl.evaluate(inspected(headers=first)).action for _ in range(11)][-1] == "BLOCK"
    assert acl.evaluate(inspected("POST", headers=first)).action == "ALLOW"
    assert acl.evaluate(inspected(headers={"X-Api-Key": "b"})).action == "ALLOW"
    assert {acl.evaluate(inspected()).action for _ in range(30)} == {"ALLOW"}


def test_a_constant_key_counts_everybody_together() -> None:
    acl = compiled(web_acl(rule("r", rate(AggregateKeyType="CONSTANT", ScopeDownStatement=ALWAYS))))
    found = [acl.evaluate(inspected(ip=f"10.0.0.{number}")).action for number in range(11)]
    assert found[-1] == "BLOCK"


def test_references_are_found_at_any_depth() -> None:
    nested = {"AndStatement": {"Statements": [ALWAYS, {"NotStatement": {"Statement": ip_set()}}]}}
    assert references([rule("r", nested)]) == {IP_SET}
