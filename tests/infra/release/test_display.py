"""The display prints the calls that the executor runs."""

from __future__ import annotations

from infra.release.display import done_lines, plan_lines
from infra.release.plan import Plan
from infra.release.plan_canary import plan_promote, plan_start
from tests.infra.release.situations import REQUEST, running, situation


def test_the_display_prints_every_call_with_its_reason() -> None:
    plan = plan_promote(running(), request=REQUEST)
    text = "\n".join(plan_lines(plan))
    for step in plan.steps:
        assert f"{step.service} {step.operation}" in text
        assert step.reason in text
    assert "copy /canarySettings/deploymentId -> /deploymentId" in text
    assert "BaselineDeployment=d-two" in text


def test_a_dry_run_of_a_start_reads_like_this() -> None:
    assert plan_lines(plan_start(situation(), 10, request=REQUEST))[:5] == [
        "us-east-1: start: two (d-two) gets 10 % of live, one (d-one) keeps the rest",
        "  1. ledger write_intent  start d-two",
        "     why: so that a run that dies can be resumed; not needed when: the ledger has this intent",
        "  2. cloudformation update_stack  Gatewright-shop-us-east-1: BaselineDeployment=(as it is), CanaryPercent=10, "
        "BootstrapVersion=(as it is)",
        "     why: the newest release becomes the canary; not needed when: the stack has BaselineDeployment d-one, "
        "CanaryPercent 10",
    ]


def test_what_became_of_plans() -> None:
    done = plan_start(situation(), 10, request=REQUEST)
    idle = Plan(operation="step", region="eu-west-1", summary="it has 10 % already", notes=("nobody was asked",))
    assert done_lines([done, idle], dry_run=False) == [
        "us-east-1: start done: two (d-two) gets 10 % of live, one (d-one) keeps the rest",
        "eu-west-1: step nothing to do: it has 10 % already",
        "  note: nobody was asked",
    ]
    assert done_lines([done, idle], dry_run=True) == plan_lines(done) + plan_lines(idle)
