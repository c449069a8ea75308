"""Rule: a topic outside feeds the EU, or a topic of the EU feeds a queue outside. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from infra.residency.side_paths.model import Resource, Rule, SidePath, region_text, soft

__all__ = ["RULE"]


def _find(resource: Resource, allowed: Collection[str]) -> Iterator[SidePath]:
    if resource.type != "AWS::SNS::Subscription":
        return
    found = soft(resource.scope, resource.properties) or {}
    topic_region = region_text(found.get("Region")) or resource.scope.region
    # A subscription lives in its topic's region and delivers to the stack's.
    if topic_region in allowed and resource.scope.region not in allowed:
        what, advice = "receives what is published in the EU", "Subscribe in the EU"
        yield resource.path(RULE.id, resource.scope.region, what, advice, region=topic_region)


RULE = Rule(
    id="subscription-elsewhere",
    title="A subscriber outside receives a topic of the EU",
    why="A topic's messages reach every subscriber, wherever it is.",
    source_url="https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html",
    find=_find,
)
