"""Delivery into ministack itself, mounted in this process."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

from infra.local.cloud import ACCOUNT, Ministack
from infra.local.telemetry.delivery import Delivery
from tests.infra.local.telemetry.fakes import record

REGION, GROUP = "eu-west-1", "/telemetry/access"


async def test_logs_metrics_and_filters_arrive() -> None:
    cloud = Ministack.load(account=ACCOUNT, port=4599)
    delivery = Delivery(cloud)
    await cloud.json("logs", REGION, "Logs_20140328.CreateLogGroup", {"logGroupName": GROUP})
    transformation = {"metricNamespace": "Shop", "metricName": "Errors", "metricValue": "1"}
    await cloud.json(
        "logs", REGION, "Logs_20140328.PutMetricFilter",
        {"logGroupName": GROUP, "filterName": "errors", "filterPattern": "{ $.status >= 500 }",
         "metricTransformations": [transformation]},
    )  # fmt: skip
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
    for status in (200, 503, 503):
        delivery.request(
            record(
                region=REGION, status=status, access_log_group_arn=arn,
                access_log_format='{"status":$context.status}', context={"status": status},
            )
        )  # fmt: skip
    await delivery.flush()

    found = await cloud.json("logs", REGION, "Logs_20140328.FilterLogEvents", {"logGroupName": GROUP})
    assert [json.loads(event["message"])["status"] for event in found["events"]] == [200, 503, 503]
    for namespace, name, statistic, expected in (
        ("Shop", "Errors", "Sum", 2.0),
        ("AWS/ApiGateway", "5XXError", "Average", 2 / 3),
        ("AWS/ApiGateway", "Count", "SampleCount", 3.0),
    ):
        query = {
            "Action": "GetMetricStatistics", "Namespace": namespace, "MetricName": name, "Period": 600,
            "StartTime": time.time() - 900, "EndTime": time.time() + 900, "Statistics.member.1": statistic,
        }  # fmt: skip
        if namespace != "Shop":
            query |= {"Dimensions.member.1.Name": "ApiName", "Dimensions.member.1.Value": "shop"}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await cloud.call("monitoring", REGION, headers=headers, body=urlencode(query).encode())
        text = answer.body.decode()
        total = sum(float(part.split("<")[0]) for part in text.split(f"<{statistic}>")[1:])
        assert abs(total - expected) < 0.01, text
