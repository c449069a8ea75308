"""Between the property names of AWS's APIs (CloudFormation's too) and the provider's: a rule, and the words it does not hold for.

Pure. ``EvaluationWindowSec`` is ``evaluation_window_sec``; a list of objects is a repeated block, whose name the provider has in
the singular. That every word exists in the provider is held by its schema (`schema`), not by this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["blocks", "snake"]

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# Lists of objects: the provider repeats a block with this name.
REPEATED: Mapping[str, str] = {
    "Rules": "rule",
    "ResponseHeaders": "response_header",
    "TextTransformations": "text_transformation",
    "RuleActionOverrides": "rule_action_override",
    "Statements": "statement",
    "Filters": "filter",
    "Conditions": "condition",
    "DataProtections": "data_protection",
    "RuleLabels": "rule_label",
}
# Names that the rule gets wrong.
EXCEPTIONS: Mapping[str, str] = {
    "CloudWatchMetricsEnabled": "cloudwatch_metrics_enabled",
    "ForwardedIPConfig": "forwarded_ip_config",
}


def snake(name: str) -> str:
    """``ForwardedIPConfig`` -> ``forwarded_ip_config``."""
    return EXCEPTIONS.get(name) or "_".join(part.lower() for part in _WORD.findall(name))


def blocks(value: Any) -> Any:
    """A property tree in the provider's words; texts and numbers are as they were."""
    if isinstance(value, Mapping):
        return {REPEATED.get(key) or snake(key): blocks(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [blocks(one) for one in value]
    return value
