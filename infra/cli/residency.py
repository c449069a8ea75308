"""`gatewright residency ...`: prove where every country's traffic can go. Reads files, never AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import File, Format, Output
from infra.cli.records import (
    Endpoints,
    Found,
    Parameters,
    Templates,
    ZoneFile,
    asked_for,
    findings_as,
    known_region,
    option_wrong,
    pairs,
    read,
)
from infra.cli.resolve import territory_of
from infra.cli.terminal import emit, tell

if TYPE_CHECKING:
    from infra.residency.proof import Proof
    from infra.residency.side_paths import SidePath
    from infra.residency.territory import Territory

DEFAULT_FILE = Path("gateway.yaml")

app = typer.Typer(name="residency", no_args_is_help=True, help="Where every country's traffic can go.")


@app.command(
    epilog="Example: gatewright residency prove --template cdk.out/A.template.json cdk.out/B.template.json "
    "--certificate build/residency.json. Exit codes: 0 proved, 2 not proved, 1 unreadable."
)
def prove(
    ctx: typer.Context,
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", help="More templates.")] = None,
    template: Templates = None,
    zone: ZoneFile = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="Only this name; repeat for more.")] = None,
    territory: Annotated[
        str | None,
        typer.Option("--territory", help="strict, or cautious. Default: what gateway.yaml says, else strict."),
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="CODE", help="A further country to protect.")
    ] = None,
    waive: Annotated[
        list[str] | None, typer.Option("--waive", metavar="CODE=REASON", help="A country to let go, and why.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="REGION", help="A region that may answer, beside those in the EU."),
    ] = None,
    endpoint: Endpoints = None,
    parameter: Parameters = None,
    file: File = DEFAULT_FILE,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="Write the verdict and what it rests on.")
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Try every country, every health state and both address types: is anybody of the EU answered from outside?

    Prints PROVED with what was tried, or every leak as the shortest path to it. Who must be answered from the EU is what
    gateway.yaml says in `residency`, when there is one; the options add to it.
    """
    with findings_as(output):
        asked = asked_for(
            templates=[*(template or ()), *(files or ())],
            zone=zone,
            names=name,
            parameters=parameter,
            endpoints=endpoint,
        )
        written, allowed = territory_of(ctx, file)
        protected = _territory(written, territory, add or [], pairs("--waive", waive))
        found = read(asked)
        proof, side, labels = _prove(found, protected, [*allowed, *(allow or ())], file=str(zone or "templates"))
    from infra.residency.report import document, lines

    said = document(proof, side)
    if certificate is not None:
        _certify(certificate, proof, side, found.inputs)
    emit(output, said, lines(proof, side, labels))
    if not said["proved"]:
        raise typer.Exit(2)


def _prove(
    found: Found, territory: Territory, allow: list[str], *, file: str
) -> tuple[Proof, tuple[SidePath, ...], dict[str, str]]:
    from infra.residency.proof import allowed_regions
    from infra.residency.proof import prove as prove_zone
    from infra.residency.side_paths import side_paths

    allowed = allowed_regions(known_region("--allow", name) for name in allow)
    side = side_paths(found.scopes, allowed)
    proof = prove_zone(found.zone, territory=territory, allowed=allowed, names=found.names, file=file)
    labels = {check: f"{check} ({about.probes})" for check, about in found.zone.checks.items() if about.probes}
    return proof, side, labels


def _territory(written: Territory, reading: str | None, add: list[str], waive: dict[str, str]) -> Territory:
    """What the file says, and the options on top of it."""
    from infra.residency.territory import Reading, Territory, base_codes

    if reading is not None and reading not in list(Reading):
        raise option_wrong("--territory", f"{reading!r} is no reading", f"Give {' or '.join(Reading)}")
    wanted = Reading(reading) if reading is not None else written.reading
    # Another reading may already have what the file adds to its own, and may not have what the file waives.
    additions = [code for code in written.additions if code not in base_codes(wanted)]
    waivers = {code: why for code, why in written.waivers.items() if code in base_codes(wanted)}
    return Territory(reading=wanted, additions=tuple(dict.fromkeys([*additions, *add])), waivers={**waivers, **waive})


def _certify(file: Path, proof: Proof, side: tuple[SidePath, ...], inputs: dict[str, str]) -> None:
    from importlib.metadata import version

    from infra.residency.report import certificate

    said = certificate(proof, side, inputs, version("gatewright"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tell(f"certificate written to {file}")
