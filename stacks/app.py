"""The CDK app: load gateway.yaml, make the stacks, nothing else. Reads the file and the code folders; `cdk` runs it.

cdk synth                                  # gateway.yaml here
cdk synth -c gateway=path/to/gateway.yaml
cdk synth -c account_role=false            # the region's API Gateway log role belongs to someone else
"""

import sys

# Some environments switch bytecode off; aws_cdk is then compiled at every run, which costs more than everything else.
sys.dont_write_bytecode = False

from pathlib import Path  # noqa: E402

import aws_cdk as cdk  # noqa: E402

from infra.config import load  # noqa: E402
from infra.errors import GatewrightError  # noqa: E402
from infra.openapi import read_fragments  # noqa: E402
from stacks.region import RegionStack  # noqa: E402

__all__ = ["add_stacks", "main"]


def add_stacks(app: cdk.App) -> None:
    """One stack for each region of the gateway, in rollout order.

    Raises:
        ConfigError: gateway.yaml or a fragment cannot be used.
    """
    path = Path(app.node.try_get_context("gateway") or "gateway.yaml")
    gateway = load(path)
    fragments = read_fragments(gateway, folder=path.parent)
    account_role = str(app.node.try_get_context("account_role")).lower() != "false"
    for region in gateway.regions:
        RegionStack(
            app, gateway=gateway, region=region, folder=path.parent, fragments=fragments, account_role=account_role
        )
    if str(app.node.try_get_context("nag")).lower() == "true":
        from stacks.nag import add_rules

        add_rules(app, gateway)


def main() -> None:
    app = cdk.App(analytics_reporting=False)
    try:
        add_stacks(app)
    except GatewrightError as error:
        raise SystemExit(str(error)) from None
    app.synth()


if __name__ == "__main__":
    main()
