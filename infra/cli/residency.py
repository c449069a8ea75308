"""`gatewright residency ...`: prove where every country's traffic can go. Reads files, never AWS."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.options import Format, Output
from infra.cli.terminal import emit, tell
from infra.errors import ConfigError, Finding

if TYPE_CHECKING:
    from infra.residency.proof import Proof
    from infra.residency.side_paths import SidePath
    from infra.residency.territory import Territory
    from infra.residency.zone import Zone

app = typer.Typer(name="residency", no_args_is_help=True, help="Where every country's traffic can go.")

ASSEMBLY = Path("cdk.out")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants proved, and of what."""

    templates: tuple[str, ...]
    zone: Path | None
    names: tuple[str, ...]
    parameters: dict[str, str]
    endpoints: dict[str, str]


@app.command(
    epilog="Example: gatewright residency prove --template cdk.out/A.template.json cdk.out/B.template.json "
    "--certificate build/residency.json. Exit codes: 0 proved, 2 not proved, 1 unreadable."
)
def prove(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", help="More templates.")] = None,
    template: Annotated[
        list[str] | None,
        typer.Option(
            "--template", "-t", metavar="FILE", help="A synthesized template, or FILE=REGION. Default: cdk.out."
        ),
    ] = None,
    zone: Annotated[
        Path | None,
        typer.Option("--zone", metavar="FILE", help="Records in Route 53's field names, in place of templates."),
    ] = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="Only this name; repeat for more.")] = None,
    territory: Annotated[str, typer.Option("--territory", help="strict, or cautious.")] = "strict",
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
    endpoint: Annotated[
        list[str] | None,
        typer.Option("--endpoint", metavar="NAME=REGION", help="Where a name or address is that does not say it."),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="The value of a template parameter.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="Write the verdict and what it rests on.")
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Try every country, every health state and both address types: is anybody of the EU answered from outside?

    Prints PROVED with what was tried, or every leak as the shortest path to it.
    """
    try:
        asked = Asked(
            templates=(*(template or ()), *(files or ())),
            zone=zone,
            names=tuple(name or ()),
            parameters=_pairs("--parameter", parameter),
            endpoints=_pairs("--endpoint", endpoint),
        )
        protected = _territory(territory, add or [], _pairs("--waive", waive))
        proof, side, inputs, labels = _prove(asked, protected, allow or [])
    except ConfigError as error:
        if output is Format.JSON:
            emit(output, {"ok": False, "findings": [asdict(finding) for finding in error.findings]}, [])
            raise typer.Exit(error.exit_code) from None
        raise
    from infra.residency.report import document, lines

    said = document(proof, side)
    if certificate is not None:
        _certify(certificate, proof, side, inputs)
    emit(output, said, lines(proof, side, labels))
    if not said["proved"]:
        raise typer.Exit(2)


def _prove(
    asked: Asked, territory: Territory, allow: list[str]
) -> tuple[Proof, tuple[SidePath, ...], dict[str, str], dict[str, str]]:
    from infra.residency.proof import allowed_regions
    from infra.residency.proof import prove as prove_zone
    from infra.residency.side_paths import side_paths

    allowed = allowed_regions(_regions("--allow", allow))
    names, zone, scopes, inputs = _read(asked)
    side = side_paths(scopes, allowed)
    file = str(asked.zone or "templates")
    proof = prove_zone(zone, territory=territory, allowed=allowed, names=names, file=file)
    labels = {check: f"{check} ({about.probes})" for check, about in zone.checks.items() if about.probes}
    return proof, side, inputs, labels


def _read(asked: Asked) -> tuple[tuple[str, ...], Zone, Any, dict[str, str]]:
    from infra.residency.assembly import find_templates, read_file, read_template_files
    from infra.residency.template import read_templates
    from infra.residency.zonefile import endpoint_map, read_zone

    if asked.zone is not None and asked.templates:
        raise _wrong("--zone", "stands beside --template", "Give one of them: both say the same records")
    if asked.zone is not None:
        text = read_file(asked.zone)
        own, zone = read_zone(text, str(asked.zone), endpoints=asked.endpoints)
        return asked.names or (own,), zone, (), {str(asked.zone): _digest(text)}
    texts = read_template_files(asked.templates or find_templates(ASSEMBLY))
    endpoints = endpoint_map(asked.endpoints, _option_wrong, "--endpoint")
    read = read_templates(texts, parameters=asked.parameters, endpoints=endpoints)
    return asked.names, read.zone, read.scopes, {text.file: _digest(text.text) for text in texts}


def _option_wrong(path: str, problem: str, advice: str) -> None:
    raise _wrong(path, problem, advice)


def _wrong(option: str, problem: str, advice: str) -> ConfigError:
    """Exit code 1: what 2 says is "not proved"."""
    return ConfigError([Finding(file="options", line=0, column=0, path=option, problem=problem, advice=advice)])


def _territory(reading: str, add: list[str], waive: dict[str, str]) -> Territory:
    from infra.residency.territory import Reading, Territory

    if reading not in list(Reading):
        raise _wrong("--territory", f"{reading!r} is no reading", f"Give {' or '.join(Reading)}")
    return Territory(reading=Reading(reading), additions=tuple(add), waivers=waive)


def _regions(option: str, names: list[str]) -> list[str]:
    from infra.config.regions import known_regions, nearest

    for name in names:
        if name not in known_regions():
            advice = nearest(name, list(known_regions())).strip() or "Give a region, for example eu-west-2"
            raise _wrong(option, f"{name!r} is not an AWS region", advice)
    return names


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise _wrong(option, f"is {text!r}", "Give NAME=VALUE")
        found[key] = value
    return found


def _certify(file: Path, proof: Proof, side: tuple[SidePath, ...], inputs: dict[str, str]) -> None:
    from importlib.metadata import version

    from infra.residency.report import certificate

    said = certificate(proof, side, inputs, version("gatewright"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tell(f"certificate written to {file}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
