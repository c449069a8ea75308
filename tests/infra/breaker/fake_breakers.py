"""boto3 clients on fake tables, one a region, and the containers that use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from infra.breaker.cloud import BreakerCloud
from infra.release.awsclient import AwsClient
from lambdas.breaker.circuit.rules import Rules
from lambdas.breaker.circuit.shared import Listener, SharedBreaker, Sharing
from lambdas.breaker.circuit.states import Outcome, Permit
from lambdas.breaker.circuit.table import ConditionFailed, Table
from tests.lambdas.breaker.driver import rules
from tests.lambdas.breaker.fake_table import FakeTable

US, EU = "us-east-1", "eu-west-1"
NOW = 1_790_000_000.0
_NAMES = {"get_item": "GetItem", "query": "Query", "update_item": "UpdateItem", "put_item": "PutItem"}


@dataclass
class FakeBreakers:
    """`down`: regions that do not answer; `bare`: regions without a table; `race`: runs before a transition."""

    now: float = NOW
    tables: dict[str, FakeTable] = field(default_factory=lambda: {US: FakeTable(), EU: FakeTable()})
    metrics: list[tuple[str, Any]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    race: Callable[[], None] | None = None
    slept: list[float] = field(default_factory=list)

    def client(self, service: str, region: str) -> Any:
        return _Client(self, region)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if len(self.slept) == 2:
            raise KeyboardInterrupt

    def aws(self, region: str) -> AwsClient:
        return AwsClient(region=region, factory=self.client, sleep=self.sleep, clock=lambda: self.now)

    def cloud(self, region: str = US) -> BreakerCloud:
        return BreakerCloud(aws=self.aws(region), gateway="shop")

    def container(self, region: str = US, service: str = "users", **changes: Any) -> SharedBreaker:
        made: Rules = rules(**{"time_based": True, "size": 10, **changes})
        store = Table(self.tables[region], table="x", service=service, rules=made, clock=lambda: self.now)
        listener = Listener(lambda event, circuit: None, lambda reason: None)
        sharing = Sharing(cache_ms=0, flush_ms=0)
        return SharedBreaker(made, store, self.now_ms, listener=listener, sharing=sharing)

    @property
    def now_ms(self) -> int:
        return int(self.now * 1000)

    def fail(self, container: SharedBreaker, times: int = 2) -> None:
        for _ in range(times):
            permit = container.acquire(self.now_ms)
            assert isinstance(permit, Permit)
            container.record(permit, Outcome.FAILURE, self.now_ms)

    def state(self, region: str = US, service: str = "users") -> str:
        return str(self.tables[region].items[(service, "state")]["state"]["S"])


class _Client:
    def __init__(self, aws: FakeBreakers, region: str) -> None:
        self.aws, self.region = aws, region

    def put_metric_data(self, **parameters: Any) -> Any:
        self.aws.metrics.append((self.region, parameters))
        return {}

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            if self.region in self.aws.down:
                raise EndpointConnectionError(endpoint_url="https://nowhere")
            if self.region in self.aws.bare:
                raise _error("ResourceNotFoundException", "Requested resource not found")
            if operation == "update_item" and self.aws.race:
                race, self.aws.race = self.aws.race, None
                race()
            assert parameters["TableName"] == "gatewright-shop-breakers"
            try:
                return self.aws.tables[self.region](_NAMES[operation], parameters)
            except ConditionFailed as error:
                raise _error("ConditionalCheckFailedException", "The conditional request failed") from error

        return call


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Fake")
