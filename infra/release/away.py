"""A gateway that Terraform deployed, seen from where its variables file is not: the function of an unattended rollout. Touches AWS.

The file is on somebody's machine, so what stands for the stack's parameters is what the stage serves. A move of the stage is then its
own record, and the step that would write the file finds nothing to do. The file follows by `gatewright terraform pin`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from infra.release.awsclient import FUNCTIONS_OUTPUT, AwsClient
from infra.release.home import OUT_OF_REACH, outputs_of_root
from infra.release.situation import Condition, Stack

__all__ = ["AwayAws"]

# API Gateway keeps percentages as floats; a share of ours has no more places.
_PLACES = 3


@dataclass(slots=True, kw_only=True)
class AwayAws(AwsClient):
    """AWS in a region whose gateway either tool may have deployed; a CloudFormation stack that is there comes first.

    Args:
        table: the ledger's.
    """

    table: str

    def stack(self, name: str) -> Stack:
        found = AwsClient.stack(self, name)
        if found.condition is not Condition.ABSENT:
            return found
        outputs = outputs_of_root(self, self.table)
        if "RestApiId" not in outputs:
            return found
        stages = {stage.name: stage for stage in self.stages(outputs["RestApiId"])}
        stage = stages.get(outputs.get("StageName", ""))
        canary = stage.canary if stage else None
        return Stack(
            name=name,
            status="CREATE_COMPLETE",
            baseline=stage.deployment_id if stage else "",
            percent=round(canary.percent, _PLACES) if canary else 0.0,
            outputs=outputs,
            function_versions=tuple(sorted(json.loads(outputs.get(FUNCTIONS_OUTPUT) or "[]"))),
            variables_file=OUT_OF_REACH,
        )
