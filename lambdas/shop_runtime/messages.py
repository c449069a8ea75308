"""Requests, answers and problems of a small JSON service. Pure data; touches nothing.

Errors are RFC 9457 problem details; the list of wrong fields uses its `errors` example extension (section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

__all__ = ["Answer", "Fault", "Problem", "Request"]


@dataclass(frozen=True)
class Request:
    """One request, as the logic of a service sees it.

    `url_path` is the path the client asked for, stage included; `body` is the decoded JSON object, None without one.
    """

    method: str
    url_path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What a service answers; `body` becomes JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """One wrong field: a JSON pointer (or the query parameter's name) and what is wrong with it."""

    pointer: str
    detail: str


class Problem(Exception):
    """An error that the client is told about, with the status that fits it."""

    def __init__(self, status: int, detail: str, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.faults = status, detail, tuple(faults)

    def as_answer(self) -> Answer:
        body: dict[str, Any] = {
            "type": "about:blank",  # RFC 9457 4.2.1: the title is then the HTTP phrase
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.faults:
            body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults]
        return Answer(body, self.status, {"Content-Type": "application/problem+json"})
