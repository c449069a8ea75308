"""Builds what commands need; tests give another one as typer's context object. Touches nothing until a command asks.

Every import that costs (pydantic, boto3) is inside a method: `gatewright --help` needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from infra.errors import Refused

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.config.model import Service
    from infra.release.awsclient import AwsClient
    from infra.release.cdk import Cdk
    from infra.release.session import Session

__all__ = ["Factory", "factory_of", "pick_regions", "service_of"]


class Factory:
    """The real world: boto3, the clock, this process, the cdk CLI."""

    def gateway(self, file: Path) -> Gateway:
        from infra.config import load

        return load(file)

    def aws(self, region: str, *, hurried: bool = False) -> AwsClient:
        """AWS in a region. Hurried: who looks at all regions at once does not wait long for one of them."""
        import time

        from infra.release.awsclient import AwsClient, boto_client, hurried_client

        return AwsClient(
            region=region, factory=hurried_client if hurried else boto_client, sleep=time.sleep, clock=time.time
        )

    def session(self, gateway: str, region: str, progress: Callable[[str], None], *, hurried: bool = False) -> Session:
        import time
        import uuid

        from infra.release.ledger import Ledger
        from infra.release.observe import ledger_table
        from infra.release.owner import Owner, process_is_alive
        from infra.release.pinning import unpin_locked
        from infra.release.session import Session

        aws = self.aws(region, hurried=hurried)
        ledger = Ledger(
            client=aws.client("dynamodb"),
            table=ledger_table(gateway),
            region=region,
            owner=Owner.here(),
            clock=time.time,
            is_alive=process_is_alive,
        )
        return Session(
            gateway=gateway,
            aws=aws,
            ledger=ledger,
            new_id=lambda: uuid.uuid4().hex[:12],
            progress=progress,
            unpin=unpin_locked,
        )

    def embedded(self) -> bool:
        """Whether AWS is one on this machine."""
        import os
        from urllib.parse import urlsplit

        return urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("127.0.0.1", "localhost", "::1")

    def cdk(self, file: Path) -> Cdk:
        """cdk in the project's folder; a gateway file other than the project's own is passed on as context."""
        from infra.release.cdk import Cdk, NodeCdk, find_project

        project = find_project(file.parent)
        own = project / ".gatewright"
        other = file.resolve() != project / "gateway.yaml"
        return Cdk(
            runner=NodeCdk(project=project, log=own / "cdk.log"),
            assembly=own / "cdk.out",
            context=(f"gateway={file.resolve()}",) if other else (),
        )


def factory_of(ctx: typer.Context) -> Factory:
    """The factory that `main` or a test put into the context."""
    factory = ctx.find_object(Factory)
    return factory if factory is not None else Factory()


def pick_regions(gateway: Gateway, wanted: Sequence[str] | None) -> list[str]:
    """The regions to act in, in the order of the file.

    Raises:
        Refused: a region that the gateway does not run in.
    """
    known = [region.name for region in gateway.regions]
    unknown = [name for name in wanted or () if name not in known]
    if unknown:
        raise Refused(
            f"--region: gateway {gateway.name} does not run in {', '.join(unknown)}. It has: {', '.join(known)}."
        )
    return [name for name in known if not wanted or name in wanted]


def service_of(gateway: Gateway, name: str) -> Service:
    """The service of that name.

    Raises:
        Refused: the gateway has none.
    """
    for service in gateway.services:
        if service.name == name:
            return service
    names = ", ".join(one.name for one in gateway.services)
    raise Refused(f"{name[:60]}: gateway {gateway.name} has no such service. It has: {names}.")
