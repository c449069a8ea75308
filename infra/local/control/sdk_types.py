"""The SDK generators that AWS offers, by name. Touches nothing; GetSdk itself is not built and answers 501."""

from __future__ import annotations

from infra.local.control.call import Call
from infra.local.control.errors import not_found
from infra.local.control.paging import page
from infra.local.control.store import Shape

_NAMES = {
    "java": "Java SDK",
    "javascript": "JavaScript",
    "android": "Android",
    "objectivec": "iOS (Objective-C)",
    "swift": "iOS (Swift)",
    "ruby": "Ruby",
}


def get_sdk_types(call: Call) -> Shape:
    return page(call, [_shape(name) for name in _NAMES])


def get_sdk_type(call: Call) -> Shape:
    if call.params["id"] not in _NAMES:
        raise not_found("Invalid SDK Type specified")  # unsure of the text
    return _shape(call.params["id"])


def _shape(name: str) -> Shape:
    return {"id": name, "friendlyName": _NAMES[name], "description": f"Generates a {_NAMES[name]} client"}
