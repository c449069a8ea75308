"""Headers of an API Gateway proxy event and of its answer, both of which may have them in two forms. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Answer", "Event", "only", "passed_on", "with_headers"]

Event = Mapping[str, Any]
Answer = dict[str, Any]


def with_headers(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with these headers and no others of these names, in the form in which it has its own."""
    single, several = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        return answer  # no answer of a proxy integration: API Gateway says so
    names = {name.lower() for name in headers}
    single = {name: value for name, value in single.items() if name.lower() not in names}
    several = {name: values for name, values in several.items() if name.lower() not in names}
    if several:
        several.update((name, [value]) for name, value in headers.items())
    else:
        single.update(headers)
    made = {**answer}
    for field, values in (("headers", single), ("multiValueHeaders", several)):
        if values or made.get(field):
            made[field] = values
    return made


def passed_on(event: Event, headers: Mapping[str, str], *, dropped: tuple[str, ...]) -> Event:
    """The event with these headers, and without those that are dropped, in both forms."""
    names = {*(name.lower() for name in headers), *dropped}
    made = {**event}
    for field in ("headers", "multiValueHeaders"):
        kept = {name: value for name, value in (event.get(field) or {}).items() if name.lower() not in names}
        made[field] = {**kept, **{name: value if field == "headers" else [value] for name, value in headers.items()}}
    return made


def only(event: Event, name: str) -> str:
    """A header's only value; empty when it is absent, or was sent twice: then nobody knows which one holds."""
    found: list[Any] = []
    for field in ("multiValueHeaders", "headers"):
        for key, value in (event.get(field) or {}).items():
            if len(key) == len(name) and key.lower() == name:
                found += value if isinstance(value, list) else [value]
        if found:
            break
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""
