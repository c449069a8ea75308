"""Rule: values that one region's stack writes into another region for its stacks to read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from infra.residency.side_paths.model import Resource, Rule, SidePath, region_text, soft

__all__ = ["RULE"]

_SECRET = ("{{resolve:secretsmanager", "{{resolve:ssm-secure")


def _find(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    if resource.type != "Custom::CrossRegionExportWriter" or not resource.may_be_inside(allowed):
        return
    writer = resource.properties.get("WriterProps") or {}
    region = region_text(soft(resource.scope, writer.get("region")))
    if region in allowed:
        return
    exports = writer.get("exports") or {}
    secret = any(marker in str(exports) for marker in _SECRET)
    what = f"exports {len(exports)} values of its template" + (", secrets among them" if secret else "")
    advice = "Keep the secret in its region" if secret else "They are names of resources, not data of people"
    yield resource.path(RULE.id, region, what, advice, leaks=secret)


RULE = Rule(
    id="export-elsewhere",
    title="A stack in the EU writes values for a stack outside",
    why="Names and ARNs are no personal data; a secret is a key to it.",
    source_url="https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib-readme.html#accessing-resources-in-a-different-stack-and-region",
    find=_find,
)
