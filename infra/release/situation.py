"""What one region is in, as plain frozen data: the stack, the stage, the releases, the ledger. Touches nothing.

`observe` fills it from AWS, the planners read it. Two truths are kept side by side on purpose: what the stage serves
(`Stage`) and what the template believes (`Stack`); a command is finished when `agrees` holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = [
    "PIN",
    "UNPIN",
    "Canary",
    "Condition",
    "Deployment",
    "Intent",
    "LockInfo",
    "Situation",
    "Stack",
    "Stage",
    "pinned_name",
    "same_percent",
]


class Condition(StrEnum):
    """What can be done with a stack in the status that CloudFormation gives."""

    ABSENT = "absent"  # never created, deleted, or only reviewed
    READY = "ready"  # an update may start
    BUSY = "busy"  # an update is running
    BROKEN = "broken"  # needs a person: continue-update-rollback, or delete

    @classmethod
    def of(cls, status: str | None) -> Condition:
        """Classify a stack status.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
        """
        if status is None or status in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
            return cls.ABSENT
        if status.endswith("_IN_PROGRESS"):
            return cls.BUSY
        if status in _READY:
            return cls.READY
        return cls.BROKEN


_READY = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)


def same_percent(one: float, other: float) -> bool:
    """API Gateway keeps percentages as floats, so 33.3 may come back as 33.299999."""
    return math.isclose(one, other, abs_tol=0.001)


PIN, UNPIN = "pin testers", "unpin testers"
"""Operations in plans and in the history that move testers only; plain `pin` there is the baseline's."""


def pinned_name(live: str) -> str:
    """The stage that serves pinned testers (`infra.release.pins`)."""
    return f"{live}-pinned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The region's stack as `describe_stacks` shows it. ``baseline`` "" means that no baseline is pinned."""

    name: str
    status: str | None = None
    baseline: str = ""
    percent: float = 0.0
    other_parameters: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    function_versions: tuple[str, ...] = ()  # version ARNs of the newest release
    variables_file: str = ""  # where Terraform reads the parameters; "" for CloudFormation

    @property
    def condition(self) -> Condition:
        return Condition.of(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The canary of a stage, as the stage has it."""

    deployment_id: str
    percent: float
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The stage as API Gateway serves it now."""

    name: str
    deployment_id: str
    canary: Canary | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One release: an API Gateway deployment and its description (``release <hash8> ...``)."""

    id: str
    description: str = ""
    created: datetime

    @property
    def release(self) -> str:
        """The release's name, or the deployment id when the description names none."""
        match = re.match(r"release\s+(\S+)", self.description)
        return match.group(1) if match else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What an operator set out to do and has not finished. ``baseline`` is what the stage served before."""

    id: str
    operation: str
    target: str
    percent: float
    baseline: str
    owner: str
    started: str
    took_over: str = ""  # the operation that a rollback put an end to


@dataclass(frozen=True, slots=True, kw_only=True)
class LockInfo:
    """Who holds the region's lock, and until when (epoch seconds)."""

    owner: str
    expires: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One region at one moment. ``newest`` is the release that the template has."""

    gateway: str
    region: str
    stack: Stack
    api_id: str = ""
    stage: Stage | None = None
    other_stages: tuple[Stage, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    newest: str = ""
    intent: Intent | None = None
    lock: LockInfo | None = None
    manifests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # deployment id -> version ARNs
    published: tuple[str, ...] = ()  # every version ARN of the gateway's functions; filled for prune only
    previous_baseline: str = ""  # what the stage served before the last move, from the history

    @property
    def place(self) -> str:
        """Where we are, for the first word of every message."""
        return f"{self.gateway} in {self.region}"

    @property
    def canary(self) -> Canary | None:
        return self.stage.canary if self.stage else None

    @property
    def serving(self) -> str:
        """The deployment that has the stage; "" before the first deploy."""
        return self.stage.deployment_id if self.stage else ""

    @property
    def pinned_stage(self) -> str:
        """The stage that testers are led to; "" when nobody is pinned."""
        wanted = pinned_name(self.stage.name) if self.stage else ""
        return wanted if any(stage.name == wanted for stage in self.other_stages) else ""

    def deployment(self, deployment_id: str) -> Deployment | None:
        return next((d for d in self.deployments if d.id == deployment_id), None)

    def name_of(self, deployment_id: str) -> str:
        """``<release> (<deployment id>)`` for messages."""
        found = self.deployment(deployment_id)
        return f"{found.release} ({deployment_id})" if found and found.release != deployment_id else deployment_id

    @property
    def agrees(self) -> bool:
        """Whether the stage and the stack's parameters tell the same story."""
        if self.stage is None:
            return False
        if self.serving != (self.stack.baseline or self.newest):
            return False
        if self.stage.canary is None:
            return self.stack.percent == 0 or not self.stack.baseline
        return (
            self.stage.canary.deployment_id == self.newest
            and same_percent(self.stage.canary.percent, self.stack.percent)
            and bool(self.stack.baseline)
        )
