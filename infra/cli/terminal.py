"""What the user sees: tables, JSON, progress, errors. Writes to stdout (results) and stderr (everything else)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any

import typer

from infra.cli.options import Format

__all__ = ["colors_wanted", "emit", "progress", "say", "table", "tell"]


def colors_wanted() -> bool:
    """Whether to color: a terminal, and neither NO_COLOR (https://no-color.org) nor `--no-color`."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """A line of the result."""
    typer.echo(text)


def tell(text: str) -> None:
    """A line beside the result: progress, hints, errors."""
    typer.echo(text, err=True)


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


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Where long work says what it does: one moving line on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield tell
        return
    from rich.console import Console

    console = Console(stderr=True, no_color=not colors_wanted())
    with console.status("looking") as status:
        yield lambda message: status.update(message.replace("[", "\\["))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value)
