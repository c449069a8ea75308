"""Where the issuer's keys are: a configured address, or OpenID Connect Discovery. Touches the network by `fetch` only.

https://openid.net/specs/openid-connect-discovery-1_0.html section 4
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .keys import KeySet, read_key_set

__all__ = ["KeySource"]


class KeySource:
    """Loads the key set. The discovered address is kept until it fails."""

    def __init__(self, issuer: str, jwks_url: str, algorithms: frozenset[str], fetch: Callable[[str], Any]) -> None:
        self._issuer, self._configured, self._algorithms, self._fetch = issuer, jwks_url, algorithms, fetch
        self._discovered = ""

    def load(self) -> KeySet:
        """Raises OSError or ValueError."""
        try:
            url = self._configured or self._discovered or self._discover()
            return read_key_set(self._fetch(url), self._algorithms)
        except (OSError, ValueError):
            self._discovered = ""
            raise

    def _discover(self) -> str:
        document = self._fetch(self._issuer.removesuffix("/") + "/.well-known/openid-configuration")
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise ValueError("the discovery document is of another issuer")
        url = document.get("jwks_uri")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise ValueError("the discovery document names no https key set")
        self._discovered = url
        return url
