"""When the issuer's keys are fetched and how long they count. Pure: the clock is passed in, the fetch injected.

Keys are fresh for ten minutes and, when the issuer does not answer, good for an hour more. An attacker chooses key
ids, so what is remembered is when we last asked, never for which id: whatever arrives, there is at most one fetch in
30 seconds. A fetch runs inside a request, because Lambda stops threads between requests.
"""

from __future__ import annotations

from collections.abc import Callable

from .answers import KeysUnavailable
from .keys import KeySet
from .signature import Verify

__all__ = ["FRESH_SECONDS", "REFRESH_SECONDS", "STALE_SECONDS", "KeyRing"]

FRESH_SECONDS = 600.0
STALE_SECONDS = 3600.0  # beyond fresh: stale-if-error (RFC 5861 section 4)
REFRESH_SECONDS = 30.0


class KeyRing:
    def __init__(self, load: Callable[[], KeySet], *, failed: Callable[[str], None] = lambda _: None) -> None:
        """`load` raises OSError or ValueError when there is nothing to be had; `failed` hears of it."""
        self._load, self._failed = load, failed
        self._keys: KeySet | None = None
        self._fetched_at = 0.0
        self._asked_at: float | None = None

    def warm(self, now: float) -> None:
        """Fetches ahead of the first request. A failure leaves that request an attempt of its own."""
        self._refresh(now)
        if self._keys is None:
            self._asked_at = None

    def find(self, key_id: str | None, algorithm: str, now: float) -> Verify | None:
        """The verifier, or None for a key that the issuer does not have. Raises KeysUnavailable."""
        wanted = (key_id, algorithm)
        # A clock that was set back makes an age negative: such keys are asked for again, but not thrown away.
        fresh = self._keys is not None and 0 <= now - self._fetched_at < FRESH_SECONDS
        if self._keys is None or not fresh or wanted not in self._keys.verifiers:
            self._refresh(now)
        if self._keys is None or now - self._fetched_at > FRESH_SECONDS + STALE_SECONDS:
            raise KeysUnavailable("The issuer's keys are unavailable.")
        return self._keys.verifiers.get(wanted)

    def _refresh(self, now: float) -> None:
        if self._asked_at is not None and 0 <= now - self._asked_at < REFRESH_SECONDS:
            return
        self._asked_at = now
        try:
            keys = self._load()
            if not keys.verifiers:
                raise ValueError("no usable key in the set")
        except (OSError, ValueError) as error:
            self._failed(str(error))
            return
        self._keys, self._fetched_at = keys, now
