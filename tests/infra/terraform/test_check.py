"""CDK's templates and our roots mean the same; whatever is changed on either side, the check says what and where."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config import load
from infra.errors import ConfigError
from infra.terraform.check import (
    Found,
    Meaning,
    check,
    differences,
    meaning_of_roots,
    meaning_of_templates,
    read_roots,
    read_templates,
)
from infra.terraform.synth import synth
from tests.infra.terraform.conftest import Shop, make

Document = dict[str, Any]
REGION = "us-east-1"


@pytest.fixture(scope="session")
def templates(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    from tests.stacks.conftest import synthesize

    out = tmp_path_factory.mktemp("assembly")
    synthesize(shop.file, out)
    return read_templates(shop.gateway, out)


class Meant:
    """Both outputs, read once: a changed document is read again, the others are not."""

    def __init__(self, shop: Shop, templates: dict[str, Document]) -> None:
        self.shop, self.templates = shop, templates
        self.of_templates = {name: meaning_of_templates(shop.gateway, {name: one}) for name, one in templates.items()}
        self.of_roots = {name: meaning_of_roots({name: one}) for name, one in shop.synthesis.roots.items()}

    def with_template(self, name: str, mutation: Callable[[Document], object]) -> tuple[Found, ...]:
        changed = copy.deepcopy(self.templates[name])
        mutation(changed)
        ours = self.of_templates | {name: meaning_of_templates(self.shop.gateway, {name: changed})}
        return differences(together(ours), together(self.of_roots))

    def with_root(self, name: str, mutation: Callable[[Document], object]) -> tuple[Found, ...]:
        changed = copy.deepcopy(self.shop.root(name))
        mutation(changed)
        theirs = self.of_roots | {name: meaning_of_roots({name: changed})}
        return differences(together(self.of_templates), together(theirs))


def together(parts: dict[str, Meaning]) -> Meaning:
    made: dict[Any, dict[str, Any]] = {}
    for part in parts.values():
        for scenario, places in part.items():
            for place, facts in places.items():
                made.setdefault(scenario, {}).setdefault(place, {}).update(facts)
    return made


@pytest.fixture(scope="session")
def meant(shop: Shop, templates: dict[str, Document]) -> Meant:
    return Meant(shop, templates)


def test_reading_one_by_one_is_reading_all(shop: Shop, templates: dict[str, Document], meant: Meant) -> None:
    assert together(meant.of_templates) == meaning_of_templates(shop.gateway, templates)
    assert together(meant.of_roots) == meaning_of_roots(shop.synthesis.roots)


def test_both_outputs_mean_the_same(shop: Shop, templates: dict[str, Document]) -> None:
    assert [str(found) for found in check(shop.gateway, templates, shop.synthesis.roots)] == []
    assert set(templates) == {"us-east-1", "eu-west-1", "dns", "zone"}


def of_type(template: Document, kind: str) -> Document:
    return next(r["Properties"] for r in template["Resources"].values() if r["Type"] == kind)


def rate(acl: Document) -> Document:
    return next(r["Statement"]["RateBasedStatement"] for r in acl["Rules"] if "RateBasedStatement" in r["Statement"])  # type: ignore[no-any-return]


def statement(template: Document) -> Document:
    return template["Resources"]["UsersRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]  # type: ignore[no-any-return]


def _set(at: Callable[[Document], Any], key: Any, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        at(document)[key] = value

    return change


API = "AWS::ApiGateway::RestApi"
STAGE = "AWS::ApiGateway::Stage"
TEMPLATE_MUTATIONS = {
    "route": lambda t: of_type(t, API)["Body"]["paths"].pop("/api/users"),
    "integration": _set(
        lambda t: of_type(t, API)["Body"]["paths"]["/api/users"]["get"]["x-amazon-apigateway-integration"],
        "timeoutInMillis",
        1,
    ),
    "auth": lambda t: of_type(t, API)["Body"]["paths"]["/api/orders"]["get"].pop("security"),
    "stage-limit": _set(lambda t: of_type(t, STAGE)["MethodSettings"][0], "ThrottlingRateLimit", 1),
    "plan": _set(lambda t: t["Resources"]["FreePlan"]["Properties"]["Quota"], "Limit", 1),
    "address-limit": _set(lambda t: rate(of_type(t, "AWS::WAFv2::WebACL")), "Limit", 101),
    "canary": _set(lambda t: t["Conditions"], "CanaryOn", {"Condition": "BaselinePinned"}),
    "baseline": _set(
        lambda t: of_type(t, STAGE)["DeploymentId"],
        "Fn::If",
        ["CanaryOn", {"Ref": "BaselineDeployment"}, {"Ref": "RestApi"}],
    ),
    "log-format": _set(lambda t: of_type(t, STAGE)["AccessLogSetting"], "Format", "$context.identity.sourceIp"),
    "metric": _set(lambda t: t["Resources"]["UsersRequests"]["Properties"], "FilterPattern", "{ $.status = 200 }"),
    "statement-action": _set(statement, "Action", ["logs:*"]),
    "statement-resource": _set(statement, "Resource", "*"),
    "memory": _set(lambda t: t["Resources"]["UsersFunction"]["Properties"], "MemorySize", 1024),
    "environment": _set(
        lambda t: t["Resources"]["UsersFunction"]["Properties"]["Environment"]["Variables"], "HOME_OF", ""
    ),
    "code": _set(lambda t: t["Resources"]["UsersFunction"]["Properties"]["Code"], "S3Key", "0.zip"),
    "concurrency": lambda t: t["Resources"]["OrdersFunction"]["Properties"].pop("ReservedConcurrentExecutions"),
    "traces-of-the-stage": _set(lambda t: of_type(t, STAGE), "TracingEnabled", False),
    "traces-of-a-function": _set(
        lambda t: t["Resources"]["UsersFunction"]["Properties"]["TracingConfig"], "Mode", "PassThrough"
    ),
    "traces-of-a-role": lambda t: t["Resources"]["UsersRole"]["Properties"]["Policies"].pop(),
    "rollout-code": _set(lambda t: t["Resources"]["RolloutFunction"]["Properties"]["Code"], "S3Key", "0.zip"),
    "rollout-right": lambda t: t["Resources"]["RolloutRole"]["Properties"]["Policies"].pop(),
    "rollout-logs": lambda t: t["Resources"].pop("RolloutLogs"),
    "rollout-machine": lambda t: t["Resources"]["RolloutMachine"]["Properties"].update(
        DefinitionString=t["Resources"]["RolloutMachine"]["Properties"]["DefinitionString"].replace("Tick", "Tock")
    ),
    "rollout-calls": _set(
        lambda t: t["Resources"]["RolloutMachine"]["Properties"]["DefinitionSubstitutions"], "Tick", "arn:other"
    ),
    "rollout-starts": lambda t: t["Resources"]["RolloutMachineRole"]["Properties"]["Policies"].pop(),
    "rollout-alarm": _set(
        lambda t: t["Resources"]["RolloutAlarms"]["Properties"]["EventPattern"]["detail"], "alarmName", ["other"]
    ),
    "rollout-alarm-calls": lambda t: t["Resources"]["RolloutAlarms"]["Properties"]["Targets"].pop(),
    "rollout-alarm-may-not": lambda t: t["Resources"].pop("RolloutAlarmsMayCall"),
    "rollout-found": lambda t: t["Outputs"].pop("RolloutMachine"),
    "retention": _set(lambda t: t["Resources"]["AccessLogs"]["Properties"], "RetentionInDays", 1),
    "kept": lambda t: t["Resources"]["Ledger"].pop("DeletionPolicy"),
    "release-name": _set(lambda t: t["Outputs"]["ReleaseName"], "Value", "00000000"),
    "resource-gone": lambda t: t["Resources"].pop("BreakerCallRole"),
    "resource-nobody-knows": _set(lambda t: t["Resources"], "Queue", {"Type": "AWS::SQS::Queue", "Properties": {}}),
    "property-nobody-knows": _set(lambda t: of_type(t, STAGE), "CacheClusterEnabled", True),
}


@pytest.mark.parametrize("name", TEMPLATE_MUTATIONS)
def test_a_change_of_a_template_is_a_difference(meant: Meant, name: str) -> None:
    found = meant.with_template(REGION, TEMPLATE_MUTATIONS[name])
    assert found
    assert {one.difference.place for one in found} == {REGION}


def one(root: Document, kind: str, label: str = "") -> Document:
    named = root["resource"][kind]
    return named[label] if label else next(iter(named.values()))  # type: ignore[no-any-return]


def in_text(at: Callable[[Document], Document], key: str, old: str, new: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        assert old in at(document)[key]
        at(document)[key] = at(document)[key].replace(old, new)

    return change


def api(root: Document) -> Document:
    return one(root, "aws_api_gateway_rest_api")


def stage(root: Document) -> Document:
    return one(root, "aws_api_gateway_stage")


def machine(root: Document) -> Document:
    return one(root, "aws_sfn_state_machine", "rollout_machine")


ROOT_MUTATIONS = {
    "route": in_text(api, "body", '"/api/users"', '"/api/people"'),
    "integration": in_text(api, "body", "${aws_lambda_function.users_function.version}", "1"),
    "auth": in_text(api, "body", '"security":[{"token":[]}]', '"security":[]'),
    "stage-limit": _set(lambda r: one(r, "aws_api_gateway_method_settings")["settings"], "throttling_burst_limit", 1),
    "limited-elsewhere": _set(lambda r: one(r, "aws_api_gateway_method_settings"), "method_path", "api/GET"),
    "plan": _set(lambda r: one(r, "aws_api_gateway_usage_plan", "free_plan")["quota_settings"], "limit", 1),
    "address-limit": in_text(lambda r: one(r, "aws_wafv2_web_acl"), "rule_json", '"Limit":100', '"Limit":101'),
    "canary-without-baseline": _set(
        lambda r: stage(r)["dynamic"]["canary_settings"], "for_each", "${var.canary_percent > 0 ? [1] : []}"
    ),
    "traces-of-the-stage": _set(stage, "xray_tracing_enabled", False),
    "traces-of-a-function": _set(
        lambda r: one(r, "aws_lambda_function", "users_function"), "tracing_config", {"mode": "PassThrough"}
    ),
    "canary-percent": _set(lambda r: stage(r)["dynamic"]["canary_settings"]["content"], "percent_traffic", 10),
    "baseline": _set(stage, "deployment_id", "${aws_api_gateway_deployment.release[local.release].id}"),
    "beyond-the-reader": _set(
        stage,
        "deployment_id",
        "${coalesce(var.baseline_deployment, aws_api_gateway_deployment.release[local.release].id)}",
    ),
    "another-release": _set(lambda r: one(r, "aws_api_gateway_deployment"), "for_each", "${toset(var.releases)}"),
    "log-format": in_text(
        lambda r: stage(r)["access_log_settings"], "format", "$context.status", "$context.identity.sourceIp"
    ),
    "metric": _set(
        lambda r: one(r, "aws_cloudwatch_log_metric_filter", "users_requests"), "pattern", "{ $.status = 200 }"
    ),
    "statement-action": in_text(
        lambda r: one(r, "aws_iam_role_policy", "users_role_logs"), "policy", "logs:PutLogEvents", "logs:*"
    ),
    "statement-resource": in_text(
        lambda r: one(r, "aws_iam_role_policy", "users_role_logs"),
        "policy",
        "${aws_cloudwatch_log_group.users_logs.arn}:*",
        "*",
    ),
    "statement-gone": lambda r: r["resource"]["aws_iam_role_policy"].pop("users_role_traces"),
    "policy-of-nobody": _set(lambda r: one(r, "aws_iam_role_policy", "users_role_logs"), "role", "other"),
    "trust": in_text(lambda r: one(r, "aws_iam_role", "users_role"), "assume_role_policy", "lambda", "ec2"),
    "memory": _set(lambda r: one(r, "aws_lambda_function", "users_function"), "memory_size", 1024),
    "environment": _set(
        lambda r: one(r, "aws_lambda_function", "users_function")["environment"]["variables"], "HOME_OF", "${var.x}"
    ),
    "code": _set(lambda r: one(r, "aws_lambda_function", "users_function"), "filename", "0.zip"),
    "no-version": _set(lambda r: one(r, "aws_lambda_function", "users_function"), "publish", False),
    "rollout-code": _set(lambda r: one(r, "aws_lambda_function", "rollout_function"), "filename", "0.zip"),
    "rollout-right": lambda r: r["resource"]["aws_iam_role_policy"].pop("rollout_role_stages"),
    "rollout-logs": _set(lambda r: one(r, "aws_cloudwatch_log_group", "rollout_logs"), "retention_in_days", 1),
    "rollout-machine": in_text(machine, "definition", '"Seconds":60', '"Seconds":61'),
    "rollout-calls": in_text(machine, "definition", "${aws_lambda_function.rollout_function.arn}", "arn:other"),
    "rollout-express": _set(machine, "type", "EXPRESS"),
    "rollout-traced": _set(machine, "tracing_configuration", {"enabled": True}),
    "rollout-starts": lambda r: r["resource"]["aws_iam_role_policy"].pop("rollout_machine_role_again"),
    "rollout-alarm": in_text(lambda r: one(r, "aws_cloudwatch_event_rule"), "event_pattern", "payments", "other"),
    "rollout-alarm-calls": _set(lambda r: one(r, "aws_cloudwatch_event_target"), "arn", "arn:other"),
    "rollout-alarm-of-nobody": _set(lambda r: one(r, "aws_cloudwatch_event_target"), "rule", "other"),
    "rollout-alarm-input": _set(lambda r: one(r, "aws_cloudwatch_event_target"), "input", "[]"),
    "rollout-alarm-may-not": _set(lambda r: one(r, "aws_lambda_permission"), "principal", "s3.amazonaws.com"),
    "rollout-found": in_text(
        lambda r: one(r, "aws_dynamodb_table_item"), "item", "${aws_sfn_state_machine.rollout_machine.arn}", "x"
    ),
    "kept": lambda r: one(r, "aws_dynamodb_table", "ledger").pop("lifecycle"),
    "release-name": _set(lambda r: r["locals"], "release", "00000000"),
    "told-to-the-cli": in_text(
        lambda r: one(r, "aws_dynamodb_table_item"), "item", "${aws_api_gateway_rest_api.rest_api.id}", "x"
    ),
    "resource-gone": lambda r: r["resource"].pop("aws_wafv2_web_acl_association"),
    "resource-nobody-knows": _set(lambda r: r["resource"], "aws_sqs_queue", {"queue": {"name": "q"}}),
    "attribute-nobody-knows": _set(stage, "cache_cluster_enabled", True),
}


@pytest.mark.parametrize("name", ROOT_MUTATIONS)
def test_a_change_of_a_root_is_a_difference(meant: Meant, name: str) -> None:
    found = meant.with_root(REGION, ROOT_MUTATIONS[name])
    assert found
    assert {one.difference.place for one in found} == {REGION}


def dns_record(root: Document, label: str = "root_record_country_fr_a") -> Document:
    return one(root, "aws_route53_record", label)


DNS_MUTATIONS = {
    "answer": _set(
        lambda r: dns_record(r)["alias"],
        "name",
        '${aws_cloudformation_stack.names_us_east_1.outputs["RootDomainTarget"]}',
    ),
    "place": _set(dns_record, "geolocation_routing_policy", {"country": "US"}),
    "gone": lambda r: r["resource"]["aws_route53_record"].pop("root_record_country_fr_aaaa"),
    "evaluates": _set(lambda r: dns_record(r)["alias"], "evaluate_target_health", True),
    "zone": _set(dns_record, "zone_id", "Z0123456789"),
    "health-check": _set(dns_record, "health_check_id", "x"),
    "name-in-another-region": _set(
        lambda r: one(r, "aws_cloudformation_stack", "names_us_east_1"), "provider", "aws.eu_west_1"
    ),
    "security-policy": in_text(
        lambda r: one(r, "aws_cloudformation_stack", "names_us_east_1"), "template_body", "STRICT", "BASIC"
    ),
    "certificate": _set(
        lambda r: one(r, "aws_acm_certificate", "certificate_us_east_1"), "subject_alternative_names", []
    ),
    "proof": lambda r: r["resource"]["aws_acm_certificate_validation"].pop("certificate_us_east_1"),
}


@pytest.mark.parametrize("name", DNS_MUTATIONS)
def test_a_change_of_the_domain_is_a_difference(meant: Meant, name: str) -> None:
    assert meant.with_root("dns", DNS_MUTATIONS[name])


def test_a_root_that_is_missing_is_a_difference(shop: Shop, templates: dict[str, Document]) -> None:
    roots = {name: root for name, root in shop.synthesis.roots.items() if name != REGION}
    here = [found.difference for found in check(shop.gateway, templates, roots) if found.difference.place == REGION]
    assert "AWS::ApiGateway::RestApi rest_api" in {found.resource for found in here if found.terraform == "(not there)"}


def test_a_canary_that_differs_names_when_it_does(meant: Meant) -> None:
    (found,) = meant.with_root(REGION, ROOT_MUTATIONS["canary-without-baseline"])
    assert found.difference.resource == "AWS::ApiGateway::Stage stage"
    assert [str(scenario) for scenario in found.scenarios] == ["baseline not pinned, canary 10 %"]


def test_without_guard_what_is_not_kept_is_said(templates: dict[str, Document], shop: Shop) -> None:
    loose = make(shop.file, guarded=False)
    kinds = {found.difference.resource.split()[0] for found in check(loose.gateway, templates, loose.synthesis.roots)}
    assert {"AWS::ApiGateway::Deployment", "AWS::DynamoDB::Table"} <= kinds


@pytest.mark.parametrize(
    "read", [lambda shop, path: read_roots(path), lambda shop, path: read_templates(shop.gateway, path)]
)
@pytest.mark.parametrize("content", [None, "{", "[]"], ids=["nowhere", "no-json", "no-object"])
def test_what_cannot_be_read_is_said(shop: Shop, tmp_path: Path, read: Any, content: str | None) -> None:
    if content is not None:
        for file in ("us-east-1/main.tf.json", f"Gatewright-shop-{REGION}.template.json"):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(content)
    with pytest.raises(ConfigError, match=str(tmp_path)):
        read(shop, tmp_path if content is not None else tmp_path / "nowhere")


def test_literals_of_the_model_stay_literals(shop: Shop) -> None:
    """`${HOME}` in the file is `${HOME}` in the function, in no case an expression."""
    text = one(shop.root(), "aws_lambda_function", "users_function")["environment"]["variables"]["HOME_OF"]
    assert text == "$${HOME} and %%{if}"
    assert json.dumps(shop.root()).count("${HOME}") == json.dumps(shop.root()).count("$${HOME}")


TRACED = """
gateway: traced
regions:
  eu-west-1: {jurisdiction: eu}
services:
  users: {path: /api/users, lambda: users, environment: {OTEL_SERVICE_NAME: people}, breaker: "on", auth: jwt}
auth:
  jwt: {issuer: "https://login.shop.example/", audience: [shop]}
tracing: {otlp: "https://collector.example.com:4318", sample: 2.5%}
"""


def test_a_collector_is_told_to_all_functions_on_both_sides(tmp_path: Path) -> None:
    from tests.stacks.conftest import synthesize

    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "handler.py").write_text("")
    (tmp_path / "gateway.yaml").write_text(TRACED)
    synthesize(tmp_path / "gateway.yaml", tmp_path / "out")
    gateway = load(tmp_path / "gateway.yaml")
    templates, roots = read_templates(gateway, tmp_path / "out"), synth(gateway, folder=tmp_path).roots
    assert [str(found) for found in check(gateway, templates, roots)] == []
    template = templates["eu-west-1"]
    functions = {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == "AWS::Lambda::Function"}
    told = {name: function["Environment"]["Variables"] for name, function in functions.items()}
    names = {name: variables.get("OTEL_SERVICE_NAME") for name, variables in told.items()}
    assert names == {
        "UsersFunction": "people",
        "UsersBreakerFunction": "traced-users_cb",
        "AuthorizerFunction": "traced-authorizer",
        "RolloutFunction": None,
    }
    shares = {variables.get("OTEL_TRACES_SAMPLER_ARG") for name, variables in told.items() if name != "RolloutFunction"}
    assert shares == {"0.025"}
    assert {function["TracingConfig"]["Mode"] for function in functions.values()} == {"PassThrough"}
    assert of_type(template, STAGE)["TracingEnabled"] is False
    assert "xray:" not in json.dumps(template)
    changed = copy.deepcopy(template)
    changed["Resources"]["UsersFunction"]["Properties"]["Environment"]["Variables"]["OTEL_TRACES_SAMPLER_ARG"] = "1"
    assert check(gateway, {"eu-west-1": changed}, roots)
