"""API Gateway's own errors as RFC 9457 problem details. Reads its own data file once; touches nothing else.

Limits of these templates (API Gateway developer guide, "Gateway responses"): they are not VTL, only variables are put in.
``$context.error.messageString`` comes with its quotes, ``$context.error.validationErrorString`` without. AWS's own advice
puts the latter between quotes (aws/serverless-application-model issue 1207), so quotes inside it must come escaped; that is
not documented (unsure), and it is used for bodies only, where the message alone says nothing.

A response's status is fixed where the type has one. The two defaults keep the status of the error, which a template cannot
name, so they leave ``status`` out; RFC 9457 has it optional. WAF_FILTERED stays undefined: the firewall writes its own answer.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["gateway_responses"]

# The template is chosen by content type, and "application/json" is what API Gateway takes without a fitting Accept;
# the header then says what it really is (RFC 9457, section 3).
_TEMPLATE_TYPE = "application/json"
_CONTENT_TYPE = "application/problem+json"


@cache
def _problems() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = json.loads(
        resources.files("infra.openapi").joinpath("problems.json").read_text(encoding="utf-8")
    )
    return data


def gateway_responses() -> dict[str, Any]:
    """The value of ``x-amazon-apigateway-gateway-responses``."""
    return {kind: _response(kind, problem) for kind, problem in _problems().items()}


def _response(kind: str, problem: dict[str, Any]) -> dict[str, Any]:
    headers = {"gatewayresponse.header.Content-Type": f"'{_CONTENT_TYPE}'"}
    if "retry_after_seconds" in problem:
        # Fixed, since a template cannot compute: the bucket refills within a second, a quota within hours or days.
        headers["gatewayresponse.header.Retry-After"] = f"'{problem['retry_after_seconds']}'"
    if "challenge" in problem:
        # RFC 9110, section 15.5.2: a 401 says how to authenticate; RFC 6750, section 3, for tokens.
        headers["gatewayresponse.header.WWW-Authenticate"] = f"'{problem['challenge']}'"
    response: dict[str, Any] = {
        "responseParameters": headers,
        "responseTemplates": {_TEMPLATE_TYPE: _template(kind, problem)},
    }
    if "status" in problem:
        response["statusCode"] = str(problem["status"])
    return response


def _template(kind: str, problem: dict[str, Any]) -> str:
    members = {
        "type": json.dumps(f"urn:gatewright:problem:{kind.lower().replace('_', '-')}"),
        "title": json.dumps(problem["title"]),
        "status": json.dumps(problem.get("status")),
        "detail": problem.get("from") or json.dumps(problem["detail"]),
        # A URI, as RFC 9457 asks: the request's id is a UUID.
        "instance": '"urn:uuid:$context.requestId"',
    }
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items() if value != "null") + "}"
