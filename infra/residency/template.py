"""Synthesized CloudFormation templates -> one zone. Reads text that it is given; pure.

All templates are read together, because the records of one name may be in several, and the endpoints are in others. What
cannot be read is a finding, never left out: a record that is not seen could be the one that leaks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.errors import ConfigError, Finding
from infra.residency.endpoints import ANYWHERE, region_in_name
from infra.residency.health import Check, read_check
from infra.residency.intrinsics import NO_VALUE, Scope, Unresolved, tokens_in
from infra.residency.records import Record, dns_name, read_record
from infra.residency.zone import Zone, check_zone

__all__ = ["TemplateText", "Templates", "read_templates"]

# Attribute -> where the endpoint is: in the stack's region, or at the edge.
_ENDPOINTS = {
    ("AWS::ApiGateway::DomainName", "RegionalDomainName"): "",
    ("AWS::ApiGatewayV2::DomainName", "RegionalDomainName"): "",
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName"): "",
    ("AWS::ElasticLoadBalancing::LoadBalancer", "DNSName"): "",
    ("AWS::ApiGateway::DomainName", "DistributionDomainName"): ANYWHERE,
    ("AWS::CloudFront::Distribution", "DomainName"): ANYWHERE,
    ("AWS::GlobalAccelerator::Accelerator", "DnsName"): ANYWHERE,
}
# Fields of which only the presence counts.
_OPAQUE = ("GeoProximityLocation", "CidrRoutingConfig")
_ROUTING = ("SetIdentifier", "GeoLocation", "Failover", "Weight", "Region", "MultiValueAnswer")
_FIELDS = ("Name", "Type", *_ROUTING, "HealthCheckId", "AliasTarget", "ResourceRecords")
_TRANSFORMS = ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31", "AWS::CodeDeployBlueGreen")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """One template file. ``region`` is "" when the assembly does not say."""

    file: str
    text: str
    region: str = ""
    stack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """What was read: the zone, and the scopes for the side paths."""

    zone: Zone
    scopes: tuple[Scope, ...]


@dataclass(slots=True)
class _Reading:
    """Records and findings on their way."""

    findings: list[Finding] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    dual: set[str] = field(default_factory=set)

    def at(self, scope: Scope, path: str) -> Callable[[str, str, str], None]:
        def wrong(below: str, problem: str, advice: str) -> None:
            where = f"{path}.{below}" if below else path
            self.findings.append(Finding(file=scope.file, line=0, column=0, path=where, problem=problem, advice=advice))

        return wrong


def read_templates(
    texts: Sequence[TemplateText],
    *,
    parameters: Mapping[str, str] | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> Templates:
    """The zone that these templates make together; it may be empty.

    Args:
        parameters: values for template parameters that decide something.
        endpoints: regions of names and addresses that do not name their own.

    Raises:
        ConfigError: with every finding of every template.
    """
    reading = _Reading(endpoints=dict(endpoints or {}))
    scopes = [scope for text in texts if (scope := _scope(text, parameters or {}, reading))]
    _tell_apart(scopes)
    for scope in scopes:
        scope.family = scopes
        _nest(scope, scopes, reading)
    for scope in scopes:
        for logical_id, resource in scope.resources():
            _resource(scope, logical_id, resource, reading)
    if reading.findings:
        raise ConfigError(reading.findings)
    zone = Zone(
        records=tuple(reading.records),
        checks=reading.checks,
        endpoints=reading.endpoints,
        dual=frozenset(reading.dual),
    )
    check_zone(zone, "templates")
    return Templates(zone=zone, scopes=tuple(scopes))


def _tell_apart(scopes: Sequence[Scope]) -> None:
    """Stacks of one name are in several regions, as a rule; what refers to a resource must find the right one."""
    for number, scope in enumerate(scopes):
        scope.name = scope.stack
        if any(other.name == scope.name for other in scopes[:number]):
            scope.stack = f"{scope.name}#{number + 1}"


def _scope(text: TemplateText, parameters: Mapping[str, str], reading: _Reading) -> Scope | None:
    stack = text.stack or text.file.rsplit("/", 1)[-1].removesuffix(".json").removesuffix(".template")
    scope = Scope(stack=stack, file=text.file, region=text.region, body={}, parameters=parameters)
    wrong = reading.at(scope, "$")
    try:
        body = json.loads(text.text)
    except (json.JSONDecodeError, RecursionError) as error:
        wrong("", f"is no JSON: {str(error)[:80]}", "Give synthesized templates: npx cdk synth writes them to cdk.out")
        return None
    if not isinstance(body, dict) or not isinstance(body.get("Resources"), dict):
        wrong("", "is no template: it has no Resources", "Give synthesized templates (*.template.json)")
        return None
    scope.body = body
    transforms = body.get("Transform", [])
    for transform in transforms if isinstance(transforms, list) else [transforms]:
        if transform not in _TRANSFORMS:
            wrong(
                "Transform",
                f"{str(transform)[:60]!r} may add records that cannot be seen",
                "Give the expanded template",
            )
    for logical_id in body["Resources"]:
        if logical_id.startswith("Fn::"):
            wrong("Resources", f"has {logical_id[:60]}, which a deployment expands", "Give the expanded template")
    return scope


def _nest(parent: Scope, scopes: Sequence[Scope], reading: _Reading) -> None:
    """Nested stacks: CDK names their template in the metadata of the stack resource."""
    for logical_id, resource in parent.resources():
        if resource.get("Type") != "AWS::CloudFormation::Stack":
            continue
        path = str((resource.get("Metadata") or {}).get("aws:asset:path", ""))
        child = next((s for s in scopes if path and s.file.rsplit("/", 1)[-1] == path.rsplit("/", 1)[-1]), None)
        if child is None:
            wrong = reading.at(parent, f"Resources.{logical_id}")
            wrong("", "is a nested stack whose template is not here", f"Give {path or 'its template'} too")
            continue
        child.region = child.region or parent.region
        parent.children[logical_id] = child
        given = (resource.get("Properties") or {}).get("Parameters") or {}
        child.given.update({name: (parent, value) for name, value in given.items()})


def _resource(scope: Scope, logical_id: str, resource: Mapping[str, Any], reading: _Reading) -> None:
    kind = resource.get("Type")
    if kind not in _READERS:
        return
    path = f"Resources.{logical_id}"
    wrong = reading.at(scope, path)
    try:
        if "Condition" in resource and not scope.holds(str(resource["Condition"])):
            return
    except Unresolved as error:
        wrong("Condition", error.problem, error.advice)
        return
    properties = resource.get("Properties")
    if not isinstance(properties, Mapping):
        wrong("Properties", "is missing", "Mend the template")
        return
    _READERS[kind](scope, logical_id, properties, reading)


def _record_set(scope: Scope, logical_id: str, properties: Mapping[str, Any], reading: _Reading) -> None:
    _record(scope, f"Resources.{logical_id}", properties, reading)


def _record_set_group(scope: Scope, logical_id: str, properties: Mapping[str, Any], reading: _Reading) -> None:
    path = f"Resources.{logical_id}.RecordSets"
    rows = properties.get("RecordSets")
    if not isinstance(rows, list):
        reading.at(scope, path)("", "is not a list", "Write the records out")
        return
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or set(row) == {"Fn::If"}:
            row = _soft(scope, row) or {}
        _record(scope, f"{path}[{number}]", row, reading)


def _record(scope: Scope, path: str, properties: Mapping[str, Any], reading: _Reading) -> None:
    wrong = reading.at(scope, path)
    data: dict[str, Any] = {name: {} for name in _OPAQUE if name in properties}
    before = len(reading.findings)
    for name in _FIELDS:
        if name not in properties:
            continue
        value = properties[name]
        if name == "AliasTarget" and isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if key != "HostedZoneId"}  # decides nothing
        try:
            value = scope.resolve(value)
        except Unresolved as error:
            wrong(name, error.problem, error.advice)
            continue
        if value is not NO_VALUE:
            data[name] = _as_api(name, value)
    for name in ("Name", "Type", "GeoLocation", "Failover", "Weight"):
        if tokens_in(str(data.get(name, ""))):
            wrong(name, f"is {data[name]!r}, which only a deployment knows", "Write the value out")
    if len(reading.findings) == before:
        record = read_record(data, f"{scope.stack}/{path.removeprefix('Resources.')}", wrong)
        if record is not None and record.alias:
            _endpoint(scope, record.alias, str(data["AliasTarget"]["DNSName"]), reading)
        reading.records += [record] if record else []


def _as_api(name: str, value: Any) -> Any:
    """CloudFormation takes numbers and booleans as text."""
    if name == "Weight" and isinstance(value, str) and value.isdigit():
        return int(value)
    if name == "MultiValueAnswer":
        return value in (True, "true", "True")
    return value


def _endpoint(scope: Scope, alias: str, text: str, reading: _Reading) -> None:
    """Put the region of a referenced endpoint into the map; an alias that only a deployment knows stays unknown."""
    tokens = tokens_in(text)
    if len(tokens) != 1 or region_in_name(alias):
        return
    stack, _, rest = tokens[0][2:-1].partition("/")
    logical_id, _, attribute = rest.partition(".")
    owner = next((s for s in scope.family if s.stack == stack), None)
    if owner is None or text.removeprefix("dualstack.") != tokens[0]:
        return
    kind = (owner.section("Resources").get(logical_id) or {}).get("Type")
    where = _ENDPOINTS.get((str(kind), attribute))
    if where is not None and (where or owner.region):
        reading.endpoints[dns_name(alias)] = where or owner.region


def _health_check(scope: Scope, logical_id: str, properties: Mapping[str, Any], reading: _Reading) -> None:
    config = properties.get("HealthCheckConfig")
    if isinstance(config, Mapping):
        read = {key: _soft(scope, value) for key, value in config.items()}
        reading.checks[f"${{{scope.stack}/{logical_id}.Ref}}"] = read_check(read)
        reading.checks[f"${{{scope.stack}/{logical_id}.HealthCheckId}}"] = read_check(read)


def _domain_name(scope: Scope, _: str, properties: Mapping[str, Any], reading: _Reading) -> None:
    configuration = _soft(scope, properties.get("EndpointConfiguration"))
    name = _soft(scope, properties.get("DomainName"))
    if isinstance(configuration, Mapping) and configuration.get("IpAddressType") == "dualstack":
        reading.dual |= {dns_name(name)} if isinstance(name, str) else set()


def _soft(scope: Scope, value: Any) -> Any:
    try:
        return scope.resolve(value)
    except Unresolved:
        return None


_READERS: dict[str, Callable[[Scope, str, Mapping[str, Any], _Reading], None]] = {
    "AWS::Route53::RecordSet": _record_set,
    "AWS::Route53::RecordSetGroup": _record_set_group,
    "AWS::Route53::HealthCheck": _health_check,
    "AWS::ApiGateway::DomainName": _domain_name,
}
