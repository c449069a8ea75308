"""`gatewright canary pin|unpin`: testers who ask for the canary by a header. Touches AWS through the release room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.act import sessions_of
from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.terminal import emit, progress, raise_last
from infra.errors import GatewrightError, NothingToDo

if TYPE_CHECKING:
    from infra.release.pins import Header, Scene
    from infra.release.plan import Plan
    from infra.release.session import Session
    from infra.release.situation import Situation

__all__ = ["pin", "testers_of", "unpin"]

DEFAULT_FILE = Path("gateway.yaml")


def pin(
    ctx: typer.Context,
    header: Annotated[str, typer.Option("--header", help="Name and value; the value may begin or end with *.")],
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Send every request with a header to the canary, whatever its percentage; without one, to the dark release.

    A routing rule of the custom domain leads to a stage of its own, with the live stage's firewall, throttles and plans. Run it again
    after a new release: it moves the testers on. Their requests are no evidence for the verdict.
    """
    from infra.release.pins import parse_header, plan_pin

    wanted = parse_header(header)
    _act(ctx, lambda scene: plan_pin(scene, wanted), wanted, regions, file, output, dry_run=dry_run)


def unpin(
    ctx: typer.Context,
    header: Annotated[str | None, typer.Option("--header", help="Only this one. Default: all.")] = None,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Take pinned testers back to where all other requests go; with the last one their stage goes too."""
    from infra.release.pins import parse_header, plan_unpin

    wanted = None if header is None else parse_header(header)
    _act(ctx, lambda scene: plan_unpin(scene, wanted), wanted, regions, file, output, dry_run=dry_run)


def testers_of(session: Session, situation: Situation) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """The testers of a region for `canary status`, and a line for each header. What cannot be read of them (None) must not hide the canary."""
    from infra.release.pinning import who_is_pinned

    try:
        found = who_is_pinned(session, situation)
    except GatewrightError as error:
        return None, [f"{situation.region}: testers are pinned, but who is not known: {error}"]
    return [one.as_json() for one in found], [f"{situation.region}: {one.line(situation.region)}" for one in found]


def _act(
    ctx: typer.Context,
    planner: Callable[[Scene], Plan],
    header: Header | None,
    regions: Regions,
    file: Path,
    output: Format,
    *,
    dry_run: bool,
) -> None:
    from infra.release.display import done_lines
    from infra.release.pinning import apply, look

    done: list[Plan] = []
    errors: list[GatewrightError] = []
    skipped: list[GatewrightError] = []
    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        for session in sessions:
            try:
                plan = planner(look(session)) if dry_run else apply(session, planner, header=header, progress=show)
                done.append(plan)
            except NothingToDo as error:
                skipped.append(error)
            except GatewrightError as error:  # the other regions must not wait for this one
                errors.append(error)
    if done:
        document = {"dry_run": dry_run, "results": [one.as_json() for one in done]}
        emit(output, document, done_lines(done, dry_run=dry_run))
    errors += skipped if regions or not done else []
    raise_last(errors)
