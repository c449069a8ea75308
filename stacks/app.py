"""The CDK app: load gateway.yaml, make the stacks, nothing else. Reads the file and the code folders; `cdk` runs it.

cdk synth                                  # gateway.yaml here
cdk synth -c gateway=path/to/gateway.yaml
cdk synth -c account_role=false            # the region's API Gateway log role belongs to someone else
"""

import sys

# Some environments switch bytecode off; aws_cdk is then compiled at every run, which costs more than everything else.
sys.dont_write_bytecode = False

from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

import aws_cdk as cdk  # noqa: E402

from infra.config import Gateway, load  # noqa: E402
from infra.errors import GatewrightError  # noqa: E402
from infra.openapi import read_fragments  # noqa: E402
from infra.residency.shape import shape  # noqa: E402
from stacks.dns import DnsStack, ZoneStack  # noqa: E402
from stacks.region import RegionStack  # noqa: E402
from stacks.residency import ResidencyProof  # noqa: E402

__all__ = ["add_stacks", "main"]


def add_stacks(app: cdk.App) -> None:
    """One stack for each region of the gateway, in rollout order, and those of its domain.

    Raises:
        ConfigError: gateway.yaml or a fragment cannot be used.
    """
    path = Path(app.node.try_get_context("gateway") or "gateway.yaml")
    gateway = load(path)
    fragments = read_fragments(gateway, folder=path.parent)
    account_role = str(app.node.try_get_context("account_role")).lower() != "false"
    domain = shape(gateway) if gateway.dns_region else None
    regions = [
        RegionStack(
            app,
            gateway=gateway,
            region=region,
            folder=path.parent,
            fragments=fragments,
            domain=domain,
            account_role=account_role,
        )
        for region in gateway.regions
    ]
    if domain:
        _add_dns(app, gateway, regions)
        cdk.Validations.of(app).add_plugins(ResidencyProof(gateway))
    elif gateway.domain and gateway.dns.zone != "none":
        cdk.Annotations.of(regions[0]).add_warning_v2(
            "gatewright:domain",
            f"{gateway.domain} gets no names and records: no region of the gateway may answer the EU. Add one of "
            "jurisdiction eu, or say 'dns: {zone: none}'",
        )
    if str(app.node.try_get_context("nag")).lower() == "true":
        from stacks.nag import add_rules

        add_rules(app, gateway)


def _add_dns(app: cdk.App, gateway: Gateway, regions: Sequence[RegionStack]) -> None:
    """The domain's stacks, in the order in which they can be deployed: zone, regions, records."""
    records = DnsStack(app, gateway=gateway)
    for region in regions:
        records.add_stack_dependency(region, "the records need the endpoints of every region")
    if gateway.dns.zone == "create":
        zone = ZoneStack(app, gateway=gateway)
        for region in regions:
            region.add_stack_dependency(zone, "certificates are proved in the zone")


def main() -> None:
    app = cdk.App(analytics_reporting=False)
    try:
        add_stacks(app)
    except GatewrightError as error:
        raise SystemExit(str(error)) from None
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
        # What is wrong is on standard error already; a trace through jsii says nothing more.
        raise SystemExit("The app does not synthesize: see the findings above.") from None


if __name__ == "__main__":
    main()
