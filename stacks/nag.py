"""`cdk synth -c nag=true`: the AWS Solutions rules of cdk-nag over our stacks, with the findings that we accept.

cdk-nag is a development dependency, so it is imported only when asked for. Each acceptance names one rule on one
resource, with its reason; a finding anywhere else ends the synthesis.
"""

from __future__ import annotations

import aws_cdk as cdk

from infra.breaker.names import breaker_function
from infra.config.model import Gateway, Service
from infra.keys.secret import secret_name
from infra.openapi import needs_authorizer
from stacks import names

__all__ = ["accepted", "add_rules"]

_RULES = "AwsSolutions::AwsSolutions-"


def accepted(gateway: Gateway) -> list[tuple[str, str, str]]:
    """(construct path below the stack, rule, reason)."""
    found = [
        (
            "AccessLog/LogWriterRole",
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
            "one setting of the whole region: a policy of ours would silence the logs of other APIs",
        ),
        (
            "Gateway/RestApi",
            "APIG2",
            "the validators are in the OpenAPI document; the rule looks for a resource of the template",
        ),
        ("Gateway/Stage", "APIG6", "execution logs hold payloads; the access log has what we decide on"),
    ]
    found += _rollout(gateway)
    if gateway.tracing.xray:
        found += _traces(gateway)
    if needs_authorizer(gateway):
        found += _authorizer(gateway)
    if gateway.limits.per_ip is None:
        found.append(("Gateway/Stage", "APIG3", "gateway.yaml sets no limits.per_ip: the owner asks for no web ACL"))
    for service in gateway.services:
        if service.breaker is not None:
            found += _breaker(gateway, service)
        if service.lambda_folder is None:
            continue
        prefix = names.logical(service.name)
        versions = (
            "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:"
            f"{names.function(gateway.name, service.name)}:*"
        )
        found += [
            (f"Services/{prefix}Function", "L1", "the runtime changes after its own tests, not on the day it appears"),
            ("Services/IntegrationRole", f"IAM5[Resource::{versions}]", "any version of exactly this function"),
        ]
    return found


def _traces(gateway: Gateway) -> list[tuple[str, str, str]]:
    """Roles of the functions on a request's way."""
    roles = ["Access/Authorizer/Role"] if needs_authorizer(gateway) else []
    for service in gateway.services:
        prefix = names.logical(service.name)
        roles += [f"Breakers/{prefix}BreakerRole"] if service.breaker is not None else []
        roles += [f"Services/{prefix}Role"] if service.lambda_folder is not None else []
    return [(role, "IAM5[Resource::*]", "X-Ray has no resources to name") for role in roles]


def _authorizer(gateway: Gateway) -> list[tuple[str, str, str]]:
    at = "Access/Authorizer"
    arn = f"arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:{names.function(gateway.name, 'authorizer')}:*"
    secret = (
        f"arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:{secret_name(gateway.name)}-??????"
    )
    return [
        (f"{at}/Role", f"IAM5[Resource::{secret}]", "Secrets Manager puts six characters of its own behind the name"),
        (f"{at}/Function", "L1", "the runtime changes after its own tests, not on the day it appears"),
        (f"{at}/CallRole", f"IAM5[Resource::{arn}]", "any version of exactly this function"),
    ]


def _rollout(gateway: Gateway) -> list[tuple[str, str, str]]:
    """The unattended rollout."""
    stacks = "arn:<AWS::Partition>:cloudformation:{0}:<AWS::AccountId>:stack/Gatewright-{1}-{0}/*"
    found = [
        ("Rollout/Role", "IAM5[Resource::*]", "X-Ray, metrics and the states of alarms have no resources to name"),
        ("Rollout/Function", "L1", "the runtime changes after its own tests, not on the day it appears"),
        (
            "Rollout/Machine",
            "SF1",
            "every decision is in the ledger and in the function's log; events of a tick add nothing",
        ),
        ("Rollout/Machine", "SF2", "it only waits: what it calls is traced by itself"),
    ]
    for region in gateway.regions:
        own = stacks.format(region.name, gateway.name)
        apis = f"arn:<AWS::Partition>:apigateway:{region.name}::/restapis/*"
        found += [
            ("Rollout/Role", f"IAM5[Resource::{own}]", "a stack's id ends in a random part; the name is ours"),
            ("Rollout/Role", f"IAM5[Resource::{apis}]", "an API's id is not known before its stack is there"),
        ]
    return found


def _breaker(gateway: Gateway, service: Service) -> list[tuple[str, str, str]]:
    prefix = f"Breakers/{names.logical(service.name)}Breaker"
    arn = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:"
    own, its = breaker_function(gateway.name, service.name), names.function(gateway.name, service.name)
    found = [
        (f"{prefix}Function", "L1", "the runtime changes after its own tests, not on the day it appears"),
        ("Breakers/CallRole", f"IAM5[Resource::{arn}{own}:*]", "any version of exactly this function"),
    ]
    if service.lambda_folder is not None:
        found.append((f"{prefix}Role", f"IAM5[Resource::{arn}{its}:*]", "any version of exactly its service"))
    return found


def add_rules(app: cdk.App, gateway: Gateway) -> None:
    """Check every stack of the app at synthesis."""
    from cdk_nag import AwsSolutionsChecks

    for stack in app.node.children:
        for path, rule, reason in accepted(gateway):
            scope = stack
            for part in path.split("/"):
                child = scope.node.try_find_child(part)
                if child is None:
                    break  # left out by a switch, for example account_role=false
                scope = child
            else:
                cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"{_RULES}{rule}", reason=reason))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
