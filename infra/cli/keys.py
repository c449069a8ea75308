"""`gatewright keys ...`: make, list, rotate and revoke the API keys of customers. Touches AWS through the keys room.

A value goes to a terminal, or into the one JSON document that was asked for; nowhere else, and once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.act import sessions_of
from infra.cli.factory import pick_regions
from infra.cli.options import DryRun, File, Format, Output, Yes
from infra.cli.terminal import Progress, emit, progress, table, tell
from infra.errors import Refused

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.keys.inventory import Row
    from infra.keys.names import Scope
    from infra.keys.session import KeyCommand, KeyRing, Report
    from infra.release.plan import Plan

__all__ = ["key_ring", "split_regions"]

app = typer.Typer(name="keys", no_args_is_help=True, help="API keys: one customer, one key, the same in every region.")

DEFAULT_FILE = Path("gateway.yaml")
PlanName = Annotated[str, typer.Option("--plan", "-p", help="The usage plan, as gateway.yaml names it.")]
Customer = Annotated[str, typer.Option("--customer", "-c", help="The customer, as the token's customer claim has it.")]
AnyPlan = Annotated[str, typer.Option("--plan", "-p", help="Only this usage plan.")]
AnyCustomer = Annotated[str, typer.Option("--customer", "-c", help="Only this customer.")]
KeyRegions = Annotated[
    list[str] | None,
    typer.Option("--regions", "--region", "-r", help="Only these regions: with commas, or repeated."),
]
_GRACE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@app.command(epilog="Example: gatewright keys create --plan gold --customer acme --residency eu")
def create(
    ctx: typer.Context,
    plan: PlanName,
    customer: Customer,
    regions: KeyRegions = None,
    residency: Annotated[
        str, typer.Option("--residency", help="Only regions of this jurisdiction (eu, us, other), now and later.")
    ] = "",
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Make a customer's key in every region that may serve the customer, and show its value once.

    Run again, it finishes what a run left half-done; `keys revoke` undoes it.
    """
    from infra.keys.plan_create import plan_create
    from infra.keys.session import KeyCommand

    with progress() as show:
        ring = key_ring(ctx, file, show)
        scope = _scope(ring.gateway, split_regions(regions), residency)
        command = KeyCommand(
            planner=lambda view, ask: plan_create(view, ask, plan=plan, customer=customer, scope=scope),
            holder=(plan, customer),
            reveals=True,
        )
        _act(ring, command, show, output=output, dry_run=dry_run)


@app.command("list", epilog="Example: gatewright keys list --plan gold --output json")
def list_keys(
    ctx: typer.Context,
    plan: AnyPlan = "",
    customer: AnyCustomer = "",
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show the keys over all regions, and where one is missing or differs (then the exit code is 2)."""
    from infra.keys.inventory import inventory

    with progress() as show:
        ring = key_ring(ctx, file, show)
        view = ring.look()
    rows = [_row(row) for row in inventory(view, plan=plan, customer=customer)]
    columns = ["plan", "customer", "version", *(r.name for r in ring.gateway.regions), "created", "until", "tokens"]
    document = {
        "keys": [{k: v for k, v in row.items() if k not in row["regions"]} for row in rows],
        "failed": {region: str(error) for region, error in view.silent.items()},
    }
    problems = [f"{row['plan']}/{row['customer']}/{row['version']}: {text}" for row in rows for text in row["problems"]]
    emit(output, document, table(rows, columns=columns))
    for error in view.silent.values():
        raise error
    if problems:
        raise Refused("the regions differ:\n" + "\n".join(f"  {problem}" for problem in problems))


@app.command(epilog="Example: gatewright keys rotate --plan gold --customer acme --grace 24h")
def rotate(
    ctx: typer.Context,
    plan: AnyPlan = "",
    customer: AnyCustomer = "",
    everybody: Annotated[bool, typer.Option("--all", help="Every customer of every plan.")] = False,
    grace: Annotated[
        str, typer.Option("--grace", help="How long the old key stays valid, 10m at least: 90m, 24h, 7d.")
    ] = "24h",
    finish: Annotated[bool, typer.Option("--finish", help="Switch off the old keys whose grace has ended.")] = False,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Make the next version of a key beside the old one, and show its value once; then, with --finish, end the old one."""
    from infra.keys.plan_rotate import plan_finish, plan_rotate
    from infra.keys.session import KeyCommand

    if everybody == bool(plan or customer) or bool(plan) != bool(customer):
        raise Refused("keys rotate: give --plan and --customer, or --all for everybody.")
    holder = None if everybody else (plan, customer)
    grace_seconds = parse_grace(grace)
    with progress() as show:
        ring = key_ring(ctx, file, show)
        if finish:
            command = KeyCommand(planner=lambda view, ask: plan_finish(view, ask, holder=holder), holder=holder)
        else:
            command = KeyCommand(
                planner=lambda view, ask: plan_rotate(view, ask, holder=holder, grace_seconds=grace_seconds),
                holder=holder,
                reveals=True,
            )
        _act(ring, command, show, output=output, dry_run=dry_run)


@app.command(epilog="Example: gatewright keys revoke --plan gold --customer acme --version v1")
def revoke(
    ctx: typer.Context,
    plan: PlanName,
    customer: Customer,
    version: Annotated[str, typer.Option("--version", help="Only this version of the key.")] = "",
    regions: KeyRegions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Switch a customer's key off, take it off its plan and delete it, in every region that answers."""
    from infra.keys.plan_revoke import plan_revoke
    from infra.keys.session import KeyCommand

    with progress() as show:
        ring = key_ring(ctx, file, show)
        picked = tuple(pick_regions(ring.gateway, split_regions(regions)))
        command = KeyCommand(
            planner=lambda view, _: plan_revoke(view, holder=(plan, customer), version=version, regions=picked),
            each_region=True,
        )
        _act(ring, command, show, output=output, dry_run=dry_run, ask_first=not yes)


def key_ring(ctx: typer.Context, file: Path, show: Progress) -> KeyRing:
    """The keys of the file's gateway, over all its regions."""
    import secrets

    from infra.keys.session import KeyRing

    gateway, sessions = sessions_of(ctx, file, None, show)
    return KeyRing(gateway=gateway, sessions=sessions, random=secrets.token_bytes, progress=show)


def split_regions(regions: Sequence[str] | None) -> list[str]:
    """``--regions a,b --region c`` as one list."""
    return [name for text in regions or () for name in text.split(",") if name]


def parse_grace(text: str) -> float:
    """A time with its unit, in seconds.

    Raises:
        Refused: no number, no unit, or negative.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _GRACE_UNITS:
        raise Refused(f"--grace: {text!r} is not a time. Give a whole number with its unit: 90m, 24h, 7d.")
    return float(number) * _GRACE_UNITS[unit]


def on_terminal() -> bool:
    """Whether what we print is seen by a person and kept by nothing."""
    return sys.stdout.isatty()


def _scope(gateway: Gateway, regions: list[str], residency: str) -> Scope | None:
    from infra.config.model import Jurisdiction
    from infra.keys.names import Scope

    if regions and residency:
        raise Refused(
            "keys create: --regions and --residency exclude each other; --residency also holds for later regions."
        )
    if residency:
        known = [jurisdiction.value for jurisdiction in Jurisdiction]
        if residency not in known:
            raise Refused(f"--residency: {residency!r} is no jurisdiction. One of: {', '.join(known)}.")
        return Scope("residency", (residency,))
    return Scope("regions", tuple(pick_regions(gateway, regions))) if regions else None


def _act(
    ring: KeyRing,
    command: KeyCommand,
    show: Progress,
    *,
    output: Format,
    dry_run: bool,
    ask_first: bool = False,
) -> None:
    if dry_run:
        plans = ring.plan(command)
        document = {"dry_run": True, "results": [plan.as_json() for plan in plans]}
        emit(output, document, _plan_lines(plans) or ["nothing to do"])
        return
    if command.reveals and output is Format.TABLE and not on_terminal():
        raise Refused(
            "a key's value is shown once and only on a terminal, and this output is none. "
            "Use --output json, and keep what it prints secret."
        )

    def tell_report(report: Report) -> None:
        with show.paused():
            emit(output, _document(report), _lines(report))

    report = ring.apply(command, confirm=lambda plans: not ask_first or _confirm(plans, show), show=tell_report)
    for earlier in report.failed[:-1]:
        tell(f"error: {earlier}")
    if report.failed:
        raise report.failed[-1]


def _confirm(plans: Sequence[Plan], show: Progress) -> bool:
    """Whether the operator agrees; where nobody can be asked, the command line is the agreement."""
    if not sys.stdin.isatty():
        return True
    with show.paused():
        for line in _plan_lines(plans):
            tell(line)
        return typer.confirm("Go ahead?", err=True)


def _plan_lines(plans: Sequence[Plan]) -> list[str]:
    from infra.release.display import plan_lines

    return [line for plan in plans for line in plan_lines(plan)]


def _document(report: Report) -> dict[str, Any]:
    return {
        "dry_run": False,
        "keys": [{"name": str(key.name), **_names(key.name), "value": key.value.reveal()} for key in report.keys],
        "results": [{**d.plan.as_json(), "outcomes": [asdict(o) for o in d.outcomes]} for d in report.done],
    }


def _names(name: Any) -> dict[str, str]:
    return {"plan": name.plan, "customer": name.customer, "version": name.version}


def _lines(report: Report) -> list[str]:
    lines = [f"{one.plan.region}: {one.plan.operation} done: {one.plan.summary}" for one in report.done]
    if not lines:
        ended = f"; the run of {report.predecessor} finished it before it died" if report.predecessor else ""
        lines = [f"nothing to do: everything is as it should be{ended}"]
    lines += dict.fromkeys(f"  note: {note}" for one in report.done for note in one.plan.notes)
    for key in report.keys:
        lines.append(f"{key.name}  {key.value.reveal()}")
    if report.keys:
        lines.append("This is shown once. It is the same in every region; the customer sends it as x-api-key.")
    return lines


def _row(row: Row) -> dict[str, Any]:
    return {
        **_names(row.name),
        **row.state,
        "regions": row.state,
        "created": row.created.date().isoformat() if row.created else "",
        "until": row.until.isoformat(timespec="minutes") if row.until else "",
        "tokens": "yes" if row.current else "no",
        "problems": list(row.problems),
    }
