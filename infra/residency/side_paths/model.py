"""What a side path is, and the form of a rule. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.residency.intrinsics import Scope, Unresolved

__all__ = ["Resource", "Rule", "SidePath", "region_text", "soft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePath:
    """Data that a resource sends somewhere.

    Args:
        rule: which rule says so.
        leaks: False for what a reader should know and need not fear.
        goes_to: a region, or "" when the template does not tell.
    """

    rule: str
    template: str
    resource: str
    region: str
    goes_to: str
    what: str
    advice: str
    leaks: bool = True

    def __str__(self) -> str:
        return f"{self.template}: {self.resource}: {self.what}, {self.region or '?'} -> {self.goes_to or '?'}. {self.advice}."

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource with its place; ``type`` and ``properties`` as the template writes them."""

    scope: Scope
    logical_id: str
    type: str
    properties: Mapping[str, Any]

    def may_be_inside(self, allowed: Collection[str]) -> bool:
        """Whether it is deployed in an allowed region, or nobody said where."""
        return not self.scope.region or self.scope.region in allowed

    def path(
        self, rule: str, goes_to: str, what: str, advice: str, *, leaks: bool = True, region: str = ""
    ) -> SidePath:
        return SidePath(
            rule=rule,
            template=self.scope.file,
            resource=f"{self.logical_id} ({self.type})",
            region=region or self.scope.region,
            goes_to=goes_to,
            what=what,
            advice=advice,
            leaks=leaks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way out: what it looks for, why it matters, and the function that finds it."""

    id: str
    title: str
    why: str
    source_url: str
    find: Callable[[Resource, Collection[str]], Iterator[SidePath]]


def soft(scope: Scope, value: Any) -> Any:
    """The value as far as the template decides it, leaf by leaf; what it does not decide is None."""
    try:
        return scope.resolve(value)
    except Unresolved:
        pass
    if isinstance(value, Mapping) and not any(key == "Ref" or str(key).startswith("Fn::") for key in value):
        return {key: soft(scope, item) for key, item in value.items()}
    if isinstance(value, list):
        return [soft(scope, item) for item in value]
    if isinstance(value, Mapping) and set(value) == {"Fn::If"}:  # either branch may be deployed
        return [soft(scope, item) for item in value["Fn::If"][1:]]
    return None


def region_text(value: Any) -> str:
    """A region that the template decides, else ""."""
    return value if isinstance(value, str) else ""
