"""What each type of resource in a root is in CloudFormation's words. Pure; one function a type.

Names are said here anew and not taken from the writers (`infra.terraform.gateway` ...): a reader that shared their tables would
share their mistakes. What a resource has and its function does not expect is kept under its own name, and so is a difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.terraform.meaning.facts import Facts, symbol

__all__ = ["ATTRIBUTES", "KINDS", "PARTS", "Made"]

Body = dict[str, Any]

# Type -> attribute -> the attribute in CloudFormation's symbols; "" is Ref.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "aws_acm_certificate": {"arn": "", "domain_validation_options": "Options"},
    "aws_api_gateway_deployment": {"id": ""},
    "aws_api_gateway_rest_api": {"id": ""},
    "aws_api_gateway_stage": {"stage_name": ""},
    "aws_cloudwatch_log_group": {"name": "", "arn": "ArnWithoutStreams"},
    "aws_dynamodb_table": {"name": "", "arn": "Arn"},
    "aws_iam_role": {"name": "", "id": "", "arn": "Arn"},
    "aws_lambda_function": {"function_name": "", "arn": "Arn", "version": "Version"},
    "aws_lambda_layer_version": {"arn": ""},
    "aws_route53_health_check": {"id": ""},
    "aws_route53_zone": {"zone_id": "", "name_servers": "NameServers"},
    "aws_wafv2_web_acl": {"arn": "Arn"},
}


@dataclass(slots=True, kw_only=True)
class Made:
    """One resource as CloudFormation would have it; parts of it may come later.

    Args:
        beside: further resources that it stands for.
    """

    kind: str
    label: str
    properties: Body
    beside: Facts = field(default_factory=dict)

    def facts(self) -> Facts:
        return {(self.kind, self.label): self.properties, **self.beside}


def _take(body: Body, names: Mapping[str, str]) -> Body:
    """The properties, renamed; what is not named keeps its name in brackets."""
    return {names.get(key, f"[{key}]"): value for key, value in body.items()}


def _one(value: Any) -> Any:
    """A block that is there at most once may be written as a list of one."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else (value or None)
    return value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _kind(kind: str, names: Mapping[str, str], **change: Callable[[Any], Any]) -> Callable[[str, Body], Made]:
    """A type whose attributes only have other names; ``change`` is by Terraform's name."""

    def read(label: str, body: Body) -> Made:
        said = {key: change[key](value) if key in change else value for key, value in body.items()}
        return Made(kind=kind, label=label, properties=_take(said, names))

    return read


def _function(label: str, body: Body) -> Made:
    rest = dict(body)
    published = rest.pop("publish", False)
    rest.pop("source_code_hash", None)  # what the zip has; which zip it is, its name says
    names = {
        "function_name": "FunctionName",
        "runtime": "Runtime",
        "architectures": "Architectures",
        "handler": "Handler",
        "memory_size": "MemorySize",
        "timeout": "Timeout",
        "role": "Role",
        "layers": "Layers",
        "environment": "Environment",
        "tracing_config": "TracingConfig",
        "filename": "Code",
        "reserved_concurrent_executions": "ReservedConcurrentExecutions",
    }
    rest["filename"] = {"hash": _file_hash(rest.get("filename"))}
    if "environment" in rest:
        rest["environment"] = {"Variables": _one(rest["environment"]).get("variables")}
    if "tracing_config" in rest:
        rest["tracing_config"] = {"Mode": _one(rest["tracing_config"]).get("mode")}
    made = Made(kind="AWS::Lambda::Function", label=label, properties=_take(rest, names))
    if published is True:
        version = label.removesuffix("_function") + "_version"
        # Versions outlive the function's changes by Lambda's own rule, so they are always kept.
        made.beside["AWS::Lambda::Version", version] = {"FunctionName": symbol(label), "(kept)": True}
    return made


def _file_hash(filename: Any) -> str:
    return re.sub(r"^.*/|\.zip$", "", str(filename))


def _layer(label: str, body: Body) -> Made:
    rest = {key: value for key, value in body.items() if key != "source_code_hash"}
    # The CDK names an asset whose digest was given by a hash of that digest.
    digest = _file_hash(rest.pop("filename", ""))
    rest["content"] = {"hash": hashlib.sha256(digest.encode()).hexdigest()}
    names = {
        "layer_name": "LayerName",
        "compatible_architectures": "CompatibleArchitectures",
        "compatible_runtimes": "CompatibleRuntimes",
        "content": "Content",
    }
    return Made(kind="AWS::Lambda::LayerVersion", label=label, properties=_take(rest, names))


def _role(label: str, body: Body) -> Made:
    rest = {key: value for key, value in body.items() if key != "name_prefix"}  # CloudFormation makes names up too
    if "assume_role_policy" in rest:
        rest["assume_role_policy"] = _json(rest["assume_role_policy"])
    properties = _take(rest, {"assume_role_policy": "AssumeRolePolicyDocument"})
    return Made(kind="AWS::IAM::Role", label=label, properties=properties)


_BODY_PROPERTIES = {
    "x-amazon-apigateway-security-policy": "SecurityPolicy",
    "x-amazon-apigateway-endpoint-access-mode": "EndpointAccessMode",
}


def _rest_api(label: str, body: Body) -> Made:
    rest = dict(body)
    document = _json(rest.get("body"))
    lifted: Body = {}
    if isinstance(document, dict):  # said in the document, where CloudFormation has properties
        lifted = {name: document.pop(key) for key, name in _BODY_PROPERTIES.items() if key in document}
    rest["body"] = document
    if "endpoint_configuration" in rest:
        rest["endpoint_configuration"] = _take(_one(rest["endpoint_configuration"]), {"types": "Types"})
    names = {
        "name": "Name",
        "body": "Body",
        "put_rest_api_mode": "Mode",
        "fail_on_warnings": "FailOnWarnings",
        "endpoint_configuration": "EndpointConfiguration",
        "disable_execute_api_endpoint": "DisableExecuteApiEndpoint",
    }
    return Made(kind="AWS::ApiGateway::RestApi", label=label, properties=_take(rest, names) | lifted)


def _stage(label: str, body: Body) -> Made:
    rest = dict(body)
    if "access_log_settings" in rest:
        log = {"destination_arn": "DestinationArn", "format": "Format"}
        rest["access_log_settings"] = _take(_one(rest["access_log_settings"]), log)
    canary = _one(rest.pop("canary_settings", None))
    if canary is not None:
        share = {
            "deployment_id": "DeploymentId",
            "percent_traffic": "PercentTraffic",
            "use_stage_cache": "UseStageCache",
            "stage_variable_overrides": "StageVariableOverrides",
        }
        rest["canary_settings"] = _take(canary, share) if isinstance(canary, dict) else canary
    names = {
        "rest_api_id": "RestApiId",
        "stage_name": "StageName",
        "deployment_id": "DeploymentId",
        "xray_tracing_enabled": "TracingEnabled",
        "access_log_settings": "AccessLogSetting",
        "canary_settings": "CanarySetting",
    }
    return Made(kind="AWS::ApiGateway::Stage", label=label, properties=_take(rest, names))


def _plan(label: str, body: Body) -> Made:
    rest = dict(body)
    shapes = {
        "throttle_settings": {"rate_limit": "RateLimit", "burst_limit": "BurstLimit"},
        "quota_settings": {"limit": "Limit", "period": "Period"},
    }
    for key, shape in shapes.items():
        if rest.get(key) is not None:
            rest[key] = _take(_one(rest[key]), shape)
    rest["api_stages"] = [_take(one, {"api_id": "ApiId", "stage": "Stage"}) for one in _many(rest.get("api_stages"))]
    names = {
        "name": "UsagePlanName",
        "api_stages": "ApiStages",
        "throttle_settings": "Throttle",
        "quota_settings": "Quota",
    }
    return Made(kind="AWS::ApiGateway::UsagePlan", label=label, properties=_take(rest, names))


def _filter(label: str, body: Body) -> Made:
    rest = dict(body)
    metric = dict(_one(rest.pop("metric_transformation", {})))
    if "dimensions" in metric:
        metric["dimensions"] = [{"Key": key, "Value": value} for key, value in metric["dimensions"].items()]
    shape = {
        "namespace": "MetricNamespace",
        "name": "MetricName",
        "value": "MetricValue",
        "unit": "Unit",
        "dimensions": "Dimensions",
    }
    names = {"log_group_name": "LogGroupName", "name": "FilterName", "pattern": "FilterPattern"}
    properties = _take(rest, names) | {"MetricTransformations": [_take(metric, shape)]}
    return Made(kind="AWS::Logs::MetricFilter", label=label, properties=properties)


def _table(label: str, body: Body) -> Made:
    rest = dict(body)
    keys = [(rest.pop("hash_key", None), "HASH"), (rest.pop("range_key", None), "RANGE")]
    rest["keys"] = [{"AttributeName": name, "KeyType": kind} for name, kind in keys if name is not None]
    rest["attribute"] = [
        _take(one, {"name": "AttributeName", "type": "AttributeType"}) for one in _many(rest.get("attribute", []))
    ]
    if "point_in_time_recovery" in rest:
        rest["point_in_time_recovery"] = _take(
            _one(rest["point_in_time_recovery"]), {"enabled": "PointInTimeRecoveryEnabled"}
        )
    if "ttl" in rest:
        rest["ttl"] = _take(_one(rest["ttl"]), {"attribute_name": "AttributeName", "enabled": "Enabled"})
    names = {
        "name": "TableName",
        "billing_mode": "BillingMode",
        "keys": "KeySchema",
        "attribute": "AttributeDefinitions",
        "point_in_time_recovery": "PointInTimeRecoverySpecification",
        "ttl": "TimeToLiveSpecification",
    }
    return Made(kind="AWS::DynamoDB::Table", label=label, properties=_take(rest, names))


# Blocks of WAF that repeat: the provider's name -> the API's.
_WAF_LISTS = {
    "rule": "Rules",
    "response_header": "ResponseHeaders",
    "text_transformation": "TextTransformations",
    "rule_action_override": "RuleActionOverrides",
    "filter": "Filters",
    "condition": "Conditions",
    "data_protection": "DataProtections",
    "redacted_fields": "RedactedFields",
}
_WAF_NAMES = {
    "cloudwatch_metrics_enabled": "CloudWatchMetricsEnabled",
    "forwarded_ip_config": "ForwardedIPConfig",
    "none": "None",
}
# Objects and not blocks in the API, whatever their content.
_WAF_STATEMENTS = {"not_statement": "NotStatement"}


def _waf(value: Any) -> Any:
    if isinstance(value, list):
        return [_waf(one) for one in value]
    if not isinstance(value, dict):
        return value
    said: Body = {}
    for key, one in value.items():
        if key in _WAF_LISTS:
            said[_WAF_LISTS[key]] = [_waf(each) for each in _many(one)]
        else:
            name = _WAF_NAMES.get(key) or _WAF_STATEMENTS.get(key) or _camel(key)
            said[name] = _waf(one)
    return said


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _web_acl(label: str, body: Body) -> Made:
    rest = {key: value for key, value in body.items() if key not in ("name_prefix", "custom_response_body")}
    bodies = {
        one["key"]: {_camel(key): value for key, value in one.items() if key != "key"}
        for one in _many(body.get("custom_response_body", []))
    }
    return Made(kind="AWS::WAFv2::WebACL", label=label, properties=_waf(rest) | {"CustomResponseBodies": bodies})


def _waf_logging(label: str, body: Body) -> Made:
    return Made(kind="AWS::WAFv2::LoggingConfiguration", label=label, properties=_waf(body))


KINDS: Mapping[str, Callable[[str, Body], Made]] = {
    "aws_api_gateway_account": _kind("AWS::ApiGateway::Account", {"cloudwatch_role_arn": "CloudWatchRoleArn"}),
    "aws_api_gateway_base_path_mapping": _kind(
        "AWS::ApiGateway::BasePathMapping",
        {"domain_name": "DomainName", "api_id": "RestApiId", "stage_name": "Stage", "base_path": "BasePath"},
    ),
    "aws_api_gateway_deployment": _kind(
        "AWS::ApiGateway::Deployment", {"rest_api_id": "RestApiId", "description": "Description"}
    ),
    "aws_api_gateway_rest_api": _rest_api,
    "aws_api_gateway_stage": _stage,
    "aws_api_gateway_usage_plan": _plan,
    "aws_cloudwatch_log_group": _kind(
        "AWS::Logs::LogGroup", {"name": "LogGroupName", "retention_in_days": "RetentionInDays"}
    ),
    "aws_cloudwatch_log_metric_filter": _filter,
    "aws_dynamodb_table": _table,
    "aws_iam_role": _role,
    "aws_lambda_function": _function,
    "aws_lambda_layer_version": _layer,
    "aws_wafv2_web_acl": _web_acl,
    "aws_wafv2_web_acl_association": _kind(
        "AWS::WAFv2::WebACLAssociation", {"web_acl_arn": "WebACLArn", "resource_arn": "ResourceArn"}
    ),
    "aws_wafv2_web_acl_logging_configuration": _waf_logging,
}


Owners = Mapping[tuple[str, str], Made]


def _owner(owners: Owners, kind: str, reference: Any) -> Made | None:
    """The resource that a part belongs to, by the symbol it is named with."""
    found = re.fullmatch(r"<([a-z0-9_]+)>", str(reference))
    return owners.get((kind, found.group(1))) if found else None


def _role_policy(body: Body, owners: Owners) -> Made | None:
    owner = _owner(owners, "aws_iam_role", body.get("role"))
    if owner is not None:
        said = {"PolicyName": body.get("name"), "PolicyDocument": _json(body.get("policy"))}
        owner.properties.setdefault("Policies", []).append(said)
    return owner


def _attachment(body: Body, owners: Owners) -> Made | None:
    owner = _owner(owners, "aws_iam_role", body.get("role"))
    if owner is not None:
        owner.properties.setdefault("ManagedPolicyArns", []).append(body.get("policy_arn"))
    return owner


def _method_settings(body: Body, owners: Owners) -> Made | None:
    owner = _owner(owners, "aws_api_gateway_stage", body.get("stage_name"))
    if owner is not None:
        names = {
            "metrics_enabled": "MetricsEnabled",
            "logging_level": "LoggingLevel",
            "data_trace_enabled": "DataTraceEnabled",
            "throttling_rate_limit": "ThrottlingRateLimit",
            "throttling_burst_limit": "ThrottlingBurstLimit",
        }
        resource, _, method = str(body.get("method_path")).rpartition("/")
        place = {"HttpMethod": method, "ResourcePath": f"/{resource}"}
        said = place | _take(_one(body.get("settings", {})), names)
        owner.properties.setdefault("MethodSettings", []).append(said)
    return owner


PARTS: Mapping[str, Callable[[Body, Owners], Made | None]] = {
    "aws_api_gateway_method_settings": _method_settings,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _attachment,
}
