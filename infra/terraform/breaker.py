"""The breakers in Terraform's words: one table, and a function for each protected service. Adds to a root; reads the code."""

from __future__ import annotations

from pathlib import Path

from infra.blueprint.breaker import (
    breaker_call_policy,
    breaker_captured,
    breaker_concurrency,
    breaker_policies,
    breaker_prefix,
)
from infra.blueprint.code import NOT_CODE
from infra.blueprint.functions import reference, service_fingerprint, version_id
from infra.breaker.names import breaker_function, breaker_table
from infra.config.model import Gateway, Service
from infra.terraform.ledger import add_table
from infra.terraform.roles import add_log_group, add_role
from infra.terraform.root import Root
from infra.terraform.services import Archive, Functions, add_function

__all__ = ["add_breakers"]

CODE = Path(__file__).resolve().parents[2] / "lambdas" / "breaker"


def add_breakers(root: Root, gateway: Gateway, made: Functions) -> None:
    """Nothing at all without a service that has one. A breaker that is on stands in for its service in ``made``."""
    protected = [service for service in gateway.services if service.breaker is not None]
    if not protected:
        return
    add_table(root, "Breakers", breaker_table(gateway.name), guard=False)
    code = Archive.of(CODE, NOT_CODE)
    made.archives.append(code)
    for service in protected:
        _add(root, gateway, service, code, made)
    add_role(
        root,
        "BreakerCallRole",
        gateway=gateway.name,
        service="apigateway.amazonaws.com",
        policies=[breaker_call_policy(gateway)],
    )


def _add(root: Root, gateway: Gateway, service: Service, code: Archive, made: Functions) -> None:
    """One that is off has its function, which older releases call, and no version in this release."""
    prefix = breaker_prefix(service.name)
    name = breaker_function(gateway.name, service.name)
    target = made.targets.get(service.name, "")
    fingerprint = service_fingerprint(
        breaker_captured(gateway, service, target=target), code=code.hash, role=f"{prefix}Role"
    )
    version = version_id(prefix, fingerprint)
    add_log_group(root, f"{prefix}Logs", f"/aws/lambda/{name}", gateway.log_retention_days)
    table = {"Fn::GetAtt": ["Breakers", "Arn"]}
    add_role(
        root,
        f"{prefix}Role",
        gateway=gateway.name,
        service="lambda.amazonaws.com",
        policies=breaker_policies(gateway, service, log_group=f"{prefix}Logs", table=table),
    )
    add_function(
        root,
        prefix,
        breaker_captured(gateway, service, target=root.text({"Ref": target}) if target else ""),
        archive=code,
        version=version if service.active_breaker is not None else None,
        concurrency=breaker_concurrency(service).get("breaker"),
    )
    if service.active_breaker is not None:
        made.references[service.name] = reference(version, "BreakerCallRole")
        made.fingerprints[f"{service.name} breaker"] = fingerprint
        made.versions.append(version)
