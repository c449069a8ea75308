"""`gatewright deploy`: publish a release in every region with the real `cdk deploy`. Touches disk and AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from infra.cli.act import sessions_of
from infra.cli.factory import factory_of
from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.terminal import emit, progress

if TYPE_CHECKING:
    from infra.release.deploy import Deployed

__all__ = ["deployed_lines", "register"]

DEFAULT_FILE = Path("gateway.yaml")


def register(app: typer.Typer) -> None:
    app.command("deploy", epilog="Example: gatewright deploy --region us-east-1")(deploy)


def deploy(
    ctx: typer.Context,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Publish a release in each region. The first goes live; later ones are dark until a canary starts."""
    from infra.release import deploy as release_deploy
    from infra.release.display import plan_lines

    with progress() as show:
        _, sessions = sessions_of(ctx, file, regions, show)
        cdk = factory_of(ctx).cdk(file)
        if dry_run:
            plans = [release_deploy.plan_deploy(session.observe(), cdk) for session in sessions]
        else:
            deployed = release_deploy.deploy(sessions, cdk)
    if dry_run:
        lines = [line for plan in plans for line in plan_lines(plan)]
        emit(output, {"dry_run": True, "results": [plan.as_json() for plan in plans]}, lines)
        return
    emit(output, {"dry_run": False, "results": [asdict(one) for one in deployed]}, deployed_lines(deployed))


def deployed_lines(deployed: Sequence[Deployed]) -> list[str]:
    """What happened in each region, and what to do next."""
    lines: list[str] = []
    for one in deployed:
        newest, serving = f"{one.newest_name} ({one.newest})", f"{one.serving_name} ({one.serving})"
        if one.first:
            lines.append(f"{one.region}: release {newest} is live at {one.url}")
        elif one.dark:
            state = "was published and" if one.published else "was there already and"
            lines.append(f"{one.region}: release {newest} {state} is dark; {serving} keeps all requests")
            lines.append(f"  next: gatewright canary start --region {one.region} --percent 10")
        else:
            lines.append(f"{one.region}: no new release; {serving} keeps all requests")
        if one.pinned:
            lines.append(f"  the baseline is pinned to {serving}: from now on a deploy publishes dark")
    return lines
