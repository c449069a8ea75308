"""Runs a plan, step by step, and keeps the evidence. Touches AWS and the ledger, only as the plan says.

Before each step it looks again and skips what is done; that is what makes a second run finish a first one that died.
The price is two reads a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from infra.errors import CloudError, GatewrightError, Locked, NothingToDo, Refused
from infra.release.awsclient import AwsClient
from infra.release.home import write_parameters
from infra.release.ledger import Ledger
from infra.release.observe import refresh
from infra.release.plan import AnyTime, Plan, Step
from infra.release.situation import Condition, Situation

__all__ = ["Executor", "Outcome"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a step: the call was made, was not needed, AWS said that there was nothing to update, or it failed and is only a
    warning, which `note` holds."""

    key: str
    result: Literal["done", "not needed", "nothing to update", "failed"]
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Executor:
    """Runs plans in one region, under a lock that the caller holds.

    Args:
        unpin: takes pinned testers back (`infra.release.pinning`); None where nobody may.
    """

    aws: AwsClient
    ledger: Ledger
    progress: Progress
    unpin: Callable[[Situation], object] | None = None

    def run(self, plan: Plan, situation: Situation) -> tuple[Outcome, ...]:
        """Run a plan from the situation that it was made from.

        Raises:
            CloudError: a call failed, or AWS did not do what it was asked. Running the command again resumes.
            Locked: the lock ran out and somebody else took it.
        """
        before, current = situation, situation
        outcomes: list[Outcome] = []
        fresh = True
        for step in plan.steps:
            if not fresh and not isinstance(step.done, AnyTime):
                current, fresh = refresh(current, self.aws), True
            self.ledger.renew()
            if step.done.holds(current):
                outcomes.append(Outcome(key=step.key, result="not needed"))
                continue
            if step.operation == "finish":
                self._finish(plan, before, outcomes)
                outcomes.append(Outcome(key=step.key, result="done"))
                continue
            self.progress(f"{step.service} {step.operation}: {step.reason}")
            if step.service == "testers":
                outcomes.append(self._unpin(step, current))
                fresh = False
                continue
            updated = self._do(step, plan, current)
            fresh = step.service == "ledger" and fresh
            outcomes.append(Outcome(key=step.key, result="done" if updated else "nothing to update"))
        return tuple(outcomes)

    def _do(self, step: Step, plan: Plan, current: Situation) -> bool:
        """Make the step's call; False when AWS says that there is nothing to update."""
        parameters = step.parameters
        match step.service, step.operation:
            case "apigateway", "update_stage":
                self.aws.update_stage(parameters)
            case "apigateway", "delete_deployment":
                self.aws.delete_deployment(parameters)
            case "lambda", "delete_function":
                self.aws.delete_version(parameters)
            case "cloudformation", "describe_stacks":
                self.aws.wait_for_stack(str(parameters["StackName"]), self._tick)
            case "cloudformation", "update_stack":
                return self._update_stack(parameters, current)
            case "terraform", "write_variables":
                write_parameters(parameters)
            case "ledger", _:
                self._do_ledger(step, plan)
            case _:
                raise AssertionError(f"no such call: {step.service} {step.operation}")
        return True

    def _unpin(self, step: Step, current: Situation) -> Outcome:
        """What comes before it has succeeded and stays so, whatever becomes of this.

        Raises:
            Locked: somebody else has the lock now.
        """
        try:
            if self.unpin is None:
                raise Refused("this rollout may not change domains.")
            self.unpin(current)
        except NothingToDo:  # somebody else was faster
            pass
        except Locked:
            raise
        except GatewrightError as error:
            release = next(one.deployment_id for one in current.other_stages if one.name == step.parameters["stage"])
            return Outcome(
                key=step.key,
                result="failed",
                note=f"{current.place}: testers are still pinned to {current.name_of(release)}, which is no canary any more, or half taken back: "
                f"{error} Run `gatewright canary unpin --region {current.region}`.",
            )
        return Outcome(key=step.key, result="done")

    def _do_ledger(self, step: Step, plan: Plan) -> None:
        parameters = step.parameters
        match step.operation:
            case "write_intent":
                if plan.intent is None:  # a plan that writes an intent has one
                    raise AssertionError(plan.operation)
                self.ledger.write_intent(plan.intent, replaces=str(parameters["replaces"]))
            case "record":
                self.ledger.record(parameters)
            case "forget_release":
                self.ledger.forget_release(str(parameters["deployment_id"]))
            case _:
                raise AssertionError(f"no such call: ledger {step.operation}")

    def _update_stack(self, parameters: Mapping[str, Any], current: Situation) -> bool:
        if current.stack.condition is Condition.BROKEN:
            name, status = current.stack.name, current.stack.status
            raise Refused(
                f"{current.place}: stack {name} is in {status} and takes no update, so its parameters do not know yet "
                f"what the stage serves. Repair it (`aws cloudformation continue-update-rollback --stack-name {name} "
                f"--region {current.region}`) and run the command again: it resumes."
            )
        return self.aws.update_stack(parameters, self._tick)

    def _tick(self, message: str) -> None:
        self.ledger.renew()
        self.progress(message)

    def _finish(self, plan: Plan, before: Situation, outcomes: list[Outcome]) -> None:
        after = refresh(before, self.aws)
        unchanged = any(o.result == "nothing to update" for o in outcomes)
        if plan.agreement and not after.agrees and not unchanged:
            raise CloudError(
                f"{after.place}: the stage serves {_truth(after)}, but the stack has BaselineDeployment "
                f"{after.stack.baseline or '(none)'} and CanaryPercent {after.stack.percent:g}. "
                "Something else changed one of them meanwhile. Run the command again: it resumes."
            )
        if plan.intent is None:
            raise AssertionError(plan.operation)
        self.ledger.finish(
            plan.intent,
            {"before": _evidence(before), "after": _evidence(after), "steps": [asdict(o) for o in outcomes]},
        )


def _truth(s: Situation) -> str:
    canary = f" with canary {s.canary.deployment_id} at {s.canary.percent:g} %" if s.canary else " and no canary"
    return f"{s.serving or '(nothing)'}{canary}"


def _evidence(s: Situation) -> dict[str, Any]:
    return {
        "stage": {"deployment": s.serving, "canary": asdict(s.canary) if s.canary else None},
        "stack": {"status": s.stack.status, "baseline": s.stack.baseline, "percent": s.stack.percent},
        "newest": s.newest,
    }
