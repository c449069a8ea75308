"""What a CloudFormation template and a Terraform root mean, in one form, and the differences. Pure.

The form is CloudFormation's: type and label of a resource -> its properties, with references as symbols (``<users_role.Arn>``) and
with parameters already decided, because a canary means something only with values. Both sides are read as JSON that somebody may
have changed, not as what our builders think; what no reader knows is a difference by itself.
"""

from __future__ import annotations

from infra.terraform.meaning.compare import Difference, compare
from infra.terraform.meaning.facts import SCENARIOS, Facts, Scenario
from infra.terraform.meaning.roots import read_root
from infra.terraform.meaning.templates import read_template

__all__ = ["SCENARIOS", "Difference", "Facts", "Scenario", "compare", "read_root", "read_template"]
