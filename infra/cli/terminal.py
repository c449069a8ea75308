"""What the user sees: tables, JSON, progress, errors. Writes to stdout (results) and stderr (everything else)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.options import Format
from infra.errors import GatewrightError

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["Progress", "colors_wanted", "emit", "progress", "raise_last", "say", "table", "tell"]


def colors_wanted() -> bool:
    """Whether to color: a terminal, and neither NO_COLOR (https://no-color.org) nor `--no-color`."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """A line of the result."""
    typer.echo(text)


def tell(text: str) -> None:
    """A line beside the result: progress, hints, errors."""
    typer.echo(text, err=True)


def raise_last(errors: Sequence[GatewrightError]) -> None:
    """Tell what went wrong in several regions; the last ends the command. Raises it, if there is any."""
    for earlier in errors[:-1]:
        tell(f"error: {earlier}")
    if errors:
        raise errors[-1]


def emit(output: Format, document: Any, lines: Sequence[str]) -> None:
    """The result: one JSON document and nothing else, or lines."""
    if output is Format.JSON:
        say(json.dumps(document, indent=2, default=_plain))
        return
    for line in lines:
        say(line)


def table(rows: Sequence[Mapping[str, object]], *, columns: Sequence[str]) -> list[str]:
    """Aligned columns under their names; a missing value is a dash."""
    cells = [[column.upper() for column in columns]]
    cells += [[str(row.get(column, "")) or "-" for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


class Progress:
    """Where long work says what it does: plain lines. Called with a message; `paused` while somebody is asked."""

    def __call__(self, message: str) -> None:
        tell(message)

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield


class MovingLine(Progress):
    """The same as one moving line of a terminal."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def __call__(self, message: str) -> None:
        self._status.update(message.replace("[", "\\["))  # rich would take brackets for markup

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without it the moving line would write over the question."""
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()


@contextmanager
def progress() -> Iterator[Progress]:
    """One moving line on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console

    console = Console(stderr=True, no_color=not colors_wanted())
    with console.status("looking") as status:
        yield MovingLine(status)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value)
