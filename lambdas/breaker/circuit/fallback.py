"""What is answered in the service's place: the last good answer to the same question, or a problem. Touches nothing.

A kept answer is given to the same caller only: its key holds everything that identifies one (token, key, cookie). Answers
that forbid it (``no-store``, ``Set-Cookie``) are not kept. RFC 9457 for problems, RFC 9110 section 10.2.3 for Retry-After.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from .upstream import SAFE, Answer

__all__ = ["Fallback", "marked"]

ENTRIES = 200
LARGEST_BYTES = 65_536
# What makes an answer another one, besides the address: who asks, and in what form.
_KEY_HEADERS = ("authorization", "x-api-key", "cookie", "accept", "accept-encoding", "accept-language", "range")
_TITLES = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


class Kept(NamedTuple):
    at_ms: int
    answer: Answer


class Fallback:
    """One container's. `keep_ms` 0: nothing is kept.

    Args:
        static: the JSON object that a 503 has in place of a problem; empty: the problem.
    """

    def __init__(self, service: str, *, keep_ms: int, static: str = "") -> None:
        self._service, self._keep_ms, self._static = service, keep_ms, static
        self._answers: dict[bytes, Kept] = {}

    def remember(self, event: Mapping[str, Any], answer: Answer, now_ms: int) -> None:
        """Keeps a good answer to a safe request."""
        if not self._keep_ms or answer.get("statusCode") != 200 or event.get("httpMethod") not in SAFE:
            return
        if len(answer.get("body") or "") > LARGEST_BYTES or not _may_be_kept(answer):
            return
        key = _key(event)
        self._answers.pop(key, None)
        self._answers[key] = Kept(now_ms, answer)
        if len(self._answers) > ENTRIES:
            del self._answers[next(iter(self._answers))]  # the oldest

    def answer(
        self, event: Mapping[str, Any], now_ms: int, *, status: int, kind: str, detail: str, retry_in_ms: int = 0
    ) -> Answer:
        """The last good answer to this request, or a problem with this status.

        Args:
            kind: the last word of the problem's type.
        """
        kept = self._answers.get(_key(event)) if self._keep_ms and event.get("httpMethod") in SAFE else None
        if kept is not None and 0 <= now_ms - kept.at_ms <= self._keep_ms:
            headers = {"X-Gatewright-Fallback": "cached", "Age": str((now_ms - kept.at_ms) // 1000)}
            return marked(kept.answer, headers)
        headers = {"X-Gatewright-Fallback": "static", "Cache-Control": "no-store"}
        if retry_in_ms:
            headers["Retry-After"] = str(-(-retry_in_ms // 1000))  # whole seconds, never too early
        if self._static and status == 503:
            return _answer(status, {**headers, "Content-Type": "application/json"}, self._static)
        problem = {
            "type": f"urn:gatewright:problem:{kind}",
            "title": _TITLES[status],
            "status": status,
            "detail": detail,
            "service": self._service,
        }
        return _answer(status, {**headers, "Content-Type": "application/problem+json"}, json.dumps(problem))


def marked(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with more headers, in the form in which it has its own."""
    if answer.get("multiValueHeaders"):
        several = {**answer["multiValueHeaders"], **{name: [value] for name, value in headers.items()}}
        return {**answer, "multiValueHeaders": several}
    return {**answer, "headers": {**(answer.get("headers") or {}), **headers}}


def _answer(status: int, headers: Mapping[str, str], body: str) -> Answer:
    return {"statusCode": status, "headers": dict(headers), "body": body, "isBase64Encoded": False}


def _may_be_kept(answer: Answer) -> bool:
    single = {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    several = {name.lower(): ",".join(values) for name, values in (answer.get("multiValueHeaders") or {}).items()}
    headers = {**single, **several}
    return (
        "set-cookie" not in headers
        and "no-store" not in headers.get("cache-control", "").lower()
        and "*" not in headers.get("vary", "")
        and set(headers.get("vary", "").lower().replace(",", " ").split()) <= set(_KEY_HEADERS)
    )


def _key(event: Mapping[str, Any]) -> bytes:
    headers = {name.lower(): values for name, values in (event.get("multiValueHeaders") or {}).items()}
    context = event.get("requestContext") or {}
    identity = context.get("identity") or {}
    authorizer = context.get("authorizer") or {}
    parts = [
        event.get("httpMethod"),
        event.get("path"),
        event.get("multiValueQueryStringParameters"),
        [headers.get(name) for name in _KEY_HEADERS],
        [identity.get("apiKey"), authorizer],  # all of it: with Cognito the caller is in nested claims
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).digest()
