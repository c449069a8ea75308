"""`gatewright config ...`: check gateway.yaml, print its JSON schema. Reads one file, never AWS."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from infra.cli.factory import factory_of
from infra.cli.options import File, Format, Output
from infra.cli.terminal import emit, say
from infra.errors import ConfigError

app = typer.Typer(name="config", no_args_is_help=True, help="The file that describes the gateway.")

DEFAULT_FILE = Path("gateway.yaml")


@app.command(epilog="Example: gatewright config check --gateway-file gateway.yaml")
def check(ctx: typer.Context, file: File = DEFAULT_FILE, output: Output = Format.TABLE) -> None:
    """Read the file and the operations that it names; report everything that is wrong at once, and what is only doubtful."""
    from infra.openapi import read_fragments

    try:
        gateway = factory_of(ctx).gateway(file)
        fragments = read_fragments(gateway, folder=file.resolve().parent)
    except ConfigError as error:
        if output is Format.JSON:
            emit(output, {"ok": False, "findings": [asdict(finding) for finding in error.findings]}, [])
            raise typer.Exit(error.exit_code) from None
        raise
    warnings = [warning for fragment in fragments.values() for warning in fragment.warnings]
    regions = ", ".join(region.name for region in gateway.regions)
    line = f"{file}: gateway {gateway.name}: {len(gateway.services)} services in {regions}: no findings"
    document = {"ok": True, "findings": [], "warnings": [asdict(warning) for warning in warnings]}
    emit(output, document, [*(f"warning: {warning}" for warning in warnings), line])


@app.command(epilog="Example: gatewright config schema > gateway.schema.json")
def schema() -> None:
    """Print the JSON schema, for editors that complete and check as you type."""
    from infra.config import schema as json_schema

    say(json.dumps(json_schema(), indent=2))
