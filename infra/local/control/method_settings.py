"""Method settings of a stage: their patch paths and their defaults. Touches nothing.

A key is ``{resource path}/{verb}`` as the caller wrote it, without the leading slash (recorded: ``/test/GET/...`` is kept
as ``test/GET``); inner slashes may come as ``~1`` or plain, so a reader has to take both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.local.control import patch
from infra.local.control.errors import bad_request
from infra.local.control.store import Shape

EVERYTHING = "*/*"
DEFAULTS: Shape = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_STRATEGIES = ("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER")
_LEVELS = ("OFF", "ERROR", "INFO")
_CACHE_TTL_MAXIMUM_SECONDS = 3600


def _choice(allowed: tuple[str, ...]) -> Callable[[str | None], str]:
    def convert(value: str | None) -> str:
        if value not in allowed:
            raise bad_request(f"Invalid value '{value}'. Must be one of: [{', '.join(allowed)}]")  # unsure of the text
        return value

    return convert


def _limit(value: str | None) -> int:
    return patch.whole_number(value, f"Invalid burst limit '{value}': must be a whole number")  # unsure of the text


def _rate(value: str | None) -> float:
    return patch.real_number(value, f"Invalid rate limit '{value}': must be a number")  # unsure of the text


def _ttl(value: str | None) -> int:
    message = f"Invalid cache TTL '{value}': must be between 0 and {_CACHE_TTL_MAXIMUM_SECONDS}"  # unsure of the text
    seconds = patch.whole_number(value, message)
    if not 0 <= seconds <= _CACHE_TTL_MAXIMUM_SECONDS:
        raise bad_request(message)
    return seconds


# the last two segments of a patch path -> member of the setting and its type
SETTINGS: dict[str, tuple[str, Callable[[str | None], Any]]] = {
    "metrics/enabled": ("metricsEnabled", patch.flag_of),
    "logging/dataTrace": ("dataTraceEnabled", patch.flag_of),
    "logging/loglevel": ("loggingLevel", _choice(_LEVELS)),
    "throttling/burstLimit": ("throttlingBurstLimit", _limit),
    "throttling/rateLimit": ("throttlingRateLimit", _rate),
    "caching/enabled": ("cachingEnabled", patch.flag_of),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", _ttl),
    "caching/dataEncrypted": ("cacheDataEncrypted", patch.flag_of),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", patch.flag_of),
    "caching/unauthorizedCacheControlHeaderStrategy": (
        "unauthorizedCacheControlHeaderStrategy",
        _choice(_STRATEGIES),
    ),
}


def split(path: str) -> tuple[str, str] | None:
    """A patch path as (key, setting), None when it does not name a setting.

    The key is found from the end, because a nested resource path may come with plain slashes.
    """
    parts = path.strip("/").split("/") if path.startswith("/") else []
    setting = "/".join(parts[-2:])
    if len(parts) < 4 or setting not in SETTINGS:
        return None
    return "/".join(parts[:-2]), setting


def replace(settings: Shape, key: str, setting: str, value: str | None) -> None:
    """Sets one value; a key that is new starts from ``*/*`` if that is set, else from the defaults (recorded)."""
    member, convert = SETTINGS[setting]
    converted = convert(value)
    entry = settings.setdefault(key, dict(settings.get(EVERYTHING, DEFAULTS)))
    entry[member] = converted
