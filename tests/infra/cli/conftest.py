"""The command line on the fake AWS: everything is built by one factory, so one fake factory is all it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.factory import Factory
from infra.cli.main import app
from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.release.awsclient import AwsClient
from infra.release.cdk import Cdk
from infra.release.session import Session
from tests.infra.release.fake_aws import FakeAws, Operators
from tests.infra.release.fake_cdk import FakeCdk

US, EU = "us-east-1", "eu-west-1"
GATEWAY = Gateway(
    name="shop",
    regions=(Region(name=US, jurisdiction=Jurisdiction.US), Region(name=EU, jurisdiction=Jurisdiction.EU)),
    services=(Service(name="users", path="/api/users", url="https://users.example"),),
)


class FakeFactory(Factory):
    def __init__(self, aws: FakeAws) -> None:
        self.operators, self.fake_cdk, self.error = Operators(aws), FakeCdk(aws), None  # type: ignore[var-annotated]

    def gateway(self, file: Path) -> Gateway:
        if self.error is not None:
            raise self.error
        return GATEWAY

    def aws(self, region: str, *, hurried: bool = False) -> AwsClient:
        return self.operators.session(region).aws

    def session(self, gateway: str, region: str, progress: Callable[[str], None], *, hurried: bool = False) -> Session:
        session = self.operators.session(region)
        session.progress = progress
        return session

    def cdk(self, file: Path) -> Cdk:
        return self.fake_cdk.cdk()


@dataclass
class Shop:
    """Runs commands; `aws` is what they act on."""

    aws: FakeAws = field(default_factory=FakeAws)

    def __post_init__(self) -> None:
        self.factory = FakeFactory(self.aws)

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run a command and check how it ended: never by an exception that we do not know."""
        result = CliRunner().invoke(app, list(arguments), obj=self.factory)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The one document on stdout."""
        return json.loads(self.run(*arguments, "--output", "json", code=code).stdout)

    def deploy(self, release: str, *regions: str) -> None:
        self.factory.fake_cdk.release = release
        self.run("deploy", *(part for region in regions for part in ("--region", region)))

    def canary(self, region: str) -> Any:
        return self.aws.region(region).stage.get("canarySettings")


@pytest.fixture
def shop() -> Shop:
    """Nothing is deployed."""
    return Shop()


@pytest.fixture
def dark(shop: Shop) -> Shop:
    """Release `one` is live in both regions, `two` is dark."""
    shop.deploy("one")
    shop.deploy("two")
    return shop
