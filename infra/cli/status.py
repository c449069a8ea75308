"""`gatewright status`: every region of the gateway on one page. Reads AWS, changes nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.act import sessions_of
from infra.cli.local import execute_url
from infra.cli.options import File, Format, OneRegion, Output, Regions
from infra.cli.region import switched_off
from infra.cli.terminal import emit, progress, say, table, tell
from infra.errors import GatewrightError

if TYPE_CHECKING:
    from infra.release.situation import Situation

__all__ = ["overview", "register"]

DEFAULT_FILE = Path("gateway.yaml")


def register(app: typer.Typer) -> None:
    app.command("status", epilog="Example: gatewright status --output json")(status)
    app.command("url", epilog="Example: curl $(gatewright url --region us-east-1)/api/users/1")(url)


def status(
    ctx: typer.Context, regions: Regions = None, file: File = DEFAULT_FILE, output: Output = Format.TABLE
) -> None:
    """Show stack, stage, baseline, canary, newest release, lock and half-done commands of each region."""
    rows: list[dict[str, Any]] = []
    failed: GatewrightError | None = None
    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        for session in sessions:
            try:
                rows.append(overview(session.observe()))
            except GatewrightError as error:  # one region that does not answer must not hide the others
                failed = error
                rows.append({"region": session.region, "stack": "no answer", "error": str(error)})
    columns = (
        "region",
        "stack",
        "stage",
        "baseline",
        "canary",
        "percent",
        "newest",
        "agrees",
        "pending",
        "lock",
        "url",
    )
    emit(output, {"regions": rows}, table(rows, columns=columns))
    for name in switched_off(file):
        tell(f"note: {name} is switched off on this machine: its gateways answer nobody. gatewright region up {name}")
    if failed is not None:
        raise failed


def url(ctx: typer.Context, region: OneRegion = "", file: File = DEFAULT_FILE) -> None:
    """Print where the gateway answers in a region (default: the first of the file), for use in other commands."""
    _, sessions = sessions_of(ctx, file, [region] if region else None, lambda _: None)
    found = _url(sessions[0].observe())
    if not found:
        raise GatewrightError(f"{sessions[0].region}: nothing is deployed here yet. Run `gatewright deploy`.")
    say(found)


def overview(s: Situation) -> dict[str, Any]:
    """One region as a row; keys without a value are empty."""
    return {
        "region": s.region,
        "stack": s.stack.status or "absent",
        "stage": s.stage.name if s.stage else "",
        "baseline": s.name_of(s.serving),
        "canary": s.name_of(s.canary.deployment_id) if s.canary else "",
        "percent": s.canary.percent if s.canary else 0,
        "newest": s.name_of(s.newest),
        "dark": bool(s.newest) and s.newest != s.serving and s.canary is None,
        "pinned": bool(s.stack.baseline),
        "agrees": ("yes" if s.agrees else "no") if s.stage else "",
        "pending": f"{s.intent.operation} by {s.intent.owner} since {s.intent.started}" if s.intent else "",
        "lock": s.lock.owner if s.lock else "",
        "url": _url(s),
    }


def _url(s: Situation) -> str:
    """Where the stage answers: on the engine when AWS_ENDPOINT_URL names one, else where AWS serves it."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint and s.stage:
        return execute_url(endpoint, s.api_id, s.stage.name)
    return s.stack.outputs.get("ApiUrl", "")
