"""The variables file of a region's root: what has the stage, what the canary gets, which releases there are. Reads, never writes.

It lies beside the root as `gateway.auto.tfvars.json`, where Terraform reads it by itself. It is state that people share: commit it,
or keep it where the pipeline finds it. `infra.release.home` writes it.
"""

from __future__ import annotations

from infra.release.home import BASELINE_PATTERN, VARIABLES
from infra.terraform.root import Root
from infra.terraform.syntax import Hcl

__all__ = ["add_variables"]


def add_variables(root: Root) -> None:
    """Declares them, with the same ranges that the stack's parameters have."""
    root.variables |= {
        "baseline_deployment": {
            "type": "string",
            "default": "",
            "description": "Deployment id that has the stage; empty gives the stage to this configuration's release",
            "validation": [
                {
                    "condition": Hcl(f'${{can(regex("{BASELINE_PATTERN}", var.baseline_deployment))}}'),
                    "error_message": "A deployment id has lower-case letters and digits only.",
                }
            ],
        },
        "canary_percent": {
            "type": "number",
            "default": 0,
            "description": "Share of the stage's traffic for this configuration's release while a baseline is set",
            "validation": [
                {
                    "condition": Hcl("${var.canary_percent >= 0 && var.canary_percent <= 100}"),
                    "error_message": "A percentage is from 0 to 100.",
                }
            ],
        },
        "releases": {
            "type": "list(string)",
            "default": [],
            "description": f"Names of the releases that are kept; {VARIABLES} has them, and gatewright keeps it",
            "validation": [
                {
                    "condition": Hcl('${alltrue([for name in var.releases : can(regex("^[0-9a-f]{8}$", name))])}'),
                    "error_message": "A release's name has eight hexadecimal digits.",
                }
            ],
        },
    }
