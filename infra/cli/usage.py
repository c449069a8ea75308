"""`gatewright usage`: what customers used, summed over regions. Reads AWS, changes nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.keys import AnyCustomer, AnyPlan, key_ring
from infra.cli.options import File, Format
from infra.cli.terminal import emit, progress, say, table
from infra.errors import CloudError, Refused

if TYPE_CHECKING:
    from infra.keys.usage import Usage

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")


class UsageFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    app.command("usage", epilog="Example: gatewright usage --plan gold --from 2026-01-01 --output csv")(usage)


def usage(
    ctx: typer.Context,
    plan: AnyPlan = "",
    customer: AnyCustomer = "",
    first: Annotated[
        str, typer.Option("--from", help="First day (UTC), YYYY-MM-DD. Default: the first of the month.")
    ] = "",
    last: Annotated[str, typer.Option("--to", help="Last day (UTC), YYYY-MM-DD. Default: today.")] = "",
    file: File = DEFAULT_FILE,
    output: Annotated[
        UsageFormat, typer.Option("--output", "-o", help="A table for people, one JSON document, or CSV.")
    ] = UsageFormat.TABLE,
) -> None:
    """Show requests per day, customer and plan, summed over all regions, with what the quotas have left.

    A region that does not answer is named, its requests are in no sum, and the exit code is 1.
    """
    from infra.keys.metering import meter

    with progress() as show:
        ring = key_ring(ctx, file, show)
        today = datetime.fromtimestamp(ring.sessions[0].aws.clock(), UTC).date()
        until = _day("--to", last) if last else today
        since = _day("--from", first) if first else until.replace(day=1)
        if since > until:
            raise Refused(f"--from: {since} is after --to, {until}. Give them the other way round.")
        if plan and plan not in [p.name for p in ring.gateway.plans]:
            raise Refused(f"--plan: gateway {ring.gateway.name} has no plan {plan!r}.")
        clouds = [ring.cloud(region.name) for region in ring.gateway.regions]
        found = meter(clouds, first=since, last=until, plan=plan, customer=customer)
    _emit(output, found, [region.name for region in ring.gateway.regions])
    if found.failed:
        reasons = "\n".join(f"  {region}: {why}" for region, why in found.failed.items())
        raise CloudError(f"these sums are partial: no answer from {', '.join(found.failed)}.\n{reasons}")


def _emit(output: UsageFormat, found: Usage, regions: list[str]) -> None:
    if output is UsageFormat.CSV:
        from infra.keys.usage import csv_rows

        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_safe(cell) for cell in row] for row in csv_rows(found))
        say(text.getvalue().rstrip("\n"))
        return
    emit(Format(output.value), found.as_json(), _lines(found, regions))


def _lines(found: Usage, regions: list[str]) -> list[str]:
    state = "" if found.complete else f" (PARTIAL: without {', '.join(found.failed)})"
    days = [{"date": d.day.isoformat(), "plan": d.plan, "customer": d.customer, "used": d.used} for d in found.days]
    totals: list[dict[str, Any]] = [
        {
            "plan": t.plan,
            "customer": t.customer,
            **{region: "?" if region in found.failed else str(t.used.get(region, 0)) for region in regions},
            "used": f"{t.all_used}{'' if found.complete else '+'}",
            "left": "no quota" if t.left is None else str(t.left),
        }
        for t in found.totals
    ]
    return [
        f"{found.first} to {found.last}, UTC{state}",
        *table(days, columns=("date", "plan", "customer", "used")),
        "",
        *table(totals, columns=("plan", "customer", *regions, "used", "left")),
    ]


def _safe(cell: object) -> object:
    """A cell that a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{option}: {text!r} is not a day. Give it as YYYY-MM-DD.") from None
