"""The provider's schema, reduced to the types that the roots use: every word that a root says is looked up in it. Reads its file.

`python -m infra.terraform.schema FILE` makes the extract anew from what ``terraform providers schema -json`` prints in any root;
the types are those of the extract and of `infra.terraform.meaning`. Types of values are not held by it: `terraform validate` is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

__all__ = ["extract", "load", "problems"]

_PROVIDER = "registry.terraform.io/hashicorp/aws"
_FILE = "schema.json"
_META = frozenset({"count", "depends_on", "dynamic", "for_each", "lifecycle", "provider"})

Block = Mapping[str, Any]


def load() -> dict[str, Any]:
    """Type -> block: ``attributes`` (name -> "required", "optional" or "computed") and ``blocks`` (name -> most, block)."""
    text = resources.files("infra.terraform").joinpath(_FILE).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def extract(schema: Mapping[str, Any], types: Iterable[str]) -> dict[str, Any]:
    """The extract of what ``terraform providers schema -json`` prints."""
    known = schema["provider_schemas"][_PROVIDER]["resource_schemas"]
    return {kind: _block(known[kind]["block"], 0) for kind in sorted(types)}


def _block(block: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """WAF's statements repeat themselves many levels down."""
    found: dict[str, Any] = {"attributes": {name: _use(one) for name, one in block.get("attributes", {}).items()}}
    inner = block.get("block_types", {})
    if inner and depth < _DEPTH_MAX:
        found["blocks"] = {
            name: {"most": one.get("max_items", 0), "least": one.get("min_items", 0), **_block(one["block"], depth + 1)}
            for name, one in inner.items()
            if name not in _NEVER
        }
    return found


_DEPTH_MAX = 9
# Blocks that no root of ours has, and that WAF repeats at every level; a root that gets one of them makes the test fail, and then
# its name leaves this list.
_NEVER = frozenset(
    f"{name}_statement"
    for name in (
        *("asn_match", "ip_set_reference", "regex_match", "regex_pattern_set_reference", "rule_group_reference"),
        *("sqli_match", "xss_match", "label_match"),
    )
) | {
    *("timeouts", "custom_key", "captcha", "challenge", "captcha_config", "challenge_config", "association_config"),
    *("all_query_arguments", "body", "cookies", "headers", "header_order", "ja3_fingerprint", "ja4_fingerprint"),
    *("json_body", "method", "single_query_argument", "managed_rule_group_configs", "uri_fragment"),
}


def _use(attribute: Mapping[str, Any]) -> str:
    return "required" if attribute.get("required") else "optional" if attribute.get("optional") else "computed"


def problems(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Every word of a root that the provider does not know, and everything that it requires and the root does not say."""
    for kind, named in root.get("resource", {}).items():
        for label, body in named.items():
            if kind not in schema:
                yield f"{kind}.{label}: the extract has no such type: make it anew"
                continue
            said = {key: value for key, value in body.items() if key not in _META}
            said |= {name: one["content"] for name, one in body.get("dynamic", {}).items()}
            yield from _of_block(f"{kind}.{label}", said, schema[kind])


def _of_block(where: str, body: Mapping[str, Any], block: Block) -> Iterator[str]:
    attributes, inner = block["attributes"], block.get("blocks", {})
    for name, use in attributes.items():
        if use == "required" and name not in body:
            yield f"{where}: {name} is required"
    for name, one in inner.items():
        if one["least"] and name not in body:
            yield f"{where}: a block {name} is required"
    for key, value in body.items():
        if key in inner:
            yield from _of_blocks(f"{where}.{key}", value, inner[key])
        elif attributes.get(key, "computed") == "computed":
            yield f"{where}: {key} is nothing that can be said"


def _of_blocks(where: str, value: Any, block: Block) -> Iterator[str]:
    many = value if isinstance(value, list) else [value]
    if block["most"] and len(many) > block["most"]:
        yield f"{where}: {len(many)} blocks, and there may be {block['most']}"
    for one in many:
        if isinstance(one, Mapping):
            yield from _of_block(where, one, block)
        else:
            yield f"{where}: is a block, and was given a value"


def main(arguments: list[str]) -> int:
    """Writes the extract beside this module."""
    from infra.terraform.meaning.kinds import KINDS, PARTS

    types = {*KINDS, *PARTS, "aws_cloudformation_stack", "aws_dynamodb_table_item"}
    found = extract(json.loads(Path(arguments[0]).read_text(encoding="utf-8")), types)
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    Path(__file__).with_name(_FILE).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
