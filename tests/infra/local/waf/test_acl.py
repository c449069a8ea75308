"""Order, actions, answers, rule groups and overrides of a web ACL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.local.waf.requests import compiled, inspected, rule, web_acl
from tests.infra.local.waf.test_statements import ALWAYS, NEVER, rate

GROUP = "arn:aws:wafv2:us-east-1:000000000000:regional/rulegroup/team/44444444-4444-4444-4444-444444444444"


def group(*rules: dict[str, Any]) -> dict[str, Any]:
    return {GROUP: {"Name": "team", "Rules": list(rules)}}


def reference(override: str = "None", **more: Any) -> dict[str, Any]:
    statement = {"RuleGroupReferenceStatement": {"ARN": GROUP, **more}}
    return rule("group", statement, OverrideAction={override: {}})


@pytest.mark.parametrize(("default", "blocked"), [("Allow", False), ("Block", True)])
def test_without_a_match_the_default_decides(default: str, blocked: bool) -> None:
    decision = compiled(web_acl(rule("r", NEVER), default=default)).evaluate(inspected())
    assert decision.blocked is blocked
    assert decision.terminating is None
    assert decision.response is None


def test_the_lowest_priority_ends_it() -> None:
    acl = compiled(web_acl(rule("late", ALWAYS, "Block", priority=5), rule("early", ALWAYS, "Allow", priority=1)))
    decision = acl.evaluate(inspected())
    assert (decision.action, decision.terminating and decision.terminating.rule) == ("ALLOW", "early")


def test_a_counting_rule_goes_on() -> None:
    acl = compiled(web_acl(rule("seen", ALWAYS, "Count"), rule("end", ALWAYS, priority=1)))
    decision = acl.evaluate(inspected())
    assert [match.rule for match in decision.counted] == ["seen"]
    assert decision.action == "BLOCK"


def test_a_rule_behind_the_end_counts_nothing() -> None:
    acl = compiled(web_acl(rule("end", ALWAYS, "Allow"), rule("rate", rate(10), priority=1)))
    assert {acl.evaluate(inspected()).action for _ in range(50)} == {"ALLOW"}


def test_a_custom_answer() -> None:
    answer = {
        "ResponseCode": 429,
        "CustomResponseBodyKey": "slow",
        "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
    }
    bodies = {"slow": {"ContentType": "APPLICATION_JSON", "Content": '{"status":429}'}}
    blocking = {**rule("r", ALWAYS), "Action": {"Block": {"CustomResponse": answer}}}
    response = compiled(web_acl(blocking, CustomResponseBodies=bodies)).evaluate(inspected()).response
    assert response is not None
    assert (response.status, response.body) == (429, b'{"status":429}')
    assert list(response.headers) == [("Content-Type", "application/json"), ("Retry-After", "60")]


def test_an_answer_without_a_body() -> None:
    blocking = {**rule("r", ALWAYS), "Action": {"Block": {"CustomResponse": {"ResponseCode": 421}}}}
    response = compiled(web_acl(blocking)).evaluate(inspected()).response
    assert response is not None
    assert (response.status, response.body, list(response.headers)) == (421, b"", [])


@pytest.mark.parametrize(("action", "status"), [("Captcha", 405), ("Challenge", 202)])
def test_without_a_token_a_puzzle_is_an_answer(action: str, status: int) -> None:
    decision = compiled(web_acl(rule("r", ALWAYS, action))).evaluate(inspected())
    assert decision.blocked
    assert decision.response is not None
    assert decision.response.status == status
    assert list(decision.response.headers) == [("x-amzn-waf-action", action.lower())]


def test_headers_for_the_backend_have_a_prefix() -> None:
    handling = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "1"}]}}
    counting = {**rule("r", ALWAYS), "Action": {"Count": handling}}
    assert compiled(web_acl(counting)).evaluate(inspected()).inserted == [("x-amzn-waf-seen", "1")]


def test_a_rule_group_ends_it_with_its_rules_name() -> None:
    decision = compiled(web_acl(reference()), referred=group(rule("inner", ALWAYS))).evaluate(inspected())
    assert decision.blocked
    assert decision.terminating is not None
    assert (decision.terminating.rule, decision.terminating.inner) == ("group", "team#inner")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(reference("Count"), id="the group counts"),
        pytest.param(reference(ExcludedRules=[{"Name": "inner"}]), id="excluded"),
        pytest.param(
            reference(RuleActionOverrides=[{"Name": "inner", "ActionToUse": {"Count": {}}}]), id="override of a rule"
        ),
    ],
)
def test_a_rule_group_can_only_count(changed: dict[str, Any]) -> None:
    decision = compiled(web_acl(changed), referred=group(rule("inner", ALWAYS))).evaluate(inspected())
    assert not decision.blocked
    assert [match.inner for match in decision.counted] == ["team#inner"]


def test_labels_of_a_group_have_its_namespace() -> None:
    labelled = rule("inner", ALWAYS, "Count", RuleLabels=[{"Name": "seen"}])
    full = {"LabelMatchStatement": {"Scope": "LABEL", "Key": "awswaf:000000000000:rulegroup:team:seen"}}
    acl = compiled(web_acl(reference(), rule("end", full, priority=1)), referred=group(labelled))
    assert acl.evaluate(inspected()).action == "BLOCK"


def test_a_group_that_is_gone_is_named() -> None:
    acl = compiled(web_acl(reference()))
    assert acl.evaluate(inspected()).action == "ALLOW"
    assert "does not exist" in acl.not_evaluated[0]


@pytest.mark.parametrize(("told", "read"), [(None, 16), ("KB_16", 16), ("KB_64", 64)])
def test_how_much_of_a_body_is_read(told: str | None, read: int) -> None:
    config = {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": told}}} if told else None
    assert compiled(web_acl(AssociationConfig=config)).body_bytes == read * 1024


def test_what_the_shop_deploys_is_understood() -> None:
    """The rules of `infra.limits`, evaluated: a hundred pass, then 429 with its body."""
    from infra.config.model import ForwardedAddress, Gateway, Limits, PerIp
    from infra.limits import web_acl as deployed

    limit = PerIp(requests=100, forwarded=ForwardedAddress(header="CDN-Client"))
    shape = deployed(Gateway(name="shop", regions=(), services=(), limits=Limits(per_ip=limit)))
    assert shape is not None
    acl = compiled({**shape, "ARN": "a", "Name": "shop"})
    assert [missing.partition(":")[0] for missing in acl.not_evaluated] == ["KnownBadInputs", "Common"]
    for headers in ({"CDN-Client": "203.0.113.7"}, {}):  # by the header, and by the socket without it
        decisions = [acl.evaluate(inspected(headers=headers)) for _ in range(101)]
        assert [decision.blocked for decision in decisions] == [False] * 100 + [True]
        response = decisions[-1].response
        assert response is not None
        assert response.status == 429
        assert ("Retry-After", "60") in response.headers
        assert b'"status":429' in response.body
