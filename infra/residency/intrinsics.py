"""CloudFormation's intrinsic functions, as far as a template alone decides them. Pure.

What only a deployment decides (a parameter, a resource's attribute that is no endpoint, a stack that is not here) is not
guessed: it raises `Unresolved` with the reason, and becomes a finding. A reference to a resource is text of the form
``${stack/LogicalId.Attribute}``, so that names built around one can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["NO_VALUE", "Scope", "Unresolved", "is_token", "tokens_in"]

NO_VALUE = object()  # AWS::NoValue: the property is not there
_DEPTH_MAX = 60
_TOKEN = re.compile(r"\$\{[^/${}]+/[^{}]+\}")
_SUB = re.compile(r"\$\{(!?)([^${}]+)\}")
_SSM = re.compile(r"\{\{resolve:ssm:([^:{}]+)(?::\d+)?\}\}")
# What Ref gives for a resource whose name is one of its own properties.
_REF_IS = {
    "AWS::ApiGateway::DomainName": "DomainName",
    "AWS::ApiGatewayV2::DomainName": "DomainName",
    "AWS::Route53::RecordSet": "Name",
}


class Unresolved(Exception):
    """A value that this template does not decide."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem, self.advice = problem, advice


def tokens_in(text: str) -> list[str]:
    return _TOKEN.findall(text)


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


@dataclass(slots=True, kw_only=True)
class Scope:
    """One template, with what it can see of the others.

    Args:
        stack: its name, made different from those of all others.
        region: "" when nobody said where it is deployed.
        name: its name as CloudFormation has it.
        parameters: values that the user gives for it.
        given: what the parent stack of a nested one passes, with the scope to read it in.
        family: all scopes, itself included.
    """

    stack: str
    file: str
    region: str
    body: Mapping[str, Any]
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    given: dict[str, tuple[Scope, Any]] = field(default_factory=dict)
    family: Sequence[Scope] = ()
    children: dict[str, Scope] = field(default_factory=dict)

    def section(self, name: str) -> Mapping[str, Any]:
        found = self.body.get(name)
        return found if isinstance(found, Mapping) else {}

    def resources(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for logical_id, resource in self.section("Resources").items():
            if isinstance(resource, Mapping):
                yield logical_id, resource

    def text(self, value: Any, depth: int = 0) -> str:
        found = self.resolve(value, depth)
        if not isinstance(found, (str, int, float)) or isinstance(found, bool):
            raise Unresolved(f"is {str(found)[:60]!r}, not text", "Give text")
        return str(found)

    def resolve(self, value: Any, depth: int = 0) -> Any:
        """The value with every function worked out.

        Raises:
            Unresolved: the template does not decide it.
        """
        if depth > _DEPTH_MAX:
            raise Unresolved("is nested too deeply, or refers to itself", "Simplify the template")
        if isinstance(value, list):
            return [item for one in value if (item := self.resolve(one, depth + 1)) is not NO_VALUE]
        if isinstance(value, str):
            return self._dynamic(value, depth)
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._function(name, argument, depth + 1)
        found = {key: self.resolve(item, depth + 1) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not NO_VALUE}

    def holds(self, condition: Any, depth: int = 0) -> bool:
        """A condition by name, or a condition function."""
        if isinstance(condition, str):
            if condition not in self.section("Conditions"):
                raise Unresolved(f"asks for condition {condition!r}, which is not there", "Mend the template")
            condition = self.section("Conditions")[condition]
        found = self.resolve(condition, depth + 1)
        if not isinstance(found, bool):
            raise Unresolved("has a condition that is neither true nor false", "Mend the template")
        return found

    def _function(self, name: str, argument: Any, depth: int) -> Any:
        rules: dict[str, Callable[[Any, int], Any]] = {
            "Ref": self._ref,
            "Condition": lambda a, d: self.holds(str(a), d),
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::GetStackOutput": self._stack_output,
            "Fn::Equals": lambda a, d: self.resolve(a[0], d) == self.resolve(a[1], d),
            "Fn::And": lambda a, d: all(self.resolve(one, d) for one in a),
            "Fn::Or": lambda a, d: any(self.resolve(one, d) for one in a),
            "Fn::Not": lambda a, d: not self.resolve(a[0], d),
        }
        rule = rules.get(name)
        if rule is None:
            raise Unresolved(f"uses {name}, which only a deployment works out", "Write the value out")
        try:
            return rule(argument, depth)
        except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unresolved(f"{name} is not well formed: {error!r:.80}", "Mend the template") from None

    def _ref(self, name: str, depth: int) -> Any:
        pseudo = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": self.name or self.stack}
        if name == "AWS::NoValue":
            return NO_VALUE
        if name == "AWS::Region":
            if not self.region:
                raise Unresolved("needs the stack's region", "Say it: --template FILE=REGION")
            return self.region
        if name in ("AWS::AccountId", "AWS::StackId", "AWS::NotificationARNs"):
            return f"${{{self.stack}/{name}}}"
        if name in pseudo:
            return pseudo[name]
        if name in self.section("Parameters"):
            return self._parameter(name, depth)
        resource = self._resource(name)
        if own := _REF_IS.get(resource["Type"]):
            return self.resolve(resource["Properties"][own], depth)
        return f"${{{self.stack}/{name}.Ref}}"

    def _parameter(self, name: str, depth: int) -> Any:
        if name in self.parameters:
            return self.parameters[name]
        if name in self.given:
            scope, value = self.given[name]
            return scope.resolve(value, depth)
        about = f"comes from parameter {name}, which a deployment may set to anything"
        raise Unresolved(about, f"Write the value out, or say it: --parameter {name}=VALUE")

    def _resource(self, name: str) -> Mapping[str, Any]:
        found = self.section("Resources").get(name)
        if not isinstance(found, Mapping) or not isinstance(found.get("Type"), str):
            raise Unresolved(f"refers to {name}, which is not in the template", "Mend the template")
        return found

    def _get_att(self, argument: Any, depth: int) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        attribute = self.text(attribute, depth)
        resource = self._resource(name)
        if attribute.startswith("/cdk/exports/"):
            return self._exported(attribute, depth)
        if attribute.startswith("Outputs.") and name in self.children:
            child = self.children[name]
            return child.resolve(child.section("Outputs")[attribute.removeprefix("Outputs.")]["Value"], depth)
        own = resource.get("Properties", {}).get(attribute) if attribute == "DomainName" else None
        return self.resolve(own, depth) if own is not None else f"${{{self.stack}/{name}.{attribute}}}"

    def _sub(self, argument: Any, depth: int) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument

        def put(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in extra:
                return self.text(extra[name], depth)
            if "." in name:
                return self.text({"Fn::GetAtt": name}, depth)
            return self.text({"Ref": name}, depth)

        return _SUB.sub(put, text)

    def _join(self, argument: Any, depth: int) -> str:
        separator, parts = argument
        return str(separator).join(self.text(part, depth) for part in self.resolve(parts, depth))

    def _select(self, argument: Any, depth: int) -> Any:
        index, items = argument
        return self.resolve(items, depth)[int(self.resolve(index, depth))]

    def _split(self, argument: Any, depth: int) -> list[str]:
        separator, text = argument
        found = self.text(text, depth)
        if tokens_in(found):
            raise Unresolved("splits a value that only a deployment knows", "Write the value out")
        return found.split(separator)

    def _find_in_map(self, argument: Any, depth: int) -> Any:
        name, first, second = (self.text(part, depth) for part in argument[:3])
        return self.section("Mappings")[name][first][second]

    def _if(self, argument: Any, depth: int) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition, depth) else otherwise, depth)

    def _import_value(self, argument: Any, depth: int) -> Any:
        name = self.text(argument, depth)
        for scope in self.family:
            for output in scope.section("Outputs").values():
                if scope.region == self.region and "Export" in output:
                    try:
                        exported = scope.text(output["Export"]["Name"], depth)
                    except Unresolved:
                        continue
                    if exported == name:
                        return scope.resolve(output["Value"], depth)
        raise Unresolved(f"imports {name!r}, which no template here exports", "Give the template that exports it")

    def _stack_output(self, argument: Any, depth: int) -> Any:
        """Another stack's output, of any region: a weak reference, which a deployment resolves.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
        """
        stack, output = (self.text(argument[key], depth) for key in ("StackName", "OutputName"))
        region = self.text(argument["Region"], depth) if "Region" in argument else self.region
        for scope in self.family:
            if (scope.name or scope.stack) == stack and scope.region in ("", region) and "RoleArn" not in argument:
                return scope.resolve(scope.section("Outputs")[output]["Value"], depth)
        problem = f"reads output {output} of stack {stack} in {region or 'its region'}, whose template is not here"
        raise Unresolved(problem, "Give the template of that stack too")

    def _exported(self, key: str, depth: int) -> Any:
        """CDK's cross-region reference: the writer in the other stack has the value."""
        for scope in self.family:
            for _, resource in scope.resources():
                if resource.get("Type") == "Custom::CrossRegionExportWriter":
                    exports = resource.get("Properties", {}).get("WriterProps", {}).get("exports", {})
                    if key in exports:
                        return scope.resolve(exports[key], depth)
        raise Unresolved(f"reads {key!r}, which no template here writes", "Give the template of the other region too")

    def _dynamic(self, text: str, depth: int) -> str:
        if "{{resolve:" not in text:
            return text
        found = _SSM.fullmatch(text)
        if found and found[1].startswith("/cdk/exports/"):
            return str(self._exported(found[1], depth))
        if found:
            for scope in self.family:
                for _, resource in scope.resources():
                    if resource.get("Type") == "AWS::SSM::Parameter" and scope.region == self.region:
                        properties = resource.get("Properties", {})
                        if properties.get("Name") == found[1]:
                            return scope.text(properties.get("Value"), depth)
        raise Unresolved(f"is read at deployment: {text[:80]}", "Write the value out")
