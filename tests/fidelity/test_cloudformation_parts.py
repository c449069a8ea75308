"""Each of API Gateway's CloudFormation types by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import fact, reference, unsure
from .gateway import JSON, Cloud
from .stacks import Stack, page, template


@pytest.fixture(scope="module")
def parts(cloud: Cloud, unique: str) -> Stack:
    """An API made of single resources, a plan with a key, and what else API Gateway has."""

    def resource(kind: str, depends: str | None = None, **properties: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"Type": f"AWS::ApiGateway::{kind}", "Properties": properties}
        return made | ({"DependsOn": depends} if depends else {})

    api, ref = {"Ref": "Api"}, "Ref"
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:x/invocations"
    integration = {
        "Type": "MOCK", "RequestTemplates": {JSON: '{"statusCode": 200}'},
        "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {JSON: "part $input.params('id')"}}],
    }  # fmt: skip
    resources = {
        "Api": resource("RestApi", Name="parts", BinaryMediaTypes=["image/png"], ApiKeySourceType="HEADER", Tags=[{"Key": "a", "Value": "b"}]),
        "Items": resource("Resource", RestApiId=api, ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]}, PathPart="items"),
        "Item": resource("Resource", RestApiId=api, ParentId={ref: "Items"}, PathPart="{id}"),
        "Validator": resource("RequestValidator", RestApiId=api, Name="v", ValidateRequestParameters=True, ValidateRequestBody=False),
        "Model": resource("Model", RestApiId=api, Name="Thing", ContentType=JSON, Schema={"type": "object"}),
        "Authorizer": resource("Authorizer", RestApiId=api, Name="auth", Type="TOKEN", AuthorizerUri=uri, IdentitySource="method.request.header.Authorization", AuthorizerResultTtlInSeconds=60),
        "NotFound": resource("GatewayResponse", RestApiId=api, ResponseType="MISSING_AUTHENTICATION_TOKEN", StatusCode="404"),
        "Method": resource(
            "Method", RestApiId=api, ResourceId={ref: "Item"}, HttpMethod="GET", AuthorizationType="NONE", ApiKeyRequired=True,
            RequestParameters={"method.request.querystring.q": True}, RequestValidatorId={ref: "Validator"}, Integration=integration,
            MethodResponses=[{"StatusCode": "200"}],
        ),
        "Deployment": resource("Deployment", "Method", RestApiId=api),
        "Stage": resource(
            "Stage", RestApiId=api, StageName="dev", DeploymentId={ref: "Deployment"}, TracingEnabled=True,
            MethodSettings=[{"HttpMethod": "*", "ResourcePath": "/*", "MetricsEnabled": True, "ThrottlingBurstLimit": 50, "ThrottlingRateLimit": 100}],
        ),
        "Key": resource("ApiKey", Name="parts", Enabled=True, Value=f"parts-{unique}-0123456789"),
        "Plan": resource("UsagePlan", UsagePlanName="parts", ApiStages=[{"ApiId": api, "Stage": {ref: "Stage"}}], Quota={"Limit": 100, "Period": "DAY"}),
        "PlanKey": resource("UsagePlanKey", KeyId={ref: "Key"}, KeyType="API_KEY", UsagePlanId={ref: "Plan"}),
    }  # fmt: skip
    outputs = {"Api": {"Value": api}}
    made = Stack(cloud, f"fidelity-parts-{unique}")
    assert made.create({"Resources": resources, "Outputs": outputs}) == "CREATE_COMPLETE"
    return made


@fact("CFN-30", "Resources and methods make the same paths as a document", page("resource"))
def test_parts_serve(parts: Stack, unique: str) -> None:
    found = parts.api.get("/items/7?q=1", {"x-api-key": f"parts-{unique}-0123456789"})
    assert (found.status, found.text) == (200, "part 7")


@fact("CFN-31", "ApiKeyRequired of a Method holds", page("method"))
def test_parts_key(parts: Stack) -> None:
    assert parts.api.get("/items/7?q=1").status == 403


@fact("CFN-32", "The RequestValidator of a Method holds", page("requestvalidator"))
def test_parts_validator(parts: Stack, unique: str) -> None:
    assert parts.api.get("/items/7", {"x-api-key": f"parts-{unique}-0123456789"}).status == 400


@fact("CFN-33", "A GatewayResponse holds", page("gatewayresponse"))
def test_parts_gateway_response(parts: Stack) -> None:
    assert parts.api.get("/nowhere").status == 404


@fact("CFN-34", "MethodSettings of /* become */* of the stage", page("stage"))
def test_parts_method_settings(parts: Stack) -> None:
    found = parts.api.get_stage("dev")
    settings = found["methodSettings"]["*/*"]
    assert (settings["metricsEnabled"], settings["throttlingBurstLimit"], settings["throttlingRateLimit"]) == (
        True,
        50,
        100.0,
    )
    assert found["tracingEnabled"] is True


@fact("CFN-35", "A Model's schema may be written as an object", page("model"))
def test_parts_model(parts: Stack) -> None:
    found = parts.api.control.get_model(restApiId=parts.api.id, modelName="Thing")
    assert json.loads(found["schema"]) == {"type": "object"}


@fact("CFN-36", "Ref of an Authorizer is its id", page("authorizer"))
def test_parts_authorizer(parts: Stack) -> None:
    found = parts.api.control.get_authorizer(restApiId=parts.api.id, authorizerId=parts.physical("Authorizer"))
    assert (found["name"], found["authorizerResultTtlInSeconds"]) == ("auth", 60)


@fact("CFN-37", "A UsagePlanKey puts the key into the plan", page("usageplankey"))
def test_parts_plan(parts: Stack) -> None:
    items = parts.api.control.get_usage_plan_keys(usagePlanId=parts.physical("Plan"))["items"]
    assert [item["id"] for item in items] == [parts.physical("Key")]


@fact("CFN-38", "A RestApi takes binary media types and tags", page("restapi"))
def test_parts_api(parts: Stack) -> None:
    found = parts.api.control.get_rest_api(restApiId=parts.api.id)
    assert found["binaryMediaTypes"] == ["image/png"]
    assert found["tags"]["a"] == "b"


@fact(
    "CFN-39",
    "A Deployment with a StageName and canary settings puts the canary on the stage",
    unsure("https://github.com/localstack/localstack/pull/12899"),
)
def test_deployment_canary(cloud: Cloud, unique: str) -> None:
    made = Stack(cloud, f"fidelity-deployment-canary-{unique}")
    document = template(canary=False)
    document["Resources"]["Canary"] = {
        "Type": "AWS::ApiGateway::Deployment", "DependsOn": "Stage",
        "Properties": {
            "RestApiId": {"Ref": "Api"}, "StageName": "dev",
            "DeploymentCanarySettings": {"PercentTraffic": 40, "StageVariableOverrides": {"color": "red"}},
        },
    }  # fmt: skip
    assert made.create(document) == "CREATE_COMPLETE"
    settings = made.api.get_stage("dev")["canarySettings"]
    assert (settings["deploymentId"], settings["percentTraffic"]) == (made.physical("Canary"), 40.0)


@fact(
    "CFN-40",
    "A CanarySetting without a deployment is a canary of the stage's own deployment",
    unsure("https://github.com/go-to-k/cdk-real-drift/issues/633"),
)
def test_canary_without_deployment(cloud: Cloud, unique: str) -> None:
    made = Stack(cloud, f"fidelity-own-canary-{unique}")
    document = template(canary=False)
    document["Resources"]["Stage"]["Properties"]["CanarySetting"] = {"PercentTraffic": 5}
    assert made.create(document) == "CREATE_COMPLETE"
    assert made.api.get_stage("dev")["canarySettings"]["deploymentId"] == made.physical("First")


@fact("CFN-41", "A StageName of a Deployment makes the stage", reference("API_CreateDeployment"))
def test_deployment_stage(cloud: Cloud, unique: str) -> None:
    made = Stack(cloud, f"fidelity-deployment-stage-{unique}")
    document = template(canary=False)
    del document["Resources"]["Stage"]
    del document["Outputs"]["Stage"]
    document["Resources"]["First"]["Properties"]["StageName"] = "dev"
    assert made.create(document) == "CREATE_COMPLETE"
    assert made.api.get("/ok").text.strip() == "v1"
