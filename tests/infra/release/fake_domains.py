"""What pins need of API Gateway in the small AWS for tests: domains with mappings and rules, usage plans, and more than one stage."""

# ruff: noqa: N803 - the parameters are named as boto3 names them

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

DOMAIN = "api.shop.example"
CHANGING = {
    "create_stage",
    "create_routing_rule",
    "delete_routing_rule",
    "delete_stage",
    "update_domain_name",
    "update_usage_plan",
}


@dataclass
class Domains:
    """One region's. The gateway has a domain and a plan from the beginning.

    Attributes:
        denied: operations that the caller has no right to.
    """

    modes: dict[str, str] = field(default_factory=lambda: {DOMAIN: "BASE_PATH_MAPPING_ONLY"})
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {DOMAIN: []})
    plan_stages: list[str] = field(default_factory=lambda: ["live"])
    denied: set[str] = field(default_factory=set)


class PinCalls:
    """Part of the client: the calls that pins make."""

    r: Any

    def _may(self, operation: str) -> Domains:
        domains: Domains = self.r.domains
        if operation in domains.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not yours"}}, operation)
        return domains

    def _get_domain_names(self, limit: int) -> Any:
        modes = self._may("get_domain_names").modes
        return {"items": [{"domainName": name, "routingMode": mode} for name, mode in modes.items()]}

    def _get_base_path_mappings(self, domainName: str, limit: int) -> Any:
        return {"items": [{"basePath": "(none)", "restApiId": "api1", "stage": "live"}]}

    def _update_domain_name(self, domainName: str, patchOperations: Any) -> Any:
        (one,) = patchOperations
        assert one["path"] == "/routingMode"
        self._may("update_domain_name").modes[domainName] = one["value"]
        return {}

    def _list_routing_rules(self, DomainName: str) -> Any:
        return {"RoutingRules": self._may("list_routing_rules").rules[DomainName]}

    def _create_routing_rule(self, DomainName: str, **rule: Any) -> Any:
        domains = self._may("create_routing_rule")
        assert domains.modes[DomainName] != "BASE_PATH_MAPPING_ONLY"
        made = {"RoutingRuleId": f"rule{rule['Priority']}", **rule}
        domains.rules[DomainName].append(made)
        return made

    def _delete_routing_rule(self, DomainName: str, RoutingRuleId: str) -> Any:
        rules = self._may("delete_routing_rule").rules
        rules[DomainName] = [one for one in rules[DomainName] if one["RoutingRuleId"] != RoutingRuleId]
        return {}

    def _get_usage_plans(self, limit: int) -> Any:
        stages = self._may("get_usage_plans").plan_stages
        return {"items": [{"id": "plan1", "apiStages": [{"apiId": "api1", "stage": one} for one in stages]}]}

    def _update_usage_plan(self, usagePlanId: str, patchOperations: Any) -> Any:
        stages = self._may("update_usage_plan").plan_stages
        for one in patchOperations:
            stage = one["value"].partition(":")[2]
            stages.append(stage) if one["op"] == "add" else stages.remove(stage)
        return {}

    def _create_stage(self, restApiId: str, stageName: str, deploymentId: str, **_: Any) -> Any:
        self._may("create_stage")
        made = {"stageName": stageName, "deploymentId": deploymentId, "createdDate": datetime(2026, 1, 1, tzinfo=UTC)}
        self.r.other_stages.append(made)
        return made

    def _delete_stage(self, restApiId: str, stageName: str) -> Any:
        domains = self._may("delete_stage")
        assert stageName not in domains.plan_stages
        assert not any(domains.rules.values())
        self.r.other_stages[:] = [one for one in self.r.other_stages if one["stageName"] != stageName]
        return {}
