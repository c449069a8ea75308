"""The claims that a region's template makes: conditions, retention, permissions, names, resource count."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.errors import Refused
from tests.stacks.conftest import Assembly, Template, only, resources

# Logical ids of what holds state or is known by its id outside the stack. A change replaces it: edit on purpose only.
FROZEN = {
    "AWS::ApiGateway::RestApi": {"RestApi"},
    "AWS::ApiGateway::Stage": {"Stage"},
    "AWS::ApiGateway::UsagePlan": {"FreePlan", "GoldPlan"},
    "AWS::DynamoDB::Table": {"Ledger"},
    "AWS::Lambda::Function": {
        "UsersFunction",
        "ProductsFunction",
        "OrdersFunction",
        "CheckoutFunction",
        "RolloutFunction",
    },
    "AWS::Logs::LogGroup": {
        "AccessLogs",
        "CanaryLogs",
        "FirewallLogs",
        "UsersLogs",
        "ProductsLogs",
        "OrdersLogs",
        "CheckoutLogs",
        "RolloutLogs",
    },
}


def evaluate(template: Template, value: Any, parameters: dict[str, str]) -> Any:
    """CloudFormation's own rules for the few functions that the conditions use; equality is of texts."""
    if not isinstance(value, dict) or len(value) != 1:
        return {k: evaluate(template, v, parameters) for k, v in value.items()} if isinstance(value, dict) else value
    ((function, argument),) = value.items()
    if function == "Ref":
        return parameters.get(argument, argument)
    if function == "Fn::Equals":
        left, right = (evaluate(template, side, parameters) for side in argument)
        return str(left) == str(right)
    if function == "Fn::Not":
        return not evaluate(template, argument[0], parameters)
    if function == "Fn::And":
        return all(evaluate(template, part, parameters) for part in argument)
    if function == "Fn::If":
        holds = evaluate(template, template["Conditions"][argument[0]], parameters)
        return evaluate(template, argument[1 if holds else 2], parameters)
    return {function: argument}


@pytest.mark.parametrize(
    ("baseline", "percent", "live", "canary"),
    [
        pytest.param("", "0", "new", None, id="first-deploy-goes-live"),
        pytest.param("", "10", "new", None, id="no-baseline-no-canary"),
        pytest.param("abc123", "0", "abc123", None, id="pinned-release-is-dark"),
        pytest.param("abc123", "10", "abc123", "10", id="canary"),
        pytest.param("abc123", "0.5", "abc123", "0.5", id="half-a-percent"),
        pytest.param("abc123", "100", "abc123", "100", id="whole-canary"),
    ],
)
def test_what_has_the_stage(shop: Assembly, baseline: str, percent: str, live: str, canary: str | None) -> None:
    template = shop.template()
    (release,) = resources(template, "AWS::ApiGateway::Deployment")
    stage = only(template, "AWS::ApiGateway::Stage")["Properties"]
    parameters = {"BaselineDeployment": baseline, "CanaryPercent": percent}
    assert evaluate(template, stage["DeploymentId"], parameters) == (release if live == "new" else live)
    setting = evaluate(template, stage["CanarySetting"], parameters)
    if canary is None:
        assert setting == "AWS::NoValue"
    else:
        assert setting == {"DeploymentId": release, "PercentTraffic": canary, "UseStageCache": False}
        assert setting["DeploymentId"] != evaluate(template, stage["DeploymentId"], parameters)


def test_parameters_default_to_a_first_deploy(shop: Assembly) -> None:
    parameters = shop.template()["Parameters"]
    assert parameters["BaselineDeployment"]["Default"] == ""
    percent = parameters["CanaryPercent"]
    assert (percent["Default"], percent["MinValue"], percent["MaxValue"]) == (0, 0, 100)


def test_nothing_of_a_stage_is_left_to_a_variable(shop: Assembly) -> None:
    stage = only(shop.template(), "AWS::ApiGateway::Stage")["Properties"]
    assert "Variables" not in stage
    assert "StageVariableOverrides" not in json.dumps(stage)


def test_releases_versions_and_the_ledger_outlive_an_update(shop: Assembly) -> None:
    template = shop.template()
    kept = [
        *resources(template, "AWS::ApiGateway::Deployment").values(),
        *resources(template, "AWS::Lambda::Version").values(),
        *resources(template, "AWS::DynamoDB::Table").values(),
    ]
    assert len(kept) == 1 + 4 + 1
    for resource in kept:
        # Except on create: a failed update takes back what it made itself.
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_release_is_a_snapshot_that_moves_no_stage(shop: Assembly) -> None:
    release = only(shop.template(), "AWS::ApiGateway::Deployment")
    assert release["DependsOn"] == ["RestApi"]
    assert release["Properties"] == {"RestApiId": {"Ref": "RestApi"}, "Description": f"release {shop.release()}"}


def test_only_x_ray_is_allowed_everything(shop: Assembly) -> None:
    for role in resources(shop.template(), "AWS::IAM::Role").values():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "*" not in "".join(statement["Action"])
                if statement["Resource"] == "*":
                    assert statement["Action"] in (
                        ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                        ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"],
                    )
                else:
                    # ":*" after a name: versions of one function, streams of one log group. The rollout's function names its
                    # own stacks, whose ids end in a random part, and the APIs, whose ids are not known before.
                    text = json.dumps(statement["Resource"]).replace(':*"', "").replace("::/restapis/*", "")
                    assert "*" not in re.sub(r"stack/Gatewright-shop-[a-z0-9-]+/\*", "", text)


def test_api_gateway_may_invoke_every_version_of_exactly_these_functions(shop: Assembly) -> None:
    template = shop.template()
    policy = template["Resources"]["IntegrationRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    allowed = {arn["Fn::Sub"].rsplit(":function:", 1)[1] for arn in policy["Statement"][0]["Resource"]}
    functions = [one for name, one in resources(template, "AWS::Lambda::Function").items() if name != "RolloutFunction"]
    assert allowed == {f"{function['Properties']['FunctionName']}:*" for function in functions}
    assert not resources(template, "AWS::Lambda::Permission")


def test_integrations_name_versions_and_the_role(shop: Assembly) -> None:
    template = shop.template()
    body = json.dumps(template["Resources"]["RestApi"]["Properties"]["Body"])
    for version in resources(template, "AWS::Lambda::Version"):
        assert f"functions/${{{version}}}/invocations" in body
    assert '"credentials": {"Fn::GetAtt": ["IntegrationRole", "Arn"]}' in body
    assert "$LATEST" not in body


def test_functions_stop_before_their_integration_does(shop: Assembly) -> None:
    template = shop.template()
    for name, timeout in (("UsersFunction", 4), ("CheckoutFunction", 9)):
        properties = template["Resources"][name]["Properties"]
        assert properties["Timeout"] == timeout
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
        assert properties["TracingConfig"] == {"Mode": "Active"}
    assert template["Resources"]["CheckoutFunction"]["Properties"]["Environment"] == {
        "Variables": {"FAULT_CHOICE": "counter"}
    }


@pytest.mark.parametrize(("timeout_ms", "seconds"), [(50, 1), (1000, 1), (1500, 1), (2000, 1), (2001, 2), (29_000, 28)])
def test_function_timeout(timeout_ms: int, seconds: int) -> None:
    from infra.blueprint.functions import function_timeout_seconds

    assert function_timeout_seconds(timeout_ms) == seconds


def test_logs_end(shop: Assembly) -> None:
    for group in resources(shop.template(), "AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == 30
        assert group["DeletionPolicy"] == "Delete"


def test_the_stage_traces_measures_and_throttles(shop: Assembly) -> None:
    stage = only(shop.template(), "AWS::ApiGateway::Stage")["Properties"]
    assert stage["TracingEnabled"] is True
    assert stage["MethodSettings"] == [
        {
            "HttpMethod": "*",
            "ResourcePath": "/*",
            "MetricsEnabled": True,
            "LoggingLevel": "OFF",
            "DataTraceEnabled": False,
            "ThrottlingRateLimit": 1000,
            "ThrottlingBurstLimit": 500,
        }
    ]


def test_plans_come_from_the_file_and_have_no_keys(shop: Assembly) -> None:
    template = shop.template()
    plans = resources(template, "AWS::ApiGateway::UsagePlan")
    assert plans["FreePlan"]["Properties"]["Quota"] == {"Limit": 10_000, "Period": "MONTH"}
    assert "Quota" not in plans["GoldPlan"]["Properties"]
    assert not resources(template, "AWS::ApiGateway::ApiKey")


def test_the_ledger(shop: Assembly) -> None:
    table = only(shop.template(), "AWS::DynamoDB::Table")["Properties"]
    assert table["TableName"] == "gatewright-shop-ledger"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_outputs_are_what_the_cli_reads(shop: Assembly) -> None:
    template = shop.template()
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    (release,) = resources(template, "AWS::ApiGateway::Deployment")
    assert outputs["ReleaseDeployment"] == {"Ref": release}
    assert release == f"Release{outputs['ReleaseName']}"
    versions = json.loads(outputs["FunctionVersions"]["Fn::Sub"])
    assert versions == [f"${{{name}}}" for name in resources(template, "AWS::Lambda::Version")]
    assert set(outputs) == {
        "ApiUrl",
        "FunctionVersions",
        "LedgerTable",
        "Traffic",
        "ReleaseDeployment",
        "ReleaseName",
        "RestApiId",
        "RolloutMachine",
        "StageName",
    }


def test_ids_of_stateful_resources_are_frozen(shop: Assembly) -> None:
    template = shop.template()
    assert {kind: set(resources(template, kind)) for kind in FROZEN} == FROZEN


def test_no_account_and_no_path_of_a_machine(shop: Assembly) -> None:
    text = json.dumps(shop.template())
    assert str(shop.folder.parent) not in text
    assert not any(len(word) == 12 and word.isdigit() for word in text.replace('"', ":").split(":"))


def test_the_account_role_can_be_left_to_someone_else(changed_shop: Any) -> None:
    template = changed_shop(account_role="false").template()
    assert not resources(template, "AWS::ApiGateway::Account")
    assert "LogWriterRole" not in template["Resources"]
    assert only(template, "AWS::ApiGateway::Stage")["DependsOn"] == ["AccessLogs", "CanaryLogs"]


def test_resources_do_not_grow_with_routes(shop: Assembly, changed_shop: Any) -> None:
    def add_routes(folder: Any) -> None:
        path = folder / "lambdas/users/openapi.yaml"
        document = yaml.safe_load(path.read_text())
        read = document["paths"]["/{userId}"]["get"]
        for number in range(200):
            document["paths"][f"/reports/{number}"] = {
                "get": {**read, "operationId": f"readReport{number}", "parameters": []}
            }
        path.write_text(json.dumps(document))

    many = changed_shop(files=add_routes).template()
    assert len(many["Resources"]["RestApi"]["Properties"]["Body"]["paths"]) > 200
    assert len(many["Resources"]) == len(shop.template()["Resources"])


def test_more_services_than_metric_filters_are_refused(changed_shop: Any) -> None:
    def add(document: dict[str, Any]) -> None:
        for number in range(22):
            document["services"][f"s{number}"] = {"path": f"/s{number}", "url": "https://s.example"}

    with pytest.raises(Refused, match="26 services"):
        changed_shop(add)


def test_cfn_lint_finds_nothing(shop: Assembly) -> None:
    # W3005: a DependsOn that a reference implies already; we say it where the order is the point.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--"]
    files = [str(path) for path in sorted(shop.folder.glob("*.template.json"))]
    result = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")
