"""Gateway responses: valid problem details once API Gateway has put its variables in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.openapi.problems import gateway_responses

# API_GatewayResponse, responseType, Valid Values; WAF_FILTERED is left to the firewall's own answers.
TYPES = {
    *("DEFAULT_4XX", "DEFAULT_5XX", "RESOURCE_NOT_FOUND", "UNAUTHORIZED", "INVALID_API_KEY", "ACCESS_DENIED"),
    *("AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR", "INVALID_SIGNATURE", "EXPIRED_TOKEN"),
    *("MISSING_AUTHENTICATION_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR"),
    *("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST_PARAMETERS", "BAD_REQUEST_BODY", "REQUEST_TOO_LARGE", "THROTTLED"),
    "QUOTA_EXCEEDED",
}
RESPONSES = gateway_responses()


def rendered(kind: str) -> dict[str, Any]:
    """The body, with API Gateway's substitution: messageString comes quoted, everything else does not."""
    template = RESPONSES[kind]["responseTemplates"]["application/json"]
    values = {"error.messageString": '"He said \\"no\\""', "requestId": "b1d0", "error.validationErrorString": "[x]"}
    body = re.sub(r"\$context\.([A-Za-z.]+)", lambda match: values[match[1]], template)
    problem: dict[str, Any] = json.loads(body)
    return problem


def test_every_type_has_one() -> None:
    assert set(RESPONSES) == TYPES


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_the_body_is_a_problem(kind: str) -> None:
    problem = rendered(kind)

    assert problem["type"] == f"urn:gatewright:problem:{kind.lower().replace('_', '-')}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == "urn:uuid:b1d0"
    assert problem.get("status") == (int(RESPONSES[kind]["statusCode"]) if "statusCode" in RESPONSES[kind] else None)
    assert RESPONSES[kind]["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [
        pytest.param("MISSING_AUTHENTICATION_TOKEN", "404", None, id="no such route"),
        pytest.param("THROTTLED", "429", "'1'", id="throttled"),
        pytest.param("QUOTA_EXCEEDED", "429", "'3600'", id="quota"),
        pytest.param("INTEGRATION_TIMEOUT", "504", None, id="timeout"),
        pytest.param("BAD_REQUEST_BODY", "400", None, id="body"),
        pytest.param("REQUEST_TOO_LARGE", "413", None, id="large"),
        pytest.param("UNSUPPORTED_MEDIA_TYPE", "415", None, id="media type"),
    ],
)
def test_statuses_and_retry_after(kind: str, status: str, retry_after: str | None) -> None:
    assert RESPONSES[kind]["statusCode"] == status
    assert RESPONSES[kind]["responseParameters"].get("gatewayresponse.header.Retry-After") == retry_after


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_a_default_keeps_the_errors_own_status(kind: str) -> None:
    assert "statusCode" not in RESPONSES[kind]
    assert rendered(kind)["detail"] == 'He said "no"'
