"""A `cdk` that deploys to the fake AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import CommandFailed
from infra.release.cdk import Cdk
from tests.infra.release.fake_aws import FakeAws


@dataclass
class FakeCdk:
    """Publishes ``release`` wherever it is told to deploy."""

    aws: FakeAws
    release: str = "one"
    ran: list[tuple[str, ...]] = field(default_factory=list)
    fail_in: str = ""
    before: Callable[[], None] = lambda: None

    def run(self, arguments: Sequence[str], *, on_line: Callable[[str], None], on_tick: Callable[[], None]) -> None:
        self.ran.append(tuple(arguments))
        if arguments[0] != "deploy":
            return
        self.before()
        region = arguments[1].removeprefix("Gatewright-shop-")
        if region == self.fail_in:
            raise CommandFailed(f"cdk deploy ended with 1 in {region}. The whole output is in cdk.log.")
        on_line("shop | 1/2 | 12:00 | UPDATE_COMPLETE | AWS::ApiGateway::Stage | Stage")
        on_tick()
        self.aws.deploy(region, self.release)

    def cdk(self) -> Cdk:
        return Cdk(runner=self, assembly=Path("cdk.out"))
