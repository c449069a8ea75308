"""The plan as data: frozen steps, each an API call with its reason and the way to see that it is done. Touches nothing.

The executor runs a plan and the display prints the same one, so `--dry-run` cannot disagree with the real run.
The price: a step may depend only on what can be read back, because a run that died is resumed from what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from infra.release.situation import Condition, Intent, Situation, same_percent

__all__ = [
    "AnyTime",
    "Check",
    "HasCanary",
    "IntentIs",
    "NoCanary",
    "NoTesters",
    "Plan",
    "Request",
    "StackHas",
    "StackIdle",
    "StageServes",
    "Step",
]

Service = Literal[
    "apigateway",
    "apigatewayv2",
    "cdk",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "lambda",
    "ledger",
    "secretsmanager",
    "terraform",
    "testers",
    "wafv2",
]


class Check(Protocol):
    """How one sees, in a fresh situation, that a step needs no doing."""

    def holds(self, situation: Situation) -> bool: ...

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class AnyTime:
    """For calls that are harmless to repeat and are never skipped."""

    def holds(self, situation: Situation) -> bool:  # noqa: ARG002
        return False

    def __str__(self) -> str:
        return "safe to repeat"


@dataclass(frozen=True, slots=True)
class NoCanary:
    def holds(self, situation: Situation) -> bool:
        return situation.canary is None

    def __str__(self) -> str:
        return "the stage has no canary"


@dataclass(frozen=True, slots=True)
class NoTesters:
    def holds(self, situation: Situation) -> bool:
        return not situation.pinned_stage

    def __str__(self) -> str:
        return "no testers are pinned"


@dataclass(frozen=True, slots=True)
class HasCanary:
    deployment_id: str
    percent: float

    def holds(self, situation: Situation) -> bool:
        canary = situation.canary
        return (
            canary is not None
            and canary.deployment_id == self.deployment_id
            and same_percent(canary.percent, self.percent)
        )

    def __str__(self) -> str:
        return f"the stage has canary {self.deployment_id} at {self.percent:g} %"


@dataclass(frozen=True, slots=True)
class StageServes:
    deployment_id: str

    def holds(self, situation: Situation) -> bool:
        return situation.serving == self.deployment_id

    def __str__(self) -> str:
        return f"the stage serves {self.deployment_id}"


@dataclass(frozen=True, slots=True)
class StackHas:
    """The parameters are there *and* the stack is at rest: during an update it already shows the new parameters."""

    baseline: str
    percent: float

    def holds(self, situation: Situation) -> bool:
        stack = situation.stack
        return stack.condition is Condition.READY and (stack.baseline, stack.percent) == (self.baseline, self.percent)

    def __str__(self) -> str:
        return f"the stack has BaselineDeployment {self.baseline}, CanaryPercent {self.percent:g}"


@dataclass(frozen=True, slots=True)
class StackIdle:
    def holds(self, situation: Situation) -> bool:
        return situation.stack.condition is not Condition.BUSY

    def __str__(self) -> str:
        return "no stack update is running"


@dataclass(frozen=True, slots=True)
class IntentIs:
    id: str

    def holds(self, situation: Situation) -> bool:
        return situation.intent is not None and situation.intent.id == self.id

    def __str__(self) -> str:
        return "the ledger has this intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One API call.

    Args:
        key: stable name of the step, for progress, evidence and tests.
        parameters: what the call is given, in boto3's spelling.
        reason: why the call is made, one clause.
        done: how one sees that it needs no doing.
        guard: the call is expected not to be needed; it runs only if AWS did not follow the step before it.
    """

    key: str
    service: Service
    operation: str
    parameters: Mapping[str, Any]
    reason: str
    done: Check
    guard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a command will do in one region. No steps means that there is nothing to do; ``summary`` says why.

    Args:
        intent: the ledger's record of it; None for what needs none.
        notes: what the operator should know besides, one sentence each.
        agreement: whether the run must end with stage and stack parameters in agreement.
    """

    operation: str
    region: str
    summary: str
    steps: tuple[Step, ...] = ()
    intent: Intent | None = None
    notes: tuple[str, ...] = ()
    agreement: bool = True

    @property
    def empty(self) -> bool:
        return not self.steps

    def as_json(self) -> dict[str, Any]:
        return {
            "operation": self.operation,
            "region": self.region,
            "summary": self.summary,
            "notes": list(self.notes),
            "intent": asdict(self.intent) if self.intent else None,
            "steps": [
                {
                    "key": s.key,
                    "service": s.service,
                    "operation": s.operation,
                    "parameters": dict(s.parameters),
                    "reason": s.reason,
                    "done_when": str(s.done),
                    "guard": s.guard,
                }
                for s in self.steps
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, when, and a fresh id: what a planner needs from outside to write an intent and stay pure."""

    id: str
    owner: str
    now: str  # ISO 8601, UTC
