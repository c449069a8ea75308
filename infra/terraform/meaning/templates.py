"""A CloudFormation template, with its parameters decided -> facts. Pure.

Every resource is read, whatever its type. Not read: what orders updates (DependsOn), and what the CDK adds to every template (the
check of the bootstrap version).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from infra.terraform.meaning.facts import Facts, Scenario, label_of, symbol

__all__ = ["ITEM_OUTPUTS", "OUTPUT", "OUTPUT_ITEM", "output_of", "read_template", "record_key"]

OUTPUT, OUTPUT_ITEM = "Output", "Output in the ledger"
# What Terraform also writes into the ledger; `Traffic` only makes an update of parameters a change of something.
ITEM_OUTPUTS = (
    *("RestApiId", "StageName", "ApiUrl", "ReleaseName", "ReleaseDeployment", "FunctionVersions"),
    "RolloutMachine",
)
_SYNTHETIC = ("Traffic",)
_SUB = re.compile(r"\$\{(!?)([^}]*)\}")
_RETAINED = ("Retain", "RetainExceptOnCreate")
_NOTHING = object()


def read_template(
    template: Mapping[str, Any], *, region: str, scenario: Scenario, parameters: Mapping[str, Any] | None = None
) -> Facts:
    """What the template means in a region with these parameters."""
    reader = _Reader(template, region, scenario, parameters or {})
    facts: Facts = {}
    for logical_id, resource in template.get("Resources", {}).items():
        kind = resource["Type"]
        if "Condition" in resource and not reader.condition(resource["Condition"]):
            continue
        said = reader.resource(kind, resource)
        if kind == "AWS::Route53::RecordSetGroup":
            facts |= _record_sets(said)
        else:
            facts[kind, label_of(logical_id)] = said
    for name, output in template.get("Outputs", {}).items():
        if name in _SYNTHETIC or "Export" in output:
            continue
        facts[OUTPUT, name] = reader.value(output["Value"])
        if name in ITEM_OUTPUTS:
            facts[OUTPUT_ITEM, name] = facts[OUTPUT, name]
    return facts


class _Reader:
    def __init__(
        self, template: Mapping[str, Any], region: str, scenario: Scenario, parameters: Mapping[str, Any]
    ) -> None:
        self._template = template
        self._names: dict[str, Any] = {
            "AWS::Region": region,
            "AWS::Partition": "<partition>",
            "AWS::AccountId": "<account>",
            "AWS::URLSuffix": "<suffix>",
            "AWS::NoValue": _NOTHING,
        }
        decided = {**parameters, "BaselineDeployment": scenario.baseline, "CanaryPercent": _text(scenario.percent)}
        for name, parameter in template.get("Parameters", {}).items():
            self._names[name] = decided.get(name, parameter.get("Default", symbol(name)))

    def resource(self, kind: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = self.value(resource.get("Properties", {}))
        if resource.get("DeletionPolicy") in _RETAINED:
            said["(kept)"] = True
        if kind == "AWS::Lambda::Function":
            said["Code"] = _hash_of(said.get("Code"))
        if kind == "AWS::Lambda::LayerVersion":
            said["Content"] = _hash_of(said.get("Content"))
        if kind == "AWS::StepFunctions::StateMachine":
            said["DefinitionString"] = _definition(said)
        return said

    def condition(self, name: str) -> bool:
        return bool(self.value(self._template["Conditions"][name]))

    def value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((key, argument),) = value.items()
                if key == "Ref" or str(key).startswith("Fn::") or key == "Condition":
                    return self._intrinsic(str(key), argument)
            said = {key: self.value(one) for key, one in value.items()}
            return {key: one for key, one in said.items() if one is not _NOTHING}
        if isinstance(value, list):
            return [one for one in map(self.value, value) if one is not _NOTHING]
        return value

    def _intrinsic(self, name: str, argument: Any) -> Any:
        found = getattr(self, f"_{name.removeprefix('Fn::').lower()}", None)
        return found(argument) if found is not None else f"<{name} of {self.value(argument)}>"

    def _ref(self, name: str) -> Any:
        named = self._template.get("Resources", {}).get(name, {})
        if named.get("Type") == "AWS::ApiGateway::DomainName":  # its Ref is the name itself
            return self.value(named["Properties"]["DomainName"])
        return self._names[name] if name in self._names else symbol(label_of(name))

    def _getatt(self, argument: Any) -> str:
        name, _, attribute = (argument if isinstance(argument, str) else ".".join(argument)).partition(".")
        return symbol(label_of(name), attribute)

    def _sub(self, argument: Any) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument
        own = {key: self.value(one) for key, one in extra.items()}

        def one(found: re.Match[str]) -> str:
            bang, name = found.groups()
            if bang:
                return f"${{{name}}}"
            if name in own:
                return str(own[name])
            return str(self._getatt(name) if "." in name else self._ref(name))

        return _SUB.sub(one, text)

    def _join(self, argument: Any) -> str:
        separator, parts = argument
        if isinstance(parts := self.value(parts), str):  # a list that only AWS knows
            return f"<{parts} joined by {separator!r}>"
        return str(separator).join(str(one) for one in parts)

    def _getstackoutput(self, argument: Any) -> str:
        _, output, region = (self.value(part) for part in argument) if isinstance(argument, list) else _named(argument)
        return output_of(output, region)

    def _findinmap(self, argument: Any) -> Any:
        mapping, key, attribute = (self.value(part) for part in argument)
        return self._template["Mappings"][mapping][key][attribute]

    def _if(self, argument: Any) -> Any:
        name, yes, no = argument
        return self.value(yes if self.condition(name) else no)

    def _condition(self, name: str) -> bool:
        return self.condition(name)

    def _equals(self, argument: Any) -> bool:
        one, other = (str(self.value(part)) for part in argument)
        return one == other

    def _not(self, argument: Any) -> bool:
        return not self.value(argument[0])

    def _and(self, argument: Any) -> bool:
        return all(self.value(part) for part in argument)

    def _or(self, argument: Any) -> bool:
        return any(self.value(part) for part in argument)


def output_of(output: str, region: str) -> str:
    """What another place tells; the zone is one for all."""
    return symbol("hosted_zone") if output == "HostedZoneId" else f"<{output} of {region}>"


def _named(argument: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return argument.get("StackName"), argument.get("OutputName"), argument.get("Region")


def _record_sets(group: Mapping[str, Any]) -> Facts:
    """A group is its records: Terraform has each by itself."""
    facts: Facts = {}
    for record in group.get("RecordSets", ()):
        said = {"HostedZoneId": group.get("HostedZoneId"), **record}
        facts["AWS::Route53::RecordSet", record_key(said)] = said
    return facts


def record_key(record: Mapping[str, Any]) -> str:
    """A record's name, type and identifier."""
    parts = (record.get("Name"), record.get("Type"), record.get("SetIdentifier", ""))
    return " ".join(str(part) for part in parts).rstrip()


def _text(percent: float) -> str:
    return f"{percent:g}"


def _definition(said: dict[str, Any]) -> Any:
    """The machine with its substitutions made; they are of CloudFormation alone, and go."""
    text = said.get("DefinitionString")
    for name, value in (said.pop("DefinitionSubstitutions", None) or {}).items():
        text = str(text).replace(f"${{{name}}}", str(value))
    try:
        return json.loads(str(text))
    except ValueError:
        return text


def _hash_of(code: Any) -> Any:
    """The CDK names an object after what is in it; where it lies is the bootstrap's business."""
    key = code.get("S3Key") if isinstance(code, Mapping) else None
    return {"hash": str(key).removesuffix(".zip")} if key else code
