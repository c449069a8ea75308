"""What an integration gives back: to `returning` (HTTP, AWS, MOCK) or straight to the client (proxies). Data only."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Answer"]


@dataclass(slots=True)
class Answer:
    """``error_message`` is set when a Lambda function failed: `selectionPattern` of AWS integrations reads it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    error_message: str = ""
