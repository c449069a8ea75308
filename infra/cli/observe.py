"""`gatewright observe ...`: the dashboards for those who live in Grafana. Reads gateway.yaml, writes files, never touches AWS."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.factory import factory_of
from infra.cli.options import DryRun, File, Format, Output
from infra.cli.terminal import emit
from infra.errors import GatewrightError

app = typer.Typer(
    name="observe", no_args_is_help=True, help="Dashboards of the gateway, for other places than CloudWatch."
)

DEFAULT_FILE = Path("gateway.yaml")
DEFAULT_FOLDER = Path("grafana")


class DataSource(StrEnum):
    CLOUDWATCH = "cloudwatch"
    PROMETHEUS = "prometheus"
    BOTH = "both"


@app.command(epilog="Example: gatewright observe grafana --datasource prometheus --out grafana")
def grafana(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; made when missing.")] = DEFAULT_FOLDER,
    datasource: Annotated[
        DataSource, typer.Option("--datasource", help="What Grafana asks: CloudWatch, Prometheus, or a file for each.")
    ] = DataSource.BOTH,
    file: File = DEFAULT_FILE,
    dry_run: DryRun = False,
    output: Output = Format.TABLE,
) -> None:
    """Write the gateway's dashboards as Grafana JSON: the same questions as in CloudWatch, one file for each dashboard.

    Import them in Grafana (Dashboards, New, Import), or let it read the folder (provisioning). Files of an earlier run are replaced.
    """
    from infra.observe import boards
    from infra.observe.grafana import dashboard, file_name

    gateway = factory_of(ctx).gateway(file)
    both = datasource is DataSource.BOTH
    files: dict[Path, dict[str, Any]] = {}
    for board in boards(gateway):
        if both or datasource is DataSource.CLOUDWATCH:
            files[out / file_name(board, "cloudwatch")] = dashboard(board, "cloudwatch")
        if both or datasource is DataSource.PROMETHEUS:
            files[out / file_name(board, "prometheus")] = dashboard(board, "prometheus")
    if not dry_run:
        _write(out, files)
    lines = [
        f"{'would write' if dry_run else 'wrote'} {path}: {document['title']}, {_count(document)} graphs"
        for path, document in files.items()
    ]
    found = [{"file": str(path), "title": one["title"], "graphs": _count(one)} for path, one in files.items()]
    emit(output, {"dry_run": dry_run, "files": found}, lines)


def _count(document: dict[str, Any]) -> int:
    return sum(panel["type"] != "row" for panel in document["panels"])


def _write(folder: Path, files: dict[Path, dict[str, Any]]) -> None:
    """Raises GatewrightError when the folder cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, document in files.items():
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise GatewrightError(
            f"--out {folder}: cannot be written: {error.strerror}. Give a folder that you may write to."
        ) from error
