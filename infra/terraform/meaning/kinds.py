"""What each type of resource in a root is in CloudFormation's words. Pure; one function a type.

Names are said here anew and not taken from the writers (`infra.terraform.gateway` ...): a reader that shared their tables would
share their mistakes. What a resource has and its function does not expect is kept under its own name, and so is a difference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from infra.terraform.meaning.domain import certificate, certificate_validation, health_check, record, zone
from infra.terraform.meaning.facts import symbol
from infra.terraform.meaning.firewall import waf_logging, web_acl
from infra.terraform.meaning.made import Body, Made, from_json, many_blocks, one_block, plain_kind, renamed
from infra.terraform.meaning.rollout import alarm_rule, alarm_target, state_machine
from infra.terraform.meaning.watching import alarm, composite, topic_policy

__all__ = ["ATTRIBUTES", "KINDS", "PARTS"]

# Type -> attribute -> the attribute in CloudFormation's symbols; "" is Ref.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "aws_acm_certificate": {"arn": "", "domain_validation_options": "Options"},
    "aws_acm_certificate_validation": {"certificate_arn": ""},
    "aws_route53_record": {"fqdn": "Fqdn"},
    "aws_api_gateway_deployment": {"id": ""},
    "aws_api_gateway_rest_api": {"id": ""},
    "aws_api_gateway_stage": {"stage_name": ""},
    "aws_cloudwatch_event_rule": {"name": "", "arn": "Arn"},
    "aws_cloudwatch_log_group": {"name": "", "arn": "ArnWithoutStreams"},
    "aws_dynamodb_table": {"name": "", "arn": "Arn"},
    "aws_iam_role": {"name": "", "id": "", "arn": "Arn"},
    "aws_lambda_function": {"function_name": "", "arn": "Arn", "version": "Version"},
    "aws_lambda_layer_version": {"arn": ""},
    "aws_route53_health_check": {"id": ""},
    "aws_route53_zone": {"zone_id": "", "name_servers": "NameServers"},
    "aws_sfn_state_machine": {"arn": ""},
    "aws_sns_topic": {"arn": ""},
    "aws_wafv2_web_acl": {"arn": "Arn", "name": "Name"},
}


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
        rest["environment"] = {"Variables": one_block(rest["environment"]).get("variables")}
    if "tracing_config" in rest:
        rest["tracing_config"] = {"Mode": one_block(rest["tracing_config"]).get("mode")}
    made = Made(kind="AWS::Lambda::Function", label=label, properties=renamed(rest, names))
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
    return Made(kind="AWS::Lambda::LayerVersion", label=label, properties=renamed(rest, names))


def _role(label: str, body: Body) -> Made:
    rest = {key: value for key, value in body.items() if key != "name_prefix"}  # CloudFormation makes names up too
    if "assume_role_policy" in rest:
        rest["assume_role_policy"] = from_json(rest["assume_role_policy"])
    properties = renamed(rest, {"assume_role_policy": "AssumeRolePolicyDocument"})
    return Made(kind="AWS::IAM::Role", label=label, properties=properties)


_BODY_PROPERTIES = {
    "x-amazon-apigateway-security-policy": "SecurityPolicy",
    "x-amazon-apigateway-endpoint-access-mode": "EndpointAccessMode",
}


def _rest_api(label: str, body: Body) -> Made:
    rest = dict(body)
    document = from_json(rest.get("body"))
    lifted: Body = {}
    if isinstance(document, dict):  # said in the document, where CloudFormation has properties
        lifted = {name: document.pop(key) for key, name in _BODY_PROPERTIES.items() if key in document}
    rest["body"] = document
    if "endpoint_configuration" in rest:
        rest["endpoint_configuration"] = renamed(one_block(rest["endpoint_configuration"]), {"types": "Types"})
    names = {
        "name": "Name",
        "body": "Body",
        "put_rest_api_mode": "Mode",
        "fail_on_warnings": "FailOnWarnings",
        "endpoint_configuration": "EndpointConfiguration",
        "disable_execute_api_endpoint": "DisableExecuteApiEndpoint",
    }
    return Made(kind="AWS::ApiGateway::RestApi", label=label, properties=renamed(rest, names) | lifted)


def _stage(label: str, body: Body) -> Made:
    rest = dict(body)
    if "access_log_settings" in rest:
        log = {"destination_arn": "DestinationArn", "format": "Format"}
        rest["access_log_settings"] = renamed(one_block(rest["access_log_settings"]), log)
    canary = one_block(rest.pop("canary_settings", None))
    if canary is not None:
        share = {
            "deployment_id": "DeploymentId",
            "percent_traffic": "PercentTraffic",
            "use_stage_cache": "UseStageCache",
            "stage_variable_overrides": "StageVariableOverrides",
        }
        rest["canary_settings"] = renamed(canary, share) if isinstance(canary, dict) else canary
    names = {
        "rest_api_id": "RestApiId",
        "stage_name": "StageName",
        "deployment_id": "DeploymentId",
        "xray_tracing_enabled": "TracingEnabled",
        "access_log_settings": "AccessLogSetting",
        "canary_settings": "CanarySetting",
    }
    return Made(kind="AWS::ApiGateway::Stage", label=label, properties=renamed(rest, names))


def _plan(label: str, body: Body) -> Made:
    rest = dict(body)
    shapes = {
        "throttle_settings": {"rate_limit": "RateLimit", "burst_limit": "BurstLimit"},
        "quota_settings": {"limit": "Limit", "period": "Period"},
    }
    for key, shape in shapes.items():
        if rest.get(key) is not None:
            rest[key] = renamed(one_block(rest[key]), shape)
    rest["api_stages"] = [
        renamed(one, {"api_id": "ApiId", "stage": "Stage"}) for one in many_blocks(rest.get("api_stages"))
    ]
    names = {
        "name": "UsagePlanName",
        "api_stages": "ApiStages",
        "throttle_settings": "Throttle",
        "quota_settings": "Quota",
    }
    return Made(kind="AWS::ApiGateway::UsagePlan", label=label, properties=renamed(rest, names))


def _filter(label: str, body: Body) -> Made:
    rest = dict(body)
    metric = dict(one_block(rest.pop("metric_transformation", {})))
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
    properties = renamed(rest, names) | {"MetricTransformations": [renamed(metric, shape)]}
    return Made(kind="AWS::Logs::MetricFilter", label=label, properties=properties)


def _table(label: str, body: Body) -> Made:
    rest = dict(body)
    keys = [(rest.pop("hash_key", None), "HASH"), (rest.pop("range_key", None), "RANGE")]
    rest["keys"] = [{"AttributeName": name, "KeyType": kind} for name, kind in keys if name is not None]
    rest["attribute"] = [
        renamed(one, {"name": "AttributeName", "type": "AttributeType"})
        for one in many_blocks(rest.get("attribute", []))
    ]
    if "point_in_time_recovery" in rest:
        rest["point_in_time_recovery"] = renamed(
            one_block(rest["point_in_time_recovery"]), {"enabled": "PointInTimeRecoveryEnabled"}
        )
    if "ttl" in rest:
        rest["ttl"] = renamed(one_block(rest["ttl"]), {"attribute_name": "AttributeName", "enabled": "Enabled"})
    names = {
        "name": "TableName",
        "billing_mode": "BillingMode",
        "keys": "KeySchema",
        "attribute": "AttributeDefinitions",
        "point_in_time_recovery": "PointInTimeRecoverySpecification",
        "ttl": "TimeToLiveSpecification",
    }
    return Made(kind="AWS::DynamoDB::Table", label=label, properties=renamed(rest, names))


KINDS: Mapping[str, Callable[[str, Body], Made]] = {
    "aws_acm_certificate": certificate,
    "aws_api_gateway_account": plain_kind("AWS::ApiGateway::Account", {"cloudwatch_role_arn": "CloudWatchRoleArn"}),
    "aws_api_gateway_base_path_mapping": plain_kind(
        "AWS::ApiGateway::BasePathMapping",
        {"domain_name": "DomainName", "api_id": "RestApiId", "stage_name": "Stage", "base_path": "BasePath"},
    ),
    "aws_api_gateway_deployment": plain_kind(
        "AWS::ApiGateway::Deployment", {"rest_api_id": "RestApiId", "description": "Description"}
    ),
    "aws_api_gateway_rest_api": _rest_api,
    "aws_api_gateway_stage": _stage,
    "aws_api_gateway_usage_plan": _plan,
    "aws_cloudwatch_event_rule": alarm_rule,
    "aws_cloudwatch_log_group": plain_kind(
        "AWS::Logs::LogGroup", {"name": "LogGroupName", "retention_in_days": "RetentionInDays"}
    ),
    "aws_cloudwatch_log_metric_filter": _filter,
    "aws_cloudwatch_composite_alarm": composite,
    "aws_cloudwatch_dashboard": plain_kind(
        "AWS::CloudWatch::Dashboard", {"dashboard_name": "DashboardName", "dashboard_body": "DashboardBody"}
    ),
    "aws_cloudwatch_metric_alarm": alarm,
    "aws_dynamodb_table": _table,
    "aws_iam_role": _role,
    "aws_lambda_function": _function,
    "aws_lambda_layer_version": _layer,
    "aws_lambda_permission": plain_kind(
        "AWS::Lambda::Permission",
        {
            "action": "Action",
            "function_name": "FunctionName",
            "principal": "Principal",
            "source_arn": "SourceArn",
        },
    ),
    "aws_route53_health_check": health_check,
    "aws_route53_record": record,
    "aws_route53_zone": zone,
    "aws_sfn_state_machine": state_machine,
    "aws_sns_topic": plain_kind("AWS::SNS::Topic", {"name": "TopicName"}),
    "aws_sns_topic_policy": topic_policy,
    "aws_sns_topic_subscription": plain_kind(
        "AWS::SNS::Subscription", {"topic_arn": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"}
    ),
    "aws_wafv2_web_acl": web_acl,
    "aws_wafv2_web_acl_association": plain_kind(
        "AWS::WAFv2::WebACLAssociation", {"web_acl_arn": "WebACLArn", "resource_arn": "ResourceArn"}
    ),
    "aws_wafv2_web_acl_logging_configuration": waf_logging,
}


Owners = Mapping[tuple[str, str], Made]


def _owner(owners: Owners, kind: str, reference: Any) -> Made | None:
    """The resource that a part belongs to, by the symbol it is named with."""
    found = re.fullmatch(r"<([a-z0-9_]+)>", str(reference))
    return owners.get((kind, found.group(1))) if found else None


def _role_policy(body: Body, owners: Owners) -> Made | None:
    owner = _owner(owners, "aws_iam_role", body.get("role"))
    if owner is not None:
        said = {"PolicyName": body.get("name"), "PolicyDocument": from_json(body.get("policy"))}
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
        said = place | renamed(one_block(body.get("settings", {})), names)
        owner.properties.setdefault("MethodSettings", []).append(said)
    return owner


PARTS: Mapping[str, Callable[[Body, Owners], Made | None]] = {
    "aws_acm_certificate_validation": certificate_validation,
    "aws_cloudwatch_event_target": alarm_target,
    "aws_api_gateway_method_settings": _method_settings,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _attachment,
}
