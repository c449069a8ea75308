"""The roots of `gatewright terraform synth` made again with the provider's prebuilt bindings: the same resources, the same attributes.

A program of its own, run by an interpreter that has ``cdktn`` and ``cdktn-provider-aws`` (they are in no lock: half a gigabyte for one
figure): ``python terraform_bindings.py ROOTS OUT``. Generic over the resource types: a class and its nested structures are found by
their names. What a class takes no argument for (``for_each``, ``dynamic``, an expression where it wants a number) is said by an
override. Writes below OUT; ends with 1 and the first difference when what it made is not what the roots say.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

META = ("depends_on", "dynamic", "for_each", "lifecycle", "provider")


def make(roots: dict[str, dict[str, Any]], out: Path) -> None:
    """Synthesizes every root with the prebuilt bindings."""
    import cdktn

    app = cdktn.App(outdir=str(out))
    for name, root in roots.items():
        stack = cdktn.TerraformStack(app, name)
        provider = importlib.import_module("cdktn_provider_aws.provider")
        for number, settings in enumerate(root["provider"]["aws"]):
            provider.AwsProvider(stack, f"aws{number}", **settings)
        for kind, named in root["resource"].items():
            module = importlib.import_module(f"cdktn_provider_aws.{kind.removeprefix('aws_')}")
            for label, body in named.items():
                _resource(module, stack, kind, label, body)
        for kind, named in root.get("data", {}).items():
            module = importlib.import_module(f"cdktn_provider_aws.data_{kind}")
            for label, body in named.items():
                made = getattr(module, f"Data{_pascal(kind)}")(stack, f"{kind}-{label}", **body)
                made.override_logical_id(label)
        for key in ("variable", "locals", "output"):
            if key in root:
                stack.add_override(key, root[key])
    app.synth()


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _resource(module: Any, stack: Any, kind: str, label: str, body: dict[str, Any]) -> None:
    name = _pascal(kind.removeprefix("aws_"))
    made_of = getattr(module, name)
    wanted = _wanted(made_of)
    said = {key: value for key, value in body.items() if key in META or not _takes(wanted.get(key, ""), value)}
    arguments = {key: _given(module, name, key, value, wanted) for key, value in body.items() if key not in said}
    made = made_of(stack, f"{kind}.{label}", **arguments)
    made.override_logical_id(label)
    for key, value in said.items():
        made.add_override(key, value)


def _wanted(made_of: Any) -> dict[str, str]:
    """Argument -> its type, as the bindings write it."""
    return {key: str(one.annotation) for key, one in inspect.signature(made_of.__init__).parameters.items()}


def _takes(wanted: str, value: Any) -> bool:
    """Whether an argument of this type takes the value; a text that is an expression is no number."""
    return wanted != "" and (not isinstance(value, str) or "str" in wanted)


def _given(module: Any, owner: str, key: str, value: Any, wanted: dict[str, str]) -> Any:
    """The value with the bindings' structures for nested blocks, as a list where they want one; maps and plain values as they are."""
    if isinstance(value, list):
        return [_structure(module, f"{owner}{_pascal(key)}", one) for one in value]
    made = _structure(module, f"{owner}{_pascal(key)}", value)
    return [made] if isinstance(value, dict) and "Sequence[" in wanted[key] else made


def _structure(module: Any, name: str, value: Any) -> Any:
    made_of = getattr(module, name, None)
    if not isinstance(value, dict) or made_of is None:
        return value
    wanted = _wanted(made_of)
    return made_of(**{key: _given(module, name, key, one, wanted) for key, one in value.items()})


def difference(roots: dict[str, dict[str, Any]], out: Path) -> str:
    """The first resource that is not what the root says; "" when all are equal."""
    for name, root in roots.items():
        made = json.loads((out / "stacks" / name / "cdk.tf.json").read_text(encoding="utf-8"))
        for section in ("resource", "data"):
            for kind, named in root.get(section, {}).items():
                for label, body in named.items():
                    other = made.get(section, {}).get(kind, {}).get(label, {})
                    other.pop("//", None)
                    if _plain(other) != _plain(body):
                        return f"{name}: {kind}.{label}\n  roots:    {_plain(body)}\n  bindings: {_plain(other)}"
    return ""


def _plain(value: Any) -> Any:
    """Without the difference between a block and a list of one block, which Terraform does not make either."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(one) for one in value]
    return value


def main() -> None:
    sys.dont_write_bytecode = False
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    roots = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*/main.tf.json")}
    make(roots, out)
    if found := difference(roots, out):
        raise SystemExit(found)


if __name__ == "__main__":
    main()
