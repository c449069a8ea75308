"""A gateway in one region as a root module: what `stacks/region.py` composes, in Terraform's words. Reads the code folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.blueprint.release import release_name
from infra.config.model import Gateway, Region
from infra.openapi import Fragment, assemble, digest
from infra.terraform.access_log import add_access_log
from infra.terraform.authorizer import add_authorizer, user_pool
from infra.terraform.breaker import add_breakers
from infra.terraform.gateway import add_api, add_mappings, add_plans, add_stage
from infra.terraform.ledger import add_ledger, add_outputs
from infra.terraform.observability import add_observability
from infra.terraform.rollout import add_rollout
from infra.terraform.root import Root
from infra.terraform.services import Archive, add_services
from infra.terraform.waf import add_firewall

__all__ = ["RegionRoot", "region_root"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRoot:
    """A root, the release it publishes, and the zips that it names."""

    root: Root
    release: str
    archives: tuple[Archive, ...]


def region_root(
    gateway: Gateway,
    region: Region,
    *,
    folder: Path,
    fragments: Mapping[str, Fragment],
    account_role: bool = True,
    guarded: bool = True,
) -> RegionRoot:
    """The root of one region.

    Args:
        folder: where gateway.yaml lies; its relative paths start here.
        account_role: whether this root sets the region's CloudWatch role for API Gateway.
        guarded: whether releases and ledger are guarded against being destroyed.
    """
    root = Root(name=region.name, region=region.name, guarded=guarded)
    add_ledger(root, gateway)
    root.take_account_from("Ledger")
    made = add_services(root, gateway, folder)
    add_breakers(root, gateway, made)
    pool = user_pool(root, gateway, made)
    document = assemble(
        gateway,
        fragments=fragments,
        functions=made.references,
        authorizer=lambda routes: add_authorizer(root, gateway, region, routes=routes, made=made),
        user_pool=pool,
    )
    # A stage answers on the default endpoint until the next deployment after it was closed, so closing it is a release.
    closed = {"default endpoint": "closed"} if gateway.dns_region else {}
    name = release_name(digest(document), made.fingerprints | closed)
    needed = add_access_log(root, gateway, account_role=account_role)
    add_api(root, gateway, document, release=name)
    add_stage(root, gateway, after=needed)
    add_plans(root, gateway)
    add_mappings(root, gateway)
    add_firewall(root, gateway, region)
    add_observability(root, gateway, region)
    made.archives.append(add_rollout(root, gateway))
    _say_outputs(root, gateway, name, made.versions)
    return RegionRoot(root=root, release=name, archives=tuple(made.archives))


def _say_outputs(root: Root, gateway: Gateway, release: str, versions: list[str]) -> None:
    listed = json.dumps([f"${{{version}}}" for version in versions], separators=(",", ":"))
    outputs: dict[str, tuple[object, str]] = {
        "RestApiId": ({"Ref": "RestApi"}, "The API"),
        "StageName": ({"Ref": "Stage"}, "The stage that clients reach"),
        "ApiUrl": (
            f"https://{gateway.domain}"
            if gateway.dns_region
            else {"Fn::Sub": "https://${RestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"},
            "Where the stage answers",
        ),
        "ReleaseName": (release, "The release of this configuration"),
        "ReleaseDeployment": ({"Ref": "Release"}, "Its deployment id"),
        "RolloutMachine": ({"Ref": "RolloutMachine"}, "The state machine of `gatewright canary run --detach`"),
        "FunctionVersions": ({"Fn::Sub": listed}, "The version ARNs of this release, a JSON list"),
    }
    for name, (value, description) in outputs.items():
        root.output(name, value, description)
    root.output("LedgerTable", {"Ref": "Ledger"}, "The table with lock and history")
    add_outputs(root, {name: value for name, (value, _) in outputs.items()})
