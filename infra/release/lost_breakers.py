"""Refuses a deploy that would take a breaker's function away from a release that still calls it. Pure.

A function that leaves the template is deleted with all its versions, at the deploy, and the requests of whoever has the
stage then fail with 500, though the deploy is called dark. `breaker: off` is the way there; without it the next release can be
published and the old one still answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.breaker.names import BREAKER_SUFFIX
from infra.errors import Refused
from infra.release.situation import Situation

__all__ = ["require_breakers"]


def require_breakers(s: Situation, template: Mapping[str, Any]) -> None:
    """Args: s: with history; template: what would be deployed. Raises Refused."""
    named = {
        resource.get("Properties", {}).get("FunctionName")
        for resource in template.get("Resources", {}).values()
        if resource.get("Type") == "AWS::Lambda::Function"
    }
    called = {arn.split(":")[6] for arn in s.manifests.get(s.serving, ()) if arn.count(":") >= 6}
    lost = sorted(name for name in called - named if name.endswith(BREAKER_SUFFIX))
    if lost:
        services = ", ".join(
            name.removeprefix(f"gatewright-{s.gateway}-").removesuffix(BREAKER_SUFFIX) for name in lost
        )
        raise Refused(
            f"{s.place}: {s.name_of(s.serving)} has the stage and calls the breaker of {services}, which this gateway.yaml "
            "would delete: its requests would fail at once. Write `breaker: off` there instead, deploy and promote; then the "
            "key can go."
        )
