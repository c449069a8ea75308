"""Fills integration URIs: ``${stageVariables.name}`` and ``{pathParameter}``. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["render_path", "render_stage_variables"]

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


def render_stage_variables(uri: str, variables: Mapping[str, str] | None) -> str:
    """A variable that is not set becomes nothing, so the URI then fails as on AWS."""
    if "${" not in uri:
        return uri
    return _STAGE_VARIABLE.sub(lambda match: (variables or {}).get(match[1], ""), uri)


def render_path(uri: str, parameters: Mapping[str, str]) -> str:
    """Only mapped parameters are filled in; ``{name}`` without a mapping stays, as on AWS (recorded)."""
    for name, value in parameters.items():
        uri = uri.replace("{" + name + "}", str(value))
    return uri
