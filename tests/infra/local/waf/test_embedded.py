"""The firewall in the whole engine: boto3 and HTTP against a server in this process whose clock is ours."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local import wire
from infra.local.cloud import ACCOUNT, Ministack
from infra.local.control.store import Store
from infra.local.server import Server, application
from tests.infra.local.waf.requests import Clock, rule, visible
from tests.infra.local.waf.test_statements import ALWAYS, rate

pytestmark = pytest.mark.embedded

ANSWER = {
    "ResponseCode": 429,
    "CustomResponseBodyKey": "slow",
    "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
}
BODIES = {"slow": {"ContentType": "APPLICATION_JSON", "Content": '{"title":"Too many requests","status":429}'}}
LIMITED = {**rule("PerAddress", rate(100)), "Action": {"Block": {"CustomResponse": ANSWER}}}


@dataclass
class Engine:
    port: int
    clock: Clock
    server: Server

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    def get(self, stage: Stage, viewer: str = "", path: str = "/x", **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {**headers, **({"X-Viewer-Address": viewer} if viewer else {})}
        connection.request("GET", f"/_aws/execute-api/{stage.api}/{stage.name}{path}", headers=sent)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@dataclass
class Stage:
    api: str
    name: str = "live"

    @property
    def arn(self) -> str:
        return f"arn:aws:apigateway:us-east-1::/restapis/{self.api}/stages/{self.name}"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as environment:
        for name in ("MINISTACK_ACCOUNT_ID", "GATEWAY_PORT", "MINISTACK_HOST", "DOCKER_HOST", "PERSIST_STATE"):
            environment.setenv(name, "")  # put back afterwards; loading sets them
        ministack = Ministack.load(account=ACCOUNT, port=port)
        clock = Clock(time.time())
        server = Server(
            ministack,
            Store(),
            endpoint=f"http://127.0.0.1:{port}",
            scratch=tmp_path_factory.mktemp("engine"),
            clock=clock,
        )
        running = uvicorn.Server(wire.config(application(server, ministack), port=port))
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not running.started:
            assert thread.is_alive(), "the engine ended at once"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Engine(port, clock, server)
        running.should_exit = True
        thread.join(10)


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """A MOCK API behind a stage with an access log."""
    control = engine.client("apigateway")
    document = {
        "openapi": "3.0.1",
        "info": {"title": "waf", "version": "1"},
        "paths": {
            "/x": {
                "get": {
                    "responses": {"200": {"description": "ok"}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "requestTemplates": {"application/json": '{"statusCode": 200}'},
                        "responses": {"default": {"statusCode": "200"}},
                    },
                }
            }
        },
    }
    api = control.import_rest_api(body=json.dumps(document).encode())["id"]
    control.create_deployment(restApiId=api, stageName="live")
    return Stage(api)


@pytest.fixture
def waf(engine: Engine) -> Any:
    return engine.client("wafv2")


def create(waf: Any, stage: Stage, *rules: Any, **more: Any) -> dict[str, Any]:
    made = waf.create_web_acl(
        Name=f"acl-{stage.api}",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=list(rules),
        VisibilityConfig=visible(f"acl-{stage.api}"),
        **more,
    )
    summary: dict[str, Any] = made["Summary"]
    return summary


def limited(waf: Any, stage: Stage) -> dict[str, Any]:
    summary = create(waf, stage, LIMITED, CustomResponseBodies=BODIES)
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage.arn)
    return summary


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_hundred_pass_the_next_gets_429_and_another_address_passes(engine: Engine, stage: Stage, waf: Any) -> None:
    limited(waf, stage)
    assert {engine.get(stage, "203.0.113.1")[0] for _ in range(100)} == {200}
    status, headers, body = engine.get(stage, "203.0.113.1")
    assert (status, body) == (429, BODIES["slow"]["Content"])
    assert headers["retry-after"] == "60"
    assert headers["content-type"] == "application/json"
    assert "x-amzn-requestid" in headers
    assert engine.get(stage, "203.0.113.2")[0] == 200
    assert engine.get(stage)[0] == 200
    engine.clock.now += 59
    assert engine.get(stage, "203.0.113.1")[0] == 429, "its window is not over"
    engine.clock.now += 61
    assert engine.get(stage, "203.0.113.1")[0] == 200


def test_the_keys_that_are_blocked_are_told(engine: Engine, stage: Stage, waf: Any) -> None:
    summary = limited(waf, stage)
    for viewer in ("203.0.113.3", "2001:db8::3"):
        for _ in range(101):
            engine.get(stage, viewer)
    engine.get(stage, "203.0.113.4")
    found = waf.get_rate_based_statement_managed_keys(
        Scope="REGIONAL", WebACLName=summary["Name"], WebACLId=summary["Id"], RuleName="PerAddress"
    )
    assert found["ManagedKeysIPV4"] == {"IPAddressVersion": "IPV4", "Addresses": ["203.0.113.3/32"]}
    assert found["ManagedKeysIPV6"] == {"IPAddressVersion": "IPV6", "Addresses": ["2001:db8::3/128"]}


def test_requests_are_sampled(engine: Engine, stage: Stage, waf: Any) -> None:
    summary = limited(waf, stage)
    for _ in range(103):
        engine.get(stage, "203.0.113.5", **{"X-Viewer-Country": "SE"})
    now = engine.clock.now

    def samples(metric: str) -> dict[str, Any]:
        found: dict[str, Any] = waf.get_sampled_requests(
            WebAclArn=summary["ARN"],
            RuleMetricName=metric,
            Scope="REGIONAL",
            TimeWindow={"StartTime": now - 60, "EndTime": now + 60},
            MaxItems=500,
        )
        return found

    blocked = samples("PerAddress")
    assert blocked["PopulationSize"] == 3
    assert [sample["Action"] for sample in blocked["SampledRequests"]] == ["BLOCK"] * 3
    first = blocked["SampledRequests"][0]
    assert first["ResponseCodeSent"] == 429
    assert first["Request"]["ClientIP"] == "203.0.113.5"
    assert first["Request"]["Country"] == "SE"
    assert first["Request"]["URI"] == "/live/x"
    assert samples("Default_Action")["PopulationSize"] == 100
    assert samples("ALL")["PopulationSize"] == 103


def test_what_ministack_drops_is_kept(stage: Stage, waf: Any) -> None:
    protection = {
        "DataProtections": [
            {"Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization"]}, "Action": "SUBSTITUTION"}
        ]
    }
    summary = create(waf, stage, LIMITED, CustomResponseBodies=BODIES, DataProtectionConfig=protection)
    named = {"Name": summary["Name"], "Scope": "REGIONAL", "Id": summary["Id"]}
    found = waf.get_web_acl(**named)
    assert found["WebACL"]["CustomResponseBodies"] == BODIES
    assert found["WebACL"]["DataProtectionConfig"] == protection
    waf.update_web_acl(
        **named, DefaultAction={"Allow": {}}, Rules=[], VisibilityConfig=visible("x"), LockToken=found["LockToken"]
    )
    assert "CustomResponseBodies" not in waf.get_web_acl(**named)["WebACL"]


@pytest.mark.parametrize("description", ["200 requests of one address", None], ids=["another", "none"])
def test_an_update_changes_the_description(stage: Stage, waf: Any, description: str | None) -> None:
    summary = create(waf, stage, LIMITED, CustomResponseBodies=BODIES, Description="100 requests of one address")
    named = {"Name": summary["Name"], "Scope": "REGIONAL", "Id": summary["Id"]}
    found = waf.get_web_acl(**named)
    assert found["WebACL"]["Description"] == "100 requests of one address"
    said = {} if description is None else {"Description": description}
    changed = {"DefaultAction": {"Allow": {}}, "Rules": [], "VisibilityConfig": visible("x"), **said}
    waf.update_web_acl(**named, **changed, LockToken=found["LockToken"])
    assert waf.get_web_acl(**named)["WebACL"].get("Description") == description


def test_a_change_is_seen_by_the_next_request(engine: Engine, stage: Stage, waf: Any) -> None:
    assert engine.get(stage)[0] == 200
    summary = create(waf, stage, rule("all", ALWAYS))
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage.arn)
    status, headers, body = engine.get(stage)
    assert (status, body) == (403, '{"message":"Forbidden"}')
    assert headers["x-amzn-errortype"] == "ForbiddenException"
    waf.disassociate_web_acl(ResourceArn=stage.arn)
    assert engine.get(stage)[0] == 200


def test_a_stage_made_anew_has_no_web_acl(engine: Engine, stage: Stage, waf: Any) -> None:
    summary = create(waf, stage, rule("all", ALWAYS))
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage.arn)
    assert engine.get(stage)[0] == 403
    control = engine.client("apigateway")
    control.delete_stage(restApiId=stage.api, stageName="live")
    assert waf.list_resources_for_web_acl(WebACLArn=summary["ARN"])["ResourceArns"] == []
    control.create_deployment(restApiId=stage.api, stageName="live")
    assert engine.get(stage)[0] == 200


def test_the_gateway_response_of_a_block_can_be_customised(engine: Engine, stage: Stage, waf: Any) -> None:
    control = engine.client("apigateway")
    control.put_gateway_response(
        restApiId=stage.api,
        responseType="WAF_FILTERED",
        statusCode="451",
        responseTemplates={"application/json": '{"why":$context.error.messageString}'},
    )
    control.create_deployment(restApiId=stage.api, stageName="live")
    summary = create(waf, stage, rule("all", ALWAYS))
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage.arn)
    status, _, body = engine.get(stage)
    assert (status, body) == (451, '{"why":"Forbidden"}')


def test_it_comes_before_the_route(engine: Engine, stage: Stage, waf: Any) -> None:
    summary = create(waf, stage, rule("all", ALWAYS))
    waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=stage.arn)
    assert engine.get(stage, path="/no/such/route")[2] == '{"message":"Forbidden"}'


def test_what_is_wrong_is_refused_as_waf_does(engine: Engine, stage: Stage, waf: Any) -> None:
    gone = "arn:aws:apigateway:us-east-1::/restapis/none/stages/live"
    summary = limited(waf, stage)
    named = {"Name": summary["Name"], "Scope": "REGIONAL", "Id": summary["Id"]}
    lock = waf.get_web_acl(**named)["LockToken"]
    nonexistent = "WAFNonexistentItemException"
    assert refused(waf.associate_web_acl, WebACLArn=summary["ARN"], ResourceArn=gone) == nonexistent
    assert refused(waf.get_web_acl_for_resource, ResourceArn=gone) == nonexistent
    assert refused(waf.delete_web_acl, **named, LockToken=lock) == "WAFAssociatedItemException"
    assert refused(waf.get_logging_configuration, ResourceArn=summary["ARN"]) == nonexistent
    waf.disassociate_web_acl(ResourceArn=stage.arn)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=stage.arn)
    waf.delete_web_acl(**named, LockToken=lock)
    assert refused(waf.get_logging_configuration, ResourceArn=summary["ARN"]) == nonexistent


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"Rules": [rule("r", rate(9))]}, "limit 9", id="limit"),
        pytest.param({"Rules": [rule("r", rate(10, EvaluationWindowSec=61))]}, "window 61", id="window"),
        pytest.param({"Rules": [LIMITED]}, "'slow'", id="no such body"),
        pytest.param(
            {"Rules": [{**LIMITED, "Action": {"Block": {"CustomResponse": {"ResponseCode": 451}}}}]}, "451", id="status"
        ),
        pytest.param({"Rules": [rule("a", ALWAYS), rule("b", ALWAYS)]}, "priority", id="priorities"),
    ],
)
def test_a_web_acl_that_waf_would_not_store(stage: Stage, waf: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        create(waf, stage, *changed["Rules"])
    assert caught.value.response["Error"]["Code"] == "WAFInvalidParameterException"


def logged(engine: Engine, group: str) -> list[Any]:
    logs = engine.client("logs")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except ClientError:
            events = []
        if events:
            return [json.loads(event["message"]) for event in events]
        time.sleep(0.05)
    raise AssertionError(f"nothing in {group}")


def test_log_lines_keep_no_secrets_and_only_what_matched(engine: Engine, stage: Stage, waf: Any) -> None:
    from infra.limits import logging_configuration

    summary = limited(waf, stage)
    group = f"aws-waf-logs-{stage.api}"
    destination = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    configuration = {
        "ResourceArn": summary["ARN"],
        "LogDestinationConfigs": [destination],
        **logging_configuration(),
    }
    waf.put_logging_configuration(LoggingConfiguration=configuration)
    assert waf.get_logging_configuration(ResourceArn=summary["ARN"])["LoggingConfiguration"] == configuration
    for _ in range(101):
        engine.get(stage, "203.0.113.6", "/x?token=secret", Authorization="Bearer secret", **{"X-Api-Key": "secret"})
    (line,) = logged(engine, group)
    assert "secret" not in json.dumps(line)
    assert (line["action"], line["terminatingRuleId"], line["terminatingRuleType"]) == (
        "BLOCK",
        "PerAddress",
        "RATE_BASED",
    )
    assert line["httpSourceId"] == f"{ACCOUNT}:{stage.api}:live"
    assert line["responseCodeSent"] == 429
    assert line["httpRequest"]["args"] == "REDACTED"
    assert line["httpRequest"]["clientIp"] == "203.0.113.6"
    assert line["rateBasedRuleList"][0]["maxRateAllowed"] == 100


def test_a_log_group_with_another_name_is_refused(stage: Stage, waf: Any) -> None:
    summary = create(waf, stage)
    configuration = {
        "ResourceArn": summary["ARN"],
        "LogDestinationConfigs": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:mine"],
    }
    code = refused(waf.put_logging_configuration, LoggingConfiguration=configuration)
    assert code == "WAFInvalidParameterException"


def test_blocked_requests_are_in_the_metrics_and_in_the_access_log(engine: Engine, stage: Stage, waf: Any) -> None:
    engine.client("apigateway").update_stage(
        restApiId=stage.api,
        stageName="live",
        patchOperations=[
            {
                "op": "replace",
                "path": "/accessLogSettings/destinationArn",
                "value": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:access-{stage.api}",
            },
            {
                "op": "replace",
                "path": "/accessLogSettings/format",
                "value": '{"id":"$context.requestId","status":"$context.status","waf":"$context.wafResponseCode",'
                '"acl":"$context.webaclArn","why":"$context.error.responseType"}',
            },
        ],
    )
    summary = limited(waf, stage)
    for _ in range(103):
        engine.get(stage, "203.0.113.8")
    lines = logged(engine, f"access-{stage.api}")
    assert [(line["status"], line["waf"], line["why"]) for line in lines[-3:]] == [
        ("429", "WAF_BLOCK", "WAF_FILTERED")
    ] * 3
    assert {line["waf"] for line in lines[:100]} == {"WAF_ALLOW"}
    assert {line["acl"] for line in lines} == {summary["ARN"]}

    def total(rule_: str, metric: str) -> float:
        found = engine.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/WAFV2",
            MetricName=metric,
            Dimensions=[
                {"Name": "WebACL", "Value": summary["Name"]},
                {"Name": "Rule", "Value": rule_},
                {"Name": "Region", "Value": "us-east-1"},
            ],
            StartTime=time.time() - 600,
            EndTime=time.time() + 600,
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    deadline = time.monotonic() + 10
    while total("ALL", "BlockedRequests") < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert total("PerAddress", "BlockedRequests") == total("ALL", "BlockedRequests") == 3
    assert total("ALL", "AllowedRequests") == 100


def test_a_stack_makes_the_whole_firewall_and_takes_it_away(engine: Engine, stage: Stage, waf: Any) -> None:
    """What CloudFormation lacks here (association, logging) and what it drops (bodies, data protection)."""
    cloudformation = engine.client("cloudformation")
    name = f"firewall-{stage.api}"
    group = f"aws-waf-logs-{stage.api}"
    resources = {
        "Acl": {
            "Type": "AWS::WAFv2::WebACL",
            "Properties": {
                "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "CustomResponseBodies": BODIES,
                "Rules": [LIMITED],
                "VisibilityConfig": visible("stack"),
            },
        },
        "Association": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Properties": {"WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}, "ResourceArn": stage.arn},
        },
        "Log": {
            "Type": "AWS::WAFv2::LoggingConfiguration",
            "Properties": {
                "ResourceArn": {"Fn::GetAtt": ["Acl", "Arn"]},
                "LogDestinationConfigs": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"],
            },
        },
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    acl = waf.get_web_acl_for_resource(ResourceArn=stage.arn)["WebACL"]
    assert acl["CustomResponseBodies"] == BODIES
    assert waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]["ResourceArn"] == acl["ARN"]
    assert [engine.get(stage, "203.0.113.9")[0] for _ in range(101)] == [200] * 100 + [429]

    lower = {**LIMITED, "Statement": rate(10)}
    resources["Acl"]["Properties"]["Rules"] = [lower]  # type: ignore[index]
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert waf.get_web_acl_for_resource(ResourceArn=stage.arn)["WebACL"]["ARN"] == acl["ARN"]
    assert [engine.get(stage, "203.0.113.10")[0] for _ in range(11)] == [200] * 10 + [429]

    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=stage.arn)
    assert {engine.get(stage, "203.0.113.10")[0] for _ in range(20)} == {200}
