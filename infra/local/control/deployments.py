"""Deployments: immutable snapshots of an API, and putting one on a stage. Memory only.

Cost: one deep copy of the definition per deployment. Recorded: the canary rules with their texts, the refusal to delete
one that a stage or its canary serves, no summary unless asked for.
"""

from __future__ import annotations

import dataclasses

from infra.local.control import lookup, patch, stage_rules
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request
from infra.local.control.paging import page
from infra.local.control.patch import Grammar
from infra.local.control.store import Definition, Deployment, RestApi, Shape

_INVALID = "Invalid deployment content specified."


def create_deployment(call: Call) -> Shape:
    api = lookup.rest_api(call)
    check_deployable(api.live)
    name = call.arg("stageName")
    stage = api.stages.get(name) if name else None
    given = call.arg("canarySettings")
    _check_target(call, name, stage, given)
    made = Deployment(
        id=_free_id(call, api),
        description=call.arg("description") or None,
        created=call.now,
        definition=api.live.snapshot(),
    )
    after = _stage_after(call, api, made, stage, given) if name else None
    api.deployments[made.id] = made
    if after is not None:
        api.stages[after["stageName"]] = after
    return view(made)


def check_deployable(definition: Definition) -> None:
    """That every method has an integration and that there is one at all."""
    methods = [
        method for resource in definition.resources.values() for method in resource.get("resourceMethods", {}).values()
    ]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in methods):
        raise bad_request("No integration defined for method")


def _check_target(call: Call, name: str | None, stage: Shape | None, canary: Shape | None) -> None:
    if canary is not None:
        if not name:
            shown = "null" if call.params.get("stageName") is None else ""
            raise bad_request(
                f"{_INVALID}Non null and non empty stageName must be provided for canary deployment. "
                f"Provided value is {shown}"
            )
        if stage is None:
            raise bad_request(
                f"{_INVALID}Stage {name} must already be created before making a canary release deployment"
            )
    elif stage is not None and "canarySettings" in stage:
        raise bad_request(
            f"{_INVALID}Non canary deployment not supported on stage {name} because Canary is enabled. "
            "Provide CanarySettings in deploymentInput."
        )
    if name:
        stage_rules.check_name(name)


def _stage_after(call: Call, api: RestApi, made: Deployment, stage: Shape | None, canary: Shape | None) -> Shape:
    """The stage as it will be once the deployment is there: moved to it, or with it as its canary."""
    variables = call.arg("variables")
    stage_rules.check_variables(variables or {})
    if stage is None:
        after = stage_rules.new_stage(call.now, name=call.params["stageName"], deployment_id=made.id)
    else:
        after = {**stage, "lastUpdatedDate": call.now}
    if canary is not None:
        with_new = dataclasses.replace(api, deployments={**api.deployments, made.id: made})
        after["canarySettings"] = stage_rules.canary(with_new, {**canary, "deploymentId": made.id}, made.id)
    else:
        after["deploymentId"] = made.id
    if variables:
        after["variables"] = {**after.get("variables", {}), **variables}
    after.update(present(description=call.arg("stageDescription") or None, tracingEnabled=call.arg("tracingEnabled")))
    if call.arg("cacheClusterEnabled") is not None:
        after.update(stage_rules.cache(call.arg("cacheClusterEnabled"), call.arg("cacheClusterSize")))
    return after


def _free_id(call: Call, api: RestApi) -> str:
    while (candidate := call.new_id(6)) in api.deployments:
        pass
    return candidate


def get_deployment(call: Call) -> Shape:
    _, found = lookup.deployment(call)
    return view(found, summary="apisummary" in [part.lower() for part in call.arg("embed", [])])


def get_deployments(call: Call) -> Shape:
    return page(call, [view(made) for made in lookup.rest_api(call).deployments.values()])


def update_deployment(call: Call) -> Shape:
    api, found = lookup.deployment(call)
    shape = patch.apply(view(found), patch.operations(call), _GRAMMAR)
    api.deployments[found.id] = dataclasses.replace(found, description=shape.get("description"))
    return view(api.deployments[found.id])


def delete_deployment(call: Call) -> None:
    api, found = lookup.deployment(call)
    if found.id in stage_rules.deployments_in_use(api):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    api.deployments = {key: made for key, made in api.deployments.items() if key != found.id}


def view(made: Deployment, *, summary: bool = False) -> Shape:
    shape = {"id": made.id, "createdDate": made.created, **present(description=made.description)}
    if summary:
        shape["apiSummary"] = {
            resource["path"]: {
                verb: {
                    "authorizationType": method["authorizationType"],
                    "apiKeyRequired": method["apiKeyRequired"],
                }
                for verb, method in resource["resourceMethods"].items()
            }
            for resource in made.definition.resources.values()
            if resource.get("resourceMethods")
        }
    return shape


_GRAMMAR = Grammar({"/description": patch.text("description")}, listing=True)
