"""The steps that plans are made of, one function each, with their reasons. Pure.

Patch operations: https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html and
.../delete-canary-deployment.html. `update_stack`: .../AWSCloudFormation/latest/APIReference/API_UpdateStack.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

from infra.release.plan import AnyTime, HasCanary, IntentIs, NoCanary, NoTesters, StackHas, StackIdle, StageServes, Step
from infra.release.situation import Condition, Intent, Situation

__all__ = [
    "copy_canary",
    "finish",
    "follow_canary",
    "forget_releases",
    "percent_text",
    "point_stage",
    "remove_canary",
    "set_parameters",
    "unpin_testers",
    "wait_for_stack",
    "write_intent",
]

BASELINE = "BaselineDeployment"
PERCENT = "CanaryPercent"
# The stack has named and unnamed roles; acknowledging more than a template holds is harmless.
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


def percent_text(percent: float) -> str:
    """The shortest text of a percentage: 10 for 10.0, 0.5 for 0.5."""
    return str(int(percent)) if float(percent).is_integer() else repr(float(percent))


def write_intent(intent: Intent, *, replaces: str = "") -> Step:
    """``replaces`` is the id of the half-done intent that a rollback takes over."""
    return Step(
        key="write-intent",
        service="ledger",
        operation="write_intent",
        parameters={**asdict(intent), "replaces": replaces},
        reason="so that a run that dies can be resumed",
        done=IntentIs(intent.id),
    )


def finish(intent: Intent) -> Step:
    return Step(
        key="record-history",
        service="ledger",
        operation="finish",
        parameters={"intent": intent.id, "operation": intent.operation},
        reason="keep the decision with its evidence, clear the intent",
        done=AnyTime(),
    )


def set_parameters(s: Situation, *, baseline: str, percent: float, reason: str) -> Step:
    """`update_stack` with the template as it is, or the variables of the Terraform root. An unchanged baseline goes as UsePreviousValue, but not while an
    update runs: then the parameters that we see may not be those that will be there."""
    if s.stack.variables_file:
        return _write_variables(s, baseline=baseline, percent=percent, reason=reason)
    unchanged = s.stack.baseline == baseline and s.stack.condition is not Condition.BUSY
    pin: dict[str, Any] = {"ParameterKey": BASELINE}
    pin |= {"UsePreviousValue": True} if unchanged else {"ParameterValue": baseline}
    others = [{"ParameterKey": key, "UsePreviousValue": True} for key in s.stack.other_parameters]
    return Step(
        key="set-parameters",
        service="cloudformation",
        operation="update_stack",
        parameters={
            "StackName": s.stack.name,
            "UsePreviousTemplate": True,
            "Parameters": [pin, {"ParameterKey": PERCENT, "ParameterValue": percent_text(percent)}, *others],
            "Capabilities": list(CAPABILITIES),
        },
        reason=reason,
        done=StackHas(baseline, percent),
    )


def _write_variables(s: Situation, *, baseline: str, percent: float, reason: str) -> Step:
    return Step(
        key="set-parameters",
        service="terraform",
        operation="write_variables",
        parameters={
            "file": s.stack.variables_file,
            "baseline_deployment": baseline,
            "canary_percent": percent,
            "releases": [d.release for d in s.deployments],
        },
        reason=f"{reason}; the next `terraform plan` has nothing to change",
        done=StackHas(baseline, percent),
    )


def forget_releases(s: Situation, gone: Collection[str]) -> tuple[Step, ...]:
    """What is deleted must leave Terraform's configuration too; nothing for CloudFormation, whose template has one release."""
    if not s.stack.variables_file:
        return ()
    step = _write_variables(s, baseline=s.stack.baseline, percent=s.stack.percent, reason="they are no longer there")
    kept = [d.release for d in s.deployments if d.id not in gone]
    return (replace(step, key="forget-releases", parameters={**step.parameters, "releases": kept}, done=AnyTime()),)


def wait_for_stack(s: Situation) -> Step:
    return Step(
        key="wait-for-stack",
        service="cloudformation",
        operation="describe_stacks",
        parameters={"StackName": s.stack.name},
        reason=f"the stack is in {s.stack.status}, and CloudFormation runs one update at a time",
        done=StackIdle(),
    )


def _patch(s: Situation, *operations: dict[str, str]) -> dict[str, Any]:
    stage = s.stage.name if s.stage else ""
    return {"restApiId": s.api_id, "stageName": stage, "patchOperations": list(operations)}


def remove_canary(s: Situation, *, reason: str, guard: bool = False) -> Step:
    return Step(
        key="remove-canary-again" if guard else "remove-canary",
        service="apigateway",
        operation="update_stage",
        parameters=_patch(s, {"op": "remove", "path": "/canarySettings"}),
        reason=reason,
        done=NoCanary(),
        guard=guard,
    )


def copy_canary(s: Situation, *, target: str) -> Step:
    """The promotion that AWS documents, in one call: no request ever sees half of it."""
    return Step(
        key="copy-canary-to-stage",
        service="apigateway",
        operation="update_stage",
        parameters=_patch(
            s,
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        ),
        reason="the canary's release gets the stage",
        done=StageServes(target),
    )


def follow_canary(s: Situation, *, target: str, percent: float) -> Step:
    """Sets the canary directly: what moves it under Terraform, and a guard under CloudFormation, which sees no change to make
    when somebody moved the stage by hand."""
    return Step(
        key="set-canary",
        service="apigateway",
        operation="update_stage",
        parameters=_patch(
            s,
            {"op": "replace", "path": "/canarySettings/deploymentId", "value": target},
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": percent_text(percent)},
        ),
        reason="the stage gets the canary" if s.stack.variables_file else "only if the stage did not follow the stack",
        done=HasCanary(target, percent),
        guard=not s.stack.variables_file,
    )


def unpin_testers(s: Situation) -> tuple[Step, ...]:
    """The last step of what ends a canary: its testers go back too. Several calls, which `infra.release.pins` plans when it is their turn,
    so that looking at domains delays nothing; what fails is a warning. None where nobody is pinned."""
    if not s.pinned_stage:
        return ()
    return (
        Step(
            key="unpin-testers",
            service="testers",
            operation="unpin",
            parameters={"stage": s.pinned_stage},
            reason="pinned testers must not stay on a release that is no canary any more; a failure here is only a warning",
            done=NoTesters(),
        ),
    )


def point_stage(s: Situation, *, target: str, reason: str, guard: bool = False) -> Step:
    return Step(
        key="point-stage-again" if guard else "point-stage",
        service="apigateway",
        operation="update_stage",
        parameters=_patch(s, {"op": "replace", "path": "/deploymentId", "value": target}),
        reason=reason,
        done=StageServes(target),
        guard=guard,
    )
