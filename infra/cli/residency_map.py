"""`gatewright residency map`: the picture of who is answered from where. Reads files, or Route 53 with --live; writes one file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import File, Format, Output
from infra.cli.records import Endpoints, Parameters, Templates, ZoneFile, asked_for, findings_as, option_wrong
from infra.cli.resolve import Down, Live, Sources, down_of, found_records, territory_of, the_name
from infra.cli.terminal import emit

if TYPE_CHECKING:
    from infra.residency.map.answers import Scene

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
DEFAULT_OUT = Path("residency-map.html")


def register(app: typer.Typer) -> None:
    app.command(
        "map", epilog="Example: gatewright residency map --down eu-west-1 --out map.html. Exit codes: 0 written, 1 not."
    )(draw)


def draw(
    ctx: typer.Context,
    down: Down = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The HTML file to write.")] = DEFAULT_OUT,
    name: Annotated[
        str, typer.Option("--name", help="The name that is asked for. Default: the gateway's domain.")
    ] = "",
    template: Templates = None,
    zone: ZoneFile = None,
    endpoint: Endpoints = None,
    parameter: Parameters = None,
    live: Live = False,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Draw who is answered from where: everything up, each region down, and what --down names. One file, no scripts."""
    with findings_as(output):
        asked = asked_for(templates=template, zone=zone, names=[name], parameters=parameter, endpoints=endpoint)
        sources = found_records(ctx, asked, file, live=live)
        wanted = the_name(sources.found)
        drawn, text = _drawn(ctx, sources, wanted, down or [], file)
        _write(out, text)
    rows = [{"state": scene.title, "leaks": [row.place.code for row in scene.leaks]} for scene in drawn]
    leaking = [f"  {row['state']}: {len(row['leaks'])} places leak" for row in rows if row["leaks"]]
    emit(
        output,
        {"name": wanted, "file": str(out), "states": rows},
        [f"map of {len(drawn)} states written to {out}", *leaking],
    )


def _drawn(
    ctx: typer.Context, sources: Sources, name: str, down: list[str], file: Path
) -> tuple[tuple[Scene, ...], str]:
    from infra.residency.map.answers import scenes
    from infra.residency.map.page import page
    from infra.residency.proof import allowed_regions

    territory, more = territory_of(ctx, file)
    allowed = allowed_regions(more)
    out = down_of(sources, down)
    found = scenes(sources.found.zone, name, territory=territory, allowed=allowed, down=out)
    first = next((n for n, scene in enumerate(found) if set(scene.down) == set(out.regions or out.checks)), 0)
    return found, page(found, name=name, source=sources.found.source, allowed=allowed, first=first)


def _write(out: Path, text: str) -> None:
    """In one piece: a killed command leaves the old file."""
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, out)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise option_wrong(
            "--out", f"{out} cannot be written: {error.strerror}", "Give a file in a folder that is yours"
        ) from None
