"""`gatewright trace`: one request as a waterfall, or the slowest of a service. Reads X-Ray, changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.factory import factory_of, pick_regions, service_of
from infra.cli.options import File, Format, Output, Regions
from infra.cli.terminal import emit, progress, table, tell
from infra.errors import GatewrightError, NotFound, Refused
from infra.traces.reader import MOST_MINUTES

if TYPE_CHECKING:
    from infra.config.model import Service
    from infra.traces.reader import Found, Summary, XRay

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
_SHOWN = 10
_FRESH_SECONDS = 60  # clocks differ, and X-Ray lists by when a request began


def register(app: typer.Typer) -> None:
    app.command("trace", epilog="Example: gatewright trace --slowest orders --region us-east-1")(trace)


def trace(
    ctx: typer.Context,
    trace_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A trace: 1-5759e988-..., or a whole X-Amzn-Trace-Id or traceparent header. Default: a list of the slowest.",
        ),
    ] = None,
    slowest: Annotated[
        str | None, typer.Option("--slowest", "-s", metavar="SERVICE", help="Show the slowest request of this service.")
    ] = None,
    minutes: Annotated[
        int, typer.Option("--minutes", "-m", help="How far to look back.", min=1, max=MOST_MINUTES)
    ] = 30,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show where a request's time went: gateway, authorizer, breaker, function, and what they called.

    Traces stay in the region that answered. X-Ray samples: not every request has one.
    """
    from infra.traces.ids import trace_id_of

    gateway = factory_of(ctx).gateway(file)
    if gateway.tracing.mode == "off":
        raise Refused(f"{file}: tracing is off, so that nothing records traces. Write `tracing: xray` and deploy.")
    if gateway.tracing.mode == "otlp":
        where = f"traces of {gateway.name} go to {gateway.tracing.endpoint}"
        if not factory_of(ctx).embedded():
            raise Refused(
                f"{where}, and X-Ray has none. Look there, by the traceparent of an answer or a log line's traceId."
            )
        tell(f"note: {where}; here is what the embedded AWS has kept of them.")
    if trace_id is not None and slowest is not None:
        raise Refused("trace: give an ID or --slowest SERVICE, not both.")
    wanted = trace_id_of(trace_id) if trace_id is not None else None
    service = service_of(gateway, slowest) if slowest is not None else None
    rooms, clock = _rooms(ctx, pick_regions(gateway, regions))
    if wanted is not None:
        region, found = _one(rooms, wanted)
        _show(output, region, found)
        return
    listed, errors = _listed(rooms, service, minutes, clock())
    if slowest is not None and listed:
        region, summary = listed[0]
        _show(output, region, rooms[region].trace(summary.id))
    elif slowest is not None:
        raise (
            errors[0]
            if errors
            else NotFound(
                f"{slowest}: no traced request in the last {minutes} minutes in {', '.join(rooms)}. "
                "X-Ray samples the first request of each second and 5 % of the others. Ask for more: --minutes."
            )
        )
    else:
        _list(output, listed[:_SHOWN], minutes)


def _rooms(ctx: typer.Context, names: list[str]) -> tuple[dict[str, XRay], Callable[[], float]]:
    """X-Ray of each region, and the clock."""
    from infra.traces.reader import XRay

    made, clock = {}, time.time
    for name in names:
        aws = factory_of(ctx).aws(name, hurried=True)
        aws.client("xray")  # boto3 makes clients in one thread only
        made[name], clock = XRay(aws.call), aws.clock
    return made, clock


def _one(rooms: dict[str, XRay], wanted: str) -> tuple[str, Found]:
    """The first region that has it. Raises the last region's error."""
    problem: GatewrightError | None = None
    for region, room in rooms.items():
        try:
            return region, room.trace(wanted)
        except GatewrightError as error:
            problem = error if problem is None or not isinstance(error, NotFound) else problem
    assert problem is not None  # noqa: S101 - a gateway has a region
    raise problem


def _listed(
    rooms: dict[str, XRay], service: Service | None, minutes: int, now: float
) -> tuple[list[tuple[str, Summary]], list[GatewrightError]]:
    """Of all regions, the slowest first; a region that cannot be asked is told and left out."""
    errors: list[GatewrightError] = []
    found: list[tuple[str, Summary]] = []

    def ask(region: str) -> tuple[Summary, ...] | GatewrightError:
        start, end = now - minutes * 60, now + _FRESH_SECONDS
        try:
            if service is None:
                return rooms[region].summaries(start, end)
            promised = service.objectives.latency_ms / 1000
            return rooms[region].slowest(start, end, prefix=service.path, over_seconds=promised)
        except GatewrightError as error:
            return error

    with progress() as show, ThreadPoolExecutor(len(rooms)) as pool:
        show(f"asking {', '.join(rooms)}")
        for region, answer in zip(rooms, pool.map(ask, rooms), strict=True):
            if isinstance(answer, GatewrightError):
                errors.append(answer)
            else:
                found += [(region, one) for one in answer]
    if len(errors) == len(rooms):
        raise errors[0]
    for error in errors:
        tell(f"warning: {error}")
    return sorted(found, key=lambda one: -one[1].seconds), errors


def _list(output: Format, listed: list[tuple[str, Summary]], minutes: int) -> None:
    rows = [
        {
            "at": datetime.fromtimestamp(one.at, UTC).strftime("%H:%M:%S"),
            "region": region,
            "ms": f"{one.seconds * 1000:.0f}",
            "status": one.status or "",
            "request": f"{one.method} {one.path}".strip(),
            "trace": one.id,
        }
        for region, one in listed
    ]
    document = [{"region": region, **asdict(one)} for region, one in listed]
    shown = table(rows, columns=("at", "region", "ms", "status", "request", "trace"))
    none = [f"No traced request in the last {minutes} minutes."]
    more = ["", f"Next: gatewright trace {listed[0][1].id} --region {listed[0][0]}"] if listed else []
    emit(output, {"minutes": minutes, "traces": document}, [*shown, *more] if listed else none)


def _show(output: Format, region: str, found: Found) -> None:
    from infra.traces.document import document
    from infra.traces.waterfall import lines

    if found.unreadable:
        tell(f"warning: {found.unreadable} parts of this trace could not be read and are not shown.")
    span = found.tree.root.span
    at = datetime.fromtimestamp(span.start, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    title = f"{found.id}  {region}  {at}  {span.method} {span.url}".rstrip()
    shown = {"id": found.id, "region": region, **document(found.tree), "unreadable": found.unreadable}
    emit(output, shown, [title, "", *lines(found.tree)])
