"""`gatewright residency probe`: ask the deployed zone and guards, and compare. Reads files, Route 53, WAF and AWS's list of addresses."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.factory import Factory, factory_of, pick_regions
from infra.cli.options import File, Format, Output
from infra.cli.records import Asked, Endpoints, Parameters, Templates, asked_for, findings_as, option_wrong
from infra.cli.resolve import ROUTE_53_REGION, Sources, found_records, territory_of, the_name
from infra.cli.terminal import emit, table

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.dns.probe import Report
    from infra.dns.ranges import Ranges
    from infra.residency.territory import Place, Territory

DEFAULT_FILE = Path("gateway.yaml")
_KINDS = ("A", "AAAA")


def register(app: typer.Typer) -> None:
    app.command(
        "probe",
        epilog="Example: gatewright residency probe --country DE --country RE --country unknown. "
        "Exit codes: 0 all agree, 2 a difference, 1 something could not be asked.",
    )(probe)


def probe(
    ctx: typer.Context,
    country: Annotated[
        list[str] | None,
        typer.Option(
            "--country", metavar="CODE", help="DE, RE, ... or unknown; repeat. Default: the territory and some."
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The name to ask for. Default: the gateway's domain.")] = "",
    region: Annotated[
        list[str] | None, typer.Option("--region", help="Only the guard of this region; repeat for more.")
    ] = None,
    template: Templates = None,
    endpoint: Endpoints = None,
    parameter: Parameters = None,
    ip_ranges: Annotated[
        Path | None, typer.Option("--ip-ranges", metavar="FILE", help="AWS's ip-ranges.json, in place of fetching it.")
    ] = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Ask Route 53 from every country of the territory, and each region's guard: do they do what the templates promise?

    Changes nothing. Health is taken as Route 53 reports it now. On AWS the guards' rules are read, because nobody can send a
    request from another country; on the embedded AWS requests are sent, too.
    """
    from infra.residency.asker import asker
    from infra.residency.proof import allowed_regions
    from infra.residency.territory import UNPLACEABLE

    with findings_as(output):
        gateway = factory_of(ctx).gateway(file)
        regions = pick_regions(gateway, region)
        territory, allow = territory_of(ctx, file)
        places = tuple(dict.fromkeys(asker(code) for code in country or ())) or _sample(territory)
        asked = asked_for(templates=template, zone=None, names=[name], parameters=parameter, endpoints=endpoint)
        if ip_ranges is not None and not ip_ranges.is_file():
            raise option_wrong("--ip-ranges", f"{ip_ranges} is no file", "Give a copy of AWS's ip-ranges.json")
        sources = found_records(ctx, asked, file, live=False)
        wanted = the_name(sources.found)
        questions = _Questions(factory_of(ctx), gateway, places, territory, allowed_regions(allow))
        dns, down = questions.dns(sources, wanted, asked, ip_ranges)
    guards = questions.guards(regions, whole=not country)
    report = dns + guards
    said = {"name": wanted, "promised_by": sources.found.source, "down": down, **report.document()}
    said["countries"] = [place.code for place in places]
    said["answered_by"] = {"dns": dns.asked, "guards": guards.asked}
    emit(output, said, _lines(said, report, unplaceable=UNPLACEABLE in places))
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _sample(territory: Territory) -> tuple[Place, ...]:
    from infra.dns.probe import sample_places

    return sample_places(territory)


class _Questions:
    """What is asked of whom."""

    def __init__(
        self,
        factory: Factory,
        gateway: Gateway,
        places: tuple[Place, ...],
        territory: Territory,
        allowed: frozenset[str],
    ) -> None:
        self._factory, self._gateway, self._places = factory, gateway, places
        self._territory, self._allowed = territory, allowed
        self._engine = os.environ.get("AWS_ENDPOINT_URL", "") if factory.embedded() else None

    def dns(self, sources: Sources, name: str, asked: Asked, ip_ranges: Path | None) -> tuple[Report, list[str]]:
        """The answers of Route 53 against the promised ones in today's health, and the regions that are down."""
        from infra.dns.live import live_zone
        from infra.dns.probe import Report, Unasked, compare_dns, promised
        from infra.dns.questions import PAUSE_SECONDS, DnsQuestions
        from infra.errors import GatewrightError
        from infra.residency.outage import check_regions, outage

        try:
            aws = self._factory.aws(ROUTE_53_REGION)
            live = live_zone(aws, name, endpoints=asked.endpoints)
        except GatewrightError as error:
            return Report(unasked=(Unasked(what=f"Route 53, {name}", problem=str(error)),)), []
        owners = check_regions(live.zone)
        down = sorted({owners.get(check, "") for check in live.failing} - {""})
        state = outage(sources.found.zone, down)
        questions = DnsQuestions(
            aws=aws,
            zone_id=live.zone_id,
            name=name,
            ranges=lambda: self._ranges(ip_ranges),
            endpoints=asked.endpoints,
            pause_seconds=0 if self._engine is not None else PAUSE_SECONDS,
        )
        report = compare_dns(
            name=name,
            places=self._places,
            kinds=_KINDS,
            wanted=lambda place, kind: promised(sources.found.zone, name, kind, place, state),
            got=questions.regions,
            territory=self._territory,
            allowed=self._allowed,
        )
        return report, down

    def guards(self, regions: list[str], *, whole: bool) -> Report:
        from infra.dns.probe import Report
        from infra.dns.questions import ask_guard

        report = Report()
        for region in self._gateway.regions:
            if region.name in regions:
                aws = self._factory.aws(region.name, hurried=True)
                report += ask_guard(aws, self._gateway, region, self._places, whole=whole, engine=self._engine)
        return report

    def _ranges(self, file: Path | None) -> Ranges:
        from infra.dns.ranges import PUBLIC_URL, fetch_ranges, read_ranges

        if file is not None:
            return read_ranges(file.read_bytes(), str(file))
        own = f"{self._engine.rstrip('/')}/_gatewright/ip-ranges.json" if self._engine is not None else PUBLIC_URL
        return fetch_ranges(own)


def _lines(said: dict[str, Any], report: Report, *, unplaceable: bool) -> list[str]:
    counts, countries = said["answered_by"], len(said["countries"]) - unplaceable
    who = f"{countries} countries" + (" and who cannot be placed" if unplaceable else "")
    state = f"with {', '.join(said['down'])} down" if said["down"] else "with everything up"
    lines = [
        f"{said['name']}, asked for {who}, {state}",
        f"  promised by {said['promised_by']}",
        f"  {counts['dns']} answers of Route 53, {counts['guards']} of the guards",
    ]
    if report.differences:
        rows = [{**asdict(one), "type": one.kind, "leak": "LEAK" if one.leak else ""} for one in report.differences]
        columns = ("source", "country", "type", "asked", "wanted", "got", "leak")
        lines += ["", *table(rows, columns=columns)]
    if report.unasked:
        lines += ["", "Could not be asked:"]
        lines += [f"  {', '.join(whats)}: {problem}" for problem, whats in _by_problem(report).items()]
    return [*lines, "", _verdict(report)]


def _by_problem(report: Report) -> dict[str, list[str]]:
    """The same problem once: a service that is away is away for every country."""
    found: dict[str, list[str]] = {}
    for one in report.unasked:
        found.setdefault(one.problem, []).append(one.what)
    return {why: whats if len(whats) < 4 else [*whats[:2], f"{len(whats) - 2} more"] for why, whats in found.items()}


def _verdict(report: Report) -> str:
    if report.differences:
        leaks = sum(one.leak for one in report.differences)
        return f"DIFFERENT: {len(report.differences)} not as promised, of which {leaks} leak."
    if report.unasked:
        return f"NOT ALL ASKED: what answered agrees; {len(report.unasked)} questions had no answer."
    return "AGREES: every answer is what is promised."
