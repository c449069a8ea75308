"""`gatewright deploy`: publish a release in every region with the real `cdk deploy`. Touches disk and AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.act import sessions_of
from infra.cli.factory import factory_of
from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.terminal import emit, progress

if TYPE_CHECKING:
    from infra.cli.factory import Factory
    from infra.config import Gateway
    from infra.release.deploy import Deployed
    from infra.release.domain import DomainStacks

__all__ = ["deployed_lines", "domain_lines", "domain_of", "register"]

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
    from infra.release.domain import domain_stacks, plans

    with progress() as show:
        gateway, sessions = sessions_of(ctx, file, regions, show)
        cdk = factory_of(ctx).cdk(file)
        around = domain_stacks(gateway, [session.region for session in sessions])
        if dry_run:
            before, after = plans(around, cdk)
            planned = [release_deploy.plan_deploy(session.observe(), cdk) for session in sessions]
        else:
            deployed = release_deploy.deploy(sessions, cdk, around)
            domain = domain_of(factory_of(ctx), gateway, around)
    if dry_run:
        lines = [line for plan in (*before, *planned, *after) for line in plan_lines(plan)]
        results = {"results": [plan.as_json() for plan in planned]}
        around_them = {"domain": [plan.as_json() for plan in (*before, *after)]}
        emit(output, {"dry_run": True, **results, **around_them}, [*lines, *skipped_lines(gateway, around)])
        return
    document = {"dry_run": False, "results": [asdict(one) for one in deployed], "domain": domain}
    emit(output, document, [*deployed_lines(deployed), *domain_lines(domain), *skipped_lines(gateway, around)])


def domain_of(factory: Factory, gateway: Gateway, around: DomainStacks) -> dict[str, Any] | None:
    """The domain and, when its zone is ours, the name servers that the zone above must name."""
    if not around.region:
        return None
    outputs = factory.aws(around.region).stack(around.zone).outputs if around.zone else {}
    return {
        "name": gateway.domain,
        "zone": outputs.get("HostedZoneId", gateway.dns.zone),
        "name_servers": outputs.get("NameServers", "").split(),
        "records_deployed": bool(around.records),
    }


def domain_lines(domain: dict[str, Any] | None) -> list[str]:
    """What was made for the domain, and what its owner has to do."""
    if domain is None or not domain["records_deployed"]:
        return []
    lines = [f"{domain['name']}: its records are in zone {domain['zone']}"]
    if domain["name_servers"]:
        parent = str(domain["name"]).partition(".")[2]
        lines.append(f"  delegate it: an NS record in {parent} with {' '.join(domain['name_servers'])}")
    return lines


def skipped_lines(gateway: Gateway, around: DomainStacks) -> list[str]:
    if not around.skipped:
        return []
    return [f"{gateway.domain}: its records stay as they are; deploy without --region to bring them up to date"]


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
