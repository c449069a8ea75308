"""CloudFormation handlers for deployments and stages. Memory only.

A stage's update sends a patch for the properties that differ between the old and the new *template*; it never looks at the
stage itself. So what was set by hand stays, and a ``CanarySetting`` that disappears from the template is left alive
(aws-cdk issue 33901). Of the other removed properties AWS is only known to keep cache settings; that description and
variables go is unsure.
"""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it
from __future__ import annotations

from typing import Any

from infra.local.control import cloudformation_props as cfn
from infra.local.control.cloudformation_props import Created, Handler, Kind, Plane, Props, mark, sync_tags
from infra.local.control.patch import escape
from infra.local.control.store import Shape

# property of a MethodSetting -> the end of its patch path
_METHOD_SETTINGS = {
    "MetricsEnabled": "metrics/enabled",
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "CachingEnabled": "caching/enabled",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CacheDataEncrypted": "caching/dataEncrypted",
}
_SCALARS = (
    ("Description", "/description"),
    ("DocumentationVersion", "/documentationVersion"),
    ("ClientCertificateId", "/clientCertificateId"),
    ("TracingEnabled", "/tracingEnabled"),
    ("CacheClusterSize", "/cacheClusterSize"),
    ("CacheClusterEnabled", "/cacheClusterEnabled"),
)


def handlers(plane: Plane) -> dict[str, Handler]:
    return {
        "AWS::ApiGateway::Deployment": _Deployment(plane).handler(),
        "AWS::ApiGateway::Stage": _Stage(plane).handler(),
    }


class _Deployment(Kind):
    """A snapshot; with StageName it also moves (or makes) that stage, behind CloudFormation's back as on AWS."""

    REPLACING = ("RestApiId", "DeploymentCanarySettings")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        described = props.get("StageDescription") or {}
        canary = _canary_members(props.get("DeploymentCanarySettings"))
        made = self.plane(
            "CreateDeployment",
            restApiId=props["RestApiId"],
            description=props.get("Description"),
            stageName=props.get("StageName"),
            stageDescription=described.get("Description") if isinstance(described, dict) else None,
            variables=described.get("Variables") if isinstance(described, dict) else None,
            tracingEnabled=cfn.boolean(described.get("TracingEnabled")) if isinstance(described, dict) else None,
            canarySettings=canary,
        )
        if props.get("StageName") and isinstance(described, dict):
            operations = [*_method_settings({}, described), *_access_log({}, described)]
            if operations:
                key = {"restApiId": props["RestApiId"], "stageName": props["StageName"]}
                self.plane("UpdateStage", **key, patchOperations=operations)
        return made["id"], {"DeploymentId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        if cfn.changed(old, new, "Description"):
            self.plane(
                "UpdateDeployment",
                restApiId=new["RestApiId"],
                deploymentId=physical_id,
                patchOperations=cfn.replace_operations(old, new, [("Description", "/description")]),
            )
        return physical_id, {"DeploymentId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        """A stage that this resource made goes with it, a canary that it put on a stage too.

        Without that no stack whose deployment has a StageName could be deleted on AWS; what its handler does in detail is
        unsure. A stage that a newer deployment has taken over is left alone (recorded).
        """
        if props.get("StageName"):
            cfn.gone(lambda: self._leave_stage(physical_id, props))
        cfn.gone(lambda: self.plane("DeleteDeployment", restApiId=props["RestApiId"], deploymentId=physical_id))

    def _leave_stage(self, physical_id: str, props: Props) -> None:
        key = {"restApiId": props["RestApiId"], "stageName": props["StageName"]}
        stage = self.plane("GetStage", **key)
        if stage["deploymentId"] == physical_id:
            self.plane("DeleteStage", **key)
        elif stage.get("canarySettings", {}).get("deploymentId") == physical_id:
            self.plane("UpdateStage", **key, patchOperations=[{"op": "remove", "path": "/canarySettings"}])


class _Stage(Kind):
    """Physical id: the stage's name, as ``Ref`` gives it."""

    REPLACING = ("RestApiId", "StageName")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        name = props.get("StageName") or "default"
        key = {"restApiId": props["RestApiId"], "stageName": name}
        self.plane(
            "CreateStage",
            **key,
            **cfn.members(
                props, "DeploymentId", "Description", "Variables", "DocumentationVersion", "CacheClusterSize"
            ),
            tracingEnabled=cfn.boolean(props.get("TracingEnabled")),
            cacheClusterEnabled=cfn.boolean(props.get("CacheClusterEnabled")),
            canarySettings=_canary_members(props.get("CanarySetting")),
            tags=cfn.tags(props),
        )
        operations = [*_method_settings({}, props), *_access_log({}, props)]
        operations += cfn.replace_operations({}, props, [("ClientCertificateId", "/clientCertificateId")])
        try:
            if operations:
                self.plane("UpdateStage", **key, patchOperations=operations)
            mark(self.plane, f"restapis/{props['RestApiId']}/stages/{name}", logical_id, stack)
        except Exception:
            self.plane("DeleteStage", **key)
            raise
        return name, {}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        key = {"restApiId": new["RestApiId"], "stageName": physical_id}
        operations = stage_operations(old, new)
        if operations:
            self.plane("UpdateStage", **key, patchOperations=operations)
        if cfn.changed(old, new, "Tags"):
            path = f"restapis/{new['RestApiId']}/stages/{physical_id}"
            sync_tags(self.plane, path, cfn.tags(old), cfn.tags(new))
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteStage", restApiId=props["RestApiId"], stageName=physical_id))


def stage_operations(old: Props, new: Props) -> list[Shape]:
    """The patch of a stage update: only what differs between the two templates.

    The canary's operations come first, so that a template that ends a canary by moving the stage to the canary's
    deployment is accepted.
    """
    operations = _canary(old.get("CanarySetting"), new.get("CanarySetting"))
    operations += cfn.replace_operations(old, new, [("DeploymentId", "/deploymentId")])
    operations += cfn.replace_operations(old, new, [pair for pair in _SCALARS if not _cache_removed(new, pair[0])])
    operations += _variables(old.get("Variables") or {}, new.get("Variables") or {})
    operations += _access_log(old, new)
    operations += _method_settings(old, new)
    return operations


def _cache_removed(new: Props, name: str) -> bool:
    """Cache settings stay when they disappear from the template (cloudformation-coverage-roadmap issue 2231)."""
    return name.startswith("Cache") and new.get(name) is None


def _canary(old: Props | None, new: Props | None) -> list[Shape]:
    if new is None or new == old:
        return []  # the known bug: a canary that left the template stays on the stage
    before = old or {}
    pairs = [
        ("DeploymentId", "/canarySettings/deploymentId"),
        ("PercentTraffic", "/canarySettings/percentTraffic"),
        ("UseStageCache", "/canarySettings/useStageCache"),
    ]
    operations = cfn.replace_operations(before, new, [pair for pair in pairs if new.get(pair[0]) is not None])
    known, wanted = before.get("StageVariableOverrides") or {}, new.get("StageVariableOverrides") or {}
    base = "/canarySettings/stageVariableOverrides"
    operations += [
        {"op": "replace", "path": f"{base}/{escape(name)}", "value": str(value)}
        for name, value in wanted.items()
        if known.get(name) != value
    ]
    return operations + [{"op": "remove", "path": f"{base}/{escape(name)}"} for name in known if name not in wanted]


def _canary_members(given: Props | None) -> Shape | None:
    if given is None:
        return None
    percent = given.get("PercentTraffic")
    return {
        **cfn.members(given, "DeploymentId", "StageVariableOverrides"),
        **({} if percent is None else {"percentTraffic": float(percent)}),
        **({} if given.get("UseStageCache") is None else {"useStageCache": cfn.boolean(given["UseStageCache"])}),
    }


def _variables(old: Props, new: Props) -> list[Shape]:
    changed = [
        {"op": "replace", "path": f"/variables/{escape(name)}", "value": str(value)}
        for name, value in new.items()
        if old.get(name) != value
    ]
    return changed + [{"op": "remove", "path": f"/variables/{escape(name)}"} for name in old if name not in new]


def _access_log(old: Props, new: Props) -> list[Shape]:
    before, after = old.get("AccessLogSetting") or {}, new.get("AccessLogSetting") or {}
    if before and not after:
        return [{"op": "remove", "path": "/accessLogSettings"}]
    pairs = [("DestinationArn", "destinationArn"), ("Format", "format")]
    return [
        {"op": "replace", "path": f"/accessLogSettings/{name}", "value": _trimmed(str(after[prop]))}
        for prop, name in pairs
        if after.get(prop) and after.get(prop) != before.get(prop)
    ]


def _trimmed(value: str) -> str:
    """A log group's ARN as attribute ends in ``:*``, which the API does not want."""
    return value.removesuffix(":*") if value.startswith("arn:") else value


def _method_settings(old: Props, new: Props) -> list[Shape]:
    before = {_setting_key(entry): entry for entry in old.get("MethodSettings") or []}
    after = {_setting_key(entry): entry for entry in new.get("MethodSettings") or []}
    operations: list[Shape] = [{"op": "remove", "path": f"/{key}"} for key in before if key not in after]
    for key, entry in sorted(after.items()):  # "*/*" sorts first, and is what new entries start from
        operations += [
            {"op": "replace", "path": f"/{key}/{path}", "value": cfn.text(entry[name])}
            for name, path in _METHOD_SETTINGS.items()
            if entry.get(name) is not None and entry.get(name) != before.get(key, {}).get(name)
        ]
    return operations


def _setting_key(entry: dict[str, Any]) -> str:
    """``ResourcePath`` and ``HttpMethod`` as a key: ``/*`` and ``*`` are ``*/*``, inner slashes come as ``~1``."""
    path = str(entry.get("ResourcePath") or "/*").removeprefix("/")
    return f"{path or '~1'}/{entry.get('HttpMethod') or '*'}"
