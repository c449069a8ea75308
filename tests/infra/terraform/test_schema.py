"""Always on, without Terraform: every word of every root is one that the provider knows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra.terraform.schema import load, problems
from tests.infra.terraform.conftest import Shop


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return load()


def test_every_root_says_only_what_the_provider_knows(shop: Shop, schema: dict[str, Any]) -> None:
    assert {name: list(problems(root, schema)) for name, root in shop.synthesis.roots.items()} == {
        name: [] for name in ("us-east-1", "eu-west-1", "dns")
    }


def test_blocks_of_waf_too(small: Callable[..., Shop], schema: dict[str, Any]) -> None:
    """The small gateway's rules are blocks; deeper ones are the API's JSON."""
    root = small(limits={"per_ip": {"requests": 100, "window": "60s", "forwarded": {"header": "X-F"}}}).root(
        "eu-west-1"
    )
    assert "rule" in root["resource"]["aws_wafv2_web_acl"]["web_acl"]
    assert list(problems(root, schema)) == []


MUTATIONS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "camel-case": (
        lambda r: r["aws_lambda_function"]["users_function"].update(functionName="x"),
        "functionName is nothing that can be said",
    ),
    "computed": (lambda r: r["aws_iam_role"]["users_role"].update(arn="x"), "arn is nothing"),
    "required": (lambda r: r["aws_api_gateway_stage"]["stage"].pop("stage_name"), "stage_name is required"),
    "inside-a-block": (
        lambda r: r["aws_api_gateway_stage"]["stage"]["access_log_settings"].pop("format"),
        "access_log_settings: format is required",
    ),
    "inside-a-dynamic-block": (
        lambda r: r["aws_api_gateway_stage"]["stage"]["dynamic"]["canary_settings"]["content"].pop("deployment_id"),
        "canary_settings: deployment_id is required",
    ),
    "too-many": (
        lambda r: r["aws_dynamodb_table"]["ledger"].update(ttl=[{"enabled": True}, {"enabled": True}]),
        "2 blocks, and there may be 1",
    ),
    "value-for-a-block": (lambda r: r["aws_dynamodb_table"]["ledger"].update(ttl="expires"), "is a block"),
    "missing-block": (
        lambda r: r["aws_cloudwatch_log_metric_filter"]["users_requests"].pop("metric_transformation"),
        "a block metric_transformation is required",
    ),
    "unknown-type": (lambda r: r.update(aws_sqs_queue={"q": {}}), "the extract has no such type"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_word_that_is_wrong_is_said(shop: Shop, schema: dict[str, Any], name: str) -> None:
    root = copy.deepcopy(shop.root())
    change, expected = MUTATIONS[name]
    change(root["resource"])
    assert any(expected in problem for problem in problems(root, schema))
