"""CloudFormation's handlers: what a template makes, changes in place, replaces and cannot delete."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.control.cloudformation import Handler, handlers
from infra.local.control.cloudformation_stage import stage_operations
from infra.local.control.errors import AwsError

MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}


def body(*paths: str) -> dict[str, Any]:
    operation = {"responses": {}, "x-amazon-apigateway-integration": MOCK}
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "1"},
        "paths": {path: {"get": operation} for path in paths},
    }


@pytest.fixture
def cfn(world: Any) -> dict[str, Handler]:
    objects = {("bucket", "key"): json.dumps(body("/from-s3")).encode()}
    made = handlers(
        world.plane,
        account=lambda: "111111111111",
        region=lambda: "us-east-1",
        read_object=lambda bucket, key, version: objects[bucket, key],
    )
    return {name.rsplit("::", 1)[1]: handler for name, handler in made.items()}


@pytest.fixture
def api(cfn: dict[str, Handler]) -> str:
    return cfn["RestApi"].create("Api", {"Body": body("/a")}, "stack")[0]


def paths(world: Any, api: str) -> list[str]:
    return [item["path"] for item in world.perform("GetResources", restApiId=api)["items"]]


def stage_of(world: Any, api: str) -> Any:
    return world.perform("GetStage", restApiId=api, stageName="prod")


def test_all_types_are_there(cfn: dict[str, Handler]) -> None:
    assert set(cfn) == {
        "RestApi",
        "Deployment",
        "Stage",
        "Resource",
        "Method",
        "Model",
        "RequestValidator",
        "Authorizer",
        "GatewayResponse",
        "Account",
        "ApiKey",
        "UsagePlan",
        "UsagePlanKey",
        "DomainName",
        "BasePathMapping",
        "ClientCertificate",
        "DocumentationPart",
        "DocumentationVersion",
        "VpcLink",
    }


def test_a_changed_body_keeps_the_api(world: Any, cfn: dict[str, Handler], api: str) -> None:
    before = world.perform("GetRestApi", restApiId=api)
    props = {"Body": body("/a"), "Name": "named"}
    again, attributes = cfn["RestApi"].update(api, {"Body": body("/a")}, {**props, "Body": body("/a", "/b")}, "stack")
    assert (again, attributes) == (api, {"RestApiId": api, "RootResourceId": before["rootResourceId"]})
    assert paths(world, api) == ["/", "/a", "/b"]
    assert world.perform("GetRestApi", restApiId=api)["name"] == "named"


@pytest.mark.parametrize(
    ("mode", "shown"), [(None, ["a/b", "c/d"]), ("overwrite", ["c/d"])], ids=["default", "overwrite"]
)
def test_container_types_are_merged_unless_a_mode_is_given(
    world: Any, cfn: dict[str, Handler], mode: str | None, shown: list[str]
) -> None:
    key = "x-amazon-apigateway-binary-media-types"
    old = {"Body": {**body("/a"), key: ["a/b"]}}
    new = {"Body": {**body("/b"), key: ["c/d"]}, **({"Mode": mode} if mode else {})}
    api, _ = cfn["RestApi"].create("Api", old, "stack")
    cfn["RestApi"].update(api, old, new, "stack")
    assert sorted(world.perform("GetRestApi", restApiId=api)["binaryMediaTypes"]) == shown
    assert paths(world, api) == ["/", "/b"]


def test_a_body_from_s3(world: Any, cfn: dict[str, Handler]) -> None:
    api, _ = cfn["RestApi"].create("Api", {"BodyS3Location": {"Bucket": "bucket", "Key": "key"}}, "stack")
    assert paths(world, api) == ["/", "/from-s3"]


def test_a_failed_create_leaves_no_api(world: Any, cfn: dict[str, Handler]) -> None:
    with pytest.raises(AwsError):
        cfn["RestApi"].create("Api", {"Body": body("/a"), "MinimumCompressionSize": -1}, "stack")
    assert world.perform("GetRestApis")["items"] == []


def test_properties_beside_the_body(world: Any, cfn: dict[str, Handler]) -> None:
    props = {
        "Body": body("/a"),
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "BinaryMediaTypes": ["image/png"],
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    api, _ = cfn["RestApi"].create("Api", props, "stack")
    shown = world.perform("GetRestApi", restApiId=api)
    assert (shown["endpointConfiguration"]["types"], shown["binaryMediaTypes"], shown["tags"]) == (
        ["REGIONAL"],
        ["image/png"],
        {"a": "b", "aws:cloudformation:logical-id": "Api", "aws:cloudformation:stack-name": "stack"},
    )
    cfn["RestApi"].update(api, props, {**props, "BinaryMediaTypes": ["a/b"], "Tags": []}, "stack")
    shown = world.perform("GetRestApi", restApiId=api)
    assert (shown["binaryMediaTypes"], "a" in shown["tags"]) == (["a/b"], False)
    assert shown["tags"]["aws:cloudformation:logical-id"] == "Api"


@pytest.fixture
def stage(world: Any, cfn: dict[str, Handler], api: str) -> dict[str, Any]:
    """Properties of a live stage at a first deployment, with a second deployment made."""
    first = cfn["Deployment"].create("D1", {"RestApiId": api}, "stack")[0]
    props = {"RestApiId": api, "StageName": "prod", "DeploymentId": first, "Variables": {"a": "1"}}
    assert cfn["Stage"].create("Stage", props, "stack")[0] == "prod"
    cfn["RestApi"].update(api, {"Body": body("/a")}, {"Body": body("/b")}, "stack")
    return props


def test_a_stage_with_everything(world: Any, cfn: dict[str, Handler], api: str) -> None:
    first = cfn["Deployment"].create("D1", {"RestApiId": api, "Description": "r1"}, "stack")[0]
    props = {
        "RestApiId": api,
        "StageName": "prod",
        "DeploymentId": first,
        "TracingEnabled": "true",
        "AccessLogSetting": {
            "DestinationArn": "arn:aws:logs:us-east-1:1:log-group:g:*",
            "Format": "$context.requestId",
        },
        "MethodSettings": [
            {"ResourcePath": "/~1a", "HttpMethod": "GET", "ThrottlingRateLimit": 5},
            {"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": True, "LoggingLevel": "INFO"},
        ],
        "CanarySetting": {"DeploymentId": first, "PercentTraffic": "10", "StageVariableOverrides": {"k": "v"}},
    }
    cfn["Stage"].create("Stage", props, "stack")
    made = stage_of(world, api)
    assert made["accessLogSettings"] == {
        "destinationArn": "arn:aws:logs:us-east-1:1:log-group:g",
        "format": "$context.requestId",
    }
    assert made["methodSettings"]["*/*"]["loggingLevel"] == "INFO"
    assert made["methodSettings"]["~1a/GET"]["throttlingRateLimit"] == 5.0
    assert made["methodSettings"]["~1a/GET"]["metricsEnabled"] is True
    assert made["canarySettings"]["percentTraffic"] == 10.0
    assert made["tracingEnabled"] is True


def test_a_canary_by_template(world: Any, cfn: dict[str, Handler], stage: dict[str, Any]) -> None:
    second = cfn["Deployment"].create("D2", {"RestApiId": stage["RestApiId"]}, "stack")[0]
    with_canary = {**stage, "CanarySetting": {"DeploymentId": second, "PercentTraffic": 10}}
    cfn["Stage"].update("prod", stage, with_canary, "stack")
    made = stage_of(world, stage["RestApiId"])
    assert (made["deploymentId"], made["canarySettings"]["deploymentId"]) == (stage["DeploymentId"], second)
    more = {**stage, "CanarySetting": {"DeploymentId": second, "PercentTraffic": 25}}
    cfn["Stage"].update("prod", with_canary, more, "stack")
    assert stage_of(world, stage["RestApiId"])["canarySettings"]["percentTraffic"] == 25.0


def test_a_canary_that_leaves_the_template_stays_on_the_stage(
    world: Any, cfn: dict[str, Handler], stage: dict[str, Any]
) -> None:
    second = cfn["Deployment"].create("D2", {"RestApiId": stage["RestApiId"]}, "stack")[0]
    with_canary = {**stage, "CanarySetting": {"DeploymentId": second, "PercentTraffic": 10}}
    cfn["Stage"].update("prod", stage, with_canary, "stack")
    cfn["Stage"].update("prod", with_canary, {**stage, "Description": "without"}, "stack")
    made = stage_of(world, stage["RestApiId"])
    assert (made["description"], made["canarySettings"]["percentTraffic"]) == ("without", 10.0)


def test_an_unrelated_update_leaves_a_canary_set_by_hand(
    world: Any, cfn: dict[str, Handler], stage: dict[str, Any]
) -> None:
    api = stage["RestApiId"]
    operations = [{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "7"}]
    world.perform("UpdateStage", restApiId=api, stageName="prod", patchOperations=operations)
    cfn["Stage"].update("prod", stage, {**stage, "TracingEnabled": True, "Variables": {"b": "2"}}, "stack")
    made = stage_of(world, api)
    assert (made["tracingEnabled"], made["variables"], made["canarySettings"]["percentTraffic"]) == (
        True,
        {"b": "2"},
        7.0,
    )


def test_after_a_promotion_the_template_can_follow(world: Any, cfn: dict[str, Handler], stage: dict[str, Any]) -> None:
    """Promoted and the canary removed by the API; then the template names the new deployment and no canary."""
    api = stage["RestApiId"]
    second = cfn["Deployment"].create("D2", {"RestApiId": api}, "stack")[0]
    with_canary = {**stage, "CanarySetting": {"DeploymentId": second, "PercentTraffic": 10}}
    cfn["Stage"].update("prod", stage, with_canary, "stack")
    operations = [
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "remove", "path": "/canarySettings"},
    ]
    world.perform("UpdateStage", restApiId=api, stageName="prod", patchOperations=operations)
    cfn["Stage"].update("prod", with_canary, {**stage, "DeploymentId": second}, "stack")
    made = stage_of(world, api)
    assert (made["deploymentId"], "canarySettings" in made) == (second, False)


def test_cache_settings_stay_when_they_leave_the_template() -> None:
    old = {"CacheClusterEnabled": True, "CacheClusterSize": "0.5", "Description": "x"}
    assert stage_operations(old, {}) == [{"op": "replace", "path": "/description", "value": ""}]


def test_a_deployment_in_use_cannot_be_deleted(world: Any, cfn: dict[str, Handler], stage: dict[str, Any]) -> None:
    props = {"RestApiId": stage["RestApiId"]}
    with pytest.raises(AwsError, match="Active stages pointing to this deployment must be moved or deleted"):
        cfn["Deployment"].delete(stage["DeploymentId"], props)
    cfn["Stage"].delete("prod", stage)
    cfn["Deployment"].delete(stage["DeploymentId"], props)
    cfn["Deployment"].delete(stage["DeploymentId"], props)  # gone already is fine
    cfn["RestApi"].delete(stage["RestApiId"], {})
    cfn["Deployment"].delete(stage["DeploymentId"], props)


def test_another_stage_name_is_another_stage(world: Any, cfn: dict[str, Handler], stage: dict[str, Any]) -> None:
    assert cfn["Stage"].update("prod", stage, {**stage, "StageName": "beta"}, "stack")[0] == "beta"
    made = world.perform("GetStage", restApiId=stage["RestApiId"], stageName="beta")
    assert made["tags"]["aws:cloudformation:logical-id"] == "Stage"


def test_a_deployment_with_a_stage_name_owns_that_stage(world: Any, cfn: dict[str, Handler], api: str) -> None:
    """Each update makes a new deployment and deletes the old; the stage survives until the last one goes (recorded)."""
    props = {"RestApiId": api, "StageName": "local"}
    first, _ = cfn["Deployment"].create("D1", props, "stack")
    second, _ = cfn["Deployment"].create("D2", props, "stack")
    cfn["Deployment"].delete(first, props)
    stages = world.perform("GetStages", restApiId=api)["item"]
    assert [(stage["stageName"], stage["deploymentId"]) for stage in stages] == [("local", second)]
    cfn["Deployment"].delete(second, props)
    assert world.perform("GetStages", restApiId=api)["item"] == []
    assert world.perform("GetDeployments", restApiId=api)["items"] == []


def test_a_canary_deployment_leaves_the_stage_as_it_found_it(
    world: Any, cfn: dict[str, Handler], stage: dict[str, Any]
) -> None:
    props = {
        "RestApiId": stage["RestApiId"],
        "StageName": "prod",
        "DeploymentCanarySettings": {"PercentTraffic": 50, "StageVariableOverrides": {"a": "2"}},
    }
    made, attributes = cfn["Deployment"].create("C", props, "stack")
    assert attributes == {"DeploymentId": made}
    live = stage_of(world, stage["RestApiId"])
    assert (live["deploymentId"], live["canarySettings"]["deploymentId"]) == (stage["DeploymentId"], made)
    cfn["Deployment"].delete(made, props)
    assert "canarySettings" not in stage_of(world, stage["RestApiId"])


def test_an_api_in_pieces(world: Any, cfn: dict[str, Handler]) -> None:
    api, attributes = cfn["RestApi"].create("Api", {"Name": "pieces"}, "stack")
    resource, _ = cfn["Resource"].create(
        "R", {"RestApiId": api, "ParentId": attributes["RootResourceId"], "PathPart": "items"}, "stack"
    )
    method = {
        "RestApiId": api,
        "ResourceId": resource,
        "HttpMethod": "GET",
        "AuthorizationType": "NONE",
        "ApiKeyRequired": "true",
        "MethodResponses": [{"StatusCode": 200, "ResponseModels": {"application/json": "Empty"}}],
        "Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{}"}},
    }
    key, _ = cfn["Method"].create("M", method, "stack")
    shown = world.perform("GetMethod", restApiId=api, resourceId=resource, httpMethod="GET")
    assert (shown["apiKeyRequired"], list(shown["methodResponses"])) == (True, ["200"])
    assert shown["methodIntegration"]["requestTemplates"] == {"application/json": "{}"}
    changed = {**method, "ApiKeyRequired": False}
    assert cfn["Method"].update(key, method, changed, "stack")[0] == key
    broken = {**changed, "Integration": {"Type": "HTTP"}}
    with pytest.raises(AwsError):
        cfn["Method"].update(key, changed, broken, "stack")
    again = world.perform("GetMethod", restApiId=api, resourceId=resource, httpMethod="GET")
    assert (again["apiKeyRequired"], again["methodIntegration"]["type"]) == (False, "MOCK")
    cfn["Method"].delete(key, changed)
    cfn["Resource"].delete(resource, {"RestApiId": api})
    assert paths(world, api) == ["/"]


def test_plans_keys_and_domains(world: Any, cfn: dict[str, Handler], stage: dict[str, Any]) -> None:
    api = stage["RestApiId"]
    attached = {
        "UsagePlanName": "plan",
        "ApiStages": [{"ApiId": api, "Stage": "prod", "Throttle": {"/a/GET": {"RateLimit": 1, "BurstLimit": 2}}}],
        "Throttle": {"BurstLimit": "5", "RateLimit": "2.5"},
        "Quota": {"Limit": 10, "Period": "DAY"},
    }
    plan, attributes = cfn["UsagePlan"].create("P", attached, "stack")
    assert attributes == {"Id": plan}
    key, attributes = cfn["ApiKey"].create("K", {"Name": "k", "Enabled": True, "Value": "v" * 20}, "stack")
    assert attributes == {"APIKeyId": key}
    props = {"UsagePlanId": plan, "KeyId": key, "KeyType": "API_KEY"}
    assert cfn["UsagePlanKey"].create("PK", props, "stack")[0] == f"{key}:{plan}"
    changed = {**attached, "Throttle": {"BurstLimit": 6, "RateLimit": 2.5}, "Quota": None}
    changed["ApiStages"] = [{"ApiId": api, "Stage": "prod", "Throttle": {"/a/GET": {"RateLimit": 9, "BurstLimit": 9}}}]
    assert cfn["UsagePlan"].update(plan, attached, changed, "stack")[0] == plan
    shown = world.perform("GetUsagePlan", usagePlanId=plan)
    assert (shown["throttle"], "quota" in shown) == ({"burstLimit": 6, "rateLimit": 2.5}, False)
    assert shown["apiStages"][0]["throttle"] == {"/a/GET": {"rateLimit": 9.0, "burstLimit": 9}}
    other = cfn["ApiKey"].update(key, {"Value": "v" * 20}, {"Value": "w" * 20}, "stack")[0]
    assert other != key

    domain = {"DomainName": "api.example.com", "EndpointConfiguration": {"Types": ["REGIONAL"]}}
    name, attributes = cfn["DomainName"].create("Domain", domain, "stack")
    assert attributes["RegionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert attributes["RegionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    mapping = {"DomainName": name, "RestApiId": api, "Stage": "prod"}
    physical, _ = cfn["BasePathMapping"].create("Map", mapping, "stack")
    assert physical == "api.example.com|(none)"
    cfn["BasePathMapping"].delete(physical, mapping)
    cfn["DomainName"].delete(name, domain)
    cfn["UsagePlanKey"].delete("x", props)
    cfn["UsagePlan"].delete(plan, attached)
    assert world.perform("GetUsagePlans")["items"] == []


def test_the_rest_of_an_api(world: Any, cfn: dict[str, Handler], api: str) -> None:
    base = {"RestApiId": api}
    model, _ = cfn["Model"].create("M", {**base, "Name": "Pet", "Schema": {"type": "object"}}, "stack")
    cfn["Model"].update(model, {**base, "Schema": {}}, {**base, "Schema": {"type": "array"}}, "stack")
    assert json.loads(world.perform("GetModel", restApiId=api, modelName="Pet")["schema"]) == {"type": "array"}
    validator, _ = cfn["RequestValidator"].create("V", {**base, "ValidateRequestBody": "true"}, "stack")
    shown = world.perform("GetRequestValidator", restApiId=api, requestValidatorId=validator)
    assert (shown["name"], shown["validateRequestBody"]) == ("stack-V", True)
    response = {**base, "ResponseType": "THROTTLED", "StatusCode": 430}
    cfn["GatewayResponse"].create("G", response, "stack")
    assert world.perform("GetGatewayResponse", restApiId=api, responseType="THROTTLED")["statusCode"] == "430"
    part, _ = cfn["DocumentationPart"].create(
        "P", {**base, "Location": {"Type": "API"}, "Properties": '{"a": 1}'}, "stack"
    )
    cfn["DocumentationVersion"].create("DV", {**base, "DocumentationVersion": "1"}, "stack")
    cfn["Account"].create("A", {"CloudWatchRoleArn": "arn:aws:iam::111111111111:role/r"}, "stack")
    assert world.perform("GetAccount")["cloudwatchRoleArn"].endswith("role/r")
    certificate, _ = cfn["ClientCertificate"].create("C", {}, "stack")
    link, _ = cfn["VpcLink"].create("L", {"Name": "l", "TargetArns": []}, "stack")
    for name, physical, props in (
        ("Model", model, base),
        ("RequestValidator", validator, base),
        ("GatewayResponse", "x", response),
        ("DocumentationPart", part, base),
        ("DocumentationVersion", "1", {**base, "DocumentationVersion": "1"}),
        ("ClientCertificate", certificate, {}),
        ("VpcLink", link, {}),
        ("Account", "x", {}),
    ):
        cfn[name].delete(physical, props)
    assert world.perform("GetModels", restApiId=api)["items"] == []
