"""AWS WAF in front of a stage: associations, actions, answers, rates, labels, samples, keys and logs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from .facts import case, documented, fact, guide, unsure
from .gateway import ACCOUNT, Answer, Api, Cloud, add, refused, replace

WAF = "https://docs.aws.amazon.com/waf/latest/{page}.html"
JSON = "application/json"


def waf_guide(page: str) -> Any:
    return documented(WAF.format(page=f"developerguide/{page}"))


def waf_reference(page: str) -> Any:
    return documented(WAF.format(page=f"APIReference/{page}"))


NONE = [{"Priority": 0, "Type": "NONE"}]
INVALID = "WAFInvalidParameterException"
NONEXISTENT = "WAFNonexistentItemException"


def visible(name: str) -> dict[str, Any]:
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def rule(
    name: str, statement: dict[str, Any], action: dict[str, Any] | None = None, priority: int = 0
) -> dict[str, Any]:
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "Action": action or {"Block": {}},
        "VisibilityConfig": visible(name),
    }


def having(
    field: dict[str, Any], text: str, position: str = "CONTAINS", transformation: str = "NONE"
) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(),
            "FieldToMatch": field,
            "PositionalConstraint": position,
            "TextTransformations": [{"Priority": 0, "Type": transformation}],
        }
    }


def rate(**settings: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP", **settings}}


def answering(status: int, **settings: Any) -> dict[str, Any]:
    return {"Block": {"CustomResponse": {"ResponseCode": status, **settings}}}


EVERYTHING = having({"UriPath": {}}, "/")
COUNT: dict[str, Any] = {"Count": {}}
BODIES = {
    "json": {"ContentType": "APPLICATION_JSON", "Content": '{"a":1}'},
    "html": {"ContentType": "TEXT_HTML", "Content": "<p>"},
    "plain": {"ContentType": "TEXT_PLAIN", "Content": "a"},
}


@dataclass
class Guarded:
    """A stage with a MOCK method and a web ACL that is made anew for each test."""

    cloud: Cloud
    api: Api
    unique: str

    @property
    def waf(self) -> Any:
        return self.cloud.client("wafv2")

    @property
    def stage_arn(self) -> str:
        return f"arn:aws:apigateway:us-east-1::/restapis/{self.api.id}/stages/dev"

    def make(self, *rules: Any, default: str = "Allow", **settings: Any) -> dict[str, Any]:
        name = f"fidelity-{self.unique}"
        made = self.waf.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={default: {}}, Rules=list(rules), VisibilityConfig=visible(name), **settings
        )  # fmt: skip
        return dict(made["Summary"])

    def remove(self, summary: dict[str, Any]) -> None:
        named = {"Name": summary["Name"], "Scope": "REGIONAL", "Id": summary["Id"]}
        self.waf.delete_web_acl(**named, LockToken=self.waf.get_web_acl(**named)["LockToken"])

    @contextmanager
    def acl(self, *rules: Any, **settings: Any) -> Iterator[dict[str, Any]]:
        summary = self.make(*rules, **settings)
        try:
            self.waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=self.stage_arn)
            yield summary
        finally:
            self.waf.disassociate_web_acl(ResourceArn=self.stage_arn)
            self.remove(summary)

    def until_limited(self, headers: dict[str, str], most: int = 200) -> Answer:
        """The first answer that is not 200; AWS takes its time, so this is patient."""
        for _ in range(most):
            answer = self.api.get("/x", headers)
            if answer.status != 200:
                return answer
        return answer


@pytest.fixture(scope="module")
def guarded(cloud: Cloud, unique: str) -> Guarded:
    api = cloud.api(f"guarded-{unique}")
    api.mock("GET", "/x", "passed")
    api.mock("GET", "/locked", apiKeyRequired=True)
    api.mock("GET", "/inserted", '$input.params("x-amzn-waf-seen")')
    api.deploy()
    return Guarded(cloud, api, unique)


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


def wait_for(ask: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@fact("WAF-41", "A blocked request is sampled with the status that was sent", waf_reference("API_GetSampledRequests"))
def test_samples(guarded: Guarded) -> None:
    with guarded.acl(rule("r", EVERYTHING, answering(429))) as summary:
        guarded.api.get("/x", {"X-A": "1"})
        now = time.time()
        found = wait_for(
            lambda: guarded.waf.get_sampled_requests(
                WebAclArn=summary["ARN"], RuleMetricName="r", Scope="REGIONAL", MaxItems=5,
                TimeWindow={"StartTime": now - 600, "EndTime": now + 600},
            )["SampledRequests"]
        )  # fmt: skip
    assert (found[0]["Action"], found[0]["ResponseCodeSent"]) == ("BLOCK", 429)
    assert (found[0]["Request"]["Method"], found[0]["Request"]["URI"]) == ("GET", "/dev/x")
    assert {"Name": "X-A", "Value": "1"} in found[0]["Request"]["Headers"]


@fact("WAF-42", "Protected fields are substituted in samples", waf_reference("API_DataProtectionConfig"))
def test_protected_samples(guarded: Guarded) -> None:
    field = {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization"]}
    protection = {"DataProtections": [{"Field": field, "Action": "SUBSTITUTION"}]}
    with guarded.acl(rule("r", EVERYTHING), DataProtectionConfig=protection) as summary:
        guarded.api.get("/x", {"Authorization": "secret"})
        now = time.time()
        found = wait_for(
            lambda: guarded.waf.get_sampled_requests(
                WebAclArn=summary["ARN"], RuleMetricName="r", Scope="REGIONAL", MaxItems=5,
                TimeWindow={"StartTime": now - 600, "EndTime": now + 600},
            )["SampledRequests"]
        )  # fmt: skip
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


def destination(name: str) -> list[str]:
    return [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"]


@fact("WAF-48", "A log group must be named aws-waf-logs-", waf_guide("logging-cw-logs"))
def test_log_group_name(guarded: Guarded) -> None:
    with guarded.acl() as summary, refused(INVALID):
        guarded.waf.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": summary["ARN"], "LogDestinationConfigs": destination("mine")}
        )


@fact("WAF-49", "Without a logging configuration there is none to get", waf_reference("API_GetLoggingConfiguration"))
def test_no_logging(guarded: Guarded) -> None:
    with guarded.acl() as summary, refused(NONEXISTENT):
        guarded.waf.get_logging_configuration(ResourceArn=summary["ARN"])


@pytest.fixture(scope="module")
def line(guarded: Guarded) -> dict[str, Any]:
    """The log line of one blocked request, of two: the other was allowed and is filtered out."""
    group, logs = f"aws-waf-logs-{guarded.unique}", guarded.cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    condition = {
        "Behavior": "KEEP",
        "Requirement": "MEETS_ANY",
        "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
    }
    with guarded.acl(rule("r", having({"SingleHeader": {"Name": "x-a"}}, "1"), answering(429))) as summary:
        guarded.waf.put_logging_configuration(
            LoggingConfiguration={
                "ResourceArn": summary["ARN"],
                "LogDestinationConfigs": destination(group),
                "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}, {"QueryString": {}}],
                "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": [condition]},
            }
        )
        guarded.api.get("/x")
        guarded.api.get("/x?q=secret", {"X-A": "1", "Authorization": "secret"})
        events = wait_for(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert len(events) == 1
    return dict(json.loads(events[0]["message"]))


FIELDS = waf_guide("logging-fields")
LINES = [
    case("WAF-50", "A log line names the rule that ended it", FIELDS, "terminatingRuleId", "r"),
    case("WAF-51", "A log line says what was done", FIELDS, "action", "BLOCK"),
    case("WAF-52", "A log line of a REST API says APIGW", FIELDS, "httpSourceName", "APIGW"),
    case("WAF-53", "A log line has the status that was sent", FIELDS, "responseCodeSent", 429),
    case("WAF-54", "A log line has a format version", FIELDS, "formatVersion", 1),
]


@pytest.mark.parametrize(("name", "value"), LINES)
def test_log_line(line: dict[str, Any], name: str, value: Any) -> None:
    assert line[name] == value


@fact("WAF-55", "A log line names account, API and stage as its source", waf_guide("logging-examples"))
def test_log_source(guarded: Guarded, line: dict[str, Any]) -> None:
    assert line["httpSourceId"] == f"{ACCOUNT}:{guarded.api.id}:dev"


@fact("WAF-56", "Redacted fields are not in the log", waf_reference("API_LoggingConfiguration"))
def test_redacted(line: dict[str, Any]) -> None:
    assert "secret" not in json.dumps(line)
    assert line["httpRequest"]["args"] == "REDACTED"


LOGGED = guide("api-gateway-variables-for-access-logging")
SEEN = [
    case("WAF-57", "The access log says WAF_BLOCK for a blocked request", LOGGED, "/x?bad", "waf", "WAF_BLOCK"),
    case("WAF-58", "The access log says WAF_ALLOW for an allowed request", LOGGED, "/x", "waf", "WAF_ALLOW"),
    case("WAF-59", "The access log has the status that WAF sent", LOGGED, "/x?bad", "status", "429"),
    case("WAF-60", "The access log names WAF_FILTERED for a block",
         unsure("the gateway response type of a block; not written for custom responses"), "/x?bad", "type", "WAF_FILTERED"),
]  # fmt: skip


@pytest.fixture(scope="module")
def access(guarded: Guarded) -> dict[str, dict[str, str]]:
    """Access log lines of GET /x and of GET /x?bad, which is blocked, by what was asked."""
    group, logs = f"fidelity-waf-access-{guarded.unique}", guarded.cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    format_ = {
        "id": "$context.requestId", "waf": "$context.wafResponseCode", "status": "$context.status",
        "type": "$context.error.responseType",
    }  # fmt: skip
    guarded.api.patch_stage(
        add("/accessLogSettings/destinationArn", destination(group)[0]),
        replace("/accessLogSettings/format", json.dumps(format_)),
    )
    with guarded.acl(rule("r", having({"QueryString": {}}, "bad"), answering(429))):
        ids = {path: guarded.api.get(path).header("x-amzn-RequestId") for path in ("/x", "/x?bad")}

        def ask() -> dict[str, dict[str, str]] | None:
            events = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
            found = {path: entry for path, wanted in ids.items() for entry in events if entry["id"] == wanted}
            return found if len(found) == 2 else None

        found: dict[str, dict[str, str]] = wait_for(ask)
    return found


@pytest.mark.parametrize(("path", "name", "value"), SEEN)
def test_access_log(access: dict[str, dict[str, str]], path: str, name: str, value: str) -> None:
    assert access[path][name] == value


@fact("WAF-61", "Blocked requests are counted by web ACL, rule and region", waf_guide("waf-metrics"))
def test_metrics(cloud: Cloud, unique: str) -> None:
    api = cloud.api(f"measured-{unique}")
    api.mock("GET", "/x")
    api.deploy()
    measured = Guarded(cloud, api, f"{unique}-measured")
    with measured.acl(rule("blocking", EVERYTHING)) as summary:
        api.get("/x")
    names = {"WebACL": summary["Name"], "Rule": "blocking", "Region": "us-east-1"}

    def ask() -> float:
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/WAFV2", MetricName="BlockedRequests", Period=60, Statistics=["Sum"],
            Dimensions=[{"Name": name, "Value": value} for name, value in names.items()],
            StartTime=time.time() - 600, EndTime=time.time() + 600,
        )  # fmt: skip
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    assert wait_for(ask) == 1


@fact("WAF-62", "A stack associates a web ACL with a stage",
      documented("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-webaclassociation.html"))  # fmt: skip
def test_stack(guarded: Guarded) -> None:
    name = f"fidelity-waf-{guarded.unique}"
    search = {**having({"UriPath": {}}, "/")["ByteMatchStatement"], "SearchString": "/dev"}
    resources = {
        "Acl": {
            "Type": "AWS::WAFv2::WebACL",
            "Properties": {
                "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible("stack"),
                "Rules": [rule("r", {"ByteMatchStatement": search})],
            },
        },
        "Association": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Properties": {"WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}, "ResourceArn": guarded.stage_arn},
        },
    }  # fmt: skip
    stacks = guarded.cloud.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    wait_for(lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    assert guarded.api.get("/x").status == 403
    stacks.delete_stack(StackName=name)
    wait_for(lambda: guarded.api.get("/x").status == 200)
    assert guarded.api.get("/x").status == 200
