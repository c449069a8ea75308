"""Rule: tables, secrets, event endpoints and buckets that copy themselves over the border. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from infra.residency.side_paths.model import Resource, Rule, SidePath, region_text, soft

__all__ = ["RULE"]


def _find(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    if resource.type == "AWS::S3::Bucket":
        yield from _bucket(resource, allowed)
        return
    copies = _copies(resource)
    if not copies:
        return
    here = {resource.scope.region} if resource.type != "AWS::DynamoDB::GlobalTable" else set()
    inside = sorted((copies | here) & set(allowed))
    for region in sorted(r for r in (copies | here) - set(allowed) if inside):
        what, advice = "holds the same data in both", "Keep its replicas in the EU, or give the EU one of its own"
        yield resource.path(RULE.id, region, what, advice, region=inside[0])


def _copies(resource: Resource) -> set[str]:
    found = soft(resource.scope, resource.properties) or {}
    rows: list[Any] = []
    if resource.type == "AWS::DynamoDB::GlobalTable":
        rows = _list(found.get("Replicas"))
    elif resource.type == "AWS::SecretsManager::Secret":
        rows = _list(found.get("ReplicaRegions"))
    elif resource.type == "Custom::DynamoDBReplica":
        rows = [found]
    elif resource.type == "AWS::Events::Endpoint":
        routing = found.get("RoutingConfig") or {}
        secondary = ((routing.get("FailoverConfig") or {}).get("Secondary") or {}).get("Route")
        rows = [{"Region": secondary}]
    # A replica whose region only a deployment knows may be anywhere: "" is in no allowed set.
    return {region_text(row.get("Region")) if isinstance(row, dict) else "" for row in rows}


def _bucket(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    replication = (soft(resource.scope, resource.properties) or {}).get("ReplicationConfiguration")
    if not replication or not resource.may_be_inside(allowed):
        return
    for rule in _list(replication.get("Rules")):
        target = str(((rule or {}).get("Destination") or {}).get("Bucket") or "")
        region = _bucket_region(resource, target)
        if region not in allowed:
            advice = "Replicate to a bucket that one of these templates makes in the EU"
            yield resource.path(RULE.id, region, f"replicates its objects to {target or 'a bucket'}", advice)


def _bucket_region(resource: Resource, target: str) -> str:
    name = target.rsplit(":", 1)[-1]
    for scope in resource.scope.family:
        for logical_id, other in scope.resources():
            if other.get("Type") == "AWS::S3::Bucket":
                own = soft(scope, (other.get("Properties") or {}).get("BucketName"))
                if target == f"${{{scope.stack}/{logical_id}.Arn}}" or (own and own == name):
                    return scope.region
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else ([None] if value else [])


RULE = Rule(
    id="replica-elsewhere",
    title="Data that is kept in the EU is copied out of it",
    why="Global tables, replicated secrets, buckets and event endpoints hold the same data in each of their regions.",
    source_url="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html",
    find=_find,
)
