"""`gatewright breaker ...`: look at a service's breaker, force it, let it go. Touches AWS through the breaker room.

All regions, unless some are named; a region that fails does not keep the others from being done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.factory import factory_of, pick_regions, service_of
from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.terminal import emit, progress, raise_last, table
from infra.errors import GatewrightError, NothingToDo, Refused

if TYPE_CHECKING:
    from infra.breaker.cloud import BreakerCloud
    from infra.breaker.plan import Order, Verb
    from infra.config import Gateway
    from infra.release.plan import Plan

__all__ = ["app", "parse_for"]

app = typer.Typer(name="breaker", no_args_is_help=True, help="The circuit breaker in front of a service.")

DEFAULT_FILE = Path("gateway.yaml")
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="As gateway.yaml names it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with who and when.")]
For = Annotated[str, typer.Option("--for", help="When it ends by itself, 1m to 7d: 30m, 2h, 1d.")]
# Who did it stands with the changes below the table; both in one line would not fit into 120 columns.
COLUMNS = ("region", "service", "state", "since", "calls", "failed", "slow", "permits", "until", "why")
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_LONGEST_SECONDS = 7 * 86_400
_WATCH_SECONDS = 2.0
_ADVICE = "Write `breaker: on` below the service in gateway.yaml, then `gatewright deploy`."


@app.command(epilog="Example: gatewright breaker status orders --watch")
def status(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(metavar="[SERVICE]", help="Only this one. Default: all.")] = "",
    regions: Regions = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every two seconds, until Ctrl-C.")] = False,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show state, rates, permits and the latest changes in every region."""
    gateway, clouds = _clouds(ctx, file, regions)
    services = [_known(gateway, service)] if service else _protected(gateway)
    if not watch:
        _show(clouds, services, output)
        return
    try:
        while True:
            _show(clouds, services, output)
            clouds[0].aws.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        return  # that is how one stops to watch


@app.command("open", epilog='Example: gatewright breaker open orders --reason "orders is down" --for 30m')
def open_breaker(
    ctx: typer.Context,
    service: ServiceName,
    reason: Reason,
    lasts: For = "30m",
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Refuse all calls of a service at once: clients get the fallback. Never asks."""
    _act(ctx, "open", service, reason, file, regions, output, dry_run=dry_run, lasts=lasts)


@app.command(epilog='Example: gatewright breaker disable orders --reason "load test" --for 1h')
def disable(
    ctx: typer.Context,
    service: ServiceName,
    reason: Reason,
    lasts: For = "30m",
    count: Annotated[bool, typer.Option("--count", help="Go on counting, and tell of rates (METRICS_ONLY).")] = False,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """Let all calls of a service pass, whatever comes of them."""
    _act(ctx, "watch" if count else "disable", service, reason, file, regions, output, dry_run=dry_run, lasts=lasts)


def _ending(verb: Verb, meaning: str, reason: str) -> None:
    """Adds a command that ends in CLOSED; they differ in what they ask of the state before."""

    def command(
        ctx: typer.Context,
        service: ServiceName,
        reason: Reason,
        regions: Regions = None,
        file: File = DEFAULT_FILE,
        output: Output = Format.TABLE,
        dry_run: DryRun = False,
        yes: Yes = False,  # noqa: ARG001
    ) -> None:
        _act(ctx, verb, service, reason, file, regions, output, dry_run=dry_run)

    example = f'Example: gatewright breaker {verb} orders --reason "{reason}"'
    app.command(verb, help=meaning, epilog=example)(command)


_ending("close", "Close it now, without trial calls; it may open again by itself.", "orders is back")
_ending("auto", "End what was forced, and let the rates decide again.", "the incident is over")
_ending("reset", "Close it, and forget the calls that were counted.", "the counts are of the old version")


def parse_for(text: str) -> int:
    """A time with its unit, in seconds.

    Raises:
        Refused: no number, no unit, or not from 1m to 7d.
    """
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 60 <= seconds <= _LONGEST_SECONDS:
        raise Refused(f"--for: {text!r} is not a time from 1m to 7d. Give a whole number with its unit: 30m, 2h, 1d.")
    return seconds


def _clouds(ctx: typer.Context, file: Path, regions: Sequence[str] | None) -> tuple[Gateway, list[BreakerCloud]]:
    from infra.breaker.cloud import BreakerCloud

    factory = factory_of(ctx)
    gateway = factory.gateway(file)
    names = pick_regions(gateway, regions)
    return gateway, [BreakerCloud(aws=factory.aws(name), gateway=gateway.name) for name in names]


def _protected(gateway: Gateway) -> list[str]:
    """The services with a breaker; one that is switched off has a state that older releases go by."""
    names = [one.name for one in gateway.services if one.breaker is not None]
    if not names:
        raise Refused(f"gateway {gateway.name}: no service has a breaker. {_ADVICE}")
    return names


def _known(gateway: Gateway, service: str) -> str:
    service_of(gateway, service)
    protected = _protected(gateway)
    if service not in protected:
        raise Refused(
            f"{service} has no breaker; of {gateway.name}'s services {', '.join(protected)} has one. {_ADVICE}"
        )
    return service


def _act(
    ctx: typer.Context,
    verb: Verb,
    service: str,
    reason: str,
    file: Path,
    regions: Sequence[str] | None,
    output: Format,
    *,
    dry_run: bool,
    lasts: str = "",
) -> None:
    if not reason.strip():
        raise Refused("--reason: say why; whoever is on call next will want to know.")
    seconds = parse_for(lasts) if lasts else 0
    gateway, clouds = _clouds(ctx, file, regions)
    order = _order(gateway, verb, reason, seconds)
    _known(gateway, service)
    from infra.release.display import done_lines

    done: list[Plan] = []
    errors: list[GatewrightError] = []
    skipped: list[GatewrightError] = []
    with progress() as show:
        for cloud in clouds:
            try:
                done.append(_one(cloud, order, service, show, dry_run=dry_run))
            except NothingToDo as error:
                skipped.append(error)
            except GatewrightError as error:  # the other regions must not wait for this one
                errors.append(error)
    if done:
        document = {"dry_run": dry_run, "results": [one.as_json() for one in done]}
        emit(output, document, done_lines(done, dry_run=dry_run))
    raise_last(errors + (skipped if regions or not done else []))


def _one(cloud: BreakerCloud, order: Order, service: str, show: Callable[[str], None], *, dry_run: bool) -> Plan:
    from infra.breaker.plan import plan

    return plan(order, cloud.look(service)) if dry_run else cloud.apply(order, service, show)


def _order(gateway: Gateway, verb: Verb, reason: str, seconds: int) -> Order:
    import uuid

    from infra.breaker.plan import Order
    from infra.release.owner import Owner

    owner = Owner.here()
    by = f"{owner.user}@{owner.host}"
    return Order(
        verb=verb, gateway=gateway.name, by=by, why=reason.strip(), id=uuid.uuid4().hex[:12], lasts_seconds=seconds
    )


def _show(clouds: Sequence[BreakerCloud], services: Sequence[str], output: Format) -> None:
    rows: list[dict[str, Any]] = []
    documents: list[dict[str, Any]] = []
    errors: list[GatewrightError] = []
    for cloud in clouds:
        try:
            for service in services:
                seen = cloud.look(service)
                rows.append(seen.row())
                documents.append(seen.document())
        except GatewrightError as error:
            errors.append(error)
            rows.append({"region": cloud.region, "state": "no answer"})
    failed = [str(error) for error in errors]
    lines = table([_short(row) for row in rows], columns=_columns(rows)) + _changes(documents)
    emit(output, {"breakers": documents, "failed": failed}, lines)
    raise_last(errors)


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Permits are of the half-open state only."""
    return [name for name in COLUMNS if name != "permits" or any(row.get(name, "") != "" for row in rows)]


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Times as people write them; what is no time stays."""
    times = {name: str(row.get(name, "")).replace("T", " ").replace("+00:00", "Z") for name in ("since", "until")}
    return {**row, **times}


def _changes(documents: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"  {one['region']} {one['service']}: {change['at']}  {change['from']} -> {change['to']}  {change['why']}"
        f"  ({change['by']})"
        for one in documents
        for change in one["changes"][:3]
    ]
