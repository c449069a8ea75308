"""Environment -> frozen settings, once, at cold start. Touches nothing else.

| variable | meaning | default |
| --- | --- | --- |
| GATEWRIGHT_BREAKER_GATEWAY | the gateway's name; metrics are in `Gatewright/<gateway>` | needed |
| GATEWRIGHT_BREAKER_SERVICE | the protected service's name; the partition key in the table | needed |
| GATEWRIGHT_BREAKER_TABLE | the DynamoDB table: string keys `pk` and `sk`, TTL attribute `expires` | needed |
| GATEWRIGHT_BREAKER_TARGET | ARN of a function's exact version, or `https://host/base` (`http://` too) | needed |
| GATEWRIGHT_BREAKER_PREFIX | the service's path prefix, cut off before an HTTP target's path is joined | empty |
| GATEWRIGHT_BREAKER_TIMEOUT_MS | when a call is given up; below the function's timeout, which is below the integration's | needed |
| GATEWRIGHT_BREAKER_WINDOW | `60s`: whole seconds, up to 300; `100`: that many calls, up to 1000 | 60s |
| GATEWRIGHT_BREAKER_MINIMUM_CALLS | no rate before | 20 |
| GATEWRIGHT_BREAKER_FAILURE_PERCENT | opens at it | 50 |
| GATEWRIGHT_BREAKER_SLOW_PERCENT | opens at it | 50 |
| GATEWRIGHT_BREAKER_SLOW_MS | a call that takes longer is slow | half of the timeout |
| GATEWRIGHT_BREAKER_WAIT_MS | how long it stays open the first time | 10000 |
| GATEWRIGHT_BREAKER_WAIT_FACTOR | how much longer each further time, 1 to 10 | 2 |
| GATEWRIGHT_BREAKER_WAIT_MAX_MS | and at most | 120000 |
| GATEWRIGHT_BREAKER_TRIAL_CALLS | permits of HALF_OPEN, 1 to 100 | 5 |
| GATEWRIGHT_BREAKER_TRIAL_MAX_MS | HALF_OPEN ends in OPEN without a decision; 0: leases alone | 0 |
| GATEWRIGHT_BREAKER_AUTOMATIC | `true`: OPEN ends at the end of its wait, not at the first call after it | false |
| GATEWRIGHT_BREAKER_RECORDED | JSON list of failures: `5xx`, `503`, `timeout`, `unreachable`, `throttled`, `function_error`, `bad_answer` | all but throttled |
| GATEWRIGHT_BREAKER_IGNORED | JSON list of the same words; ignored wins | ["throttled"] |
| GATEWRIGHT_BREAKER_CACHE_MS | how old the known state may be, 0 to 1000 | 1000 |
| GATEWRIGHT_BREAKER_FLUSH_MS | how long counts are kept back, 0 to 5000 | 1000 |
| GATEWRIGHT_BREAKER_STORE_TIMEOUT_MS | of one call of the table, 10 to 1000 | 100 |
| GATEWRIGHT_BREAKER_LAST_KNOWN_MS | how long the last known state is followed without the table | 30000 |
| GATEWRIGHT_BREAKER_SKEW_MS | how far clocks may differ | 500 |
| GATEWRIGHT_BREAKER_FALLBACK_CACHE_MS | how old a last good answer may be; 0: none is kept | 0 |
| GATEWRIGHT_BREAKER_FALLBACK_BODY | JSON object that refusals carry; empty: problem+json | empty |

Besides these: AWS_REGION and the credentials, which Lambda sets, and AWS_ENDPOINT_URL[_DYNAMODB|_LAMBDA].
Permissions: dynamodb:GetItem, Query and UpdateItem on the table (LeadingKeys: the service); lambda:InvokeFunction on the target.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from .outcomes import FAILURES, IGNORED_BY_DEFAULT, RECORDED_BY_DEFAULT
from .rules import Rules
from .shared import Sharing

__all__ = ["Settings", "SettingsError"]

_PREFIX = "GATEWRIGHT_BREAKER_"
_LEASE_MARGIN_MS = 1000  # from the end of a trial call to its vote in the table, with all that may be slow between
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+:\d+")
_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?(/[\x21-\x7e]*)?")
_WORD = re.compile(r"[1-5]xx|[1-5]\d\d")
_T = TypeVar("_T")


class SettingsError(ValueError):
    """One line per wrong variable: its name, the rule, the value."""


class Settings(NamedTuple):
    gateway: str
    service: str
    table: str
    target: str
    prefix: str
    timeout_ms: int
    rules: Rules
    sharing: Sharing
    store_timeout_ms: int
    recorded: frozenset[str]
    ignored: frozenset[str]
    fallback_cache_ms: int
    fallback_body: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises SettingsError with every variable that is wrong, not only the first."""
        reader = _Reader(environment)
        timeout_ms = reader.whole("TIMEOUT_MS", "", 1, 900_000)
        rules = _rules(reader, timeout_ms or 1000)
        settings = cls(
            gateway=reader.read("GATEWAY", _name),
            service=reader.read("SERVICE", _name),
            table=reader.read("TABLE", _name),
            target=reader.read("TARGET", _target),
            prefix=reader.read("PREFIX", str),
            timeout_ms=timeout_ms,
            rules=rules,
            sharing=Sharing(
                cache_ms=reader.whole("CACHE_MS", "1000", 0, 1000),
                flush_ms=reader.whole("FLUSH_MS", "1000", 0, 5000),
                last_known_ms=reader.whole("LAST_KNOWN_MS", "30000", 0, 600_000),
            ),
            store_timeout_ms=reader.whole("STORE_TIMEOUT_MS", "100", 10, 1000),
            recorded=reader.read("RECORDED", _words, json.dumps(RECORDED_BY_DEFAULT)),
            ignored=reader.read("IGNORED", _words, json.dumps(IGNORED_BY_DEFAULT)),
            fallback_cache_ms=reader.whole("FALLBACK_CACHE_MS", "0", 0, 86_400_000),
            fallback_body=reader.read("FALLBACK_BODY", _object_or_empty),
        )
        if not reader.faults:
            reader.faults += [f"{_PREFIX}*: {fault}" for fault in rules.faults()]
        if reader.faults:
            raise SettingsError("the breaker cannot start:\n" + "\n".join(reader.faults))
        return settings


class _Reader:
    """Reads variables and collects what is wrong; a wrong one gives None, and nobody sees it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def read(self, name: str, parse: Callable[[str], _T], default: str = "") -> _T:
        text = self._environment.get(_PREFIX + name) or default
        try:
            return parse(text)
        except (ValueError, RecursionError) as fault:
            rule = "JSON is needed" if isinstance(fault, json.JSONDecodeError | RecursionError) else str(fault)
            self.faults.append(f"{_PREFIX}{name}: {rule}, got {text[:80]!r}")
            return None  # type: ignore[return-value]

    def whole(self, name: str, default: str, low: int, high: int) -> int:
        def parse(text: str) -> int:
            if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
                raise ValueError(f"a whole number from {low} to {high} is needed")
            return int(text)

        return self.read(name, parse, default)


def _rules(reader: _Reader, timeout_ms: int) -> Rules:
    time_based, size = reader.read("WINDOW", _window, "60s") or (True, 60)
    skew_ms = reader.whole("SKEW_MS", "500", 0, 60_000)
    return Rules(
        time_based=time_based,
        size=size,
        minimum_calls=reader.whole("MINIMUM_CALLS", "20", 1, 100_000),
        failure_percent=reader.read("FAILURE_PERCENT", _number, "50"),
        slow_percent=reader.read("SLOW_PERCENT", _number, "50"),
        slow_ms=reader.whole("SLOW_MS", str(max(timeout_ms // 2, 1)), 1, 900_000),
        wait_ms=reader.whole("WAIT_MS", "10000", 1, 3_600_000),
        wait_factor=reader.read("WAIT_FACTOR", _number, "2"),
        wait_max_ms=reader.whole("WAIT_MAX_MS", "120000", 1, 86_400_000),
        permitted=reader.whole("TRIAL_CALLS", "5", 1, 100),
        half_open_max_ms=reader.whole("TRIAL_MAX_MS", "0", 0, 3_600_000),
        automatic=reader.read("AUTOMATIC", _flag, "false"),
        lease_ms=timeout_ms + _LEASE_MARGIN_MS,
        skew_ms=skew_ms,
    )


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name of letters, digits, . _ and - is needed")
    return text


def _target(text: str) -> str:
    if not _FUNCTION.fullmatch(text) and not _URL.fullmatch(text):
        raise ValueError("the ARN of a function's version, or an http(s):// address is needed")
    return text


def _window(text: str) -> tuple[bool, int]:
    if not re.fullmatch(r"[0-9]{1,4}s?", text):
        raise ValueError("seconds (60s) or a number of calls (100) is needed")
    return text.endswith("s"), int(text.removesuffix("s"))


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise ValueError("a number is needed")
    return float(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false is needed")
    return text == "true"


def _words(text: str) -> frozenset[str]:
    value: Any = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError("a JSON list of words is needed")
    unknown = [word for word in value if word not in FAILURES and not _WORD.fullmatch(word)]
    if unknown:
        raise ValueError(f"of {', '.join(FAILURES)}, 5xx or a status only; {unknown[0]!r} is none")
    return frozenset(value)


def _object_or_empty(text: str) -> str:
    if text and not isinstance(json.loads(text), dict):
        raise ValueError("a JSON object is needed")
    return text
