"""Plans `keys rotate`: the next version of a key beside the old one, then the end of the old one. Pure.

The authorizer meters every token by the secret's *current* version, so current moves only when every customer has a
key of the newest version wherever one belongs, and a version that is current is never switched off by a rotation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from infra.errors import NothingToDo, Refused
from infra.keys import steps
from infra.keys.names import Note, Scope
from infra.keys.plan_create import complete_key
from infra.keys.secret import Secret, version_number
from infra.keys.steps import Ask
from infra.keys.view import Holder, RegionKeys, View
from infra.release.plan import Plan, Step

__all__ = ["SETTLE_SECONDS", "plan_finish", "plan_rotate"]

# An authorizer uses its copy of the secret for up to five minutes, so a key by which tokens were metered must live
# longer than that after current has moved. Twice, because clocks differ and a refresh may fail once.
SETTLE_SECONDS = 600.0


def plan_rotate(view: View, ask: Ask, *, holder: Holder | None, grace_seconds: float) -> tuple[Plan, ...]:
    """The next version for one holder, or for everybody (``holder`` None).

    Raises:
        Refused: there is no such key, or a region needed did not answer.
    """
    secret, holders = _begin(view, holder)
    version = _target(view, secret, holders, everybody=holder is None)
    if version not in secret.versions:
        secret = secret.with_next(ask.fresh)
    done_after = {*holders, *(h for h in view.holders() if view.complete(h, secret.newest))}
    moves = version == secret.newest and done_after >= set(view.holders())
    last = replace(secret, current=version) if moves else secret
    until = ask.now + timedelta(seconds=max(grace_seconds, SETTLE_SECONDS))
    settled = ask.now + timedelta(seconds=SETTLE_SECONDS)
    plans = []
    for seen in view.regions:
        todo = steps.share_versions(seen, view.gateway.name, secret)
        for one in holders:
            scope = view.scope(one) or Scope("regions", view.expected(one))
            if seen.region in scope.regions(view.gateway.regions):
                name = view.name(one, version)
                todo += complete_key(view, seen, name, secret=secret, scope=scope)
                todo += _supersede(seen, one, version, Note(scope, version, until))
        if moves and (seen.secret is None or seen.secret.current != version):
            described = _described(todo)
            for one in view.holders():
                todo += _prolong(seen, one, version, settled, skip=described)
            shared = replace(secret, current=seen.secret.current) if seen.secret else secret
            todo += steps.keep_secret(replace(seen, secret=shared), view.gateway.name, last)
        plans.append(_plan(seen, "keys rotate", tuple(todo), holders, version))
    notes = _waiting(view, last, version)
    return tuple(_noted(p, notes) for p in plans if p.steps)


def plan_finish(view: View, ask: Ask, *, holder: Holder | None) -> tuple[Plan, ...]:
    """Switch off what a rotation replaced, and drop versions of the secret that nothing needs.

    Raises:
        Refused: the grace has not ended, the new key is not everywhere, or tokens are still metered by the old one.
    """
    secret, holders = _begin(view, holder)
    ends: set[tuple[Holder, str]] = set()
    for one in holders:
        *older, newest = view.versions(one)
        if older:
            _check_finish(view, ask.now, one, older, newest)
            ends |= {(one, version) for version in older}
    needed = {k.name.version for seen in view.regions for k in seen.keys if k.enabled} - {v for _, v in ends}
    needed |= {v for one in view.holders() for v in view.versions(one) if (one, v) not in ends}
    smaller = secret.without(
        v for v in secret.names if v not in needed and version_number(v) < version_number(secret.current)
    )
    plans = []
    for seen in view.regions:
        off = [k for k in seen.keys if k.enabled and (k.name.holder, k.name.version) in ends]
        todo = (*(steps.enable(k, on=False) for k in off), *steps.keep_secret(seen, view.gateway.name, smaller))
        plans.append(_plan(seen, "keys rotate --finish", todo, holders, ""))
    note = "a key that is switched off stays until `keys revoke --version`, so that its usage can be billed"
    return tuple(_noted(p, (note,) if ends else ()) for p in plans if p.steps)


def _begin(view: View, holder: Holder | None) -> tuple[Secret, tuple[Holder, ...]]:
    for error in view.silent.values():
        raise error  # a rotation concerns the secret of every region
    holders = view.holders() if holder is None else (holder,)
    if view.secret is None or not holders or not all(view.versions(one) for one in holders):
        whose = "any plan" if holder is None else f"plan {holder[0]}, customer {holder[1]}"
        raise NothingToDo(
            f"{view.gateway.name}: no key of {whose} is in use. `gatewright keys list` shows what is there, "
            "`gatewright keys create` makes one."
        )
    return view.secret, holders


def _target(view: View, secret: Secret, holders: tuple[Holder, ...], *, everybody: bool) -> str:
    """The version that the holders shall have: one that is half-way there, else the next."""
    if everybody:
        lagging = [one for one in holders if not view.complete(one, secret.newest)]
        between = any(len(view.versions(one)) > 1 for one in holders)
        return secret.newest if lagging or between or secret.newest != secret.current else secret.next
    (one,) = holders
    versions = view.versions(one)
    return versions[-1] if len(versions) > 1 else secret.newest if secret.newest != versions[-1] else secret.next


def _supersede(seen: RegionKeys, holder: Holder, version: str, note: Note) -> list[Step]:
    """Write the end of the grace on the older keys. What was written before stays: a second run prolongs nothing."""
    older = [k for k in seen.of(holder) if k.enabled and k.name.number < version_number(version)]
    return [steps.describe(k, note) for k in older if k.note is None or k.note.until is None]


def _described(todo: list[Step]) -> set[str]:
    return {str(step.parameters["apiKey"]) for step in todo if step.key.startswith("update-api-key describe")}


def _prolong(seen: RegionKeys, holder: Holder, version: str, settled: datetime, *, skip: set[str]) -> list[Step]:
    """Keys whose grace ends before the last authorizer has seen that current moved get that long."""
    older = [k for k in seen.of(holder) if k.enabled and k.name.number < version_number(version) and k.id not in skip]
    return [
        steps.describe(k, replace(k.note, until=settled))
        for k in older
        if k.note and k.note.until and k.note.until < settled
    ]


def _check_finish(view: View, now: datetime, holder: Holder, older: list[str], newest: str) -> None:
    place = f"{view.gateway.name}: plan {holder[0]}, customer {holder[1]}"
    if not view.complete(holder, newest):
        raise Refused(f"{place}: {newest} is not yet in every region. Run `gatewright keys rotate` again to finish it.")
    metering = sorted({seen.secret.current for seen in view.regions if seen.secret} & set(older))
    if metering:
        raise Refused(
            f"{place}: tokens are still metered by {metering[0]}, and would be refused without its key. Run "
            f"`gatewright keys rotate --all` first. If the key has leaked: `gatewright keys revoke --version {older[0]}`."
        )
    keys = [k for seen in view.regions for k in seen.of(holder) if k.enabled and k.name.version in older]
    last = max((k.note.until for k in keys if k.note and k.note.until), default=None)
    if last is not None and last > now:
        raise Refused(
            f"{place}: the grace of {', '.join(older)} ends at {last.isoformat(timespec='seconds')}. Run this again then; "
            f"to end it now: `gatewright keys revoke --version {older[0]}`."
        )


def _plan(seen: RegionKeys, operation: str, todo: tuple[Step, ...], holders: tuple[Holder, ...], version: str) -> Plan:
    whose = f"plan {holders[0][0]}, customer {holders[0][1]}" if len(holders) == 1 else f"{len(holders)} customers"
    return Plan(operation=operation, region=seen.region, summary=f"{whose} {version}".strip(), steps=todo)


def _waiting(view: View, last: Secret, version: str) -> tuple[str, ...]:
    if last.current == version:
        return ("tokens are metered by this version when the authorizer's copy of the secret has run out",)
    lacking = [h for h in view.holders() if not view.complete(h, version)]
    return (
        f"tokens stay metered by {last.current} until every customer has {version} ({len(lacking)} had not before this): "
        "`gatewright keys rotate --all`",
    )


def _noted(plan: Plan, notes: tuple[str, ...]) -> Plan:
    return replace(plan, notes=notes)
