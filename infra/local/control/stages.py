"""Stages: create, read, patch, delete, flush. Memory only. A stage is replaced as a whole, never changed in place."""

from __future__ import annotations

from infra.local.control import lookup, patch, stage_patch, stage_rules
from infra.local.control.call import Call
from infra.local.control.errors import bad_request, not_found
from infra.local.control.store import Shape


def create_stage(call: Call) -> Shape:
    api = lookup.rest_api(call)
    name, deployment_id = call.params["stageName"], call.params["deploymentId"]
    stage_rules.check_name(name)
    stage_rules.check_free(api, name)
    stage_rules.check_deployment(api, deployment_id)
    version = call.arg("documentationVersion")
    if version and version not in api.documentation_versions:
        raise not_found("Invalid Documentation version specified")  # unsure of the text
    variables = call.arg("variables") or None
    stage_rules.check_variables(variables or {})
    given = call.arg("canarySettings")
    stage = stage_rules.new_stage(
        call.now,
        name=name,
        deployment_id=deployment_id,
        description=call.arg("description") or None,
        variables=variables,
        documentationVersion=version,
        canarySettings=None if given is None else stage_rules.canary(api, given, deployment_id),
        tags=call.arg("tags") or None,
    )
    stage["tracingEnabled"] = call.arg("tracingEnabled", False)
    stage.update(stage_rules.cache(call.arg("cacheClusterEnabled"), call.arg("cacheClusterSize")))
    api.stages[name] = stage
    return stage


def get_stage(call: Call) -> Shape:
    return lookup.stage(call)[1]


def get_stages(call: Call) -> Shape:
    """All stages (never paged), or those that serve one deployment."""
    stages = list(lookup.rest_api(call).stages.values())
    if wanted := call.arg("deploymentId"):
        stages = [stage for stage in stages if stage["deploymentId"] == wanted]
    return {"item": sorted(stages, key=lambda stage: str(stage["stageName"]))}


def update_stage(call: Call) -> Shape:
    api, stage = lookup.stage(call)
    patched = stage_patch.apply(api, stage, patch.operations(call))
    patched["lastUpdatedDate"] = call.now
    api.stages[patched["stageName"]] = patched
    return patched


def delete_stage(call: Call) -> None:
    """Refused while a custom domain is mapped to the stage; usage plans forget the stage."""
    api, stage = lookup.stage(call)
    name = stage["stageName"]
    for domain, mappings in call.state.base_path_mappings.items():
        for mapping in mappings.values():
            if (mapping.get("restApiId"), mapping.get("stage")) == (api.id, name):
                raise bad_request(  # unsure of the text
                    f"Deleting stage {name} is not allowed: it is mapped to the custom domain name {domain}. "
                    "Remove the base path mapping first."
                )
    for domain, rules in call.state.routing_rules.items():
        actions = [rule["Actions"][0]["InvokeApi"] for rule in rules.values()]
        if any((action["ApiId"], action["Stage"]) == (api.id, name) for action in actions):
            raise bad_request(  # unsure of the text, and that it is refused
                f"Deleting stage {name} is not allowed: a routing rule of {domain} invokes it. Delete the rule first."
            )
    api.stages = {key: other for key, other in api.stages.items() if key != name}
    call.state.authorizer_epoch.pop((api.id, name), None)


def flush_stage_authorizers_cache(call: Call) -> None:
    api, stage = lookup.stage(call)
    key = (api.id, stage["stageName"])
    call.state.authorizer_epoch[key] = call.state.authorizer_epoch.get(key, 0) + 1


def flush_stage_cache(call: Call) -> None:
    lookup.stage(call)
