from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.telemetry.access_log import log_group_of, render

CLF = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "
    '"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength '
    "$context.requestId"
)


@pytest.mark.parametrize(
    ("template", "context", "expected"),
    [
        (
            CLF,
            {
                "identity.sourceIp": "203.0.113.9",
                "requestTime": "24/Nov/2026:10:00:00 +0000",
                "httpMethod": "GET",
                "resourcePath": "/api/users",
                "protocol": "HTTP/1.1",
                "status": 200,
                "responseLength": 12,
                "requestId": "r1",
            },
            '203.0.113.9 - - [24/Nov/2026:10:00:00 +0000] "GET /api/users HTTP/1.1" 200 12 r1',
        ),
        ('{"s":$context.status,"c":"$context.isCanaryRequest"}', {"status": 503}, '{"s":503,"c":"-"}'),
        ('{"c":"$context.isCanaryRequest"}', {"isCanaryRequest": True}, '{"c":"true"}'),
        ('{"e":$context.error.messageString}', {"error.messageString": '"no"'}, '{"e":"no"}'),
        ('{"l":"$context.responseLatency"}\n', {"responseLatency": 7}, '{"l":"7"}'),
        ("$context.status.", {"status": 1}, "1."),
        ("$context.authorizer.my-claim", {"authorizer.my-claim": "x"}, "x"),
        ("$contextual $stageVariables.a", {}, "$contextual $stageVariables.a"),
        ("", {}, ""),
    ],
    ids=["CLF", "absent", "boolean", "string variable", "newline", "dot after", "hyphen", "no variable", "empty"],
)
def test_render(template: str, context: dict[str, Any], expected: str) -> None:
    assert render(template, context) == expected


@given(st.text())
def test_a_value_never_breaks_a_json_line(value: str) -> None:
    line = render('{"a":"$context.path","b":"x"}', {"path": value})
    assert json.loads(line) == {"a": value or "-", "b": "x"}
    assert "\n" not in line


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop/access", ("eu-west-1", "/shop/access")),
        ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop/access:*", ("eu-west-1", "/shop/access")),
        ("arn:aws:firehose:eu-west-1:123456789012:deliverystream/amazon-apigateway-x", None),
        ("", None),
    ],
    ids=["group", "group with star", "Firehose", "none"],
)
def test_log_group_of(arn: str, expected: tuple[str, str] | None) -> None:
    assert log_group_of(arn) == expected
