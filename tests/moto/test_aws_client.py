"""The AWS seam on moto: stacks by parameters, and function versions. Stages are tested on our own fake: moto has no canary."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infra.release.awsclient import AwsClient, boto_client
from infra.release.situation import Condition

REGION, STACK = "us-east-1", "Gatewright-shop-us-east-1"
TEMPLATE = {
    "Parameters": {
        "BaselineDeployment": {"Type": "String", "Default": ""},
        "CanaryPercent": {"Type": "Number", "Default": 0},
        "BootstrapVersion": {"Type": "String", "Default": "1"},
    },
    "Resources": {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "p",
                "Type": "String",
                "Value": {"Fn::Sub": "${BaselineDeployment}-${CanaryPercent}"},
            },
        }
    },
    "Outputs": {
        "ReleaseDeployment": {"Value": "d-one"},
        "FunctionVersions": {"Value": json.dumps(["arn:2", "arn:1"])},
    },
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsClient]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield AwsClient(region=REGION, factory=boto_client, sleep=lambda _: None, clock=lambda: 0.0)


def update(percent: str) -> dict[str, object]:
    return {
        "StackName": STACK,
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "BaselineDeployment", "UsePreviousValue": True},
            {"ParameterKey": "CanaryPercent", "ParameterValue": percent},
            {"ParameterKey": "BootstrapVersion", "UsePreviousValue": True},
        ],
        "Capabilities": ["CAPABILITY_IAM"],
    }


def test_a_stack_is_read_and_updated_by_parameters(aws: AwsClient) -> None:
    assert aws.stack(STACK).condition is Condition.ABSENT
    aws.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[
            {"ParameterKey": "BaselineDeployment", "ParameterValue": "d-one"},
            {"ParameterKey": "BootstrapVersion", "ParameterValue": "1"},  # moto keeps only what it was given
        ],
    )
    stack = aws.stack(STACK)
    assert (stack.condition, stack.baseline, stack.percent) == (Condition.READY, "d-one", 0)
    assert stack.other_parameters == ("BootstrapVersion",)
    assert stack.function_versions == ("arn:1", "arn:2")
    assert aws.update_stack(update("12.5"), lambda _: None)
    assert (aws.stack(STACK).baseline, aws.stack(STACK).percent) == ("d-one", 12.5)


def test_versions_are_listed_and_deleted_once(aws: AwsClient) -> None:
    role = boto3.client("iam", region_name=REGION).create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"][
        "Arn"
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): ...")
    functions = aws.client("lambda")
    arn = functions.create_function(
        FunctionName="shop-users",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": buffer.getvalue()},
    )["FunctionArn"]
    for number in (1, 2):
        functions.update_function_configuration(FunctionName="shop-users", Description=str(number))
        functions.publish_version(FunctionName="shop-users")
    found = aws.versions(arn)
    assert found[0] == f"{arn}:1"
    assert all(not version.endswith("$LATEST") for version in found)
    aws.delete_version({"FunctionName": arn, "Qualifier": "1"})
    assert f"{arn}:1" not in aws.versions(arn)
    assert aws.versions(f"{arn}-gone") == ()
