"""The records of a domain: one stack for all regions, and one before it for the zone when there is none yet.

**Where.** Route 53 is global; its stacks need a home. It is the first region of the gateway that may answer the EU, because
what keeps people in the EU must be changeable when every other region is down.

**Why one stack.** All locations of a name change in one record set group: half of them would answer from the wrong side. (A
continent sent out before its countries are pinned is a leak of minutes; regions that make their own records each would have
it at every first deploy.) The endpoints are read from the regions' stacks with `Fn::GetStackOutput`: a weak reference, so no
export stands in the way of a release. Its price: the records learn of a changed endpoint when this stack is deployed, and
the endpoint of a custom domain changes only with its name.

**Order.** Zone, regions, records: certificates are proved in the zone, aliases need endpoints. `cdk deploy --all` and
`gatewright deploy` keep it. The zone is kept when its stack goes: its name servers are in somebody's registrar.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53

from infra.config.model import Gateway
from infra.residency.placing import HOSTED_ZONE_OUTPUT, groups, needed_by, role, target_output, zone_output
from infra.residency.shape import HealthCheck, Target, shape
from stacks import names
from stacks.domain import hosted_zone
from stacks.names import said

__all__ = ["DnsStack", "ZoneStack"]


class ZoneStack(cdk.Stack):
    """A hosted zone of the domain's own."""

    def __init__(self, scope: cdk.App, *, gateway: Gateway) -> None:
        super().__init__(
            scope,
            names.zone_stack(gateway.name),
            env=cdk.Environment(region=gateway.dns_region),
            description=f"The hosted zone of {gateway.domain}",
            analytics_reporting=False,
        )
        config = route53.CfnHostedZone.HostedZoneConfigProperty(comment=f"gateway {gateway.name}")
        zone = said(
            route53.CfnHostedZone(self, "Zone", name=f"{gateway.domain}.", hosted_zone_config=config), "HostedZone"
        )
        zone.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        zone.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        cdk.CfnOutput(self, HOSTED_ZONE_OUTPUT, value=zone.ref)
        # For the NS record of the zone above: until that is there, nobody finds this one and no certificate is issued.
        cdk.CfnOutput(self, "NameServers", value=cdk.Fn.join(" ", zone.attr_name_servers))


class DnsStack(cdk.Stack):
    """Health checks and records of the safe shape (docs/adr/0011)."""

    def __init__(self, scope: cdk.App, *, gateway: Gateway) -> None:
        super().__init__(
            scope,
            names.dns_stack(gateway.name),
            env=cdk.Environment(region=gateway.dns_region),
            description=f"The records of {gateway.domain}",
            analytics_reporting=False,
            suppress_template_indentation=True,
        )
        self._gateway = gateway
        self._zone = hosted_zone(gateway)
        planned = shape(gateway, target=self._target, check_id=lambda region: {"Ref": _check_id(region)})
        for check in planned.health_checks:
            self._check(check)
        made: dict[str, cdk.CfnResource] = {}
        by_name = groups(planned)
        for name in by_name:
            made[name] = self._group(name, by_name[name])
        for name, group in made.items():
            for needed in needed_by(by_name[name], made):
                group.add_resource_dependency(made[needed])

    def _target(self, host: str, region: str) -> Target:
        stack, domain = names.stack(self._gateway.name, region), str(self._gateway.domain)
        return Target(
            dns_name=cdk.Fn.get_stack_output(stack, target_output(host, domain), region),
            zone_id=cdk.Fn.get_stack_output(stack, zone_output(host, domain), region),
        )

    def _check(self, check: HealthCheck) -> None:
        label = {"Key": "Name", "Value": f"gatewright-{self._gateway.name}-{check.region}"}
        properties = {"HealthCheckConfig": check.config, "HealthCheckTags": [label]}
        made = cdk.CfnResource(self, _check_id(check.key), type="AWS::Route53::HealthCheck", properties=properties)
        said(made, _check_id(check.key))

    def _group(self, name: str, records: list[dict[str, Any]]) -> cdk.CfnResource:
        logical_id = f"{role(name, str(self._gateway.domain))}Records"
        properties = {"HostedZoneId": self._zone, "RecordSets": [self._in_zone(record) for record in records]}
        made = cdk.CfnResource(self, logical_id, type="AWS::Route53::RecordSetGroup", properties=properties)
        return said(made, logical_id)

    def _in_zone(self, record: dict[str, Any]) -> dict[str, Any]:
        """An alias of another record of this zone names this zone."""
        return {**record, "AliasTarget": {"HostedZoneId": self._zone, **record["AliasTarget"]}}


def _check_id(region: str) -> str:
    return f"{role(region, '')}Check"
