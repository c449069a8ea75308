"""`gatewright canary ...`: start, watch, step, promote, roll back. Touches AWS through the release room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.act import act, sessions_of
from infra.cli.judge import judge
from infra.cli.options import DryRun, File, Format, OneRegion, Output, Regions, Yes
from infra.cli.pin import pin, testers_of, unpin
from infra.cli.replay import replay
from infra.cli.rollout import abort, progress_of, run
from infra.cli.terminal import emit, progress, table
from infra.errors import Refused

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.release.session import Command, Session

app = typer.Typer(name="canary", no_args_is_help=True, help="Give a new release a share of the traffic, then decide.")

app.command(epilog="Example: gatewright canary run --dry-run")(run)
app.command("progress", epilog="Example: gatewright canary progress --report now.html")(progress_of)
app.command(epilog='Example: gatewright canary abort --reason "the partner called"')(abort)
app.command(epilog="Example: gatewright canary judge --stream < intervals.jsonl")(judge)
app.command(epilog="Example: gatewright canary replay report.html --tol-error 0.01")(replay)
app.command(epilog="Example: gatewright canary pin --header 'X-Release: canary'")(pin)
app.command(epilog="Example: gatewright canary unpin")(unpin)

DEFAULT_FILE = Path("gateway.yaml")
Percent = Annotated[
    str | None,
    typer.Option("--percent", "-p", help="Share of requests, above 0 and up to 100. Default: the file's steps."),
]


@app.command(epilog="Example: gatewright canary start --region us-east-1 --percent 10")
def start(
    ctx: typer.Context,
    region: OneRegion,
    percent: Percent = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Give the newest, dark release a share of one region's requests."""
    from infra.release import commands

    def command(session: Session, gateway: Gateway) -> Command:  # noqa: ARG001
        return commands.start(gateway.release.steps_percent[0] if percent is None else percent)

    act(ctx, command, file=file, regions=[region], output=output, dry_run=dry_run)


@app.command(epilog="Example: gatewright canary step --region us-east-1 --percent 50")
def step(
    ctx: typer.Context,
    regions: Regions = None,
    percent: Percent = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Change the canary's share; without --percent, to the next step of the file."""
    from infra.release import commands

    def command(session: Session, gateway: Gateway) -> Command:
        return commands.step(_next_step(session, gateway) if percent is None else percent)

    act(ctx, command, file=file, regions=regions, output=output, dry_run=dry_run)


def _next_step(session: Session, gateway: Gateway) -> float:
    """The file's first step above the canary's share; a half-done step's own share when there is one."""
    s = session.observe()
    if s.intent is not None and s.intent.operation == "step":
        return s.intent.percent
    steps = gateway.release.steps_percent
    if s.canary is None:
        return steps[0]  # the planner says what is missing
    share = s.canary.percent
    above = [one for one in steps if one > share]
    if not above:
        raise Refused(
            f"{s.place}: the canary has {share:g} %, the file's last step. "
            f"Run `gatewright canary promote --region {s.region}`, or give --percent."
        )
    return above[0]


@app.command(epilog="Example: gatewright canary promote --region us-east-1")
def promote(
    ctx: typer.Context,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give the canary's release all requests, wherever a canary runs."""
    from infra.release import commands

    act(ctx, lambda *_: commands.promote(), file=file, regions=regions, output=output, dry_run=dry_run, yes=yes)


@app.command(epilog="Example: gatewright canary rollback")
def rollback(
    ctx: typer.Context,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Take all requests off the canary at once, wherever one runs. Never asks.

    It takes over whatever is half done; a half-done promotion is undone.
    """
    from infra.release import commands

    act(
        ctx,
        lambda *_: commands.rollback(),
        file=file,
        regions=regions,
        output=output,
        dry_run=dry_run,
        all_regions=True,
    )


@app.command(epilog="Example: gatewright canary status --output json")
def status(
    ctx: typer.Context, regions: Regions = None, file: File = DEFAULT_FILE, output: Output = Format.TABLE
) -> None:
    """Show the canary of each region, and the pinned testers."""
    from infra.cli.status import overview

    columns = ("region", "stage", "baseline", "canary", "percent", "newest", "pending", "agrees")
    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        rows, lines = [], []
        for session in sessions:
            situation = session.observe()
            found, said = testers_of(session, situation)
            rows.append({**overview(situation), "testers": found})
            lines += said
    emit(output, {"regions": rows}, [*table(rows, columns=columns), *lines])


@app.command(epilog="Example: gatewright canary history --region us-east-1 --limit 5 --output json")
def history(
    ctx: typer.Context,
    regions: Regions = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many decisions of each region.")] = 20,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show what was decided, by whom; the JSON holds the evidence."""
    rows: list[dict[str, Any]] = []
    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        for session in sessions:
            rows += [{"region": session.region, **entry} for entry in session.history(limit=limit)]
    pins = ("header",) if any(row.get("header") for row in rows) else ()
    columns = ("region", "started", "operation", "target", *pins, "percent", "baseline", "owner", "outcome")
    emit(output, {"decisions": rows}, table(rows, columns=columns))
