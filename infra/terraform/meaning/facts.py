"""The one form that both outputs are read into. Pure data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["SCENARIOS", "Facts", "Key", "Scenario", "label_of", "symbol"]

Key = tuple[str, str]
"""CloudFormation's type, and the label: the logical id in small letters, without the hash of versions and releases."""

Facts = dict[Key, Any]

_HASHED = re.compile(r"(?:(?<=Version)[0-9a-f]{10}|(?<=Release)[0-9a-f]{8})$")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Values of the parameters: what has the stage, and the canary's share."""

    baseline: str = ""
    percent: float = 0

    def __str__(self) -> str:
        return f"baseline {self.baseline or 'not pinned'}, canary {self.percent:g} %"


SCENARIOS = (
    Scenario(),
    Scenario(percent=10),
    Scenario(baseline="abc123"),
    Scenario(baseline="abc123", percent=0.5),
    Scenario(baseline="abc123", percent=100),
)
"""Every way in which the two parameters meet: pinned or not, with a share or without."""


def label_of(logical_id: str) -> str:
    return _CAPITAL.sub("_", _HASHED.sub("", logical_id)).lower()


def symbol(label: str, attribute: str = "") -> str:
    """How a value names a resource."""
    return f"<{label}.{attribute}>" if attribute else f"<{label}>"
