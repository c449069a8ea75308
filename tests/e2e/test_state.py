"""An engine that keeps its state: what was made before a clean stop is there after the next start."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import Checkout, new_checkout

pytestmark = pytest.mark.e2e

HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'kept'}\n"


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service, region_name="eu-west-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )


def started(checkout: Checkout, *, port: str) -> str:
    up = checkout.run(
        "up", "--no-deploy", "--port", port, "--state", str(checkout.folder / "state"), "--output", "json"
    )
    assert up.code == 0, up.err
    endpoint: str = json.loads(up.out)["endpoint"]
    return endpoint


def make(endpoint: str) -> str:
    """A function behind an API; gives the path of its stage."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("handler.py", HANDLER)
    role = "arn:aws:iam::000000000000:role/any"
    functions, gateway = client(endpoint, "lambda"), client(endpoint, "apigateway")
    arn = functions.create_function(
        FunctionName="kept", Runtime="python3.13", Handler="handler.handler", Role=role,
        Code={"ZipFile": archive.getvalue()}, Publish=True,
    )["FunctionArn"]  # fmt: skip
    api = gateway.create_rest_api(name="kept")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}:1/invocations"
    gateway.put_integration(
        restApiId=api, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=uri,
        credentials=role,
    )  # fmt: skip
    gateway.create_deployment(restApiId=api, stageName="live")
    return f"/_aws/execute-api/{api}/live/"


def test_state_is_there_after_a_restart(tmp_path: Path) -> None:
    checkout = new_checkout(tmp_path)
    endpoint = started(checkout, port="0")
    path = make(endpoint)
    assert checkout.run("down").code == 0
    again = started(checkout, port=endpoint.rpartition(":")[2])
    try:
        assert again == endpoint
        with urllib.request.urlopen(again + path, timeout=30) as answer:
            assert answer.read() == b"kept"
    finally:
        assert checkout.run("down").code == 0
