"""Small checks of what a client sent; every wrong field is reported, not the first. Pure.

API Gateway validates bodies against the same schema first; these checks also hold when the function is called
directly, and know what a schema cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .messages import Fault, Problem, Request

__all__ = ["Checks", "body_of", "limit_of"]

_MOST_ITEMS = 100


def body_of(request: Request) -> Mapping[str, Any]:
    """The body, or 400: an empty body is a request that cannot be understood, not one that breaks a rule."""
    if request.body is None:
        raise Problem(400, "A JSON object is needed as the body.")
    return request.body


def limit_of(request: Request, *, default: int) -> int:
    """The `limit` of a listing, from 1 to 100. Raises a 400 Problem."""
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST_ITEMS):
        raise Problem(400, "The query is wrong.", faults=[Fault("limit", f"a number from 1 to {_MOST_ITEMS}")])
    return int(text)


class Checks:
    """Collects what is wrong with a body; `done` raises one 422 Problem with all of it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def wrong(self, pointer: str, detail: str) -> None:
        self._faults.append(Fault(pointer, detail))

    def text(self, body: Mapping[str, Any], name: str, *, longest: int = 100, at: str = "#") -> str:
        value = body.get(name)
        if isinstance(value, str) and len(value.strip()) >= 1 and len(value) <= longest:
            return value
        self.wrong(f"{at}/{name}", f"a text of 1 to {longest} characters is needed")
        return ""

    def whole(self, body: Mapping[str, Any], name: str, *, low: int, high: int, at: str = "#") -> int:
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(f"{at}/{name}", f"a whole number from {low} to {high} is needed")
        return low

    def entries(self, body: Mapping[str, Any], name: str, *, most: int) -> list[tuple[str, Mapping[str, Any]]]:
        """The objects of a list, each with its JSON pointer."""
        value = body.get(name)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            self.wrong(f"#/{name}", f"a list of 1 to {most} objects is needed")
            return []
        for index, entry in enumerate(value):
            if not isinstance(entry, dict):
                self.wrong(f"#/{name}/{index}", "an object is needed")
        return [(f"#/{name}/{index}", entry) for index, entry in enumerate(value) if isinstance(entry, dict)]

    def only(self, body: Mapping[str, Any], *names: str, at: str = "#") -> None:
        for name in sorted(set(body) - set(names)):
            self.wrong(f"{at}/{name}", "this field is not known")

    def done(self) -> None:
        if self._faults:
            raise Problem(422, "The body breaks a rule.", faults=self._faults)
