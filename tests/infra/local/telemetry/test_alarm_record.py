"""Alarms as AWS describes them, in every protocol; the expectations were recorded from AWS (account and names replaced)."""

from __future__ import annotations

import importlib
import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import cbor2
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from infra.local import seam
from infra.local.cloud import ACCOUNT, Ministack
from infra.local.telemetry.alarm_record import as_described
from infra.local.telemetry.cloudwatch import CloudWatch

REGION = "eu-west-1"
MODEL = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")
TIMES = {"AlarmConfigurationUpdatedTimestamp", "StateTransitionedTimestamp", "StateUpdatedTimestamp"}
FRESH = {
    "ActionsEnabled": True,
    "AlarmActions": [],
    "InsufficientDataActions": [],
    "OKActions": [],
    "StateReason": "Unchecked: Initial alarm creation",
    "StateValue": "INSUFFICIENT_DATA",
}
BARE = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "store_tags",
    "Namespace": "n",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 30.0,
}
WHOLE = {
    "ActionsEnabled": False,
    "AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:a", "arn:aws:sns:eu-west-1:000000000000:b"],
    "AlarmDescription": 'Latency > 1 s & "slow" <here>\nFirst: look',
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "DatapointsToAlarm": 3,
    "Dimensions": [{"Name": "FunctionName", "Value": "my-function"}],
    "EvaluateLowSampleCountPercentile": "ignore",
    "EvaluationPeriods": 3,
    "ExtendedStatistic": "p99",
    "InsufficientDataActions": ["arn:aws:sns:eu-west-1:000000000000:c"],
    "MetricName": "Duration",
    "Namespace": "n",
    "OKActions": ["arn:aws:sns:eu-west-1:000000000000:d"],
    "Period": 300,
    "Threshold": 10.0,
    "TreatMissingData": "ignore",
    "Unit": "Count",
}
STAT = {"Metric": {"Namespace": "n", "MetricName": "e", "Dimensions": []}, "Period": 60, "Stat": "Sum"}
MATH = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 2,
    "Metrics": [
        {"Id": "rate", "Expression": "100 * errors", "Label": "rate", "ReturnData": True},
        {"Id": "errors", "MetricStat": STAT, "ReturnData": False},
    ],
    "Threshold": 1.44,
    "TreatMissingData": "missing",
}
ASKED: dict[str, dict[str, Any]] = {"bare": BARE, "whole": WHOLE, "expressions": MATH}
DESCRIBED = {"bare": {**FRESH, "Dimensions": [], **BARE}, "whole": FRESH | WHOLE, "expressions": FRESH | MATH}


class Client:
    """One protocol, spoken to the engine as an SDK does."""

    def __init__(self, protocol: str) -> None:
        self.protocol, self.cloud = protocol, Ministack.load(account=ACCOUNT, port=4599)

    async def call(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        model = MODEL.operation_model(operation)
        if self.protocol == "query":
            sent = create_serializer("query", include_validation=False).serialize_to_request(asked, model)["body"]
            headers, body = {"content-type": "application/x-www-form-urlencoded"}, urlencode(sent).encode()
        elif self.protocol == "json":
            target = f"GraniteServiceVersion20100801.{operation}"
            headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
            body = json.dumps(asked).encode()
        else:
            headers = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            body = cbor2.dumps(asked)
        path = f"/service/GraniteServiceVersion20100801/operation/{operation}" if self.protocol == "cbor" else "/"
        answer = await self.cloud.call("monitoring", REGION, path=path, headers=headers, body=body)
        return answer.status, self._read(answer, model.output_shape)

    def _read(self, answer: Any, shape: Any) -> dict[str, Any]:
        if self.protocol == "query":
            read = create_parser("query").parse(
                {"status_code": answer.status, "headers": {}, "body": answer.body}, shape
            )
            read.pop("ResponseMetadata", None)
            return dict(read)
        found: dict[str, Any] = (json.loads if self.protocol == "json" else cbor2.loads)(answer.body or b"{}")
        return found


@pytest.fixture
def name() -> str:
    return f"alarm-{uuid4()}"


@pytest.fixture(scope="module", autouse=True)
def ours() -> None:
    """Our functions in ministack itself; they stay, as they do in the engine."""
    CloudWatch(
        importlib.import_module("ministack.services.cloudwatch"), clock=lambda: 0.0, scope=seam.scope()
    ).install()


def plain(alarm: dict[str, Any]) -> dict[str, Any]:
    assert set(alarm) >= TIMES
    return {key: value for key, value in alarm.items() if key not in {*TIMES, "AlarmArn", "AlarmName"}}


PROTOCOLS = ["query", "json", "cbor"]


@pytest.mark.parametrize("written", PROTOCOLS)
@pytest.mark.parametrize("read", PROTOCOLS)
@pytest.mark.parametrize("kind", ASKED)
async def test_an_alarm_is_described_as_it_was_put(written: str, read: str, kind: str, name: str) -> None:
    status, _ = await Client(written).call("PutMetricAlarm", {"AlarmName": name, **ASKED[kind]})
    assert status == 200
    _, found = await Client(read).call("DescribeAlarms", {"AlarmNames": [name]})
    (alarm,) = found["MetricAlarms"]
    assert plain(alarm) == DESCRIBED[kind]
    assert (alarm["AlarmName"], alarm["AlarmArn"]) == (name, f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_composite_alarm_is_described_as_it_was_put(protocol: str, name: str) -> None:
    client = Client(protocol)
    await client.call("PutMetricAlarm", {"AlarmName": f"{name}-child", **BARE})
    asked = {"AlarmRule": f'ALARM("{name}-child")', "AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:a"]}
    await client.call("PutCompositeAlarm", {"AlarmName": name, **asked, "Tags": [{"Key": "of", "Value": ""}]})
    _, found = await client.call("DescribeAlarms", {"AlarmNames": [name], "AlarmTypes": ["CompositeAlarm"]})
    (alarm,) = found["CompositeAlarms"]
    assert json.loads(alarm.pop("StateReasonData"))["triggeringAlarms"][0]["arn"].endswith(f"{name}-child")
    reason = f"{alarm['AlarmArn']} was created and its alarm rule evaluates to OK"
    assert plain(alarm) == FRESH | asked | {"StateReason": reason, "StateValue": "OK"}
    _, tags = await client.call("ListTagsForResource", {"ResourceARN": alarm["AlarmArn"]})
    assert tags == {"Tags": [{"Key": "of", "Value": ""}]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_is_wrong_is_refused_in_every_protocol(protocol: str, name: str) -> None:
    two = {**MATH, "Metrics": [{**one, "ReturnData": True} for one in MATH["Metrics"]]}
    status, answer = await Client(protocol).call("PutMetricAlarm", {"AlarmName": name, **two})
    assert status == 400
    assert "Exactly one element" in json.dumps(answer)


async def test_a_parameter_of_another_type_is_refused(name: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"Action": "PutMetricAlarm", "AlarmName": name, "Threshold": "high"}).encode()
    answer = await Client("query").cloud.call("monitoring", REGION, headers=headers, body=body)
    assert (answer.status, b"<Code>MalformedInput</Code>" in answer.body) == (400, True)


async def test_another_threshold_does_not_change_since_when_an_alarm_is_in_its_state(name: str) -> None:
    client = Client("json")
    await client.call("PutMetricAlarm", {"AlarmName": name, **BARE})
    await client.call("SetAlarmState", {"AlarmName": name, "StateValue": "OK", "StateReason": "r"})
    before = (await client.call("DescribeAlarms", {"AlarmNames": [name]}))[1]["MetricAlarms"][0]
    record = {**before, "StateTransitionedTimestamp": 7}
    changed = {key: value for key, value in before.items() if key != "StateTransitionedTimestamp"}
    as_described(changed, {"Threshold": 31}, before=record)
    assert changed["StateTransitionedTimestamp"] == 7
