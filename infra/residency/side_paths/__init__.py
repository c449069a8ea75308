"""Ways out of the EU that are not DNS, as far as templates show them. Pure.

One rule a module; `RULES` lists them. A rule looks at one resource of a template and says where its data goes. What no
template shows (a console setting, an account's own trail, a SDK call in code) is not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from infra.residency.intrinsics import Scope
from infra.residency.side_paths import arns, centralization, exports, replicas, subscriptions
from infra.residency.side_paths.model import Resource, Rule, SidePath

__all__ = ["RULES", "SidePath", "side_paths"]

RULES: tuple[Rule, ...] = (arns.RULE, centralization.RULE, exports.RULE, replicas.RULE, subscriptions.RULE)


def side_paths(scopes: Iterable[Scope], allowed: Collection[str]) -> tuple[SidePath, ...]:
    """Everything the rules find, leaks first."""
    found: list[SidePath] = []
    for scope in scopes:
        for logical_id, data in scope.resources():
            properties = data.get("Properties")
            resource = Resource(
                scope=scope,
                logical_id=logical_id,
                type=str(data.get("Type", "")),
                properties=properties if isinstance(properties, Mapping) else {},
            )
            for rule in RULES:
                found += rule.find(resource, allowed)
    return tuple(sorted(found, key=lambda path: (not path.leaks, path.template, path.resource, path.goes_to)))
