"""Where residency commands take their records from: templates, a zone file, or what gateway.yaml plans. Reads files, never AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.options import Format
from infra.cli.terminal import emit
from infra.errors import ConfigError, Finding

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.residency.zone import Zone

__all__ = [
    "ASSEMBLY",
    "Asked",
    "Endpoints",
    "Found",
    "Parameters",
    "Templates",
    "ZoneFile",
    "asked_for",
    "findings_as",
    "known_region",
    "option_wrong",
    "pairs",
    "planned",
    "read",
]

ASSEMBLY = Path("cdk.out")

Templates = Annotated[
    list[str] | None,
    typer.Option(
        "--template",
        "-t",
        metavar="FILE",
        help="A synthesized template, or a Terraform root's main.tf.json; FILE=REGION names the region. Default: cdk.out.",
    ),
]
ZoneFile = Annotated[
    Path | None,
    typer.Option("--zone", metavar="FILE", help="Records in Route 53's field names, in place of templates."),
]
Endpoints = Annotated[
    list[str] | None,
    typer.Option("--endpoint", metavar="NAME=REGION", help="Where a name or address is that does not say it."),
]
Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="The value of a template parameter.")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records the user means."""

    templates: tuple[str, ...]
    zone: Path | None
    names: tuple[str, ...]
    parameters: dict[str, str]
    endpoints: dict[str, str]


def asked_for(
    *,
    templates: list[str] | None,
    zone: Path | None,
    names: list[str] | None,
    parameters: list[str] | None,
    endpoints: list[str] | None,
) -> Asked:
    """The options as they were typed. Raises ConfigError for one that is no pair."""
    return Asked(
        templates=tuple(templates or ()),
        zone=zone,
        names=tuple(name for name in names or () if name),
        parameters=pairs("--parameter", parameters),
        endpoints=pairs("--endpoint", endpoints),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The records.

    Args:
        names: what the user or the zone file says that clients use; may be empty.
        scopes: the templates, for side paths.
        inputs: file -> SHA-256 of what was read.
        source: for people.
    """

    names: tuple[str, ...]
    zone: Zone
    scopes: Any = ()
    inputs: dict[str, str] = field(default_factory=dict)
    source: str


def read(asked: Asked) -> Found:
    """From the zone file or the templates that are named, else from the assembly.

    Raises:
        ConfigError: with every finding.
    """
    from infra.residency.assembly import find_templates, read_file, read_template_files
    from infra.residency.template import read_templates
    from infra.residency.zonefile import endpoint_map, read_zone
    from infra.terraform.proof import as_templates, is_root

    if asked.zone is not None and asked.templates:
        raise option_wrong("--zone", "stands beside --template", "Give one of them: both say the same records")
    if asked.zone is not None:
        text = read_file(asked.zone)
        own, zone = read_zone(text, str(asked.zone), endpoints=asked.endpoints)
        inputs = {str(asked.zone): _digest(text)}
        return Found(names=asked.names or (own,), zone=zone, inputs=inputs, source=str(asked.zone))
    texts = read_template_files(asked.templates or find_templates(ASSEMBLY))
    endpoints = endpoint_map(asked.endpoints, _raise, "--endpoint")
    texts_of_all = [made for text in texts for made in (as_templates(text) if is_root(text.text) else [text])]
    templates = read_templates(texts_of_all, parameters=asked.parameters, endpoints=endpoints)
    source = f"{len(texts)} templates" + ("" if asked.templates else f" of {ASSEMBLY}")
    inputs = {text.file: _digest(text.text) for text in texts}
    return Found(names=asked.names, zone=templates.zone, scopes=templates.scopes, inputs=inputs, source=source)


def planned(gateway: Gateway, names: tuple[str, ...]) -> Found:
    """The records that a synth of this gateway makes, without one."""
    from infra.residency.planned import planned_zone

    own, zone = planned_zone(gateway)
    return Found(
        names=names or (own,), zone=zone, source="the records that gateway.yaml plans (nothing is synthesized)"
    )


@contextmanager
def findings_as(output: Format) -> Iterator[None]:
    """With JSON wanted, findings are the one document on standard output; else they go on to become lines."""
    try:
        yield
    except ConfigError as error:
        if output is not Format.JSON:
            raise
        emit(output, {"ok": False, "findings": [asdict(finding) for finding in error.findings]}, [])
        raise typer.Exit(error.exit_code) from None


def pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    """``NAME=VALUE`` options as a dictionary."""
    found = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise option_wrong(option, f"is {text!r}", "Give NAME=VALUE")
        found[key] = value
    return found


def known_region(option: str, name: str) -> str:
    """The name, if AWS has such a region."""
    from infra.config.regions import known_regions, nearest

    if name not in known_regions():
        advice = nearest(name, list(known_regions())).strip() or "Give a region, for example eu-west-2"
        raise option_wrong(option, f"{name[:40]!r} is not an AWS region", advice)
    return name


def option_wrong(option: str, problem: str, advice: str) -> ConfigError:
    """Exit code 1: what 2 says is "not proved"."""
    return ConfigError([Finding(file="options", line=0, column=0, path=option, problem=problem, advice=advice)])


def _raise(path: str, problem: str, advice: str) -> None:
    raise option_wrong(path, problem, advice)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
