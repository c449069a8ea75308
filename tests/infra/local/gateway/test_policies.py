from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.policies import ALLOW, DENY, NO_MATCH, evaluate

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/pets/1"
PREFIX = "arn:aws:execute-api:us-east-1:123456789012:abc/"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Statement": [{"Action": "execute-api:Invoke", "Resource": "*", "Effect": "Allow", **s} for s in statements]
    }


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        pytest.param(document({}), ALLOW, id="everything"),
        pytest.param(document({"Resource": PREFIX + "*"}), ALLOW, id="stage-wide"),
        pytest.param(document({"Resource": [PREFIX + "prod/POST/*", PREFIX + "prod/GET/pets/?"]}), ALLOW, id="list"),
        pytest.param(document({"Resource": PREFIX + "prod/GET/pets"}), NO_MATCH, id="must match to the end"),
        pytest.param(document({"Resource": PREFIX + "prod/*/pets/1"}), ALLOW, id="any verb"),
        pytest.param(document({"Action": "execute-api:*"}), ALLOW, id="any action"),
        pytest.param(document({"Action": "EXECUTE-API:invoke"}), ALLOW, id="actions ignore case"),
        pytest.param(document({"Action": "s3:GetObject"}), NO_MATCH, id="another action"),
        pytest.param(document({}, {"Effect": "Deny"}), DENY, id="deny wins"),
        pytest.param(document({"Effect": "Deny", "NotAction": "s3:*"}), DENY, id="not action"),
        pytest.param(document({"NotResource": PREFIX + "*"}), NO_MATCH, id="not resource"),
        pytest.param(
            document({"Condition": {"StringEquals": {"x": "y"}}}), NO_MATCH, id="unknown condition never allows"
        ),
        pytest.param(document({}, {"Effect": "Deny", "Condition": {"Bool": {"x": "y"}}}), DENY, id="and always denies"),
        pytest.param(
            document({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}), ALLOW, id="address inside"
        ),
        pytest.param(document({"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}), NO_MATCH, id="outside"),
        pytest.param(document({"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}), ALLOW, id="not inside"),
        pytest.param({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, ALLOW, id="one statement"),
        pytest.param({}, NO_MATCH, id="empty"),
    ],
)
def test_evaluate(policy: dict[str, Any], verdict: str) -> None:
    assert evaluate(policy, ARN, source_ip="203.0.113.7") == verdict


@given(st.text("ab*?/.", max_size=30), st.text("ab/.", max_size=60))
def test_wildcards_are_matched_as_iam_does(pattern: str, value: str) -> None:
    """Against a plain dynamic-programming matcher."""
    reachable = {0}
    for char in pattern:
        if char == "*":
            reachable = set(range(min(reachable, default=len(value) + 1), len(value) + 1))
        else:
            reachable = {i + 1 for i in reachable if i < len(value) and char in ("?", value[i])}
    expected = ALLOW if len(value) in reachable else NO_MATCH
    assert evaluate(document({"Resource": pattern}), value) == expected
