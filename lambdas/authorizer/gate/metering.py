"""Which API key meters a request (`usageIdentifierKey`, with `apiKeySource: AUTHORIZER`). Pure, but for a cached read.

A key's value is an HMAC of its customer and plan under the gateway's secret, so it is the same in every region and no
table of secrets is needed. It goes into `usageIdentifierKey` and nowhere else: not into `context`, not into a log.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from .claims import Subject

__all__ = ["SECRET_RETRY_SECONDS", "SECRET_SECONDS", "KeySecret", "Meter", "key_value"]

SECRET_SECONDS = 300.0  # a rotation is complete so much later
SECRET_RETRY_SECONDS = 30.0
_SHORTEST_SECRET_BYTES = 32


@functools.lru_cache(maxsize=1024)
def key_value(secret: bytes, *, gateway: str, plan: str, customer: str) -> str:
    """52 characters. The same lines as `infra/keys/value.py`: this folder is bundled alone, and a test holds them together."""
    message = "\0".join(("gatewright key v1", gateway, plan, customer)).encode()
    digest = hmac.digest(secret, message, hashlib.sha256)
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


class KeySecret:
    """The current version of the secret; `read` gives its text. An old one stays in use while none can be read."""

    def __init__(self, read: Callable[[], str], *, failed: Callable[[str], None] = lambda _: None) -> None:
        self._read, self._failed = read, failed
        self._secret: bytes | None = None
        self._next_at = 0.0

    def at(self, now: float) -> bytes | None:
        if now >= self._next_at or self._next_at - now > SECRET_SECONDS:  # the latter: the clock was set back
            try:
                self._secret = _current(self._read())
                self._next_at = now + SECRET_SECONDS
            except Exception as error:  # boto3 has many; none may become a 500 for a good token
                self._next_at = now + SECRET_RETRY_SECONDS
                self._failed(type(error).__name__)
        return self._secret


def _current(text: str) -> bytes:
    """Raises ValueError, KeyError or TypeError for another shape than {"current": ..., "versions": {...: base64}}."""
    document: Any = json.loads(text)
    secret = base64.b64decode(document["versions"][document["current"]], validate=True)
    if len(secret) < _SHORTEST_SECRET_BYTES:
        raise ValueError("the secret is too short")
    return secret


class Meter:
    def __init__(self, gateway: str, plans: frozenset[str], secret: KeySecret | None) -> None:
        self._gateway, self._plans, self._secret = gateway, plans, secret

    def key_of(self, subject: Subject, presented: str | None, now: float) -> str | None:
        """The key of a token with a known plan; else the presented one, for customers who have only that.

        None also when the secret cannot be read: a route that needs a key then answers 403, and no request is
        counted for somebody else.
        """
        if self._secret is None or subject.customer is None or subject.plan not in self._plans:
            return presented
        secret = self._secret.at(now)
        if secret is None:
            return None
        return key_value(secret, gateway=self._gateway, plan=subject.plan, customer=subject.customer)
