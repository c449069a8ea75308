"""AWS WAF in front of a stage: associations, actions, answers, rates, labels and samples."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, guide, unsure
from .gateway import JSON, Cloud, refused
from .waf import (
    BODIES,
    COUNT,
    EVERYTHING,
    INVALID,
    NONE,
    NONEXISTENT,
    Guarded,
    answering,
    guarded_stage,
    having,
    rate,
    rule,
    waf_guide,
    waf_reference,
)


@pytest.fixture(scope="module")
def guarded(cloud: Cloud, unique: str) -> Guarded:
    return guarded_stage(cloud, unique)


MATCHES = [
    case("WAF-01", "A URI path holds the stage for WAF", waf_guide("logging-examples"),
         having({"UriPath": {}}, "/dev/x", "EXACTLY"), {}, True),
    case("WAF-02", "A byte match is case-sensitive", waf_reference("API_ByteMatchStatement"),
         having({"UriPath": {}}, "/DEV/X", "EXACTLY"), {}, False),
    case("WAF-03", "A transformation comes before a match", waf_reference("API_TextTransformation"),
         having({"SingleHeader": {"Name": "X-A"}}, "abc", "EXACTLY", "LOWERCASE"), {"X-A": "ABC"}, True),
    case("WAF-04", "A header that is missing matches no statement",
         waf_guide("waf-rule-statement-fields-missing-components"),
         having({"SingleHeader": {"Name": "X-A"}}, ""), {}, False),
    case("WAF-05", "Not of a missing header matches", waf_guide("waf-rule-statement-fields-missing-components"),
         {"NotStatement": {"Statement": having({"SingleHeader": {"Name": "X-A"}}, "")}}, {}, True),
    case("WAF-06", "All parts of an and-statement must match", waf_reference("API_AndStatement"),
         {"AndStatement": {"Statements": [EVERYTHING, having({"Method": {}}, "POST")]}}, {}, False),
    case("WAF-07", "One part of an or-statement is enough", waf_reference("API_OrStatement"),
         {"OrStatement": {"Statements": [EVERYTHING, having({"Method": {}}, "POST")]}}, {}, True),
    case("WAF-08", "A regular expression matches anywhere unless it is anchored",
         waf_reference("API_RegexMatchStatement"),
         {"RegexMatchStatement": {"RegexString": "v/x$", "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE}}, {}, True),
    case("WAF-09", "A size constraint counts the bytes of a part", waf_reference("API_SizeConstraintStatement"),
         {"SizeConstraintStatement": {"FieldToMatch": {"SingleHeader": {"Name": "x-a"}}, "ComparisonOperator": "GT", "Size": 3,
                                      "TextTransformations": NONE}}, {"X-A": "1234"}, True),
    case("WAF-10", "A cookie is read by its name", waf_reference("API_Cookies"),
         having({"Cookies": {"MatchPattern": {"IncludedCookies": ["a"]}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"}},
                "bad"), {"Cookie": "b=good; a=bad"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "headers", "blocked"), MATCHES)
def test_match(guarded: Guarded, statement: Any, headers: dict[str, str], blocked: bool) -> None:
    with guarded.acl(rule("r", statement)):
        assert guarded.api.get("/x", headers).status == (403 if blocked else 200)


@fact("WAF-11", "A block without a custom response is 403 Forbidden", guide("supported-gateway-response-types"))
def test_default_block(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING)):
        answer = guarded.api.get("/x")
    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


@fact(
    "WAF-12",
    "The default block names ForbiddenException",
    unsure("inference from the other 403 answers of API Gateway"),
)
def test_default_block_error_type(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING)):
        assert guarded.api.get("/x").header("x-amzn-ErrorType") == "ForbiddenException"


@fact("WAF-13", "The gateway response WAF_FILTERED changes a block", guide("supported-gateway-response-types"))
def test_gateway_response(cloud: Cloud, unique: str) -> None:
    api = cloud.api(f"filtered-{unique}")
    api.mock("GET", "/x")
    cloud.control.put_gateway_response(
        restApiId=api.id, responseType="WAF_FILTERED", statusCode="451", responseTemplates={JSON: '{"no":1}'}
    )
    api.deploy()
    with Guarded(cloud, api, f"{unique}-filtered").acl(rule("r", EVERYTHING)):
        answer = api.get("/x")
    assert (answer.status, answer.json()) == (451, {"no": 1})


@fact("WAF-14", "The default action decides when no rule does", waf_guide("web-acl-default-action"))
def test_default_action(guarded: Guarded) -> None:
    with guarded.acl(default="Block"):
        assert guarded.api.get("/x").status == 403


@fact("WAF-15", "A counting rule lets a request go on", waf_guide("waf-rule-action"))
def test_count(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING, COUNT)):
        assert guarded.api.get("/x").status == 200


@fact("WAF-16", "The rule with the lowest priority comes first", waf_reference("API_Rule"))
def test_priority(guarded: Guarded) -> None:
    with guarded.acl(rule("late", EVERYTHING, priority=9), rule("early", EVERYTHING, {"Allow": {}}, priority=1)):
        assert guarded.api.get("/x").status == 200


@fact("WAF-17", "A label of a counting rule is seen by a later rule of the web ACL", waf_guide("waf-rule-label-match"))
def test_label(guarded: Guarded) -> None:
    first = {**rule("first", EVERYTHING, COUNT), "RuleLabels": [{"Name": "a:b"}]}
    with guarded.acl(first, rule("second", {"LabelMatchStatement": {"Scope": "LABEL", "Key": "a:b"}}, priority=1)):
        assert guarded.api.get("/x").status == 403


@fact("WAF-18", "A namespace of labels matches by its prefix", waf_reference("API_LabelMatchStatement"))
def test_label_namespace(guarded: Guarded) -> None:
    first = {**rule("first", EVERYTHING, COUNT), "RuleLabels": [{"Name": "a:b"}]}
    with guarded.acl(first, rule("second", {"LabelMatchStatement": {"Scope": "NAMESPACE", "Key": "a:"}}, priority=1)):
        assert guarded.api.get("/x").status == 403


@fact("WAF-19", "A header that a rule inserts reaches the backend with a prefix",
      waf_guide("customizing-the-incoming-request"))  # fmt: skip
def test_inserted_header(guarded: Guarded) -> None:
    handling = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "yes"}]}}
    with guarded.acl(rule("r", EVERYTHING, {"Count": handling})):
        assert guarded.api.get("/inserted").text == "yes"


@fact("WAF-20", "A custom response has its own status and headers", waf_reference("API_CustomResponse"))
def test_custom_response(guarded: Guarded) -> None:
    answering_ = answering(429, ResponseHeaders=[{"Name": "Retry-After", "Value": "60"}])
    with guarded.acl(rule("r", EVERYTHING, answering_)):
        answer = guarded.api.get("/x")
    assert (answer.status, answer.header("Retry-After")) == (429, "60")


KINDS = [
    case("WAF-21", "A JSON body of a custom response says so", waf_reference("API_CustomResponseBody"), "json", JSON),
    case("WAF-22", "An HTML body of a custom response says so", waf_reference("API_CustomResponseBody"), "html", "text/html"),
    case("WAF-23", "A plain body of a custom response says so", waf_reference("API_CustomResponseBody"), "plain", "text/plain"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "kind"), KINDS)
def test_custom_body(guarded: Guarded, key: str, kind: str) -> None:
    with guarded.acl(rule("r", EVERYTHING, answering(403, CustomResponseBodyKey=key)), CustomResponseBodies=BODIES):
        answer = guarded.api.get("/x")
    assert answer.text == BODIES[key]["Content"]
    assert (answer.header("Content-Type") or "").startswith(kind)


@fact("WAF-24", "WAF comes before an API key", waf_guide("waf-chapter"))
def test_before_keys(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING, answering(429))):
        assert guarded.api.get("/locked").status == 429


@fact("WAF-25", "WAF comes before the route is looked for", unsure("inference from WAF running before everything else"))
def test_before_routes(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING)):
        assert guarded.api.get("/no/such/route").json() == {"message": "Forbidden"}


REFUSED = [
    case("WAF-26", "A rate limit below 10 is refused", waf_reference("API_RateBasedStatement"),
         rule("r", rate(Limit=9))),
    case("WAF-27", "An evaluation window that WAF does not have is refused", waf_reference("API_RateBasedStatement"),
         rule("r", rate(EvaluationWindowSec=90))),
    case("WAF-28", "A constant key without a scope-down statement is refused", waf_reference("API_RateBasedStatement"),
         rule("r", rate(AggregateKeyType="CONSTANT"))),
    case("WAF-29", "A custom response of 451 is refused", waf_guide("customizing-the-response-status-codes"),
         rule("r", EVERYTHING, answering(451))),
    case("WAF-30", "A custom response that sets content-type is refused", waf_reference("API_CustomHTTPHeader"),
         rule("r", EVERYTHING, answering(403, ResponseHeaders=[{"Name": "Content-Type", "Value": "a"}]))),
    case("WAF-31", "A custom response with an unknown body is refused", waf_reference("API_CustomResponse"),
         rule("r", EVERYTHING, answering(403, CustomResponseBodyKey="none"))),
]  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_refused(guarded: Guarded, wrong: dict[str, Any]) -> None:
    with refused(INVALID):
        guarded.make(wrong)


@fact("WAF-32", "Two rules of one priority are refused", waf_reference("API_Rule"))
def test_same_priority(guarded: Guarded) -> None:
    with refused(INVALID):
        guarded.make(rule("a", EVERYTHING), rule("b", EVERYTHING))


@fact("WAF-33", "Above its limit an address gets the rule's answer", waf_reference("API_RateBasedStatement"))
def test_rate(guarded: Guarded) -> None:
    with guarded.acl(rule("r", rate(), answering(429))):
        assert guarded.until_limited({}).status == 429


@fact("WAF-34", "Up to its limit an address passes", waf_reference("API_RateBasedStatement"))
def test_rate_below(guarded: Guarded) -> None:
    with guarded.acl(rule("r", rate(), answering(429))):
        assert {guarded.api.get("/x").status for _ in range(10)} == {200}


FORWARDED = {"AggregateKeyType": "FORWARDED_IP"}


def by_header(fallback: str) -> dict[str, Any]:
    return rate(**FORWARDED, ForwardedIPConfig={"HeaderName": "X-Client", "FallbackBehavior": fallback})


@fact("WAF-35", "A forwarded address is the first one of its header", waf_reference("API_ForwardedIPConfig"))
def test_forwarded(guarded: Guarded) -> None:
    with guarded.acl(rule("r", by_header("NO_MATCH"), answering(429))):
        assert guarded.until_limited({"X-Client": "203.0.113.1, 198.51.100.9"}).status == 429
        assert guarded.api.get("/x", {"X-Client": "203.0.113.2, 198.51.100.9"}).status == 200


@fact("WAF-36", "Without its header a forwarded address is not limited", waf_reference("API_ForwardedIPConfig"))
def test_forwarded_missing(guarded: Guarded) -> None:
    with guarded.acl(rule("r", by_header("MATCH"), answering(429))):
        assert guarded.until_limited({}, most=30).status == 200


@fact("WAF-37", "A forwarded address that is none is decided by the fallback", waf_reference("API_ForwardedIPConfig"))
def test_forwarded_fallback(guarded: Guarded) -> None:
    with guarded.acl(rule("r", by_header("MATCH"), answering(429))):
        assert guarded.api.get("/x", {"X-Client": "nobody"}).status == 429


@fact("WAF-38", "A request without a custom key is not limited", waf_reference("API_RateBasedStatement"))
def test_custom_key(guarded: Guarded) -> None:
    keyed = rate(
        AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"Header": {"Name": "x-key", "TextTransformations": NONE}}]
    )
    with guarded.acl(rule("r", keyed, answering(429))):
        assert guarded.until_limited({"X-Key": "a"}).status == 429
        assert guarded.api.get("/x", {"X-Key": "b"}).status == 200
        assert guarded.until_limited({}, most=30).status == 200


@fact("WAF-39", "The addresses that a rate rule blocks are listed with a full prefix",
      waf_reference("API_GetRateBasedStatementManagedKeys"))  # fmt: skip
def test_managed_keys(guarded: Guarded) -> None:
    with guarded.acl(rule("r", by_header("MATCH"), answering(429))) as summary:
        guarded.until_limited({"X-Client": "203.0.113.7"})
        found = guarded.waf.get_rate_based_statement_managed_keys(
            Scope="REGIONAL", WebACLName=summary["Name"], WebACLId=summary["Id"], RuleName="r"
        )
    assert found["ManagedKeysIPV4"] == {"IPAddressVersion": "IPV4", "Addresses": ["203.0.113.7/32"]}


@fact(
    "WAF-40", "The keys of a rule with custom keys are not told", waf_reference("API_GetRateBasedStatementManagedKeys")
)
def test_managed_custom_keys(guarded: Guarded) -> None:
    keyed = rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"HTTPMethod": {}}])
    with guarded.acl(rule("r", keyed)) as summary, refused("WAFUnsupportedAggregateKeyTypeException"):
        guarded.waf.get_rate_based_statement_managed_keys(
            Scope="REGIONAL", WebACLName=summary["Name"], WebACLId=summary["Id"], RuleName="r"
        )


@fact("WAF-41", "A blocked request is sampled with the status that was sent", waf_reference("API_GetSampledRequests"))
def test_samples(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING, answering(429))) as summary:
        guarded.api.get("/x", {"X-A": "1"})
        found = guarded.sampled(summary, "r")
    assert (found[0]["Action"], found[0]["ResponseCodeSent"]) == ("BLOCK", 429)
    assert (found[0]["Request"]["Method"], found[0]["Request"]["URI"]) == ("GET", "/dev/x")
    assert {"Name": "X-A", "Value": "1"} in found[0]["Request"]["Headers"]


@fact("WAF-42", "Protected fields are substituted in samples", waf_reference("API_DataProtectionConfig"))
def test_protected_samples(guarded: Guarded) -> None:
    field = {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization"]}
    protection = {"DataProtections": [{"Field": field, "Action": "SUBSTITUTION"}]}
    with guarded.acl(rule("r", EVERYTHING), DataProtectionConfig=protection) as summary:
        guarded.api.get("/x", {"Authorization": "secret"})
        found = guarded.sampled(summary, "r")
    assert {"Name": "Authorization", "Value": "REDACTED"} in found[0]["Request"]["Headers"]


@fact("WAF-43", "A stage that does not exist cannot be associated", waf_reference("API_AssociateWebACL"))
def test_unknown_stage(guarded: Guarded) -> None:
    summary = guarded.make()
    with refused(NONEXISTENT):
        guarded.waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=guarded.stage_arn + "x")
    guarded.remove(summary)


@fact("WAF-44", "A web ACL that is associated cannot be deleted", waf_reference("API_DeleteWebACL"))
def test_associated(guarded: Guarded) -> None:
    with guarded.acl() as summary, refused("WAFAssociatedItemException"):
        guarded.remove(summary)


@fact(
    "WAF-45", "A stage without a web ACL is answered without one", unsure("the Terraform provider's reader expects it")
)
def test_no_web_acl(guarded: Guarded) -> None:
    assert "WebACL" not in guarded.waf.get_web_acl_for_resource(ResourceArn=guarded.stage_arn)


@fact("WAF-46", "A web ACL is read back with its response bodies", waf_reference("API_WebACL"))
def test_read_back(guarded: Guarded) -> None:
    with guarded.acl(CustomResponseBodies=BODIES):
        found = guarded.waf.get_web_acl_for_resource(ResourceArn=guarded.stage_arn)["WebACL"]
    assert found["CustomResponseBodies"] == BODIES


@fact("WAF-47", "A web ACL that was disassociated inspects nothing", waf_reference("API_DisassociateWebACL"))
def test_disassociated(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING)):
        assert guarded.api.get("/x").status == 403
    assert guarded.api.get("/x").status == 200
