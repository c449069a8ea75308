"""CloudFormation handlers for what is around APIs: keys, plans, domains, the account, certificates, links. Memory only."""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it
from __future__ import annotations

from infra.local.control import cloudformation_props as cfn
from infra.local.control.cloudformation_props import Created, Handler, Kind, Plane, Props, mark, sync_tags
from infra.local.control.store import Shape


def handlers(plane: Plane) -> dict[str, Handler]:
    return {
        f"AWS::ApiGateway::{name}": kind.handler()
        for name, kind in {
            "Account": _Account(plane),
            "ApiKey": _ApiKey(plane),
            "UsagePlan": _UsagePlan(plane),
            "UsagePlanKey": _UsagePlanKey(plane),
            "DomainName": _DomainName(plane),
            "BasePathMapping": _BasePathMapping(plane),
            "ClientCertificate": _ClientCertificate(plane),
            "VpcLink": _VpcLink(plane),
        }.items()
    }


class _Account(Kind):
    """One setting for the whole account and region; deleting the resource changes nothing, as on AWS."""

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        role = props.get("CloudWatchRoleArn") or ""
        self.plane("UpdateAccount", patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
        name = cfn.generated_name(stack, logical_id)
        return name, {"Id": name}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        self.create(physical_id, new, "")
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        return


class _ApiKey(Kind):
    REPLACING = ("Value", "Name", "GenerateDistinctId")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane(
            "CreateApiKey",
            name=props.get("Name") or cfn.generated_name(stack, logical_id),
            enabled=cfn.boolean(props.get("Enabled")),
            stageKeys=[cfn.lowered(key) for key in props.get("StageKeys") or []] or None,
            tags=cfn.tags(props),
            **cfn.members(props, "Description", "Value", "CustomerId"),
        )
        mark(self.plane, f"apikeys/{made['id']}", logical_id, stack)
        return made["id"], {"APIKeyId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        pairs = [("Description", "/description"), ("Enabled", "/enabled"), ("CustomerId", "/customerId")]
        operations = cfn.replace_operations(old, new, pairs)
        for op, keys in (("remove", old.get("StageKeys") or []), ("add", new.get("StageKeys") or [])):
            if cfn.changed(old, new, "StageKeys"):
                operations += [
                    {"op": op, "path": "/stages", "value": f"{key['RestApiId']}/{key['StageName']}"} for key in keys
                ]
        if operations:
            self.plane("UpdateApiKey", apiKey=physical_id, patchOperations=operations)
        if cfn.changed(old, new, "Tags"):
            sync_tags(self.plane, f"apikeys/{physical_id}", cfn.tags(old), cfn.tags(new))
        return physical_id, {"APIKeyId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteApiKey", apiKey=physical_id))


class _UsagePlan(Kind):
    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane(
            "CreateUsagePlan",
            name=props.get("UsagePlanName") or cfn.generated_name(stack, logical_id),
            apiStages=[_api_stage(stage) for stage in props.get("ApiStages") or []],
            throttle=_throttle(props.get("Throttle")),
            quota=_quota(props.get("Quota")),
            description=props.get("Description"),
            tags=cfn.tags(props),
        )
        mark(self.plane, f"usageplans/{made['id']}", logical_id, stack)
        return made["id"], {"Id": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        operations = cfn.replace_operations(old, new, [("Description", "/description")])
        if new.get("UsagePlanName") and cfn.changed(old, new, "UsagePlanName"):
            operations.append({"op": "replace", "path": "/name", "value": new["UsagePlanName"]})
        for name, limits in (("Throttle", ("BurstLimit", "RateLimit")), ("Quota", ("Limit", "Offset", "Period"))):
            operations += _limits(name, limits, old.get(name), new.get(name))
        operations += self._stages(physical_id, old, new)
        if operations:
            self.plane("UpdateUsagePlan", usagePlanId=physical_id, patchOperations=operations)
        if cfn.changed(old, new, "Tags"):
            sync_tags(self.plane, f"usageplans/{physical_id}", cfn.tags(old), cfn.tags(new))
        return physical_id, {"Id": physical_id}

    def _stages(self, plan_id: str, old: Props, new: Props) -> list[Shape]:
        """Stages are taken off and put on again when anything about them changed, throttles included."""
        if not cfn.changed(old, new, "ApiStages"):
            return []
        plan = self.plane("GetUsagePlan", usagePlanId=plan_id)
        attached = {f"{stage['apiId']}:{stage['stage']}" for stage in plan["apiStages"]}
        before = {f"{stage['ApiId']}:{stage['Stage']}" for stage in old.get("ApiStages") or []}
        operations: list[Shape] = [
            {"op": "remove", "path": "/apiStages", "value": name} for name in sorted(before & attached)
        ]
        for stage in new.get("ApiStages") or []:
            name = f"{stage['ApiId']}:{stage['Stage']}"
            operations.append({"op": "add", "path": "/apiStages", "value": name})
            for method, limits in (stage.get("Throttle") or {}).items():
                path, _, verb = method.rpartition("/")
                base = f"/apiStages/{name}/throttle/{(path or '/').replace('/', '~1')}/{verb}"
                operations += [
                    {"op": "replace", "path": f"{base}/{cfn.member_name(key)}", "value": str(value)}
                    for key, value in limits.items()
                ]
        return operations

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteUsagePlan", usagePlanId=physical_id))


def _api_stage(stage: Props) -> Shape:
    throttle = {method: _throttle(limits) for method, limits in (stage.get("Throttle") or {}).items()}
    return {**cfn.members(stage, "ApiId", "Stage"), **({"throttle": throttle} if throttle else {})}


def _throttle(given: Props | None) -> Shape | None:
    if given is None:
        return None
    return {"burstLimit": int(given.get("BurstLimit") or 0), "rateLimit": float(given.get("RateLimit") or 0)}


def _quota(given: Props | None) -> Shape | None:
    if given is None:
        return None
    limits = {"limit": int(given.get("Limit") or 0), "offset": int(given.get("Offset") or 0)}
    return {**limits, **({"period": given["Period"]} if given.get("Period") else {})}


def _limits(name: str, members: tuple[str, ...], old: Props | None, new: Props | None) -> list[Shape]:
    owner = name.lower()
    if old and not new:
        return [{"op": "remove", "path": f"/{owner}"}]
    pairs = [
        (member, f"/{owner}/{cfn.member_name(member)}") for member in members if (new or {}).get(member) is not None
    ]
    return cfn.replace_operations(old or {}, new or {}, pairs)


class _UsagePlanKey(Kind):
    """Physical id ``key:plan``, as AWS has it."""

    REPLACING = ("KeyId", "KeyType", "UsagePlanId")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        self.plane(
            "CreateUsagePlanKey", **{"keyType": "API_KEY", **cfn.members(props, "UsagePlanId", "KeyId", "KeyType")}
        )
        name = f"{props['KeyId']}:{props['UsagePlanId']}"
        return name, {"Id": name}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteUsagePlanKey", **cfn.members(props, "UsagePlanId", "KeyId")))


_DOMAIN = (
    "DomainName",
    "CertificateArn",
    "RegionalCertificateArn",
    "SecurityPolicy",
    "EndpointConfiguration",
    "MutualTlsAuthentication",
    "OwnershipVerificationCertificateArn",
    "RoutingMode",
    "EndpointAccessMode",
)


class _DomainName(Kind):
    REPLACING = ("DomainName",)

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane("CreateDomainName", tags=cfn.tags(props), **cfn.members(props, *_DOMAIN))
        mark(self.plane, f"domainnames/{made['domainName']}", logical_id, stack)
        return made["domainName"], _domain_attributes(made)

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        names = ("CertificateArn", "RegionalCertificateArn", "SecurityPolicy", "RoutingMode", "EndpointAccessMode")
        operations = cfn.replace_operations(old, new, [(name, f"/{cfn.member_name(name)}") for name in names])
        types = (new.get("EndpointConfiguration") or {}).get("Types")
        if types and cfn.changed(old, new, "EndpointConfiguration"):
            operations.append({"op": "replace", "path": "/endpointConfiguration/types/0", "value": types[0]})
        shape = self.plane("UpdateDomainName", domainName=physical_id, patchOperations=operations)
        if cfn.changed(old, new, "Tags"):
            sync_tags(self.plane, f"domainnames/{physical_id}", cfn.tags(old), cfn.tags(new))
        return physical_id, _domain_attributes(shape)

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteDomainName", domainName=physical_id))


def _domain_attributes(shape: Shape) -> Shape:
    names = {
        "RegionalDomainName": "regionalDomainName",
        "RegionalHostedZoneId": "regionalHostedZoneId",
        "DistributionDomainName": "distributionDomainName",
        "DistributionHostedZoneId": "distributionHostedZoneId",
        "DomainNameArn": "domainNameArn",
    }
    return {attribute: shape[name] for attribute, name in names.items() if name in shape}


class _BasePathMapping(Kind):
    """Physical id ``domain|base path``."""

    REPLACING = ("DomainName", "BasePath")

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane("CreateBasePathMapping", **cfn.members(props, "DomainName", "BasePath", "RestApiId", "Stage"))
        return f"{props['DomainName']}|{made['basePath']}", {}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        domain, _, base_path = physical_id.partition("|")
        operations = cfn.replace_operations(old, new, [("RestApiId", "/restapiId"), ("Stage", "/stage")])
        self.plane("UpdateBasePathMapping", domainName=domain, basePath=base_path, patchOperations=operations)
        return physical_id, {}

    def delete(self, physical_id: str, props: Props) -> None:
        domain, _, base_path = physical_id.partition("|")
        cfn.gone(lambda: self.plane("DeleteBasePathMapping", domainName=domain, basePath=base_path))


class _ClientCertificate(Kind):
    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane("GenerateClientCertificate", description=props.get("Description"), tags=cfn.tags(props))
        mark(self.plane, f"clientcertificates/{made['clientCertificateId']}", logical_id, stack)
        return made["clientCertificateId"], {"ClientCertificateId": made["clientCertificateId"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        operations = cfn.replace_operations(old, new, [("Description", "/description")])
        self.plane("UpdateClientCertificate", clientCertificateId=physical_id, patchOperations=operations)
        return physical_id, {"ClientCertificateId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteClientCertificate", clientCertificateId=physical_id))


class _VpcLink(Kind):
    REPLACING = ("TargetArns",)

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.plane(
            "CreateVpcLink", tags=cfn.tags(props), **cfn.members(props, "Name", "Description", "TargetArns")
        )
        mark(self.plane, f"vpclinks/{made['id']}", logical_id, stack)
        return made["id"], {"VpcLinkId": made["id"]}

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        pairs = [("Name", "/name"), ("Description", "/description")]
        self.plane("UpdateVpcLink", vpcLinkId=physical_id, patchOperations=cfn.replace_operations(old, new, pairs))
        return physical_id, {"VpcLinkId": physical_id}

    def delete(self, physical_id: str, props: Props) -> None:
        cfn.gone(lambda: self.plane("DeleteVpcLink", vpcLinkId=physical_id))
