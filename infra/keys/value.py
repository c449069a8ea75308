"""The value of an API key, by construction. Pure; touches nothing, costs one HMAC.

The authorizer has its own copy of `key_value`, because it is bundled alone; a test holds the two together.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

__all__ = ["fingerprint", "key_value"]

_CONTEXT = "gatewright key v1"  # a value made for another purpose with the same secret can never be a key
_FINGERPRINT_DIGITS = 16


def key_value(secret: bytes, *, gateway: str, plan: str, customer: str) -> str:
    """What the customer sends as ``x-api-key``, the same in every region: 52 characters of ``a-z2-7``.

    HMAC-SHA256 (RFC 2104) over the names, in base32 (RFC 4648) without padding. API Gateway takes 20 to 128
    alphanumeric characters (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html).
    No name may hold a NUL, which is what keeps them apart.
    """
    message = "\0".join((_CONTEXT, gateway, plan, customer)).encode()
    digest = hmac.digest(secret, message, "sha256")
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def fingerprint(value: str) -> str:
    """Enough of a hash to tell two values apart and nothing to get one back: values have 256 random bits."""
    return hashlib.sha256(value.encode()).hexdigest()[:_FINGERPRINT_DIGITS]
