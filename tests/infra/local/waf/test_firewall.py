"""Loading, keeping and forgetting of web ACLs, with a cloud that counts its calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.ports import CloudCallError, HttpRequest, HttpResponse, RequestRecord
from infra.local.waf.firewall import Firewall
from infra.local.waf.records import LOGGING
from tests.infra.local.waf.requests import ARN, NONE, Clock, compiled, inspected, rule, visible, web_acl
from tests.infra.local.waf.test_statements import ALWAYS, IP_SET, REFERRED, ip_set, rate, text

STAGE = "arn:aws:apigateway:us-east-1::/restapis/abc/stages/live"


class FakeCloud:
    """ministack's WAF: one web ACL on one stage, and what it refers to."""

    def __init__(self, acl: dict[str, Any] | None) -> None:
        self.acl = acl
        self.calls: list[str] = []
        self.gone: set[str] = set()

    async def call(self, service: str, region: str, **_: Any) -> HttpResponse:
        raise AssertionError("WAF is asked in JSON")

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        operation = target.partition(".")[2]
        self.calls.append(operation)
        await asyncio.sleep(0)
        assert (service, region) == ("wafv2", "us-east-1")
        if operation == "GetWebACLForResource":
            if self.acl is None or parameters["ResourceArn"] != STAGE:
                raise CloudCallError("WAFNonexistentItemException", "no web ACL")
            return {"WebACL": self.acl}
        if operation in self.gone:
            raise CloudCallError("WAFNonexistentItemException", "gone")
        return {"IPSet": REFERRED[IP_SET]}


class FakeTelemetry:
    def __init__(self) -> None:
        self.metrics: list[tuple[str, str, str, float]] = []
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, record: RequestRecord) -> None:
        raise AssertionError("the data plane's business")

    def log(self, region: str, group: str, stream: str, lines: Any) -> None:
        self.lines += [(group, stream, json.loads(text)) for _, text in lines]

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None:
        assert (region, namespace, unit) == ("us-east-1", "AWS/WAFV2", "Count")
        assert dimensions["Region"] == "us-east-1"
        self.metrics.append((dimensions["WebACL"], dimensions["Rule"], name, value))

    async def flush(self) -> None: ...


REQUEST = HttpRequest(method="GET", path="/live/x", source_ip="198.51.100.1", headers=[("Authorization", "secret")])


def firewall(acl: dict[str, Any] | None) -> tuple[Firewall, FakeCloud, FakeTelemetry, Clock]:
    cloud, telemetry, clock = FakeCloud(acl), FakeTelemetry(), Clock()
    return Firewall(cloud, telemetry, clock=clock), cloud, telemetry, clock


async def test_a_stage_without_a_web_acl_is_asked_for_once() -> None:
    wall, cloud, telemetry, _ = firewall(None)
    for _ in range(3):
        assert await wall.inspect(REQUEST, stage_arn=STAGE) is None
    assert cloud.calls == ["GetWebACLForResource"]
    assert telemetry.metrics == []


async def test_a_web_acl_is_read_once_until_something_changes() -> None:
    wall, cloud, _, _ = firewall(web_acl(rule("r", ALWAYS)))
    for _ in range(3):
        found = await wall.inspect(REQUEST, stage_arn=STAGE)
        assert found is not None
        assert (found.blocked, found.response, found.web_acl_arn) == (True, None, ARN)
    assert cloud.calls == ["GetWebACLForResource"]
    cloud.acl = None
    wall.changed()
    assert await wall.inspect(REQUEST, stage_arn=STAGE) is None


async def test_a_change_while_it_is_read_is_not_forgotten() -> None:
    wall, cloud, _, _ = firewall(None)
    reading = asyncio.ensure_future(wall.inspect(REQUEST, stage_arn=STAGE))
    await asyncio.sleep(0)
    cloud.acl = web_acl(rule("r", ALWAYS))
    wall.changed()
    await reading
    found = await wall.inspect(REQUEST, stage_arn=STAGE)
    assert found is not None
    assert found.blocked


async def test_an_unexpected_error_is_not_taken_for_no_web_acl() -> None:
    wall, cloud, _, _ = firewall(web_acl())

    async def broken(*_: Any) -> dict[str, Any]:
        raise CloudCallError("InternalFailure", "broken", 500)

    cloud.json = broken  # type: ignore[method-assign]
    with pytest.raises(CloudCallError):
        await wall.inspect(REQUEST, stage_arn=STAGE)


async def test_what_rules_refer_to_is_read_and_what_is_gone_is_left_out() -> None:
    wall, cloud, _, _ = firewall(web_acl(rule("r", ip_set())))
    request = HttpRequest(method="GET", path="/", source_ip="192.0.2.1")
    found = await wall.inspect(request, stage_arn=STAGE)
    assert found is not None
    assert found.blocked
    cloud.gone.add("GetIPSet")
    wall.changed()
    found = await wall.inspect(request, stage_arn=STAGE)
    assert found is not None
    assert not found.blocked


async def blocked(wall: Firewall, requests: int) -> list[bool]:
    found = [await wall.inspect(REQUEST, stage_arn=STAGE) for _ in range(requests)]
    return [one is not None and one.blocked for one in found]


async def test_counts_outlive_a_change_elsewhere_and_end_with_one_of_the_rule() -> None:
    wall, cloud, _, _ = firewall(web_acl(rule("r", rate(10))))
    assert await blocked(wall, 10) == [False] * 10
    cloud.acl = web_acl(rule("r", rate(10)), Description="changed")
    wall.changed()
    assert await blocked(wall, 1) == [True]
    cloud.acl = web_acl(rule("r", rate(11)))
    wall.changed()
    assert await blocked(wall, 12) == [False] * 11 + [True]
    assert wall.blocked_addresses(ARN, "r") == ["198.51.100.1"]
    assert wall.blocked_addresses(ARN, "other") == []


async def test_metrics_by_rule_and_for_all() -> None:
    counting = rule("seen", ALWAYS, "Count")
    wall, cloud, telemetry, _ = firewall(web_acl(counting))
    await wall.inspect(REQUEST, stage_arn=STAGE)
    assert telemetry.metrics == [
        ("shop", "seen", "CountedRequests", 1.0),
        ("shop", "ALL", "AllowedRequests", 1.0),
        ("shop", "shop", "AllowedRequests", 1.0),
    ]
    telemetry.metrics.clear()
    quiet = {
        **rule("end", ALWAYS, priority=1),
        "VisibilityConfig": {**visible("end"), "CloudWatchMetricsEnabled": False},
    }
    cloud.acl = web_acl(counting, quiet)
    wall.changed()
    await wall.inspect(REQUEST, stage_arn=STAGE)
    assert telemetry.metrics == [("shop", "seen", "CountedRequests", 1.0), ("shop", "ALL", "BlockedRequests", 1.0)]


def logging(**more: Any) -> dict[str, Any]:
    destination = "arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-shop"
    return {LOGGING: {"ResourceArn": ARN, "LogDestinationConfigs": [destination], **more}}


async def test_a_line_goes_to_the_group_of_the_configuration() -> None:
    redacted = [{"SingleHeader": {"Name": "authorization"}}]
    acl = web_acl(rule("r", ALWAYS, "Count"), rule("managed", {"XssMatchStatement": {}}, priority=1))
    wall, _, telemetry, _ = firewall({**acl, **logging(RedactedFields=redacted)})
    await wall.inspect(REQUEST, stage_arn=STAGE)
    ((group, stream, line),) = telemetry.lines
    assert (group, stream) == ("aws-waf-logs-shop", "us-east-1_shop_0")
    assert (line["action"], line["terminatingRuleId"]) == ("ALLOW", "Default_Action")
    assert line["nonTerminatingMatchingRules"] == [{"ruleId": "r", "action": "COUNT", "ruleMatchDetails": []}]
    assert line["gatewrightNotEvaluated"] == ["managed: XssMatch"]
    assert {"name": "Authorization", "value": "REDACTED"} in line["httpRequest"]["headers"]
    assert line["timestamp"] == 1_000_000


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        pytest.param({}, 1, id="no filter"),
        pytest.param({"DefaultBehavior": "DROP", "Filters": []}, 0, id="drop"),
        pytest.param(
            {"DefaultBehavior": "DROP", "Filters": [
                {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": [{"ActionCondition": {"Action": "COUNT"}}]}
            ]}, 1, id="keep counted",
        ),
        pytest.param(
            {"DefaultBehavior": "KEEP", "Filters": [
                {"Behavior": "DROP", "Requirement": "MEETS_ALL", "Conditions": [
                    {"ActionCondition": {"Action": "COUNT"}}, {"LabelNameCondition": {"LabelName": "none"}}
                ]}
            ]}, 1, id="drop needs all",
        ),
    ],
)  # fmt: skip
async def test_the_filter_of_the_log(condition: dict[str, Any], written: int) -> None:
    configured = logging(LoggingFilter=condition) if condition else logging()
    wall, _, telemetry, _ = firewall({**web_acl(rule("r", ALWAYS, "Count")), **configured})
    await wall.inspect(REQUEST, stage_arn=STAGE)
    assert len(telemetry.lines) == written


async def test_samples_are_bounded_and_without_bodies() -> None:
    wall, cloud, _, clock = firewall(web_acl(rule("r", ALWAYS)))
    request = HttpRequest(method="POST", path="/live/x", source_ip="198.51.100.1", body=b"x" * 100)
    for _ in range(700):
        clock.now += 0.01
        await wall.inspect(request, stage_arn=STAGE)
    assert cloud.acl is not None
    found = wall.samples.answer(cloud.acl, "r", start=0, end=clock.now, most=10, now=clock.now)
    assert len(found["SampledRequests"]) == 10
    assert found["PopulationSize"] == 700
    assert {sample["Weight"] for sample in found["SampledRequests"]} == {70}
    kept = wall.samples._kept[ARN, "r"].samples
    assert len(kept) == 500
    assert all(sample.request.body == b"" for sample in kept)
    later = clock.now + 3 * 3600 + 1
    assert wall.samples.answer(cloud.acl, "r", start=0, end=later, most=10, now=later)["SampledRequests"] == []


REQUESTS = st.builds(
    inspected,
    st.sampled_from(["GET", "POST", "X"]),
    st.text(max_size=30),
    query=st.text(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["Cookie", "cookie", "X-Client", "X-Forwarded-For", "X-Viewer-Country", "User-Agent"]),
        st.text(max_size=60),
    ),
    body=st.binary(max_size=200) | st.sampled_from([b"[" * 15_000, b"\xff{", b'{"a":1}', b"null"]),
    ip=st.sampled_from(["1.2.3.4", "::1", "", "nobody"]),
)
EVERY_FIELD: list[dict[str, Any]] = [
    {"SingleHeader": {"Name": "cookie"}},
    {"SingleQueryArgument": {"Name": "q"}},
    {"AllQueryArguments": {}},
    {"UriPath": {}},
    {"QueryString": {}},
    {"Body": {}},
    {"Method": {}},
    {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "InvalidFallbackBehavior": "EVALUATE_AS_STRING"}},
    {"Headers": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}},
    {"Cookies": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}},
    {"HeaderOrder": {}},
    {"JA3Fingerprint": {"FallbackBehavior": "NO_MATCH"}},
]
TRANSFORMATIONS = (
    *("LOWERCASE", "UPPERCASE", "URL_DECODE", "HTML_ENTITY_DECODE", "COMPRESS_WHITE_SPACE", "REMOVE_WHITESPACE"),
    *("TRIM", "REMOVE_NULLS", "REPLACE_NULLS", "BASE64_DECODE", "HEX_DECODE", "NORMALIZE_PATH", "CMD_LINE"),
    *("REPLACE_COMMENTS", "NORMALIZE_PATH_WIN", "MD5", "SHA256"),
)
KEYS = [
    {"Cookie": {"Name": "a", "TextTransformations": NONE}},
    {"QueryArgument": {"Name": "q", "TextTransformations": NONE}},
]
EVERYTHING = compiled(
    web_acl(
        *(rule(f"f{n}", text("zz", field), "Count", priority=n) for n, field in enumerate(EVERY_FIELD)),
        *(rule(name, text("z", {"Body": {}}, "EXACTLY", name), "Count", priority=50 + n) for n, name in enumerate(TRANSFORMATIONS)),
        rule("forwarded", rate(AggregateKeyType="FORWARDED_IP", ForwardedIPConfig={"HeaderName": "X-Client"}), priority=90),
        rule("custom", rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=KEYS), priority=91),
        rule("ip", ip_set(), priority=92),
    ),
    referred=REFERRED,
)  # fmt: skip


@given(REQUESTS)
def test_no_request_is_too_strange(request_: Any) -> None:
    assert EVERYTHING.not_evaluated == ()
    assert EVERYTHING.evaluate(request_).action in ("ALLOW", "BLOCK")
