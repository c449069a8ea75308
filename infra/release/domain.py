"""The stacks of a gateway's domain, around those of its regions: the zone before them, the records after. Pure.

They hold no release, so there is nothing to lock, to pin or to go back to: `cdk deploy` is the whole of it, and safe to
repeat. The records need the endpoints of every region, so a deploy of some regions only leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.blueprint.names import dns_stack, zone_stack
from infra.config.model import Gateway
from infra.release.cdk import Cdk
from infra.release.plan import AnyTime, Plan, Step

__all__ = ["NO_DOMAIN", "DomainStacks", "domain_stacks", "plans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainStacks:
    """What to deploy around the regions; names of stacks, "" for none.

    Args:
        region: where they live.
        skipped: the records are left as they are, because not every region is deployed.
    """

    region: str = ""
    zone: str = ""
    records: str = ""
    skipped: bool = False


NO_DOMAIN = DomainStacks()


def domain_stacks(gateway: Gateway, regions: Sequence[str]) -> DomainStacks:
    """The stacks around a deploy of these regions."""
    home = gateway.dns_region
    if home is None:
        return NO_DOMAIN
    every = {region.name for region in gateway.regions} <= set(regions)
    return DomainStacks(
        region=home,
        zone=zone_stack(gateway.name) if gateway.dns.zone == "create" else "",
        records=dns_stack(gateway.name) if every else "",
        skipped=not every,
    )


def _plan(stack: str, region: str, cdk: Cdk, *, summary: str, reason: str) -> Plan:
    """The deploy of one of them."""
    step = Step(
        key="cdk-deploy",
        service="cdk",
        operation="deploy",
        parameters={"arguments": list(cdk.deploy_arguments(stack)), "stack": stack},
        reason=reason,
        done=AnyTime(),
    )
    return Plan(operation="deploy", region=region, summary=summary, steps=(step,), agreement=False)


def plans(stacks: DomainStacks, cdk: Cdk) -> tuple[tuple[Plan, ...], tuple[Plan, ...]]:
    """Before the regions, and after them."""
    before: tuple[Plan, ...] = ()
    after: tuple[Plan, ...] = ()
    if stacks.zone:
        before = (
            _plan(
                stacks.zone,
                stacks.region,
                cdk,
                summary=f"create or keep {stacks.zone}",
                reason="certificates are proved in the domain's zone",
            ),
        )
    if stacks.records:
        after = (
            _plan(
                stacks.records,
                stacks.region,
                cdk,
                summary=f"create or update {stacks.records}",
                reason="the records need the endpoints of every region",
            ),
        )
    return before, after
