"""A stack under test: a template that makes one API with its deployments, and what is done with it. Talks to the endpoint."""

from __future__ import annotations

import json
import time
from typing import Any

from .facts import Source, documented
from .gateway import JSON, Api, Cloud

TYPES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-{name}.html"

DONE_SECONDS = 30

BODY = {
    "openapi": "3.0.1", "info": {"title": "from-cloudformation", "version": "1"},
    "paths": {"/ok": {"get": {"responses": {}, "x-amazon-apigateway-integration": {
        "type": "mock", "requestTemplates": {JSON: '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {JSON: "v1 $stageVariables.color"}}},
    }}}},
}  # fmt: skip


def page(name: str) -> Source:
    """The page of one of API Gateway's types, by the end of its name."""
    return documented(TYPES.format(name=name))


def body(text: str) -> dict[str, Any]:
    """The document with another answer."""
    return dict(json.loads(json.dumps(BODY).replace("v1 ", f"{text} ")))


def template(text: str = "v1", *, deployments: tuple[str, ...] = ("First",), canary: bool = True) -> dict[str, Any]:
    """A RestApi by document, its deployments, and a stage that the parameters move."""
    ref = {"Ref": "Api"}
    resources: dict[str, Any] = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body(text), "Name": "cfn"}}
    }
    for name in deployments:
        resources[name] = {
            "Type": "AWS::ApiGateway::Deployment", "DeletionPolicy": "Retain",
            "Properties": {"RestApiId": ref, "Description": name},
        }  # fmt: skip
    settings = {
        "DeploymentId": {"Ref": deployments[-1]},
        "PercentTraffic": {"Ref": "Percent"},
        "StageVariableOverrides": {"color": "red"},
    }
    stage: dict[str, Any] = {
        "RestApiId": ref,
        "StageName": "dev",
        "DeploymentId": {"Ref": "First"},
        "Variables": {"color": "blue"},
    }
    if canary:
        stage["CanarySetting"] = {"Fn::If": ["On", settings, {"Ref": "AWS::NoValue"}]}
    resources["Stage"] = {"Type": "AWS::ApiGateway::Stage", "Properties": stage}
    return {
        "Parameters": {"Percent": {"Type": "Number", "Default": 0}},
        "Conditions": {"On": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Percent"}, 0]}]}},
        "Resources": resources,
        "Outputs": {
            "Api": {"Value": ref}, "Root": {"Value": {"Fn::GetAtt": ["Api", "RootResourceId"]}},
            "Stage": {"Value": {"Ref": "Stage"}}, "First": {"Value": {"Ref": "First"}},
            "FirstId": {"Value": {"Fn::GetAtt": ["First", "DeploymentId"]}},
        },
    }  # fmt: skip


class Stack:
    """A stack by its name; ``create`` and ``update`` wait, and give the status it came to."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud, self.client, self.name = cloud, cloud.client("cloudformation"), name

    def _settle(self) -> str:
        deadline = time.monotonic() + DONE_SECONDS
        while True:
            status = str(self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])
            if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
                return status
            time.sleep(0.03)

    def create(self, body: dict[str, Any], **parameters: str) -> str:
        self.client.create_stack(StackName=self.name, TemplateBody=json.dumps(body), Parameters=_parameters(parameters))
        return self._settle()

    def update(self, body: dict[str, Any] | None = None, **parameters: str) -> str:
        source = {"UsePreviousTemplate": True} if body is None else {"TemplateBody": json.dumps(body)}
        self.client.update_stack(StackName=self.name, Parameters=_parameters(parameters), **source)
        return self._settle()

    def outputs(self) -> dict[str, str]:
        found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}

    def physical(self, logical: str) -> str:
        found = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=logical)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    @property
    def api(self) -> Api:
        return Api(self.cloud, {"id": self.outputs()["Api"]})


def _parameters(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
