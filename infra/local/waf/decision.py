"""What a web ACL decided about one request, and what happened on the way. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.local.ports import HttpResponse

__all__ = ["DEFAULT_RULE", "Decision", "Match"]

DEFAULT_RULE = "Default_Action"
"""What AWS calls the decision that no rule made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that matched.

    Args:
        rule: name of the rule of the web ACL.
        metric: its metric name, None when it sends none.
        sampled: whether samples are kept.
        action: ``ALLOW``, ``BLOCK``, ``COUNT``, ``CAPTCHA`` or ``CHALLENGE``.
        inner: name of the rule inside a rule group, ``<group>#<rule>``.
    """

    rule: str
    metric: str | None
    sampled: bool
    action: str
    inner: str | None = None


@dataclass(slots=True, kw_only=True)
class Decision:
    """The result of all rules. Without ``terminating`` the default action decided.

    Args:
        blocked: the request ends here.
        response: what it is answered with, None for API Gateway's own answer (gateway response WAF_FILTERED).
        inserted: headers for the backend (x-amzn-waf-...).
    """

    action: str = "ALLOW"
    blocked: bool = False
    response: HttpResponse | None = None
    terminating: Match | None = None
    kind: str = "REGULAR"
    counted: list[Match] = field(default_factory=list)
    inserted: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rates: list[dict[str, object]] = field(default_factory=list)
