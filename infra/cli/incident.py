"""`gatewright incident SERVICE`: what stands out, in words, with numbers and the next commands. Reads AWS, changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.factory import factory_of, pick_regions, service_of
from infra.cli.options import File, Format, Regions
from infra.cli.region import switched_off
from infra.cli.terminal import emit, progress
from infra.errors import CloudError

if TYPE_CHECKING:
    from infra.config.model import Gateway, Service
    from infra.incident.report import Region

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
_LONGEST_MINUTES = 1440
_USED = ("cloudwatch", "cloudformation", "apigateway", "dynamodb", "xray")


class Shape(StrEnum):
    TABLE = "table"
    JSON = "json"
    MD = "md"


def register(app: typer.Typer) -> None:
    app.command("incident", epilog="Example: gatewright incident orders --minutes 60 --output md > ticket.md")(incident)


def incident(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service of gateway.yaml, for example orders.")],
    minutes: Annotated[
        int, typer.Option("--minutes", "-m", help="How far to look back.", min=1, max=_LONGEST_MINUTES)
    ] = 30,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Annotated[
        Shape, typer.Option("--output", "-o", help="Lines for people, one JSON document, or Markdown for a ticket.")
    ] = Shape.TABLE,
) -> None:
    """Gather metrics, breaker, canary, changes and alarms of a service, and say what stands out and what to do next."""
    from infra.incident import report

    gateway = factory_of(ctx).gateway(file)
    found = service_of(gateway, service)
    looked = _looked(ctx, gateway, found, pick_regions(gateway, regions), file, minutes)
    if output is Shape.MD:
        emit(Format.TABLE, None, report.markdown(service, looked, minutes=minutes))
    else:
        shown = report.document(service, looked, minutes=minutes)
        emit(Format(output.value), shown, report.lines(service, looked, minutes=minutes))
    if all(region.facts.problem for region in looked):
        raise CloudError(
            "no region answered: nothing is known. Check the network, the credentials and AWS_ENDPOINT_URL."
        )


def _looked(
    ctx: typer.Context, gateway: Gateway, service: Service, names: list[str], file: Path, minutes: int
) -> list[Region]:
    """All regions at the same time: one that does not answer must not hold up the others."""
    from infra.incident.reader import Reader
    from infra.incident.report import look
    from infra.incident.traced import tracer_of

    factory, off = factory_of(ctx), switched_off(file)
    with progress() as show:
        show(f"reading {', '.join(names)}")
        readers = []
        for name in names:
            session = factory.session(gateway.name, name, lambda _: None, hurried=True)
            for used in _USED:
                session.aws.client(used)  # boto3 makes clients in one thread only
            traces = tracer_of(gateway, session.aws.call, embedded=factory.embedded())
            readers.append(Reader(gateway=gateway, session=session, traces=traces, off=name in off))
        with ThreadPoolExecutor(len(readers)) as pool:
            return list(pool.map(lambda reader: look(reader.facts(service, minutes=minutes)), readers))
