"""The JSON schema of gateway.yaml, from the declarations that the parser uses. Pure; touches nothing.

For editors: every key has a description, and unknown keys are marked. A schema cannot tell everything the parser can
(ranges of quantities, overlapping paths, files): what it accepts may still have findings, what it refuses always has.
"""

from __future__ import annotations

from typing import Any

from infra.config.document import Document

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    body = Document.model_json_schema(by_alias=True)
    _close(body)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body, "title": "gateway.yaml"}


def _close(node: Any) -> None:
    """Names that do not match are refused, titles that repeat the key are left out."""
    if isinstance(node, list):
        for item in node:
            _close(item)
    if not isinstance(node, dict):
        return
    if "anyOf" in node:
        # An optional key may be left out; a key without a value is an error (`rules.values`).
        (node_type,) = [option for option in node.pop("anyOf") if option != {"type": "null"}]
        node.update({**node_type, **node})
    if "patternProperties" in node:
        node["additionalProperties"] = False
    for key, value in node.items():
        if key in ("properties", "$defs"):
            for inner in value.values():
                inner.pop("title", None)
                # A default in the model's unit (5000) would not be a value of the file (5s); descriptions name it.
                inner.pop("default", None)
                _close(inner)
        else:
            _close(value)
