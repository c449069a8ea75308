"""The mutating commands by name: which planner, and what it needs to see. Pure; the CLI and the tests use the same ones."""

from __future__ import annotations

from infra.release.plan_canary import plan_promote, plan_rollback, plan_start, plan_step
from infra.release.plan_release import plan_deploy_pin, plan_prune, plan_release_rollback
from infra.release.refusals import parse_percent
from infra.release.session import Command

__all__ = ["pin", "promote", "prune", "release_rollback", "rollback", "start", "step"]


def start(percent: str | float) -> Command:
    share = parse_percent(percent)
    return Command(operation="start", percent=share, planner=lambda s, request: plan_start(s, share, request=request))


def step(percent: str | float) -> Command:
    share = parse_percent(percent)
    return Command(operation="step", percent=share, planner=lambda s, request: plan_step(s, share, request=request))


def promote() -> Command:
    return Command(operation="promote", planner=lambda s, request: plan_promote(s, request=request))


def rollback() -> Command:
    return Command(operation="rollback", planner=lambda s, request: plan_rollback(s, request=request))


def pin() -> Command:
    return Command(operation="pin", planner=lambda s, request: plan_deploy_pin(s, request=request))


def release_rollback(release: str = "") -> Command:
    return Command(
        operation="release-rollback",
        planner=lambda s, request: plan_release_rollback(s, release, request=request),
        with_history=True,
    )


def prune(keep: int) -> Command:
    return Command(
        operation="prune",
        planner=lambda s, request: plan_prune(s, keep, request=request),
        with_history=True,
        with_versions=True,
    )
