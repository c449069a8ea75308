"""The API of a gateway in Terraform's words: API, releases, stage with its canary, usage plans. Adds to a root.

**Releases stay in the configuration.** A deployment is one instance of ``for_each`` over the names in the variable ``releases``
and the release of this configuration; Terraform destroys what leaves a configuration, so a name leaves the variable only when
`gatewright release prune` has deleted the release. A name that is lost (a variables file left out) meets ``prevent_destroy``: the
plan fails, nothing is destroyed. docs/adr/0018 has what was weighed.

``baseline_deployment`` and ``canary_percent`` mean what the stack's parameters BaselineDeployment and CanaryPercent mean
(`stacks/gateway.py` has the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.blueprint import names
from infra.config.model import Gateway, Plan
from infra.residency.placing import CUSTOM_DOMAIN, hosts_in, role
from infra.residency.shape import shape
from infra.signals import access_log_format
from infra.terraform.root import Root
from infra.terraform.syntax import Hcl, json_text
from infra.terraform.variables import add_variables

__all__ = ["add_api", "add_mappings", "add_plans", "add_stage"]

_PINNED = 'var.baseline_deployment != ""'


def add_api(root: Root, gateway: Gateway, document: Mapping[str, Any], *, release: str) -> None:
    """The API with the document as its body, and its releases."""
    add_variables(root)
    root.locals["release"] = release
    root.add(
        "aws_api_gateway_rest_api",
        "RestApi",
        {
            "name": gateway.name,
            "body": json_text(root.say({**document, **_closed(gateway)})),
            "put_rest_api_mode": "overwrite",  # the body is the whole truth: a route that left it leaves the API
            "fail_on_warnings": True,
            "endpoint_configuration": {"types": ["REGIONAL"]},
            # Behind a domain, the domain's names are the only way in: nobody goes round its records.
            "disable_execute_api_endpoint": True if gateway.dns_region else None,
        },
    )
    root.add(
        "aws_api_gateway_deployment",
        "Release",
        {
            "for_each": Hcl("${toset(concat([local.release], var.releases))}"),
            "rest_api_id": {"Ref": "RestApi"},
            "description": Hcl("release ${each.key}"),
        },
        after=["RestApi"],
        guard=True,
    )
    root.know("Release", Hcl("${aws_api_gateway_deployment.release[local.release].id}"))


def _closed(gateway: Gateway) -> dict[str, str]:
    """What CloudFormation has as properties and the provider (5.100) has not; the document may say it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-security-policy.html
    """
    if not gateway.dns_region:
        return {}
    return {
        "x-amazon-apigateway-security-policy": CUSTOM_DOMAIN["SecurityPolicy"],
        "x-amazon-apigateway-endpoint-access-mode": CUSTOM_DOMAIN["EndpointAccessMode"],
    }


def add_stage(root: Root, gateway: Gateway, *, after: list[str]) -> None:
    """The stage that clients reach. ``after``: logical ids of what its access log needs."""
    release = "aws_api_gateway_deployment.release[local.release].id"
    canary = {
        "deployment_id": Hcl(f"${{{release}}}"),
        "percent_traffic": Hcl("${var.canary_percent}"),
        "use_stage_cache": False,
    }
    body = {
        "rest_api_id": {"Ref": "RestApi"},
        "stage_name": gateway.release.stage,
        "deployment_id": Hcl(f"${{{_PINNED} ? var.baseline_deployment : {release}}}"),
        "xray_tracing_enabled": gateway.tracing.xray,
        "access_log_settings": {
            "destination_arn": {
                "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AccessLogs}"
            },
            "format": access_log_format(),
        },
        "dynamic": {
            "canary_settings": {
                "for_each": Hcl(f"${{{_PINNED} && var.canary_percent > 0 ? [1] : []}}"),
                "content": canary,
            }
        },
    }
    root.add("aws_api_gateway_stage", "Stage", body, after=after)
    throttle = gateway.limits.stage
    settings = {
        "metrics_enabled": True,
        "logging_level": "OFF",
        "data_trace_enabled": False,
        "throttling_rate_limit": throttle.rate_per_second if throttle else None,
        "throttling_burst_limit": throttle.burst if throttle else None,
    }
    root.add(
        "aws_api_gateway_method_settings",
        "StageSettings",
        {
            "rest_api_id": {"Ref": "RestApi"},
            "stage_name": {"Ref": "Stage"},
            "method_path": "*/*",
            "settings": {key: value for key, value in settings.items() if value is not None},
        },
    )


def add_mappings(root: Root, gateway: Gateway) -> None:
    """Every name of this region leads to the stage; the names themselves are made by the root of the domain."""
    if gateway.dns_region is None:
        return
    planned = shape(gateway)
    for host in hosts_in(planned, root.region):
        body = {"domain_name": host, "api_id": {"Ref": "RestApi"}, "stage_name": {"Ref": "Stage"}}
        root.add("aws_api_gateway_base_path_mapping", f"{role(host, planned.domain)}Mapping", body)


def add_plans(root: Root, gateway: Gateway) -> None:
    """Usage plans of the stage. Keys are data, not configuration: `gatewright keys` makes them."""
    for plan in gateway.plans:
        root.add("aws_api_gateway_usage_plan", f"{names.logical(plan.name)}Plan", _plan(plan))


def _plan(plan: Plan) -> dict[str, Any]:
    quota = plan.quota
    return {
        "name": plan.name,
        "api_stages": {"api_id": {"Ref": "RestApi"}, "stage": {"Ref": "Stage"}},
        "throttle_settings": {"rate_limit": plan.throttle.rate_per_second, "burst_limit": plan.throttle.burst},
        "quota_settings": {"limit": quota.limit, "period": quota.period} if quota else None,
    }
