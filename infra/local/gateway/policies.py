"""Evaluates IAM policies of authorizers and of the API itself for ``execute-api:Invoke``. Pure.

Explicit deny beats allow beats nothing. A statement with a Condition that is not understood never allows and always
denies, so that a policy is not wider here than on AWS.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["ALLOW", "DENY", "NO_MATCH", "evaluate"]

ALLOW, DENY, NO_MATCH = "Allow", "Deny", "NoMatch"
_ACTION = "execute-api:Invoke"


def evaluate(policy: Mapping[str, Any], arn: str, *, source_ip: str | None = None) -> str:
    """ALLOW, DENY or NO_MATCH for invoking `arn`."""
    statements = policy.get("Statement") or []
    verdict = NO_MATCH
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        effect = statement.get("Effect")
        if not (_acts(statement) and _covers(statement, arn)):
            continue
        met = _conditions_met(statement.get("Condition"), source_ip)
        if effect == DENY and met is not False:
            return DENY
        if effect == ALLOW and met is True:
            verdict = ALLOW
    return verdict


def _acts(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement:
        return not _any_match(statement["NotAction"], _ACTION, ignore_case=True)
    return _any_match(statement.get("Action"), _ACTION, ignore_case=True)


def _covers(statement: Mapping[str, Any], arn: str) -> bool:
    if "NotResource" in statement:
        return not _any_match(statement["NotResource"], arn)
    return _any_match(statement.get("Resource"), arn)


def _conditions_met(condition: Any, source_ip: str | None) -> bool | None:
    """True, False, or None when a condition is not understood."""
    if not condition:
        return True
    results = [
        _ip_condition(operator, tests, source_ip) for operator, tests in condition.items() if isinstance(tests, Mapping)
    ]
    if False in results:
        return False
    return True if all(results) else None


def _ip_condition(operator: str, tests: Mapping[str, Any], source_ip: str | None) -> bool | None:
    ranges = {key.lower(): value for key, value in tests.items()}.get("aws:sourceip")
    if ranges is None or len(tests) > 1 or source_ip is None or operator not in ("IpAddress", "NotIpAddress"):
        return None
    networks = [ranges] if isinstance(ranges, str) else ranges
    try:
        inside = any(ipaddress.ip_address(source_ip) in ipaddress.ip_network(n, strict=False) for n in networks)
    except ValueError:
        return None
    return inside if operator == "IpAddress" else not inside


def _any_match(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    if isinstance(patterns, str):
        patterns = [patterns]
    return any(isinstance(p, str) and bool(_compile(p, ignore_case).fullmatch(value)) for p in patterns or [])


@functools.lru_cache(maxsize=4096)
def _compile(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """IAM wildcards: ``*`` any run of characters, ``?`` any one."""
    runs = re.sub(r"\*+", "*", pattern)  # one run of stars is one star: keeps the expression from backtracking
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in runs)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
