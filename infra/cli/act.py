"""Carries a mutating command out over regions and shows what became of it. Touches AWS through sessions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.factory import Factory, factory_of, pick_regions
from infra.cli.options import Format
from infra.cli.terminal import Progress, emit, progress, raise_last, tell
from infra.errors import GatewrightError, NothingToDo

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.release.plan import Plan
    from infra.release.session import Command, Done, Session

__all__ = ["act", "session_at_home", "sessions_of"]

CommandFor = Callable[["Session", "Gateway"], "Command"]


def sessions_of(
    ctx: typer.Context, file: Path, regions: Sequence[str] | None, tell_progress: Callable[[str], None]
) -> tuple[Gateway, list[Session]]:
    """The gateway and one session for each region that was asked for."""
    factory = factory_of(ctx)
    gateway = factory.gateway(file)
    names = pick_regions(gateway, regions)
    return gateway, [session_at_home(factory, gateway, name, file, tell_progress) for name in names]


def session_at_home(
    factory: Factory, gateway: Gateway, region: str, file: Path, tell_progress: Callable[[str], None]
) -> Session:
    """A session in a region, with the Terraform root beside gateway.yaml where there is one."""
    from infra.release.home import at_home
    from infra.release.observe import ledger_table

    session = factory.session(gateway.name, region, tell_progress)
    root = file.parent / gateway.terraform.folder / region
    if root.is_dir():
        session.aws = at_home(session.aws, root, ledger_table(gateway.name))
    return session


def act(
    ctx: typer.Context,
    command_for: CommandFor,
    *,
    file: Path,
    regions: Sequence[str] | None,
    output: Format,
    dry_run: bool,
    yes: bool = True,
    all_regions: bool = False,
) -> None:
    """Run a command in each region, in order, and stop at the first that fails.

    Args:
        yes: do not ask first.
        all_regions: go on to the next region after a failure; for rollback, which must reach every region it can.
    """
    from infra.release.display import done_lines

    done: list[Done] = []
    errors: list[GatewrightError] = []
    skipped: list[GatewrightError] = []
    with progress() as show:
        gateway, sessions = sessions_of(ctx, file, regions, show)
        for session in sessions:
            try:
                done.append(_one(session, command_for(session, gateway), show, dry_run=dry_run, yes=yes))
            except NothingToDo as error:
                skipped.append(error)
            except GatewrightError as error:
                errors.append(error)
                if not all_regions:
                    break
    if regions or not done:  # who named a region, or found none to act in, wants to hear of it
        errors += skipped
    if done or (output is Format.JSON and not errors):
        emit(
            output,
            {"dry_run": dry_run, "results": [_document(d) for d in done]},
            done_lines([one.plan for one in done], dry_run=dry_run),
        )
    for warning in (text for one in done for text in one.warnings):
        tell(f"warning: {warning}")
    raise_last(errors)


def _one(session: Session, command: Command, show: Progress, *, dry_run: bool, yes: bool) -> Done:
    from infra.release.session import Done

    if dry_run:
        return Done(plan=session.plan(command))
    return session.apply(command, confirm=lambda plan: yes or _confirm(plan, show))


def _confirm(plan: Plan, show: Progress) -> bool:
    """Whether the operator agrees; where nobody can be asked, the command line is the agreement."""
    from infra.release.display import plan_lines

    if not sys.stdin.isatty():
        return True
    with show.paused():
        for line in plan_lines(plan):
            tell(line)
        return typer.confirm("Go ahead?", err=True)


def _document(done: Done) -> dict[str, Any]:
    return {
        **done.plan.as_json(),
        "outcomes": [asdict(outcome) for outcome in done.outcomes],
        "warnings": list(done.warnings),
    }
