"""Plans `keys revoke`: off, off the plan, gone, wherever a key is. Pure.

Each region stands for itself: one that does not answer must not keep a leaked key alive in the others.
"""

from __future__ import annotations

from infra.errors import NothingToDo
from infra.keys import steps
from infra.keys.view import Holder, Key, RegionKeys, View
from infra.release.plan import Plan

__all__ = ["plan_revoke"]


def plan_revoke(view: View, *, holder: Holder, version: str, regions: tuple[str, ...]) -> tuple[Plan, ...]:
    """End one version (or every one, when empty) of a holder's key.

    Raises:
        NothingToDo: no region that answered has such a key.
    """
    plans = []
    for seen in view.regions:
        keys = [k for k in seen.of(holder) if version in ("", k.name.version)] if seen.region in regions else []
        if keys:
            plans.append(_plan(view, seen, keys))
    if not plans:
        raise NothingToDo(
            f"{view.gateway.name}: no key of plan {holder[0]}, customer {holder[1]}{f', {version}' if version else ''} in "
            f"{', '.join(seen.region for seen in view.regions if seen.region in regions) or 'any region that answered'}. "
            "`gatewright keys list` shows what is there."
        )
    return tuple(plans)


def _plan(view: View, seen: RegionKeys, keys: list[Key]) -> Plan:
    off = [steps.enable(key, on=False) for key in keys if key.enabled]
    away = [steps.detach(key, seen.plans[key.name.plan]) for key in keys if key.attached]
    notes = ["AWS may forget the usage of a key with the key: run `gatewright usage` first if it is still to be billed"]
    current = view.secret.current if view.secret else ""
    if any(key.name.version == current for key in keys):
        plan, customer = keys[0].name.holder
        notes.append(f"tokens of plan {plan}, customer {customer} get 403 here until it has a key of {current} again")
    return Plan(
        operation="keys revoke",
        region=seen.region,
        summary=", ".join(str(key.name) for key in keys),
        steps=(*off, *away, *(steps.delete(key) for key in keys)),
        notes=tuple(notes),
    )
