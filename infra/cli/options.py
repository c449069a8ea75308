"""Options that several commands share, said once. Pure; imports typer only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DryRun", "File", "Format", "OneRegion", "Output", "Regions", "Yes"]


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


Regions = Annotated[
    list[str] | None,
    typer.Option("--region", "-r", help="Only this region; repeat for more. Default: all, in the order of the file."),
]
OneRegion = Annotated[str, typer.Option("--region", "-r", help="The region to act in.")]
Output = Annotated[Format, typer.Option("--output", "-o", help="A table for people, or one JSON document.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the calls that would be made, make none.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask before acting. Without a terminal nothing is asked.")
]
File = Annotated[Path, typer.Option("--gateway-file", "-f", help="The file that describes the gateway.")]
