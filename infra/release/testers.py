"""Who is pinned to what, as data and as a line for people. Pure.

A header is pinned when a routing rule leads its requests to the pinned stage; since when is in the ledger's history, and where that does
not say, the stage's own date is the earliest that it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from infra.release.pins import Header, Scene, headers_of, leads_to
from infra.release.situation import PIN, Situation

__all__ = ["PinnedHeader", "pinned_headers", "pinned_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedHeader:
    """The testers of one header.

    Args:
        header: name and value; "" when a stage is there that no rule leads to, because a pin or unpin is half done.
        since: when the header was pinned, or moved to this release (ISO 8601).
        domains: where.
        deployment, release: what they are answered by.
        serves: what that release is: "canary", "dark", "stage" (everybody has it) or "left" (none of these).
    """

    header: str
    since: str
    domains: tuple[str, ...]
    deployment: str
    release: str
    serves: str

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "domains": list(self.domains)}

    def line(self, region: str) -> str:
        back = f"gatewright canary unpin --region {region}"
        if not self.header:
            return f"testers: no rule leads to their stage: a pin or an unpin is half done. Run it again, or `{back}`"
        count = len(self.domains)
        where = f"{count} domain{'' if count == 1 else 's'}"
        what = {
            "canary": f"release {self.release}, the canary",
            "dark": f"release {self.release}, which is dark: nobody else gets it",
            "stage": f"release {self.release}, which everybody has: `{back}`",
        }.get(self.serves, f"release {self.release}, neither the canary nor the newest: pin again, or `{back}`")
        return f"testers: {self.header}, since {self.since}, {where}: {what}"


def pinned_headers(scene: Scene) -> dict[str, tuple[str, ...]]:
    """The pinned headers, and the domains of each."""
    found: dict[str, list[str]] = {}
    for domain in scene.by_domain().values():
        for rule in domain.rules:
            if leads_to(rule, scene):
                domains = found.setdefault(_text(headers_of(rule)), [])
                domains += [domain.name] if domain.name not in domains else []
    return {header: tuple(domains) for header, domains in found.items()}


def _text(headers: Sequence[Header]) -> str:
    return " and ".join(str(one) for one in headers) or "(every request)"


def pinned_in(scene: Scene, s: Situation, history: Iterable[Mapping[str, Any]]) -> tuple[PinnedHeader, ...]:
    """Everybody who is pinned in a region.

    Args:
        history: of the region's ledger, newest first.
    """
    if scene.pinned is None:
        return ()
    deployment = str(scene.pinned["deploymentId"])
    release = next((one.release for one in s.deployments if one.id == deployment), deployment)
    decisions = list(history)
    pinned = pinned_headers(scene) or {"": ()}
    return tuple(
        PinnedHeader(
            header=header,
            since=_since(header, decisions) or _date(scene.pinned.get("createdDate")),
            domains=domains,
            deployment=deployment,
            release=release,
            serves=_serves(s, deployment),
        )
        for header, domains in pinned.items()
    )


def _since(header: str, history: Sequence[Mapping[str, Any]]) -> str:
    mine = (one for one in history if one.get("operation") == PIN and _same(str(one.get("header", "")), header))
    return next((str(one["started"]) for one in mine), "")


def _same(one: str, other: str) -> bool:
    """Header names have no case, values have."""
    (name, _, value), (other_name, _, other_value) = one.partition(":"), other.partition(":")
    return (name.lower(), value) == (other_name.lower(), other_value)


def _date(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else ""


def _serves(s: Situation, deployment: str) -> str:
    if s.canary is not None and s.canary.deployment_id == deployment != s.serving:
        return "canary"
    if deployment == s.serving:
        return "stage"
    return "dark" if deployment == s.newest else "left"
