"""The proof as a validation plugin: an app that leaks does not synthesize. Reads the templates that were just written.

It looks at every template of the app, so a record that somebody adds beside ours is proved with them. Costs: measured by
`make bench` (synth); a gateway without a domain has nothing to prove, and no plugin.
https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii

from infra.config.model import Gateway
from infra.residency.assembly import read_template_files
from infra.residency.proof import allowed_regions
from infra.residency.territory import territory_of
from infra.residency.violations import RULES, Violation, violations

__all__ = ["ResidencyProof"]


@jsii.implements(cdk.IPolicyValidationPlugin)
class ResidencyProof:
    """Nobody who must be answered from the EU is answered from elsewhere, by any record in any state of health."""

    def __init__(self, gateway: Gateway) -> None:
        self._territory = territory_of(gateway)
        self._allowed = allowed_regions(gateway.residency.allow)

    @property
    def name(self) -> str:
        return "gatewright-residency"

    @property
    def version(self) -> str | None:
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        return list(RULES)

    def validate(self, context: Any) -> cdk.PolicyValidationPluginReport:
        texts = read_template_files(context.template_paths)
        found = violations(texts, territory=self._territory, allowed=self._allowed)
        return cdk.PolicyValidationPluginReport(success=not found, violations=[_told(one) for one in found])


def _told(one: Violation) -> cdk.PolicyViolation:
    where = cdk.PolicyViolatingResource(
        resource_logical_id=one.resource or None,
        template_path=one.file or None,
        locations=[one.location] if one.location else [],
    )
    return cdk.PolicyViolation(
        rule_name=one.rule,
        description=one.text,
        fix=one.fix,
        severity="error",
        violating_resources=[where] if one.resource and one.file else [],
    )
