"""`gatewright region down|up|list`: switch a region of the AWS on this machine off, to see what clients get. Talks to loopback only.

It cannot touch an AWS account: it speaks to the engine of this folder by a path that AWS does not have.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.factory import factory_of, pick_regions
from infra.cli.options import DryRun, File, Format, Output
from infra.cli.terminal import emit, table
from infra.errors import LocalError

if TYPE_CHECKING:
    from infra.local.engine import Engine

__all__ = ["register", "switched_off"]

DEFAULT_FILE = Path("gateway.yaml")
_TIMEOUT_SECONDS = 5.0

app = typer.Typer(
    name="region",
    no_args_is_help=True,
    help="Switch a region off and on, on this machine's AWS only: what do clients get?",
)
Region = Annotated[str, typer.Argument(metavar="REGION", help="A region of the gateway, for example eu-west-1.")]


def register(main: typer.Typer) -> None:
    main.add_typer(app)


@dataclass(frozen=True, slots=True)
class Switch:
    """The one call that a command makes."""

    region: str
    health: str

    def __str__(self) -> str:
        return f"PUT /_gatewright/regions/{self.region} {json.dumps({'health': self.health})}"


@app.command(epilog="Example: gatewright region down eu-west-1, then: gatewright resolve --live --country DE")
def down(
    ctx: typer.Context,
    region: Region,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Switch a region off: its gateways answer nobody, its health checks fail, and DNS follows."""
    _switch(ctx, Switch(region, "down"), file, output, dry_run=dry_run)


@app.command(epilog="Example: gatewright region up eu-west-1")
def up(
    ctx: typer.Context,
    region: Region,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Switch a region on again."""
    _switch(ctx, Switch(region, "up"), file, output, dry_run=dry_run)


@app.command("list", epilog="Example: gatewright region list --output json")
def list_regions(ctx: typer.Context, file: File = DEFAULT_FILE, output: Output = Format.TABLE) -> None:
    """Show which regions of this machine's AWS are up."""
    names = pick_regions(factory_of(ctx).gateway(file), None)
    off = set(_call(_engine(file))["down"])
    rows = [{"region": name, "health": "down" if name in off else "up"} for name in names]
    emit(output, {"regions": rows}, table(rows, columns=("region", "health")))


def switched_off(file: Path) -> list[str]:
    """The regions that are off, when commands go to this folder's engine; none on AWS."""
    from infra.local import engine

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    running = engine.find(file.resolve().parent) if endpoint else None
    if running is None or running.endpoint != endpoint:
        return []
    return list((engine.health(running.port) or {}).get("down") or [])


def _switch(ctx: typer.Context, switch: Switch, file: Path, output: Format, *, dry_run: bool) -> None:
    pick_regions(factory_of(ctx).gateway(file), [switch.region])
    engine = _engine(file)
    if dry_run:
        emit(output, {"calls": [str(switch)]}, ["This would be done:", f"  {switch}"])
        return
    answer = _call(engine, switch)
    word = "is" if answer["changed"] else "was already"
    others = [name for name in answer["down"] if name != switch.region]
    lines = [f"{switch.region} {word} {switch.health} on this machine."]
    lines += [f"Also down: {', '.join(others)}"] if others else []
    emit(output, {"region": switch.region, "health": switch.health, **answer}, lines)


def _engine(file: Path) -> Engine:
    from infra.local import engine

    running = engine.find(file.resolve().parent)
    if running is None:
        raise LocalError(
            "The embedded AWS is not running here, and no other AWS has such a switch. Start it: `gatewright up`."
        )
    return running


def _call(engine: Engine, switch: Switch | None = None) -> dict[str, Any]:
    path = f"/_gatewright/regions/{switch.region}" if switch else "/_gatewright/regions"
    body = json.dumps({"health": switch.health}).encode() if switch else None
    request = urllib.request.Request(f"{engine.endpoint}{path}", data=body, method="PUT" if switch else "GET")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise LocalError(f"{engine.endpoint}{path}: {_said(error)}") from error
    except (OSError, ValueError) as error:
        raise LocalError(
            f"{engine.endpoint}{path}: {error}. Start the engine again: `gatewright down`, `gatewright up`."
        ) from error
    return found


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {error.code}; start the engine again: `gatewright down`, `gatewright up`"
