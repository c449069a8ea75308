"""A small AWS for tests: one stage, one stack, one ledger and some functions a region, with a switch to kill the caller.

Rules from AWS: a canary left out of a template stays on the stage; `copy` works from canary to stage only and merges
variables; the first `replace` of a canary path creates the canary; a non-canary deployment is refused while a canary is
on; a stack takes one update at a time; an update that changes nothing is refused. What AWS does not document (does the
stage's handler send properties again that did not change?) is a switch: `resends`.
"""

# ruff: noqa: N803 - the parameters are named as boto3 names them

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.release.awsclient import AwsClient
from infra.release.ledger import Ledger
from infra.release.observe import ledger_table, stack_name
from infra.release.owner import Owner
from infra.release.pinning import unpin_locked
from infra.release.session import Session
from tests.infra.release.fake_domains import CHANGING, Domains, PinCalls

GATEWAY = "shop"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process died right after a call had its effect."""


def refuse(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Fake")


@dataclass
class Region:
    """What AWS keeps in one region."""

    name: str
    status: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    newest: str = ""
    function_versions: list[str] = field(default_factory=list)
    stage: dict[str, Any] = field(default_factory=dict)
    other_stages: list[dict[str, Any]] = field(default_factory=list)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)  # function ARN -> numbers
    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    update: dict[str, Any] | None = None  # a running update: polls left, parameters, newest
    fail_next_update: bool = False
    domains: Domains = field(default_factory=Domains)

    @property
    def stack(self) -> str:
        return stack_name(GATEWAY, self.name)


@dataclass
class FakeAws:
    """Every region; `client` is the factory that the code under test gets."""

    polls: int = 1
    resends: bool = False
    now: float = START.timestamp()
    regions: dict[str, Region] = field(default_factory=dict)
    kill_after: int | None = None
    dead: bool = False
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    on_call: Callable[[FakeAws, str, str], None] | None = None
    metrics: Callable[..., Any] | None = None  # (region, operation, **parameters): CloudWatch, for tests that need one

    def region(self, name: str) -> Region:
        return self.regions.setdefault(name, Region(name=name))

    def client(self, service: str, region: str) -> Any:
        return _Client(self, service, self.region(region))

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def changed(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Count a call that changed something, and die if it was the one."""
        self.calls.append((service, operation, dict(parameters)))
        if self.on_call:
            self.on_call(self, service, operation)
        if self.kill_after is not None:
            self.kill_after -= 1
            if self.kill_after <= 0:
                self.dead = True
                raise Killed(f"after {service} {operation}")

    def revive(self) -> None:
        self.dead, self.kill_after = False, None

    def deploy(self, region: str, release: str) -> str:
        """What `cdk deploy` does: a new deployment, the template learns of it, parameters stay."""
        r = self.region(region)
        deployment = f"d-{release}"
        if deployment not in r.deployments:
            created = START + timedelta(minutes=len(r.deployments), seconds=len(self.calls))
            r.deployments[deployment] = {
                "id": deployment,
                "description": f"release {release} of tests",
                "createdDate": created,
            }
            function = f"arn:aws:lambda:{region}:111122223333:function:{GATEWAY}-users"
            numbers = r.versions.setdefault(function, [])
            numbers.append(str(len(numbers) + 1))
            r.function_versions = [f"{function}:{numbers[-1]}"]
        if r.status is None:
            r.parameters = {"BaselineDeployment": "", "CanaryPercent": "0"}
            r.stage = {"stageName": "live", "deploymentId": deployment, "variables": {}}
            r.newest, r.status = deployment, "CREATE_COMPLETE"
            return deployment
        r.update = {"polls": 0, "parameters": dict(r.parameters), "newest": deployment}
        self.settle(r)
        return deployment

    def settle(self, r: Region) -> None:
        """Let a running update come to its end when its time is up."""
        if r.update is None:
            return
        if r.update["polls"] > 0:
            r.update["polls"] -= 1
            return
        update, r.update = r.update, None
        old, new = _resolve(r.parameters, r.newest), _resolve(update["parameters"], update["newest"])
        try:
            if r.fail_next_update:
                r.fail_next_update = False
                raise refuse("BadRequestException", "told to fail")
            _apply(r.stage, old, new, resends=self.resends)
        except ClientError:
            r.status = "UPDATE_ROLLBACK_COMPLETE"
            return
        r.parameters, r.newest, r.status = update["parameters"], update["newest"], "UPDATE_COMPLETE"


def _resolve(parameters: Mapping[str, str], newest: str) -> dict[str, Any]:
    """The stage's properties that the template's conditions give."""
    baseline, percent = parameters["BaselineDeployment"], float(parameters["CanaryPercent"])
    canary = {"deploymentId": newest, "percentTraffic": percent} if baseline and percent > 0 else None
    return {"deployment": baseline or newest, "canary": canary}


def _apply(stage: dict[str, Any], old: dict[str, Any], new: dict[str, Any], *, resends: bool) -> None:
    if new["deployment"] != old["deployment"] or resends:
        if "canarySettings" in stage and new["deployment"] != stage["deploymentId"]:
            raise refuse(
                "BadRequestException", "Non canary deployment not supported on stage because Canary is enabled"
            )
        stage["deploymentId"] = new["deployment"]
    if new["canary"] and (new["canary"] != old["canary"] or resends):
        stage["canarySettings"] = dict(new["canary"])


_CHANGING = {
    "update_stack",
    "update_stage",
    "delete_deployment",
    "delete_function",
    "put_item",
    "delete_item",
    *CHANGING,
}


class _Client(PinCalls):
    """A boto3 client: `client.operation(**parameters)`."""

    def __init__(self, aws: FakeAws, service: str, region: Region) -> None:
        self.aws, self.service, self.r = aws, service, region

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self, f"_{operation}")

        def call(**parameters: Any) -> Any:
            if self.aws.dead:
                raise Killed("the process is dead")
            answer = copy.deepcopy(method(**copy.deepcopy(parameters)))
            if operation in _CHANGING:
                self.aws.changed(self.service, operation, parameters)
            return answer

        return call

    # CloudWatch

    def _get_metric_data(self, **parameters: Any) -> Any:
        assert self.aws.metrics is not None
        return self.aws.metrics(self.r.name, "get_metric_data", **parameters)

    def _describe_alarms(self, **parameters: Any) -> Any:
        assert self.aws.metrics is not None
        return self.aws.metrics(self.r.name, "describe_alarms", **parameters)

    # CloudFormation

    def _describe_stacks(self, StackName: str) -> Any:
        r = self.r
        self.aws.settle(r)
        if r.status is None:
            raise refuse("ValidationError", f"Stack with id {StackName} does not exist")
        outputs = {
            "RestApiId": "api1",
            "StageName": "live",
            "ReleaseDeployment": r.newest,
            "ReleaseName": r.newest.removeprefix("d-"),
            "LedgerTable": ledger_table(GATEWAY),
            "ApiUrl": f"https://api1.execute-api.{r.name}.amazonaws.com/live",
            "FunctionVersions": json.dumps(r.function_versions),
        }
        parameters = r.update["parameters"] if r.update else r.parameters
        return {
            "Stacks": [
                {
                    "StackName": StackName,
                    "StackStatus": r.status,
                    "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                }
            ]
        }

    def _describe_stack_events(self, StackName: str) -> Any:
        return {
            "StackEvents": [
                {
                    "LogicalResourceId": "Stage",
                    "ResourceStatus": "UPDATE_FAILED",
                    "ResourceStatusReason": "told to fail",
                },
                {"LogicalResourceId": StackName, "ResourceStatus": "UPDATE_IN_PROGRESS"},
            ]
        }

    def _update_stack(self, StackName: str, UsePreviousTemplate: bool, Parameters: Any, Capabilities: Any) -> Any:
        r = self.r
        assert UsePreviousTemplate
        assert "CAPABILITY_NAMED_IAM" in Capabilities
        if r.status is None or r.status.endswith("_IN_PROGRESS"):
            raise refuse("ValidationError", f"Stack:{StackName} is in {r.status} state and can not be updated.")
        given = {
            p["ParameterKey"]: r.parameters[p["ParameterKey"]] if p.get("UsePreviousValue") else p["ParameterValue"]
            for p in Parameters
        }
        assert given.keys() == r.parameters.keys(), "a parameter left out would go back to its default"
        if given == r.parameters:
            raise refuse("ValidationError", "No updates are to be performed.")
        r.update = {"polls": self.aws.polls, "parameters": given, "newest": r.newest}
        r.status = "UPDATE_IN_PROGRESS"
        return {"StackId": "x"}

    # API Gateway

    def _get_stages(self, restApiId: str) -> Any:
        return {"item": [self.r.stage, *self.r.other_stages]}

    def _get_deployments(self, restApiId: str, limit: int, position: str = "0") -> Any:
        items = list(self.r.deployments.values())
        start = int(position)
        page = items[start : start + 2]  # small pages, so that paging is always exercised
        more = {"position": str(start + 2)} if start + 2 < len(items) else {}
        return {"items": page, **more}

    def _update_stage(self, restApiId: str, stageName: str, patchOperations: Any) -> Any:
        other = next((one for one in self.r.other_stages if one["stageName"] == stageName), None)
        stage = copy.deepcopy(other or self.r.stage)
        for operation in patchOperations:
            self._patch(stage, operation)
        if other is not None:
            other.update(stage)
        else:
            self.r.stage = stage
        return stage

    def _patch(self, stage: dict[str, Any], o: dict[str, str]) -> None:
        canary = stage.get("canarySettings")
        match o["op"], o["path"]:
            case "remove", "/canarySettings":
                stage.pop("canarySettings", None)
            case "replace", "/canarySettings/percentTraffic" | "/canarySettings/deploymentId":
                canary = stage.setdefault(
                    "canarySettings", {"deploymentId": stage["deploymentId"], "percentTraffic": 0.0}
                )
                name = o["path"].rpartition("/")[2]
                if name == "deploymentId" and o["value"] not in self.r.deployments:
                    raise refuse("BadRequestException", "Deployment id does not exist")
                canary[name] = float(o["value"]) if name == "percentTraffic" else o["value"]
            case "copy", path:
                if canary is None:
                    raise refuse("BadRequestException", "Promotion not available. Canary does not exist.")
                if path == "/variables":
                    assert o["from"] == "/canarySettings/stageVariableOverrides"
                    stage["variables"] = {**stage["variables"], **canary.get("stageVariableOverrides", {})}
                else:
                    assert (o["from"], path) == ("/canarySettings/deploymentId", "/deploymentId")
                    stage["deploymentId"] = canary["deploymentId"]
            case "replace", "/deploymentId":
                if canary is not None:
                    raise refuse(
                        "BadRequestException", "Non canary deployment not supported on stage because Canary is enabled"
                    )
                if o["value"] not in self.r.deployments:
                    raise refuse("BadRequestException", "Deployment id does not exist")
                stage["deploymentId"] = o["value"]
            case _:
                raise refuse("BadRequestException", f"Invalid operation {o}")

    def _delete_deployment(self, restApiId: str, deploymentId: str) -> Any:
        stages = [self.r.stage, *self.r.other_stages]
        used = {s["deploymentId"] for s in stages} | {
            s["canarySettings"]["deploymentId"] for s in stages if "canarySettings" in s
        }
        if deploymentId in used:
            raise refuse("BadRequestException", "Active stages pointing to this deployment must be moved or deleted")
        if self.r.deployments.pop(deploymentId, None) is None:
            raise refuse("NotFoundException", "Invalid Deployment identifier specified")
        return {}

    # Lambda

    def _list_versions_by_function(self, FunctionName: str, Marker: str = "") -> Any:
        numbers = ["$LATEST", *self._numbers(FunctionName)]
        start = int(Marker or 0)
        more = {"NextMarker": str(start + 2)} if start + 2 < len(numbers) else {}
        return {"Versions": [{"Version": n} for n in numbers[start : start + 2]], **more}

    def _delete_function(self, FunctionName: str, Qualifier: str) -> Any:
        if Qualifier not in self._numbers(FunctionName):
            raise refuse("ResourceNotFoundException", "Function not found")
        self._numbers(FunctionName).remove(Qualifier)
        return {}

    def _numbers(self, function: str) -> list[str]:
        for arn, numbers in self.r.versions.items():
            if arn.endswith(f":{function}"):
                return numbers
        raise refuse("ResourceNotFoundException", "Function not found")

    # DynamoDB

    def _table(self, name: str) -> dict[tuple[str, str], dict[str, Any]]:
        if self.r.status is None:
            raise refuse("ResourceNotFoundException", "Requested resource not found")
        if name.endswith("-breakers"):
            raise refuse("ResourceNotFoundException", "Requested resource not found")
        assert name == ledger_table(GATEWAY)
        return self.r.items

    def _get_item(self, TableName: str, Key: Any, ConsistentRead: bool) -> Any:
        item = self._table(TableName).get(_sort_key(Key))
        return {"Item": item} if item else {}

    def _put_item(self, TableName: str, Item: Any, ReturnValues: str = "NONE", **condition: Any) -> Any:
        old = self._table(TableName).get(_sort_key(Item))
        self._check(old, condition)
        self._table(TableName)[_sort_key(Item)] = Item
        return {"Attributes": old} if old and ReturnValues == "ALL_OLD" else {}

    def _delete_item(self, TableName: str, Key: Any, **condition: Any) -> Any:
        self._check(self._table(TableName).get(_sort_key(Key)), condition)
        self._table(TableName).pop(_sort_key(Key), None)
        return {}

    def _query(
        self, TableName: str, ExpressionAttributeValues: Any, ScanIndexForward: bool, Limit: int = 2, **_: Any
    ) -> Any:
        pk, start = ExpressionAttributeValues[":pk"]["S"], _.get("ExclusiveStartKey")
        keys = sorted((k for k in self._table(TableName) if k[0] == pk), reverse=not ScanIndexForward)
        begin = keys.index(_sort_key(start)) + 1 if start else 0
        page = keys[begin : begin + min(Limit, 2)]
        more = (
            {"LastEvaluatedKey": {"pk": {"S": pk}, "sk": {"S": page[-1][1]}}} if page and page[-1] != keys[-1] else {}
        )
        return {"Items": [self._table(TableName)[k] for k in page], **more}

    def _check(self, item: dict[str, Any] | None, condition: dict[str, Any]) -> None:
        text = condition.get("ConditionExpression")
        if not text:
            return
        names, values = condition.get("ExpressionAttributeNames", {}), condition.get("ExpressionAttributeValues", {})
        if not any(_holds(clause, item, names, values) for clause in text.split(" OR ")):
            raise refuse("ConditionalCheckFailedException", "The conditional request failed")


def _holds(clause: str, item: dict[str, Any] | None, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    if clause == "attribute_not_exists(pk)":
        return item is None
    match = re.fullmatch(r"(\S+) ([=<]) (\S+)", clause)
    assert match, clause
    attribute = names.get(match[1], match[1])
    if item is None or attribute not in item:
        return False
    (kind, left), (_, right) = next(iter(item[attribute].items())), next(iter(values[match[3]].items()))
    if kind == "N":
        left, right = float(left), float(right)
    return bool(left == right if match[2] == "=" else left < right)


def _sort_key(key: Mapping[str, Any]) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


@dataclass
class Operators:
    """Makes sessions: each is a process of its own, and a killed one is known to be dead."""

    aws: FakeAws
    host: str = "laptop"
    next_pid: int = 100
    dead: set[int] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)

    def session(self, region: str = "us-east-1", *, host: str = "") -> Session:
        self.next_pid += 1
        pid = self.next_pid
        ledger = Ledger(
            client=self.aws.client("dynamodb", region),
            table=ledger_table(GATEWAY),
            region=region,
            owner=Owner(user="ann", host=host or self.host, pid=pid),
            clock=self.aws.clock,
            is_alive=lambda other: other not in self.dead,
        )
        client = AwsClient(region=region, factory=self.aws.client, sleep=self.aws.sleep, clock=self.aws.clock)
        ids = iter(range(1000))
        return Session(
            gateway=GATEWAY,
            aws=client,
            ledger=ledger,
            new_id=lambda: f"{pid}-{next(ids)}",
            progress=self.messages.append,
            unpin=unpin_locked,
        )

    def bury(self, session: Session) -> None:
        """The session's process was killed; the cloud lives on."""
        self.dead.add(session.ledger.owner.pid)
        self.aws.revive()
