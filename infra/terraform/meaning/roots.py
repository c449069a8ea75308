"""A Terraform root, with its variables decided -> facts. Pure.

`kinds` says what each type of resource is in CloudFormation; here are the variables, locals and references that all of them use.
A type that `kinds` does not know stays under its own name, and so is a difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra.terraform.meaning.expressions import Evaluator
from infra.terraform.meaning.facts import Facts, Scenario, symbol
from infra.terraform.meaning.kinds import ATTRIBUTES, KINDS, PARTS
from infra.terraform.meaning.made import Made
from infra.terraform.meaning.templates import OUTPUT, OUTPUT_ITEM, output_of, read_template

__all__ = ["read_root"]

_STACK = "aws_cloudformation_stack"
_DATA = {"partition": "<partition>", "dns_suffix": "<suffix>"}


def read_root(root: Mapping[str, Any], *, name: str, scenario: Scenario) -> dict[str, Facts]:
    """Place -> what the root means there with these variables, and with no releases kept besides its own.

    A resource with a provider of another region is that region's: the root for DNS makes the names of all regions.
    """
    reader = _Reader(root, scenario)
    places: dict[str, Facts] = {}
    made: dict[tuple[str, str], Made] = {}
    resources = root.get("resource", {})
    late: list[tuple[str, Made]] = []
    for kind, named in resources.items():
        for label, body in named.items():
            if kind in PARTS or kind == "aws_dynamodb_table_item":
                continue
            place = reader.place(body, name)
            one = reader.nested(body, place) if kind == _STACK else reader.resource(kind, label, body)
            made[kind, label] = one
            late.append((place, one))
    for kind in PARTS:
        for label, body in resources.get(kind, {}).items():
            if PARTS[kind](reader.body(body), made) is None:
                late.append((name, Made(kind=f"terraform:{kind}", label=label, properties=reader.body(body))))
    for place, one in late:
        places.setdefault(place, {}).update(reader.without_alias(one.facts()))
    facts = places.setdefault(name, {})
    for label, body in resources.get("aws_dynamodb_table_item", {}).items():
        facts |= _item(label, reader.body(body))
    for output, said in root.get("output", {}).items():
        facts[OUTPUT, output] = reader.value(said["value"])
    return places


def _item(label: str, body: Mapping[str, Any]) -> Facts:
    """The outputs that the root leaves in the ledger."""
    try:
        item = json.loads(body["item"])
        if body["table_name"] != symbol("ledger") or item.pop("pk") != item.pop("sk"):
            raise KeyError("key")
        return {(OUTPUT_ITEM, name): value["S"] for name, value in item.items()}
    except (KeyError, TypeError, ValueError):
        return {("terraform:aws_dynamodb_table_item", label): dict(body)}


class _Reader:
    def __init__(self, root: Mapping[str, Any], scenario: Scenario) -> None:
        self._locals: Mapping[str, Any] = root.get("locals", {})
        declared: Mapping[str, Any] = root.get("variable", {})
        self._variables = {name: variable.get("default", symbol(name)) for name, variable in declared.items()}
        decided = {"baseline_deployment": scenario.baseline, "canary_percent": scenario.percent}
        self._variables |= {name: value for name, value in decided.items() if name in declared}
        self._scenario = scenario
        self._resources: Mapping[str, Any] = root.get("resource", {})
        self._each: Any = None
        self._evaluator = Evaluator(self._path)

        providers = root.get("provider", {}).get("aws", [])
        self._regions = {
            one["alias"]: one.get("region")
            for one in (providers if isinstance(providers, list) else [providers])
            if "alias" in one
        }

    def place(self, body: Mapping[str, Any], own: str) -> str:
        """The region whose provider makes the resource, or the root's own place."""
        provider = str(body.get("provider", "")).removeprefix("${").removesuffix("}").removeprefix("aws.")
        return str(self._regions.get(provider, provider)) if provider else own

    def without_alias(self, facts: Facts) -> Facts:
        """Labels without the region that a root of several regions puts behind them."""
        suffixes = re.compile(rf"_(?:{'|'.join(self._regions)})(?=[>.]|$)") if self._regions else None
        if suffixes is None:
            return facts
        return {(kind, suffixes.sub("", label)): _renamed(value, suffixes) for (kind, label), value in facts.items()}

    def nested(self, body: Mapping[str, Any], place: str) -> Made:
        """A CloudFormation stack that Terraform deploys: what its template means."""
        said = self.body(body)
        facts = read_template(
            json.loads(said["template_body"]),
            region=place,
            scenario=self._scenario,
            parameters=said.get("parameters", {}),
        )
        return Made(kind="", label="", properties={}, beside=facts)

    def value(self, value: Any) -> Any:
        return self._evaluator.value(value)

    def resource(self, kind: str, label: str, body: Mapping[str, Any]) -> Made:
        """One resource; with for_each, the instance of this configuration's own release."""
        rest = dict(body)
        if "for_each" in rest:
            keys = self.value(rest.pop("for_each"))
            own = self.value("${local.release}") if "release" in self._locals else None
            if keys != [own]:
                return Made(kind=f"terraform:{kind}", label=label, properties={"for_each": keys})
            self._each = own
        try:
            said = self.body(rest)
        finally:
            self._each = None
        lifecycle = rest.get("lifecycle", {})
        if kind not in KINDS:
            return Made(kind=f"terraform:{kind}", label=label, properties=said)
        made = KINDS[kind](label, said)
        if lifecycle.get("prevent_destroy"):
            made.properties["(kept)"] = True
        return made

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluated, dynamic blocks unfolded; without what only orders or guards."""
        said: dict[str, Any] = {}
        for key, value in body.items():
            if key in ("depends_on", "lifecycle", "provider", "//"):
                continue
            if key == "dynamic":
                for name, block in value.items():
                    said[name] = [self.value(block["content"]) for _ in self.value(block["for_each"])]
            else:
                said[key] = self.value(value)
        return said

    def _path(self, path: Sequence[Any]) -> Any:
        match path:
            case ["var", name]:
                return self._variables[name]
            case ["local", name]:
                return self.value(self._locals[name])
            case ["each", "key" | "value"] if self._each is not None:
                return self._each
            case ["path", "module"]:
                return "<module>"
            case ["data", "aws_partition", "current", name]:
                return _DATA[name]
            case ["aws_cloudformation_stack", label, "outputs", (output,)]:
                return output_of(output, self.place(self._resources[_STACK][label], ""))
            case [kind, label, attribute]:
                return symbol(label, ATTRIBUTES[kind][attribute])
            case ["aws_api_gateway_deployment", label, (index,), attribute]:
                release = symbol(label, ATTRIBUTES["aws_api_gateway_deployment"][attribute])
                return release if index == self.value("${local.release}") else f"<{label} {index}>"
        raise KeyError(".".join(map(str, path)))


def _renamed(value: Any, suffixes: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return suffixes.sub("", value)
    if isinstance(value, dict):
        return {key: _renamed(one, suffixes) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, suffixes) for one in value]
    return value
