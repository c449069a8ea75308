"""Prints a plan for people: the same steps that the executor would run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.release.plan import Plan, Step

__all__ = ["done_lines", "plan_lines"]


def done_lines(plans: Sequence[Plan], *, dry_run: bool) -> list[str]:
    """What became of plans that were carried out, or, when nothing was, their calls."""
    lines: list[str] = []
    for plan in plans:
        if dry_run:
            lines += plan_lines(plan)
            continue
        state = "nothing to do" if plan.empty else "done"
        lines.append(f"{plan.region}: {plan.operation} {state}: {plan.summary}")
        lines += [f"  note: {note}" for note in plan.notes]
    return lines


def plan_lines(plan: Plan) -> list[str]:
    """The plan, one line a call, with what it is given, why, and how one sees that it is done."""
    lines = [f"{plan.region}: {plan.operation}: {plan.summary}"]
    lines += [f"  note: {note}" for note in plan.notes]
    for number, step in enumerate(plan.steps, 1):
        only_if = " (only if needed)" if step.guard else ""
        lines.append(f"  {number}. {step.service} {step.operation}  {_parameters(step)}".rstrip() + only_if)
        lines.append(f"     why: {step.reason}; not needed when: {step.done}")
    return lines


def _parameters(step: Step) -> str:
    match step.operation:
        case "update_stage":
            return ", ".join(_patch(operation) for operation in step.parameters["patchOperations"])
        case "update_stack":
            parameters = ", ".join(_parameter(p) for p in step.parameters["Parameters"])
            return f"{step.parameters['StackName']}: {parameters}"
        case "write_variables":
            given = step.parameters
            return (
                f"{given['file']}: baseline_deployment={given['baseline_deployment']}, "
                f"canary_percent={given['canary_percent']:g}"
            )
        case "write_intent":
            return f"{step.parameters['operation']} {step.parameters['target']}"
        case _:
            return ", ".join(str(v) for v in step.parameters.values() if isinstance(v, str))


def _patch(operation: Mapping[str, Any]) -> str:
    source = f"{operation['from']} -> " if "from" in operation else ""
    value = f" {operation['value']}" if "value" in operation else ""
    return f"{operation['op']} {source}{operation['path']}{value}"


def _parameter(parameter: Mapping[str, Any]) -> str:
    value = "(as it is)" if parameter.get("UsePreviousValue") else parameter["ParameterValue"]
    return f"{parameter['ParameterKey']}={value}"
