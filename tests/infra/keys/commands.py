"""The commands of the tests, as the CLI makes them."""

from __future__ import annotations

from infra.keys.names import Scope
from infra.keys.plan_create import plan_create
from infra.keys.plan_revoke import plan_revoke
from infra.keys.plan_rotate import plan_finish, plan_rotate
from infra.keys.session import KeyCommand
from tests.infra.keys.fake_keys import EU, US

GRACE_SECONDS = 3600.0
ACME = ("gold", "acme")


def create(plan: str = "gold", customer: str = "acme", scope: Scope | None = None) -> KeyCommand:
    return KeyCommand(
        planner=lambda view, ask: plan_create(view, ask, plan=plan, customer=customer, scope=scope),
        holder=(plan, customer),
        reveals=True,
    )


def rotate(holder: tuple[str, str] | None = ACME) -> KeyCommand:
    return KeyCommand(
        planner=lambda view, ask: plan_rotate(view, ask, holder=holder, grace_seconds=GRACE_SECONDS),
        holder=holder,
        reveals=True,
    )


def finish(holder: tuple[str, str] | None = ACME) -> KeyCommand:
    return KeyCommand(planner=lambda view, ask: plan_finish(view, ask, holder=holder), holder=holder)


def revoke(holder: tuple[str, str] = ACME, version: str = "", regions: tuple[str, ...] = (US, EU)) -> KeyCommand:
    return KeyCommand(
        planner=lambda view, _: plan_revoke(view, holder=holder, version=version, regions=regions), each_region=True
    )
