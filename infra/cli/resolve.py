"""`gatewright resolve`: who answers a client of this place, and why. Reads files; with --live Route 53, never changing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.factory import factory_of
from infra.cli.options import File, Format, Output
from infra.cli.records import (
    ASSEMBLY,
    Asked,
    Endpoints,
    Found,
    Parameters,
    Templates,
    ZoneFile,
    asked_for,
    findings_as,
    known_region,
    option_wrong,
    planned,
    read,
)
from infra.cli.terminal import emit, tell

if TYPE_CHECKING:
    from infra.residency.ask import Way
    from infra.residency.outage import Outage
    from infra.residency.territory import Place, Territory

__all__ = [
    "ROUTE_53_REGION",
    "Down",
    "Live",
    "Sources",
    "down_of",
    "found_records",
    "register",
    "territory_of",
    "the_name",
]

DEFAULT_FILE = Path("gateway.yaml")
ROUTE_53_REGION = "us-east-1"  # Route 53 has one control plane, there


class RecordType(StrEnum):
    A = "A"
    AAAA = "AAAA"


Down = Annotated[
    list[str] | None,
    typer.Option("--down", metavar="REGION", help="A region, or a health check, that is down; repeat for more."),
]
Live = Annotated[bool, typer.Option("--live", help="Ask Route 53 for its records and health checks as they are now.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Which records, and what is down by itself."""

    found: Found
    failing: frozenset[str] = frozenset()


def register(app: typer.Typer) -> None:
    app.command(
        "resolve",
        epilog="Example: gatewright resolve --country RE --down eu-west-1. Without cdk.out it reads what gateway.yaml plans.",
    )(resolve)


def resolve(
    ctx: typer.Context,
    country: Annotated[
        str, typer.Option("--country", metavar="CODE", help="Where the client is: RE, DE, ... or unknown.")
    ] = "",
    subdivision: Annotated[
        str, typer.Option("--subdivision", metavar="CODE", help="A part of it that Route 53 knows: US-CA.")
    ] = "",
    down: Down = None,
    type: Annotated[RecordType, typer.Option("--type", help="The address type that is asked for.")] = RecordType.A,
    name: Annotated[
        str, typer.Option("--name", help="The name that is asked for. Default: the gateway's domain.")
    ] = "",
    template: Templates = None,
    zone: ZoneFile = None,
    endpoint: Endpoints = None,
    parameter: Parameters = None,
    live: Live = False,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Say which region answers a client, record by record: by the templates, a zone file, or Route 53 itself."""
    from infra.residency.ask import ask
    from infra.residency.asker import asker
    from infra.residency.proof import allowed_regions

    with findings_as(output):
        place = asker(country, subdivision)
        asked = asked_for(templates=template, zone=zone, names=[name], parameters=parameter, endpoints=endpoint)
        sources = found_records(ctx, asked, file, live=live)
        wanted = the_name(sources.found)
        out = down_of(sources, down or [])
        territory, allow = territory_of(ctx, file)
    ways = ask(sources.found.zone, wanted, type.value, place, out)
    answer = _Answer(wanted, type.value, place, territory, allowed_regions(allow), out, ways, sources.found)
    emit(output, answer.document(), answer.lines())


def found_records(ctx: typer.Context, asked: Asked, file: Path, *, live: bool) -> Sources:
    """The records to look at: those that are named, the deployed ones, the synthesized ones, or the planned ones."""
    if live:
        return _live(ctx, asked, file)
    if asked.zone or asked.templates or ASSEMBLY.exists():
        return Sources(found=read(asked))
    tell(f"no {ASSEMBLY} here: this is what {file} plans. `npx cdk synth` writes the templates.")
    return Sources(found=planned(factory_of(ctx).gateway(file), asked.names))


def _live(ctx: typer.Context, asked: Asked, file: Path) -> Sources:
    from infra.dns.live import live_zone

    if asked.zone or asked.templates:
        raise option_wrong("--live", "stands beside --zone or --template", "Give one of them")
    domain = asked.names[0] if asked.names else factory_of(ctx).gateway(file).domain
    if domain is None:
        raise option_wrong("--live", f"{file} has no domain", "Give --name, or set `domain`")
    one = live_zone(factory_of(ctx).aws(ROUTE_53_REGION), domain, endpoints=asked.endpoints)
    found = Found(names=(domain,), zone=one.zone, source=f"Route 53, hosted zone {one.zone_id}")
    return Sources(found=found, failing=one.failing)


def territory_of(ctx: typer.Context, file: Path) -> tuple[Territory, tuple[str, ...]]:
    """Who must stay and which further regions may answer, as gateway.yaml says; the strict reading without one.

    Raises:
        ConfigError: the file is wrong.
    """
    from infra.residency import territory

    if not file.exists():
        return territory.Territory(), ()
    gateway = factory_of(ctx).gateway(file)
    return territory.territory_of(gateway), gateway.residency.allow


def the_name(found: Found) -> str:
    """The one name to ask for.

    Raises:
        ConfigError: the records have no such name, or several that could be meant.
    """
    from infra.residency.ask import door_of
    from infra.residency.records import dns_name

    named = [dns_name(name) for name in found.names if found.zone.has(dns_name(name))]
    doors = named or ([] if found.names and not _is_apex(found) else list(door_of(found.zone)))
    if len(doors) == 1:
        return doors[0]
    if not doors:
        asked = found.names[0] if found.names else "any name"
        raise option_wrong("--name", f"no address record answers for {asked}", "Give a name that has A, AAAA or CNAME")
    raise option_wrong("--name", f"is needed: the records hold {', '.join(doors)}", "Give one of them")


def _is_apex(found: Found) -> bool:
    """Whether the name is that of the zone, standing for every name in it."""
    from infra.residency.records import dns_name

    return any(group.name.endswith(f".{dns_name(name)}") for name in found.names for group in found.zone.groups)


def down_of(sources: Sources, named: list[str]) -> Outage:
    """What is down: the regions and health checks that were named, and what fails by itself.

    Raises:
        ConfigError: something is neither an AWS region nor a health check of these records.
    """
    from infra.config.regions import known_regions
    from infra.residency.outage import check_regions, outage, served_from

    zone = sources.found.zone
    checks = check_regions(zone)
    regions = [name for name in named if name in known_regions()]
    for name in set(named) - set(regions) - set(checks):
        here = f"; the health checks here are {', '.join(sorted(checks))}" if checks else ""
        known_region("--down", name) if not here else _neither(name, here)
    for region in regions:
        if region not in served_from(zone) and region not in checks.values():
            tell(f"note: no record of these leads to {region}, so nothing changes when it is down")
    return outage(zone, regions, {*sources.failing, *(name for name in named if name in checks)})


def _neither(name: str, here: str) -> None:
    raise option_wrong("--down", f"{name[:40]!r} is neither an AWS region nor a health check", f"Give one{here}")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said."""

    name: str
    type: str
    place: Place
    territory: Territory
    allowed: frozenset[str]
    down: Outage
    ways: tuple[Way, ...]
    found: Found

    def document(self) -> dict[str, Any]:
        answers = [_way(way, leak=self._leaks(way)) for way in self.ways]
        return {
            "name": self.name,
            "type": self.type,
            "place": {"code": self.place.code, "name": self.place.name, "protected": self._protected},
            "down": {"regions": sorted(self.down.regions), "health_checks": sorted(self.down.checks)},
            "source": self.found.source,
            "region": answers[0]["region"] if len(answers) == 1 else None,
            "answers": answers,
            "leak": any(answer["leak"] for answer in answers),
        }

    def lines(self) -> list[str]:
        who = f"{self.place.code} {self.place.name}" if self.place.code != "unplaceable" else self.place.name
        down = [*sorted(self.down.regions), *sorted(self._other_checks())]
        state = f"with {', '.join(down)} down" if down else "with everything up"
        found = [f"{self.name} {self.type}, asked from {who}, {state}", f"  by {self.found.source}"]
        for way in self.ways:
            found += ["", *(line for taken in way.taken for line in _taken_lines(taken))]
            found.append(f"  => {way.answer}")
            if not way.reachable:
                found.append(f"     {way.answer.region} is down: whoever connects finds nobody")
        return [*found, "", *self._verdict()]

    def _verdict(self) -> list[str]:
        regions = sorted({str(way.answer.region or "an unknown place") for way in self.ways if self._leaks(way)})
        if regions:
            return [f"LEAK: {self._whom()} must be answered from the EU, and is answered from {', '.join(regions)}"]
        if len(self.ways) > 1:
            return [f"{len(self.ways)} answers are possible; chance or the network decides"]
        if all(way.answer.region is None for way in self.ways):
            return ["Nobody answers."]
        if not self._protected:
            return []
        if not any(way.reachable for way in self.ways):
            return [f"{self._whom()} must be answered from the EU: now from nowhere, and never from outside it."]
        return [f"{self._whom()} must be answered from the EU, and is."]

    def _whom(self) -> str:
        return "Who cannot be placed" if self.place.code == "unplaceable" else self.place.country

    @property
    def _protected(self) -> bool:
        return self.territory.protects(self.place)

    def _leaks(self, way: Way) -> bool:
        return self._protected and way.answer.region is not None and way.answer.region not in self.allowed

    def _other_checks(self) -> set[str]:
        """Health checks that are down without their region being named."""
        from infra.residency.outage import outage

        return set(self.down.checks - outage(self.found.zone, self.down.regions).checks)


def _way(way: Way, *, leak: bool) -> dict[str, Any]:
    return {
        "region": way.answer.region,
        "where": way.answer.where,
        "reachable": way.reachable,
        "leak": leak,
        "records": [
            {
                "record": str(taken.record),
                "why": taken.why,
                "at": taken.record.origin,
                "passed": [str(record) for record in taken.passed],
            }
            for taken in way.taken
        ],
    }


def _taken_lines(taken: Any) -> list[str]:
    return [f"  -> {taken.record}", f"     {taken.why}"]
