"""What WAF refuses to store, as far as it would mislead on a laptop: rates, answers, priorities, log destinations. Pure.

https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html, API_CustomResponse.html,
API_LoggingConfiguration.html. The texts are ours (unsure); the exceptions are AWS's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Invalid", "check_logging", "check_web_acl"]

Shape = Mapping[str, Any]

WINDOWS = (60, 120, 300, 600)
LIMITS = (10, 2_000_000_000)
BODY_LENGTH_MAX = 10_240
# https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-status-codes.html
STATUSES = frozenset(
    {200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409}
    | {411, 412, 413, 414, 415, 416, 421, 429, 500, 501, 502, 503, 504, 505}
)


class Invalid(Exception):
    """A call that WAF refuses; ``code`` is the exception's name."""

    def __init__(self, message: str, *, code: str = "WAFInvalidParameterException") -> None:
        self.code = code
        super().__init__(message)


def check_web_acl(properties: Shape) -> None:
    """Raises Invalid for the first thing that is wrong."""
    rules = properties.get("Rules") or ()
    _require(_unique(rules, "Priority"), "Rules", "two rules have the same priority")
    _require(_unique(rules, "Name"), "Rules", "two rules have the same name")
    bodies: Shape = properties.get("CustomResponseBodies") or {}
    for key, body in bodies.items():
        _require(len(str(body.get("Content", ""))) <= BODY_LENGTH_MAX, "CUSTOM_RESPONSE_BODY", f"{key} is too long")
    for value in _walk([rules, properties.get("DefaultAction")]):
        if "RateBasedStatement" in value:
            _check_rate(value["RateBasedStatement"])
        if "CustomResponse" in value:
            _check_answer(value["CustomResponse"], bodies)


def check_logging(configuration: Shape) -> None:
    """Raises Invalid when WAF could not write there."""
    destinations = [str(arn) for arn in configuration.get("LogDestinationConfigs") or ()]
    _require(len(destinations) == 1, "LOG_DESTINATION", "exactly one destination is needed")
    parts = destinations[0].split(":")
    if len(parts) > 6 and parts[2] == "logs":
        _require(
            parts[6].startswith("aws-waf-logs-"),
            "LOG_DESTINATION",
            f"the log group's name must begin with aws-waf-logs-, and is {parts[6]}",
        )


def _check_rate(statement: Shape) -> None:
    limit, window = int(statement.get("Limit", 0)), int(statement.get("EvaluationWindowSec") or WINDOWS[2])
    _require(LIMITS[0] <= limit <= LIMITS[1], "RATE_BASED_STATEMENT", f"limit {limit} is not in {LIMITS}")
    _require(window in WINDOWS, "RATE_BASED_STATEMENT", f"evaluation window {window} is not one of {WINDOWS}")
    kind = statement.get("AggregateKeyType")
    _require(kind != "CONSTANT" or "ScopeDownStatement" in statement, "RATE_BASED_STATEMENT", "no scope-down statement")
    _require(kind != "FORWARDED_IP" or "ForwardedIPConfig" in statement, "RATE_BASED_STATEMENT", "no ForwardedIPConfig")


def _check_answer(answer: Shape, bodies: Shape) -> None:
    status, key = int(answer.get("ResponseCode", 0)), answer.get("CustomResponseBodyKey")
    _require(status in STATUSES, "CUSTOM_RESPONSE", f"response code {status} is not supported")
    _require(key is None or key in bodies, "CUSTOM_RESPONSE", f"there is no custom response body {key!r}")
    names = [str(header.get("Name", "")).lower() for header in answer.get("ResponseHeaders") or ()]
    _require("content-type" not in names, "CUSTOM_RESPONSE", "content-type cannot be set")


def _unique(rules: Any, member: str) -> bool:
    values = [rule.get(member) for rule in rules]
    return len(values) == len(set(values))


def _walk(value: Any) -> Iterator[Shape]:
    """Every mapping in a value, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)


def _require(holds: bool, where: str, told: str) -> None:
    if not holds:
        raise Invalid(
            "Error reason: Your request parameter or its value is not valid, "
            f"field: {where}, parameter: {told} (Service: Wafv2)"
        )
