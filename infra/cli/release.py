"""`gatewright release ...`: what releases there are, going back to one, removing old ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.act import act, sessions_of
from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.terminal import emit, progress, table

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.release.session import Command, Session
    from infra.release.situation import Deployment, Situation

app = typer.Typer(name="release", no_args_is_help=True, help="Releases: immutable, kept, and one pointer away.")

DEFAULT_FILE = Path("gateway.yaml")


@app.command("list", epilog="Example: gatewright release list --region us-east-1")
def list_releases(
    ctx: typer.Context, regions: Regions = None, file: File = DEFAULT_FILE, output: Output = Format.TABLE
) -> None:
    """Show every release that is kept, newest first, and what it is used for."""
    rows: list[dict[str, Any]] = []
    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        for session in sessions:
            s = session.observe(with_history=True)
            rows += [_row(s, deployment) for deployment in reversed(s.deployments)]
    columns = ("region", "release", "deployment", "created", "state")
    emit(output, {"releases": rows}, table(rows, columns=columns))


def _row(s: Situation, deployment: Deployment) -> dict[str, Any]:
    from infra.release.plan_release import releases_in_use

    state = "kept"
    if deployment.id in releases_in_use(s):
        state = releases_in_use(s)[deployment.id]
    if deployment.id == s.newest and deployment.id != s.serving:
        state = "is dark: nobody gets it yet"
    if s.canary and deployment.id == s.canary.deployment_id != s.serving:
        state = f"is the canary at {s.canary.percent:g} %"
    return {
        "region": s.region,
        "release": deployment.release,
        "deployment": deployment.id,
        "created": deployment.created.isoformat(timespec="seconds"),
        "state": state,
        "function_versions": list(s.manifests.get(deployment.id, ())),
    }


@app.command(epilog="Example: gatewright release rollback 3f2a91bc --region us-east-1")
def rollback(
    ctx: typer.Context,
    release: Annotated[
        str, typer.Argument(help="A release or deployment id. Default: the release before the last promotion.")
    ] = "",
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give the stage back to an earlier release."""
    from infra.release import commands

    command = commands.release_rollback(release)
    act(ctx, lambda *_: command, file=file, regions=regions, output=output, dry_run=dry_run, yes=yes)


@app.command(epilog="Example: gatewright release prune --keep 5 --dry-run")
def prune(
    ctx: typer.Context,
    regions: Regions = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", help="How many of the newest releases to keep. Default: the file's release.keep."),
    ] = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete old releases and the function versions that only they call; never one that is in use."""
    from infra.release import commands

    def command(session: Session, gateway: Gateway) -> Command:  # noqa: ARG001
        return commands.prune(gateway.release.keep if keep is None else keep)

    act(ctx, command, file=file, regions=regions, output=output, dry_run=dry_run, yes=yes)
