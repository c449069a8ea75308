"""The three ways not to say yes. Raised by the pure rooms, turned into API Gateway's answers by `authorizer`."""

from __future__ import annotations

__all__ = ["KeysUnavailable", "Refused"]


class Refused(Exception):
    """The request is not authenticated: 401.

    `reason` is one of a closed set of words that hold nothing of the token, so it may be logged.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysUnavailable(Exception):
    """No key of the issuer is known and none can be fetched: nobody's fault but ours, so a 500 and not a 401."""
