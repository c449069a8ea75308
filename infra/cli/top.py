"""`gatewright top`: all services in all regions, again and again. Reads AWS, changes nothing.

Costs a GetMetricData of some 40 statistics a region and look: about $2.40 for an hour of two regions at the default interval.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.factory import factory_of, pick_regions
from infra.cli.options import File, Format, Output, Regions
from infra.cli.terminal import colors_wanted, emit, say, table
from infra.errors import CloudError, GatewrightError

if TYPE_CHECKING:
    from infra.config.model import Gateway
    from infra.release.awsclient import AwsClient

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
_USED = ("cloudwatch", "dynamodb")


def register(app: typer.Typer) -> None:
    app.command("top", epilog="Example: gatewright top --once --output json")(top)


def top(
    ctx: typer.Context,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=1, max=3600)] = 10.0,
    minutes: Annotated[int, typer.Option("--minutes", "-m", help="What the figures are of.", min=1, max=60)] = 3,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show rates, latency, canary, breaker and guards of every service in every region, live until Ctrl-C."""
    factory = factory_of(ctx)
    gateway = factory.gateway(file)
    clients = [factory.aws(name, hurried=True) for name in pick_regions(gateway, regions)]
    for client in clients:
        for used in _USED:
            client.client(used)  # boto3 makes clients in one thread only
    if once:
        rows = _look(gateway, clients, minutes)
        emit(output, {"gateway": gateway.name, "minutes": minutes, "rows": rows}, _lines(gateway, rows, minutes))
        if all("error" in row for row in rows):
            raise CloudError("no region answered. Check the network, the credentials and AWS_ENDPOINT_URL.")
        return
    try:
        _forever(gateway, clients, minutes, interval, output)
    except KeyboardInterrupt:
        return  # that is how one stops to look


def _forever(gateway: Gateway, clients: list[AwsClient], minutes: int, interval: float, output: Format) -> None:
    if output is Format.JSON or not sys.stdout.isatty():
        while True:
            rows = _look(gateway, clients, minutes)
            if output is Format.JSON:  # a document a line, so that a program can read one after the other
                say(json.dumps({"gateway": gateway.name, "minutes": minutes, "rows": rows}))
            else:
                for line in [*_lines(gateway, rows, minutes), ""]:
                    say(line)
            clients[0].sleep(interval)
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(no_color=not colors_wanted())
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            lines = _lines(gateway, _look(gateway, clients, minutes), minutes)
            live.update(Text("\n".join([*lines, "", "Ctrl-C ends it"])), refresh=True)
            clients[0].sleep(interval)


def _look(gateway: Gateway, clients: list[AwsClient], minutes: int) -> list[dict[str, Any]]:
    """All regions at the same time; one that does not answer is a row that says so."""
    with ThreadPoolExecutor(len(clients)) as pool:
        return [row for rows in pool.map(lambda client: _region(gateway, client, minutes), clients) for row in rows]


def _region(gateway: Gateway, client: AwsClient, minutes: int) -> list[dict[str, Any]]:
    from infra.incident import live
    from infra.incident.facts import Span

    now = client.clock()
    end = (int(now) // 60 + 1) * 60
    span = Span(end - (minutes + 1) * 60, end)  # whole minutes, and the one under way
    try:
        values = live.read(client.call, gateway, client.region, span)
        return live.rows(gateway, client.region, values, now - span.start, _states(gateway, client))
    except GatewrightError as error:
        return [{"region": client.region, "error": str(error)}]


def _states(gateway: Gateway, client: AwsClient) -> dict[str, str]:
    from infra.breaker.cloud import BreakerCloud

    breakers = BreakerCloud(aws=client, gateway=gateway.name)
    found = {}
    for service in gateway.services:
        if service.breaker is not None:
            try:
                found[service.name] = breakers.look(service.name).circuit.state.value
            except GatewrightError:  # figures without a breaker's state are better than none
                found[service.name] = "?"
    return found


def _lines(gateway: Gateway, rows: list[dict[str, Any]], minutes: int) -> list[str]:
    from infra.incident.live import COLUMNS, shown

    cells = [shown(row) for row in rows]
    used = [column for column in COLUMNS if any(cell.get(column) for cell in cells)]
    return [f"{gateway.name}: the last {minutes} minutes, and the one under way", *table(cells, columns=used)]
