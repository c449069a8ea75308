"""`gatewright service slow|fail|heal|list`: make a service slow or failing on this machine's AWS, to see what clients get.

Talks to loopback only. It cannot touch an AWS account: it speaks to the engine of this folder by a path that AWS does not
have, and what is deployed knows nothing of it.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.factory import factory_of, pick_regions
from infra.cli.options import DryRun, File, Format, Output, Regions
from infra.cli.terminal import emit, table
from infra.errors import LocalError, Refused

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
_PATH = "/_gatewright/troubles"
_TIMEOUT_SECONDS = 5.0
_LONGEST_MS = 60_000
_UNITS = {"ms": 1, "s": 1000}

app = typer.Typer(
    name="service",
    no_args_is_help=True,
    help="Make a service slow or failing, on this machine's AWS only: what do clients get?",
)
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="As gateway.yaml names it; a Lambda function.")]
Wanted = dict[str, float]


def register(main: typer.Typer) -> None:
    main.add_typer(app)


@app.command(epilog="Example: gatewright service slow orders 3s")
def slow(
    ctx: typer.Context,
    service: ServiceName,
    by: Annotated[str, typer.Argument(metavar="TIME", help="How much longer each call takes, 1ms to 60s: 800ms, 3s.")],
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Let every call of a service take longer, in all its versions."""
    found = re.fullmatch(r"([0-9]{1,5})(ms|s)", by)
    slow_ms = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= slow_ms <= _LONGEST_MS:
        raise Refused(f"TIME: {by!r} is not a time from 1ms to 60s. Give a whole number with its unit: 800ms, 3s.")
    _put(ctx, service, {"slow_ms": slow_ms}, regions, file, output, dry_run=dry_run)


@app.command(epilog="Example: gatewright service fail orders 50%")
def fail(
    ctx: typer.Context,
    service: ServiceName,
    share: Annotated[str, typer.Argument(metavar="[SHARE]", help="How many calls fail, above 0% to 100%.")] = "100%",
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Let calls of a service end in an error of its function."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)%", share)
    percent = float(found[1]) if found else 0.0
    if not 0 < percent <= 100:
        raise Refused(f"SHARE: {share!r} is no share of the calls. Give a percentage above 0% and up to 100%.")
    _put(ctx, service, {"fail_percent": percent}, regions, file, output, dry_run=dry_run)


@app.command(epilog="Example: gatewright service heal orders")
def heal(
    ctx: typer.Context,
    service: ServiceName,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Let a service be as it is again."""
    _put(ctx, service, {}, regions, file, output, dry_run=dry_run)


@app.command("list", epilog="Example: gatewright service list --output json")
def list_troubles(file: File = DEFAULT_FILE, output: Output = Format.TABLE) -> None:
    """Show what is slow or fails on this machine."""
    _show(_call(_endpoint(file), None, {}), output)


def _put(
    ctx: typer.Context,
    service: str,
    wanted: Wanted,
    regions: Sequence[str] | None,
    file: Path,
    output: Format,
    *,
    dry_run: bool,
) -> None:
    from infra.blueprint.names import function

    gateway = factory_of(ctx).gateway(file)
    names = pick_regions(gateway, regions)
    functions = [one.name for one in gateway.services if one.lambda_folder is not None]
    if service not in functions:
        raise Refused(
            f"{service}: gateway {gateway.name} has no Lambda service of this name. It has: {', '.join(functions) or 'none'}."
        )
    name, body = function(gateway.name, service), {"regions": names, **wanted}
    endpoint = _endpoint(file)
    if dry_run:
        call = f"PUT {_PATH}/{name} {json.dumps(body)}"
        emit(output, {"calls": [call]}, ["This would be done:", f"  {call}"])
        return
    _show(_call(endpoint, name, body), output)


def _show(answer: dict[str, Any], output: Format) -> None:
    found: list[dict[str, Any]] = answer["troubles"]
    rows = [
        {
            "region": one["region"],
            "function": one["function"],
            "slower by": f"{one['slow_ms']} ms" if one["slow_ms"] else "",
            "fails": f"{one['fail_percent']:g} %" if one["fail_percent"] else "",
        }
        for one in found
    ]
    columns = ("region", "function", "slower by", "fails")
    emit(output, answer, table(rows, columns=columns) if rows else ["Every service is as it is."])


def _endpoint(file: Path) -> str:
    from infra.local import engine

    running = engine.find(file.resolve().parent)
    if running is None:
        raise LocalError(
            "The embedded AWS is not running here, and no other AWS has this switch. Start it: `gatewright up`."
        )
    return running.endpoint


def _call(endpoint: str, name: str | None, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{endpoint}{_PATH}" + (f"/{name}" if name else "")
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, data=json.dumps(body).encode() if name else None, method="PUT" if name else "GET"
    )
    again = "Start the engine again: `gatewright down`, then `gatewright up`."
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise LocalError(f"{url}: the engine answered {error.code}. {again}") from error
    except (OSError, ValueError) as error:
        raise LocalError(f"{url}: {error}. {again}") from error
    return found
