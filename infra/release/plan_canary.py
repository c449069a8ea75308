"""From a situation to the plan of each canary command. Pure; refuses what would be unsafe or meaningless.

A pending intent of the same command means that a run died: the plan is then made from the intent, and the checks of
its steps skip what was done. `rollback` takes over any half-done command. A half-done *promotion* that has already
moved the stage is undone too (the stage goes back to the baseline the intent names): whoever types rollback in the
middle of a promotion wants the release from before it.
"""

from __future__ import annotations

from infra.errors import NothingToDo, Refused
from infra.release.calls import (
    copy_canary,
    finish,
    follow_canary,
    point_stage,
    remove_canary,
    set_parameters,
    unpin_testers,
    wait_for_stack,
    write_intent,
)
from infra.release.plan import Plan, Request, Step
from infra.release.refusals import (
    parse_percent,
    require_gateway,
    require_idle,
    require_rollback_written,
    require_same_or_no_intent,
)
from infra.release.situation import Canary, Condition, Intent, Situation

__all__ = ["plan_promote", "plan_rollback", "plan_start", "plan_step"]


def plan_start(s: Situation, percent: str | float, *, request: Request) -> Plan:
    """Give the newest, dark release a percentage of the stage."""
    share = parse_percent(percent)
    stage = require_gateway(s)
    intent = require_same_or_no_intent(s, "start", percent=share)
    require_idle(s)
    if intent is None and s.canary == Canary(deployment_id=s.newest, percent=share) and s.agrees:
        return Plan(operation="start", region=s.region, summary=f"{s.name_of(s.newest)} already has {share:g} %")
    if intent is None:
        _require_something_dark(s)
        intent = _intent("start", request, target=s.newest, percent=share, baseline=stage.deployment_id)
    summary = (
        f"{s.name_of(intent.target)} gets {share:g} % of {stage.name}, {s.name_of(intent.baseline)} keeps the rest"
    )
    return _shift(s, intent, summary, reason="the newest release becomes the canary")


def plan_step(s: Situation, percent: str | float, *, request: Request) -> Plan:
    """Change the canary's percentage."""
    share = parse_percent(percent)
    stage = require_gateway(s)
    intent = require_same_or_no_intent(s, "step", percent=share)
    require_idle(s)
    if intent is None:
        canary = _require_canary(s, "step")
        if canary.deployment_id != s.newest:
            raise Refused(
                f"{s.place}: the canary is {s.name_of(canary.deployment_id)}, but the template's newest release is "
                f"{s.name_of(s.newest)}; a step would swap them. Run `gatewright canary rollback --region {s.region}`, "
                "then start again."
            )
        if s.agrees and canary.percent == share:
            return Plan(operation="step", region=s.region, summary=f"the canary already has {share:g} %")
        intent = _intent("step", request, target=s.newest, percent=share, baseline=stage.deployment_id)
    summary = f"{s.name_of(intent.target)} gets {share:g} % of {stage.name}"
    return _shift(s, intent, summary, reason="the canary's percentage changes")


def _shift(s: Situation, intent: Intent, summary: str, *, reason: str) -> Plan:
    parameters = set_parameters(s, baseline=intent.baseline, percent=intent.percent, reason=reason)
    stage = follow_canary(s, target=intent.target, percent=intent.percent)
    # CloudFormation moves the stage by its parameters; Terraform's are only what its next plan begins from.
    moves = (stage, parameters) if s.stack.variables_file else (parameters, stage)
    steps = (write_intent(intent), *moves, finish(intent))
    notes: tuple[str, ...] = ()
    if s.stack.baseline != intent.baseline:
        notes = (f"the baseline is pinned to what the stage serves: {s.name_of(intent.baseline)}",)
    testers = next((stage.deployment_id for stage in s.other_stages if stage.name == s.pinned_stage), intent.target)
    if testers != intent.target:
        again = f"`gatewright canary pin --region {s.region} --header ...` moves them"
        notes = (*notes, f"testers are pinned to {s.name_of(testers)}, which is another release: {again}")
    return Plan(operation=intent.operation, region=s.region, summary=summary, steps=steps, intent=intent, notes=notes)


def plan_promote(s: Situation, *, request: Request) -> Plan:
    """Give the canary's release the whole stage."""
    stage = require_gateway(s)
    intent = require_same_or_no_intent(s, "promote")
    require_idle(s)
    if intent is None:
        canary = _require_canary(s, "promote")
        intent = _intent("promote", request, target=canary.deployment_id, percent=0, baseline=stage.deployment_id)
    target = intent.target
    steps = (
        write_intent(intent),
        copy_canary(s, target=target),
        remove_canary(s, reason="a promoted canary stays on the stage and blocks deployments until removed"),
        set_parameters(s, baseline=target, percent=0, reason="the template learns of the promotion"),
        remove_canary(s, reason="only if the stack update brought the canary back", guard=True),
        *unpin_testers(s),
        finish(intent),
    )
    summary = f"{s.name_of(target)} gets all of {stage.name}, in place of {s.name_of(intent.baseline)}"
    return Plan(operation="promote", region=s.region, summary=summary, steps=steps, intent=intent)


def plan_rollback(s: Situation, *, request: Request) -> Plan:
    """Take all traffic off the canary at once, then let the stack follow. Never waits before that first call."""
    stage = require_gateway(s)
    pending = s.intent
    if pending is None and s.canary is None and s.stack.percent == 0:
        raise NothingToDo(
            f"{s.place}: no canary is running, so there is nothing to roll back. To go back to an earlier release "
            f"use `gatewright release rollback --region {s.region}`."
        )
    resumed = pending is not None and pending.operation == "rollback"
    intent = pending if pending is not None and resumed else _rollback_intent(s, request)
    base = intent.target
    replaces = pending.id if pending is not None and not resumed else ""
    # The call that ends the harm comes before the one that writes it down: a run that dies in between leaves a stack
    # whose percentage has no canary, which is what a rerun begins from.
    steps: list[Step] = [
        remove_canary(s, reason="all traffic leaves the canary with this call"),
        write_intent(intent, replaces=replaces),
    ]
    if s.serving != base:
        steps.append(point_stage(s, target=base, reason="the stage goes back to the release from before"))
    if s.stack.condition is Condition.BUSY:
        again = "only if the update that was running brought the canary back"
        steps += [wait_for_stack(s), remove_canary(s, reason=again, guard=True)]
    after = "only if a stack update moved it"
    steps += [
        set_parameters(s, baseline=base, percent=0, reason="the template learns that the canary is gone"),
        remove_canary(s, reason="only if the stack update brought the canary back", guard=True),
        point_stage(s, target=base, reason=after, guard=True),
        *unpin_testers(s),
        finish(intent),
    ]
    summary = f"all of {stage.name} goes to {s.name_of(base)}"
    notes = (f"takes over the half-done `{intent.took_over}`",) if intent.took_over else ()
    return Plan(operation="rollback", region=s.region, summary=summary, steps=tuple(steps), intent=intent, notes=notes)


def _rollback_intent(s: Situation, request: Request) -> Intent:
    pending = s.intent
    moved_stage = pending is not None and pending.operation in ("promote", "release-rollback")
    base = pending.baseline if pending and moved_stage else s.serving
    took_over = pending.operation if pending else ""
    return _intent("rollback", request, target=base, percent=0, baseline=s.serving, took_over=took_over)


def _require_canary(s: Situation, verb: str) -> Canary:
    canary = s.canary
    if canary is None:
        require_rollback_written(s)
        raise NothingToDo(
            f"{s.place}: no canary is running, so there is nothing to {verb}. "
            f"Start one: `gatewright canary start --region {s.region} --percent 10`."
        )
    # A promotion made in the console leaves a canary of the stage's own deployment at 0 %: promote adopts it.
    if canary.deployment_id == s.serving and not (verb == "promote" and canary.percent == 0):
        raise Refused(
            f"{s.place}: the canary and the stage both serve {s.name_of(s.serving)}: there is nothing to {verb}. "
            f"`gatewright canary rollback --region {s.region}` removes the canary."
        )
    return canary


def _require_something_dark(s: Situation) -> None:
    if s.canary is not None:
        raise Refused(
            f"{s.place}: a canary is running already: {s.name_of(s.canary.deployment_id)} at {s.canary.percent:g} %. "
            f"Use `gatewright canary step|promote|rollback --region {s.region}`."
        )
    if s.newest == s.serving:
        raise Refused(
            f"{s.place}: the newest release {s.name_of(s.newest)} already has the stage: a canary needs two different "
            f"releases. Change something and run `gatewright deploy --region {s.region}` to publish one dark."
        )
    if s.deployment(s.newest) is None:
        raise Refused(
            f"{s.place}: the stack's newest release {s.newest or '(none)'} does not exist in API Gateway. "
            f"Run `gatewright deploy --region {s.region}` to publish it again."
        )


def _intent(
    operation: str, request: Request, *, target: str, percent: float, baseline: str, took_over: str = ""
) -> Intent:
    return Intent(
        id=request.id,
        operation=operation,
        target=target,
        percent=percent,
        baseline=baseline,
        owner=request.owner,
        started=request.now,
        took_over=took_over,
    )
