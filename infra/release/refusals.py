"""The reasons to say no, each with its way out. Pure; every function returns or raises `Refused`."""

from __future__ import annotations

import math

from infra.errors import NothingToDo, Refused
from infra.release.situation import Condition, Deployment, Intent, Situation, Stage

__all__ = [
    "find_release",
    "parse_percent",
    "require_gateway",
    "require_idle",
    "require_rollback_written",
    "require_same_or_no_intent",
    "resume_command",
]

_COMMANDS = {
    "start": "canary start --percent {percent:g}",
    "step": "canary step --percent {percent:g}",
    "promote": "canary promote",
    "rollback": "canary rollback",
    "release-rollback": "release rollback {target}",
    "pin": "deploy",
}


def resume_command(intent: Intent, region: str) -> str:
    """The command line that finishes an intent."""
    verb = _COMMANDS[intent.operation].format(percent=intent.percent, target=intent.target)
    return f"gatewright {verb} --region {region}"


def parse_percent(value: str | float) -> float:
    """A percentage above 0 and up to 100.

    Raises:
        Refused: text, NaN, infinite, or outside that range.
    """
    try:
        percent = float(str(value).strip().removesuffix("%"))
    except ValueError:
        percent = math.nan
    if not 0 < percent <= 100:  # NaN fails every comparison
        raise Refused(
            f"--percent: {value!r} is not a percentage above 0 and up to 100. "
            "Give a number such as 10 or 0.5; to take all traffic off the canary use `gatewright canary rollback`."
        )
    return percent


def require_gateway(s: Situation) -> Stage:
    """The stage of a deployed gateway."""
    if s.stack.condition is Condition.ABSENT or s.stage is None:
        raise NothingToDo(
            f"{s.place}: stack {s.stack.name} has no gateway yet. Run `gatewright deploy --region {s.region}` first."
        )
    return s.stage


def require_idle(s: Situation) -> None:
    """Refuses a stack that cannot take an update now."""
    status, name = s.stack.status, s.stack.name
    if s.stack.condition is Condition.BUSY:
        raise Refused(
            f"{s.place}: stack {name} is in {status}: another update is running. Run this again when it has ended."
        )
    if s.stack.condition is Condition.BROKEN:
        raise Refused(
            f"{s.place}: stack {name} is in {status} and takes no update. Repair it first: "
            f"`aws cloudformation continue-update-rollback --stack-name {name} --region {s.region}` "
            "after a failed rollback; delete the stack if its creation failed."
        )


def require_rollback_written(s: Situation) -> None:
    """Refuses while the stack has a canary's percentage and the stage no canary: the next update would bring one back."""
    if s.canary is None and s.stack.percent > 0 and s.stack.baseline:
        raise Refused(
            f"{s.place}: the stage has no canary, and stack {s.stack.name} still gives one {s.stack.percent:g} %: a rollback "
            f"was stopped half-way, or somebody removed the canary. Run `gatewright canary rollback --region {s.region}`: "
            "it finishes that."
        )


def require_same_or_no_intent(s: Situation, operation: str, *, percent: float = 0.0, target: str = "") -> Intent | None:
    """The pending intent when the same command is run again; None when nothing is pending.

    Raises:
        Refused: another command is half done.
    """
    intent = s.intent
    if intent is None:
        return None
    same = intent.operation == operation
    if operation in ("start", "step"):
        same = same and intent.percent == percent
    if target:
        same = same and intent.target == target
    if same:
        return intent
    undo = "" if intent.operation == "rollback" else f", or `gatewright canary rollback --region {s.region}` to undo it"
    raise Refused(
        f"{s.place}: `{intent.operation}` begun by {intent.owner} at {intent.started} is half done. "
        f"Run `{resume_command(intent, s.region)}` to finish it{undo}."
    )


def find_release(s: Situation, release: str) -> Deployment:
    """The deployment that a release name or deployment id means.

    Raises:
        Refused: none, or more than one.
    """
    found = [d for d in s.deployments if release in (d.id, d.release)]
    if len(found) == 1:
        return found[0]
    problem = f"means more than one deployment: {', '.join(d.id for d in found)}" if found else "does not exist"
    advice = "Give the deployment id" if found else "See"
    raise Refused(
        f"{s.place}: release {release!r} {problem}. {advice}: `gatewright release list --region {s.region}` "
        "lists what there is."
    )
