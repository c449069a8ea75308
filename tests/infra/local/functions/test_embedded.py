"""The workers on ministack itself, mounted in this process: what its control plane gives must be enough."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.local import seam
from infra.local.cloud import ACCOUNT, Ministack
from infra.local.functions import records
from infra.local.functions.cloudformation import handlers
from infra.local.functions.workers import Workers
from infra.local.ports import FunctionThrottled
from tests.infra.local.functions.fakes import FakeTelemetry, zipped

REGION = "eu-west-1"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"


def code(answer: str) -> bytes:
    return zipped(app_py=f"import os\ndef handler(e, c): return [{answer!r}, os.environ.get('SETTING')]")


@pytest.fixture(scope="module")
def cloud() -> Ministack:
    return Ministack.load(account=ACCOUNT, port=4599)


@pytest.fixture
async def workers(cloud: Ministack, tmp_path: Path) -> AsyncIterator[Workers]:
    made = Workers(cloud, telemetry=FakeTelemetry(), endpoint="", account=ACCOUNT, state_folder=tmp_path)
    yield made
    await made.close()
    await cloud.call("lambda", REGION, method="DELETE", path="/2015-03-31/functions/shop")


async def call(cloud: Ministack, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = await cloud.call(
        "lambda", REGION, method=method, path=f"/2015-03-31/functions{path}", body=json.dumps(body).encode()
    )
    assert answer.status < 300, answer.body
    found: dict[str, Any] = json.loads(answer.body or b"{}")
    return found


async def create(cloud: Ministack, answer: str, setting: str) -> None:
    await call(
        cloud, "POST", "", FunctionName="shop", Runtime="python3.13", Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r", Code={"ZipFile": base64.b64encode(code(answer)).decode()},
        Environment={"Variables": {"SETTING": setting}},
    )  # fmt: skip


async def update(cloud: Ministack, answer: str, setting: str) -> None:
    await call(cloud, "PUT", "/shop/code", ZipFile=base64.b64encode(code(answer)).decode())
    await call(cloud, "PUT", "/shop/configuration", Environment={"Variables": {"SETTING": setting}})


async def run(workers: Workers, arn: str) -> Any:
    return json.loads((await workers.invoke(arn, b"{}")).payload)


def test_the_seam_is_there() -> None:
    records.check()


async def test_versions_keep_code_and_environment_whatever_happens_to_latest(
    cloud: Ministack, workers: Workers
) -> None:
    await create(cloud, "first", "one")
    assert (await call(cloud, "POST", "/shop/versions"))["Version"] == "1"
    await update(cloud, "second", "two")
    assert (await call(cloud, "POST", "/shop/versions"))["Version"] == "2"
    await update(cloud, "third", "three")
    workers.changed(REGION, "shop")
    answers = [await run(workers, arn) for arn in (f"{ARN}:1", f"{ARN}:2", ARN)]
    assert answers == [["first", "one"], ["second", "two"], ["third", "three"]]


async def test_an_alias_moves(cloud: Ministack, workers: Workers) -> None:
    await create(cloud, "first", "one")
    await call(cloud, "POST", "/shop/versions")
    await call(cloud, "POST", "/shop/aliases", Name="live", FunctionVersion="1")
    assert await run(workers, f"{ARN}:live") == ["first", "one"]
    await update(cloud, "second", "two")
    await call(cloud, "POST", "/shop/versions")
    await call(cloud, "PUT", "/shop/aliases/live", FunctionVersion="2")
    workers.changed(REGION, "shop")
    assert await run(workers, f"{ARN}:live") == ["second", "two"]


async def test_layers_are_on_the_path(cloud: Ministack, workers: Workers) -> None:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("python/shared.py", "ANSWER = 42")
    body = json.dumps({"Content": {"ZipFile": base64.b64encode(layer.getvalue()).decode()}}).encode()
    made = await cloud.call("lambda", REGION, path="/2018-10-31/layers/shared/versions", body=body)
    await create(cloud, "x", "y")
    code_with_layer = zipped(app_py="import shared\ndef handler(e, c): return shared.ANSWER")
    await call(cloud, "PUT", "/shop/code", ZipFile=base64.b64encode(code_with_layer).decode())
    await call(cloud, "PUT", "/shop/configuration", Layers=[json.loads(made.body)["LayerVersionArn"]])
    assert await run(workers, ARN) == 42


TEMPLATE: dict[str, Any] = {
    "Parameters": {"Answer": {"Type": "String"}, "Reserved": {"Type": "String"}},
    "Conditions": {"Limited": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Reserved"}, ""]}]}},
    "Resources": {
        "F": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": f"arn:aws:iam::{ACCOUNT}:role/r",
                "Code": {"ZipFile": {"Fn::Sub": "def handler(e, c): return '${Answer}'"}},
                "ReservedConcurrentExecutions": {
                    "Fn::If": ["Limited", {"Ref": "Reserved"}, {"Ref": "AWS::NoValue"}]
                },
            },
        },
        "V1": {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "F"}},
        },
    },
    "Outputs": {"Name": {"Value": {"Ref": "F"}}, "V1": {"Value": {"Ref": "V1"}}},
}  # fmt: skip


class Stack:
    """A stack made through ministack's CloudFormation, with our handlers in its table."""

    def __init__(self, cloud: Ministack) -> None:
        self._cloud = cloud

    async def apply(self, action: str, template: dict[str, Any], **parameters: str) -> dict[str, str]:
        form = {"Action": action, "StackName": "shop-stack", "TemplateBody": json.dumps(template)}
        for number, (key, value) in enumerate(parameters.items(), 1):
            form |= {f"Parameters.member.{number}.ParameterKey": key}
            form |= {f"Parameters.member.{number}.ParameterValue": value}
        await self._query(urlencode(form))
        return await self._outputs()

    async def _query(self, body: str) -> str:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self._cloud.call("cloudformation", REGION, headers=headers, body=body.encode())
        assert answer.status == 200, answer.body
        return answer.body.decode()

    async def _outputs(self) -> dict[str, str]:
        for _ in range(200):
            text = await self._query("Action=DescribeStacks&StackName=shop-stack")
            status = re.search(r"<StackStatus>(\w+)</StackStatus>", text)
            assert status is not None
            if not status[1].endswith("IN_PROGRESS"):
                assert status[1] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), text
                pairs = re.findall(r"<OutputKey>(\w+)</OutputKey>\s*<OutputValue>([^<]+)</OutputValue>", text)
                return dict(pairs)
            await asyncio.sleep(0.02)
        raise AssertionError("the stack did not settle")


async def test_cloudformation_reserves_concurrency_and_retains_versions(cloud: Ministack, workers: Workers) -> None:
    _, region = seam.account_and_region()
    table = seam.handlers()
    before = {name: table[name] for name in ("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias")}
    seam.install(table, handlers(table, workers, region=region))
    try:
        stack = Stack(cloud)
        made = await stack.apply("CreateStack", TEMPLATE, Answer="one", Reserved="3")
        assert made["V1"].endswith(f":function:{made['Name']}:1")
        arn = made["V1"].removesuffix(":1")
        assert (await workers.catalog.resolve(arn)).reserved_concurrency == 3

        second = json.loads(json.dumps(TEMPLATE).replace("V1", "V2"))
        moved = await stack.apply("UpdateStack", second, Answer="two", Reserved="0")
        assert moved["Name"] == made["Name"]  # an unnamed function keeps its name
        assert moved["V2"] == f"{arn}:2"
        with pytest.raises(FunctionThrottled):
            await workers.invoke(arn, b"{}")

        await stack.apply("UpdateStack", second, Answer="two", Reserved="")
        assert (await workers.catalog.resolve(arn)).reserved_concurrency is None
        assert [await run(workers, a) for a in (made["V1"], moved["V2"])] == ["one", "two"]
    finally:
        table.update(before)
