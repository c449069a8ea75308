"""The patch grammar of stages, canary included. Touches nothing.

Recorded from real AWS: canary paths take only ``replace`` and the first one makes the canary; ``copy`` only promotes, and
merges variables; every path that is not understood is treated as one of a method setting, with that message.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from infra.local.control import method_settings, patch, stage_rules
from infra.local.control.errors import AwsError, bad_request
from infra.local.control.patch import PatchOperation
from infra.local.control.store import RestApi, Shape

_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled"
)
_LOG_PATHS = (
    "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
)
_PROMOTIONS = {
    ("/deploymentId", "/canarySettings/deploymentId"),
    ("/variables", "/canarySettings/stageVariableOverrides"),
}
_LOG_MEMBERS = ("destinationArn", "format")


def apply(api: RestApi, stage: Shape, operations: Sequence[PatchOperation]) -> Shape:
    """A patched copy of the stage; nothing changes when any operation is refused.

    Raises:
        AwsError: BadRequestException.
    """
    patched = copy.deepcopy(stage)
    for operation in operations:
        handler = _HANDLERS.get(operation.op)
        if operation.path is None:
            raise bad_request("Invalid patch path null")
        if handler is None:
            raise bad_request(f"Invalid {operation.op} operation with path: {operation.path}")
        handler(api, patched, operation)
    moved = any(op.op == "replace" and op.path == "/deploymentId" for op in operations)
    if moved:
        _check_move(stage, patched)
    return patched


def _check_move(before: Shape, after: Shape) -> None:
    """AWS documents that a stage with a canary cannot take another deployment until the canary is removed.

    Whether UpdateStage enforces it, and with which text, was not recorded (unsure). Moving to the canary's own deployment
    or to the present one is let through.
    """
    live = before.get("canarySettings")
    if live is None or "canarySettings" not in after:
        return
    if after["deploymentId"] not in (
        before["deploymentId"],
        live["deploymentId"],
        after["canarySettings"]["deploymentId"],
    ):
        raise bad_request(
            f"Non canary deployment not supported on stage {before['stageName']} because Canary is enabled. "
            "Remove /canarySettings from the stage first."
        )


def _copy(_: RestApi, stage: Shape, operation: PatchOperation) -> None:
    if (operation.path, operation.source) not in _PROMOTIONS:
        raise bad_request(
            f"Invalid copy operation with path: {operation.path} and from {operation.source}. Valid copy:path are "
            "[/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, "
            "/canarySettings/stageVariableOverrides]"
        )
    live = stage.get("canarySettings")
    if live is None:
        raise bad_request("Promotion not available. Canary does not exist.")
    if operation.path == "/deploymentId":
        stage["deploymentId"] = live["deploymentId"]
    elif overrides := live.get("stageVariableOverrides"):
        stage["variables"] = {**stage.get("variables", {}), **overrides}


def _add(_: RestApi, stage: Shape, operation: PatchOperation) -> None:
    if operation.segments[:1] == ("accessLogSettings",):
        _log_setting(stage, operation)
    elif operation.segments[:1] == ("variables",) and len(operation.segments) == 2:
        _variable(stage, operation)  # not in the documented table; unsure
    else:
        raise bad_request(f"Invalid add operation with path: {operation.path}")


def _remove(_: RestApi, stage: Shape, operation: PatchOperation) -> None:
    names = operation.segments
    if operation.path in ("/canarySettings", "/accessLogSettings"):
        stage.pop(names[0], None)
    elif names[:1] == ("variables",) and len(names) == 2:
        _forget(stage, "variables", names[1])
    elif names[:2] == ("canarySettings", "stageVariableOverrides") and len(names) == 3 and "canarySettings" in stage:
        _forget(stage["canarySettings"], "stageVariableOverrides", names[2])  # not recorded; unsure
    else:
        _remove_setting(stage, operation.path or "")


def _forget(shape: Shape, member: str, name: str) -> None:
    kept = {key: value for key, value in shape.get(member, {}).items() if key != name}
    shape.pop(member, None)
    if kept:
        shape[member] = kept


def _remove_setting(stage: Shape, path: str) -> None:
    """Removes a method's settings, or puts one of them back to its default (the second is unsure)."""
    settings = stage["methodSettings"]
    key = path.removeprefix("/")
    named = method_settings.split(path)
    if key in settings:
        del settings[key]
    elif named and named[0] in settings:
        member, _ = method_settings.SETTINGS[named[1]]
        settings[named[0]].pop(member, None)
        if member in method_settings.DEFAULTS:
            settings[named[0]][member] = method_settings.DEFAULTS[member]
    else:
        # the blank at the end is recorded
        raise bad_request(f"Cannot remove method setting {key} because there is no method setting for this method ")


def _replace(api: RestApi, stage: Shape, operation: PatchOperation) -> None:
    names = operation.segments
    if operation.path in _MEMBERS:
        _MEMBERS[operation.path](api, stage, operation.value)
    elif names[:1] == ("variables",) and len(names) == 2:
        _variable(stage, operation)
    elif names[:1] == ("accessLogSettings",):
        _log_setting(stage, operation)
    elif names[:1] == ("canarySettings",):
        _canary(api, stage, operation)
    elif named := method_settings.split(operation.path or ""):
        method_settings.replace(stage["methodSettings"], *named, operation.value)
    else:
        raise _unknown(operation)


def _unknown(operation: PatchOperation) -> AwsError:
    return bad_request(f"Invalid method setting path: {operation.path}. Must be one of: [{_PATHS}]")


def _variable(stage: Shape, operation: PatchOperation) -> None:
    variables = {**stage.get("variables", {}), operation.segments[1]: operation.value}
    stage_rules.check_variables(variables)
    stage["variables"] = variables


def _log_setting(stage: Shape, operation: PatchOperation) -> None:
    names = operation.segments
    if len(names) != 2 or names[1] not in _LOG_MEMBERS:
        raise bad_request(_LOG_PATHS)
    if not operation.value:
        raise bad_request("Access Log value must not be empty")
    if names[1] == "format":
        stage_rules.check_log_format(operation.value)
    stage["accessLogSettings"] = {**stage.get("accessLogSettings", {}), names[1]: operation.value}


def _canary(api: RestApi, stage: Shape, operation: PatchOperation) -> None:
    names = operation.segments[1:]
    live = stage.get("canarySettings") or stage_rules.canary(api, {}, stage["deploymentId"])
    if names == ("deploymentId",):
        stage_rules.check_deployment(api, operation.value)
        live = {**live, "deploymentId": operation.value}
    elif names == ("percentTraffic",):
        percent = patch.real_number(operation.value, "Percent traffic must be between 0.0 and 100.0")
        stage_rules.check_percent(percent)
        live = {**live, "percentTraffic": percent}
    elif names == ("useStageCache",):
        live = {**live, "useStageCache": patch.flag_of(operation.value)}
    elif len(names) == 2 and names[0] == "stageVariableOverrides":
        stage_rules.check_variable(names[1], operation.value)
        overrides = {**live.get("stageVariableOverrides", {}), names[1]: operation.value}
        live = {**live, "stageVariableOverrides": overrides}
    else:
        raise _unknown(operation)
    stage["canarySettings"] = live


def _deployment(api: RestApi, stage: Shape, value: str | None) -> None:
    stage_rules.check_deployment(api, value)
    stage["deploymentId"] = value


def _text(name: str) -> Callable[[RestApi, Shape, str | None], None]:
    def change(_: RestApi, stage: Shape, value: str | None) -> None:
        if value:
            stage[name] = value
        else:
            stage.pop(name, None)

    return change


def _documentation(api: RestApi, stage: Shape, value: str | None) -> None:
    if value and value not in api.documentation_versions:
        raise bad_request("Invalid Documentation version specified")  # unsure of the text
    _text("documentationVersion")(api, stage, value)


def _tracing(_: RestApi, stage: Shape, value: str | None) -> None:
    stage["tracingEnabled"] = patch.flag_of(value)


def _cache_enabled(_: RestApi, stage: Shape, value: str | None) -> None:
    stage.update(stage_rules.cache(patch.flag_of(value), stage.get("cacheClusterSize")))


def _cache_size(_: RestApi, stage: Shape, value: str | None) -> None:
    stage["cacheClusterSize"] = value


_MEMBERS: dict[str, Callable[[RestApi, Shape, str | None], None]] = {
    "/deploymentId": _deployment,
    "/description": _text("description"),
    "/clientCertificateId": _text("clientCertificateId"),
    "/documentationVersion": _documentation,
    "/tracingEnabled": _tracing,
    "/cacheClusterEnabled": _cache_enabled,
    "/cacheClusterSize": _cache_size,
}
_HANDLERS: dict[str, Callable[[RestApi, Shape, PatchOperation], None]] = {
    "add": _add,
    "copy": _copy,
    "remove": _remove,
    "replace": _replace,
}
