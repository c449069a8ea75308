from __future__ import annotations

import asyncio
import json

import pytest

from infra.local.telemetry import delivery as module
from infra.local.telemetry.delivery import Delivery
from infra.local.telemetry.log_writer import capped
from tests.infra.local.telemetry.fakes import GROUP_ARN, FakeCloud, record

FORMAT = '{"status":"$context.status","canary":"$context.isCanaryRequest"}'


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def delivery(cloud: FakeCloud) -> Delivery:
    return Delivery(cloud, clock=lambda: 1_000_000.0)


async def test_a_request_is_logged_in_the_stages_group(delivery: Delivery, cloud: FakeCloud) -> None:
    delivery.request(
        record(
            access_log_group_arn=GROUP_ARN,
            access_log_format=FORMAT,
            context={"status": 200, "isCanaryRequest": "false"},
        )
    )
    await delivery.flush()
    assert cloud.lines("/shop/access") == ['{"status":"200","canary":"false"}']
    assert cloud.lines("/shop/access/Canary") == []


async def test_a_canary_request_is_logged_in_both_groups(delivery: Delivery, cloud: FakeCloud) -> None:
    delivery.request(record(access_log_group_arn=GROUP_ARN, access_log_format=FORMAT, is_canary=True))
    await delivery.flush()
    assert len(cloud.lines("/shop/access")) == len(cloud.lines("/shop/access/Canary")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"access_log_group_arn": GROUP_ARN},
        {"access_log_format": FORMAT},
        {"access_log_format": FORMAT, "access_log_group_arn": "arn:aws:firehose:us-east-1:1:deliverystream/x"},
    ],
    ids=["no format", "no destination", "Firehose"],
)
async def test_without_format_or_group_nothing_is_logged(
    delivery: Delivery, cloud: FakeCloud, changes: dict[str, str]
) -> None:
    delivery.request(record(**changes))
    await delivery.flush()
    assert cloud.groups == {}


async def test_gateway_metrics_have_aws_dimensions_and_rates(delivery: Delivery, cloud: FakeCloud) -> None:
    for status in (200, 200, 404, 502):
        delivery.request(record(status=status, integration_latency_ms=None if status == 404 else 9.0))
    await delivery.flush()
    for dimensions in ({"ApiName": "shop"}, {"ApiName": "shop", "Stage": "live"}):
        assert cloud.samples("Count", **dimensions) == {1.0: 4.0}
        assert cloud.samples("4XXError", **dimensions) == {0.0: 3.0, 1.0: 1.0}
        assert cloud.samples("5XXError", **dimensions) == {0.0: 3.0, 1.0: 1.0}
        assert cloud.samples("Latency", **dimensions) == {12.0: 4.0}
        assert cloud.samples("IntegrationLatency", **dimensions) == {9.0: 3.0}
    assert {namespace for namespace, _ in cloud.data} == {"AWS/ApiGateway"}
    assert len(cloud.data) == 10  # no detailed metrics, no canary


async def test_detailed_metrics_and_the_canarys_own(delivery: Delivery, cloud: FakeCloud) -> None:
    delivery.request(record(detailed_metrics=True, is_canary=True))
    delivery.request(record(detailed_metrics=True, resource_path=None))
    await delivery.flush()
    detailed = {"ApiName": "shop", "Method": "GET", "Resource": "/api/users/{id}", "Stage": "live"}
    assert cloud.samples("Count", **detailed) == {1.0: 1.0}
    assert cloud.samples("Count", ApiName="shop", Stage="live/Canary") == {1.0: 1.0}
    assert cloud.samples("Count", ApiName="shop", Stage="live") == {1.0: 2.0}


async def test_metrics_of_others_are_published(delivery: Delivery, cloud: FakeCloud) -> None:
    for value in (1.0, 1.0, 3.0):
        delivery.metric("us-east-1", "AWS/Lambda", "Duration", {"FunctionName": "f"}, value, "Milliseconds")
    await delivery.flush()
    assert cloud.samples("Duration", FunctionName="f") == {1.0: 2.0, 3.0: 1.0}
    await delivery.flush()
    assert len(cloud.data) == 1  # once


async def test_groups_and_streams_are_made_once(delivery: Delivery, cloud: FakeCloud) -> None:
    for number in range(600):
        delivery.log("us-east-1", "/aws/lambda/f", "s", [(number, str(number))])
    await delivery.flush()
    assert cloud.lines("/aws/lambda/f") == [str(number) for number in range(600)]
    assert cloud.actions.count("CreateLogGroup") == 1
    assert max(len(json.dumps(line)) for line in cloud.lines("/aws/lambda/f")) < 10


async def test_the_background_task_delivers_and_stop_delivers_the_rest(
    delivery: Delivery, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.0)
    delivery.start()
    delivery.log("us-east-1", "g", "s", [(1, "a")])
    while not cloud.lines("g"):
        await asyncio.sleep(0)
    delivery.log("us-east-1", "g", "s", [(2, "b")])
    await delivery.stop()
    assert cloud.lines("g") == ["a", "b"]


@pytest.mark.parametrize(("count", "limit", "kept"), [(3, 3, 3), (4, 3, 4), (0, 3, 0)], ids=["fits", "over", "none"])
def test_capped_says_what_it_drops(count: int, limit: int, kept: int) -> None:
    lines = capped([(n, str(n)) for n in range(count)], limit=limit)
    assert len(lines) == kept
    assert [text for _, text in lines if "further events" in text] == (
        [f"({count - limit} further events were not kept: local limit of {limit} a second)"] if count > limit else []
    )
