"""Deploys a gateway: checks, one synth, then region by region the real `cdk deploy`, and the baseline pinned after the
first one. Touches AWS through cdk and the session, disk through cdk.

The first deploy has no lock, because the ledger is in the stack that it creates; two first deploys at once are kept
apart by CloudFormation. Every later one holds the lock, so no canary can start underneath it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.errors import NotFound, Refused
from infra.release import commands
from infra.release.awsclient import AwsClient
from infra.release.cdk import Cdk
from infra.release.domain import NO_DOMAIN, DomainStacks, plans
from infra.release.executor import Progress
from infra.release.lost_breakers import require_breakers
from infra.release.plan import AnyTime, Plan, Step
from infra.release.refusals import require_idle, require_rollback_written, require_same_or_no_intent
from infra.release.session import Session
from infra.release.situation import Condition, Situation

__all__ = ["Deployed", "bootstrap", "deploy", "plan_deploy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deploy left in one region.

    Args:
        first: there was no gateway before.
        published: a release is new since.
        pinned: the baseline was pinned by this run.
        dark: the newest release waits for a canary.
    """

    region: str
    url: str
    newest: str
    newest_name: str
    serving: str
    serving_name: str
    first: bool
    published: bool
    pinned: bool
    dark: bool


def plan_deploy(s: Situation, cdk: Cdk) -> Plan:
    """What a deploy does in a region; refuses while a canary runs or something is half done."""
    if s.stack.variables_file:
        raise Refused(
            f"{s.place}: Terraform deployed this gateway, and CloudFormation would make a second one. Run `gatewright "
            f"terraform synth`, `terraform -chdir={Path(s.stack.variables_file).parent} apply`, then `gatewright terraform "
            f"pin --region {s.region}`."
        )
    require_same_or_no_intent(s, "pin")
    if s.canary is not None:
        raise Refused(
            f"{s.place}: a canary is running: {s.name_of(s.canary.deployment_id)} at {s.canary.percent:g} %. A deploy "
            f"would swap the release under it. First `gatewright canary promote --region {s.region}` or "
            f"`gatewright canary rollback --region {s.region}`."
        )
    require_rollback_written(s)
    if s.stack.condition is Condition.BUSY:
        require_idle(s)
    first = s.stage is None
    arguments = cdk.deploy_arguments(s.stack.name)
    step = Step(
        key="cdk-deploy",
        service="cdk",
        operation="deploy",
        parameters={"arguments": list(arguments), "stack": s.stack.name},
        reason="the stage goes live" if first else "publish the release dark; the stage does not move",
        done=AnyTime(),
    )
    notes: tuple[str, ...] = ()
    if first or not s.stack.baseline:
        notes = ("the baseline is pinned, so that later deploys publish dark",)
    summary = f"create {s.stack.name}" if first else f"update {s.stack.name}"
    return Plan(operation="deploy", region=s.region, summary=summary, steps=(step,), notes=notes, agreement=False)


def deploy(sessions: Sequence[Session], cdk: Cdk, domain: DomainStacks = NO_DOMAIN) -> tuple[Deployed, ...]:
    """Deploy to each region in order, and the domain's stacks around them; nothing is deployed when any region refuses.

    Raises:
        Refused: a canary runs, a command is half done, or a stack is busy.
        CommandFailed: cdk failed; the regions before it are deployed.
    """
    for session in sessions:
        plan_deploy(session.observe(), cdk)
    sessions[0].progress("cdk synth: from gateway.yaml to templates and assets")
    cdk.run(cdk.synth_arguments(), on_line=lambda _: None)
    for session in sessions:
        situation = session.observe(with_history=True)
        if template := cdk.template(situation.stack.name):
            require_breakers(situation, template)
    before, after = plans(domain, cdk)
    _carry_out(before, cdk, sessions[0].progress)
    deployed = tuple(_deploy(session, cdk) for session in sessions)
    _carry_out(after, cdk, sessions[0].progress)
    return deployed


def _carry_out(planned: Sequence[Plan], cdk: Cdk, progress: Progress) -> None:
    for plan in planned:
        for step in plan.steps:
            progress(f"cdk deploy {step.parameters['stack']}: {step.reason}")
            cdk.run(step.parameters["arguments"], on_line=lambda line: _tell(progress, line))


def _deploy(session: Session, cdk: Cdk) -> Deployed:
    try:
        session.ledger.acquire()
        locked = True
    except NotFound:  # the ledger comes with the stack
        locked = False
    try:
        return _deploy_locked(session, cdk, locked=locked)
    finally:
        if locked:
            session.ledger.release()


def _deploy_locked(session: Session, cdk: Cdk, *, locked: bool) -> Deployed:
    before = session.observe()
    plan = plan_deploy(before, cdk)
    # A run that died between its deploy and the pin leaves a live release unpinned; the next template must not
    # take the stage from it.
    pinned_before = before.stage is not None and bool(session.apply_locked(commands.pin()).outcomes)
    for step in plan.steps:
        session.progress(f"cdk deploy {before.stack.name}: {step.reason}")
        cdk.run(
            step.parameters["arguments"],
            on_line=lambda line: _tell(session.progress, line),
            on_tick=session.ledger.renew if locked else lambda: None,
        )
    session.adopt()
    apply = session.apply_locked if locked else session.apply
    pinned = bool(apply(commands.pin()).outcomes) or pinned_before
    return _deployed(before, session.observe(), pinned=pinned)


_TOLD = (
    "AWS::CloudFormation::Stack",
    "AWS::ApiGateway::",
    "AWS::CertificateManager::",
    "AWS::Lambda::Version",
    "AWS::Route53::",
)


def _tell(progress: Progress, line: str) -> None:
    """Of cdk's output: what makes up a release and its domain, and every failure. The rest is in the log."""
    if "_FAILED" in line or ("_COMPLETE" in line and any(kind in line for kind in _TOLD)):
        progress(" | ".join(part.strip() for part in line.split("|")[-3:]))


def _deployed(before: Situation, after: Situation, *, pinned: bool) -> Deployed:
    newest, serving = after.deployment(after.newest), after.deployment(after.serving)
    return Deployed(
        region=after.region,
        url=after.stack.outputs.get("ApiUrl", ""),
        newest=after.newest,
        newest_name=newest.release if newest else after.newest,
        serving=after.serving,
        serving_name=serving.release if serving else after.serving,
        first=before.stage is None,
        published=after.newest != before.newest,
        pinned=pinned,
        dark=after.newest != after.serving,
    )


def bootstrap(clients: Sequence[AwsClient], cdk: Cdk, progress: Progress) -> None:
    """`cdk bootstrap` the regions that have no CDKToolkit yet; used by `up`, never by `deploy`."""
    bare = [client for client in clients if client.stack("CDKToolkit").condition is not Condition.READY]
    if not bare:
        return
    account = str(bare[0].call("sts", "get_caller_identity")["Account"])
    regions = [client.region for client in bare]
    progress(f"cdk bootstrap in {', '.join(regions)}")
    cdk.run(cdk.bootstrap_arguments(account, regions), on_line=lambda line: _tell(progress, line))
