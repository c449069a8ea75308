"""Two parts that several rules of the web ACL need: where a forwarded address is, and whether its header is there. Pure."""

from __future__ import annotations

from typing import Any

from infra.config.model import ForwardedAddress

__all__ = ["forwarded_config", "header_present"]


def forwarded_config(forwarded: ForwardedAddress) -> dict[str, Any]:
    return {"HeaderName": forwarded.header, "FallbackBehavior": forwarded.fallback.upper()}


def header_present(header: str) -> dict[str, Any]:
    """Any length at all: a header that is not there matches no statement."""
    return {
        "SizeConstraintStatement": {
            "FieldToMatch": {"SingleHeader": {"Name": header.lower()}},
            "ComparisonOperator": "GE",
            "Size": 0,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }
