"""Plans `keys create`: the key of a customer in every region where it belongs, and whatever a run that died left out. Pure."""

from __future__ import annotations

from infra.errors import NothingToDo, Refused
from infra.keys import steps
from infra.keys.names import KeyName, Note, Scope, check_customer
from infra.keys.secret import Secret
from infra.keys.steps import Ask
from infra.keys.view import Holder, RegionKeys, View, right_fingerprint
from infra.release.plan import Plan, Step

__all__ = ["begin_secret", "complete_key", "plan_create", "plan_id"]


def plan_create(view: View, ask: Ask, *, plan: str, customer: str, scope: Scope | None) -> tuple[Plan, ...]:
    """One plan for each region that needs something.

    Args:
        scope: what was asked for; None for what the keys say, or every region.

    Raises:
        Refused: an unknown plan or region, a customer who belongs elsewhere, a value that the secret does not give.
        GatewrightError: a region that is needed did not answer.
    """
    holder = (plan, check_customer(customer))
    check_plan(view, plan)
    wanted = _scope(view, holder, scope)
    targets = wanted.regions(view.gateway.regions)
    if not targets:
        raise Refused(f"{view.gateway.name}: no region of the gateway is in: {wanted}. Regions: {_regions(view)}.")
    secret = begin_secret(view, ask)
    versions = view.versions(holder) or view.versions(holder, enabled=False)[-1:] or (secret.current,)
    for target in targets:
        view.region(target)
    plans = []
    for seen in view.regions:
        todo = steps.share_versions(seen, view.gateway.name, secret)
        if seen.region in targets:
            for version in versions:
                todo += complete_key(view, seen, view.name(holder, version), secret=secret, scope=wanted)
        summary = f"plan {plan}, customer {customer}, {', '.join(versions)}; {wanted}"
        plans.append(Plan(operation="keys create", region=seen.region, summary=summary, steps=tuple(todo)))
    return tuple(p for p in plans if p.steps)


def begin_secret(view: View, ask: Ask) -> Secret:
    """The gateway's secret, or its first version.

    Raises:
        Refused: there are keys but no secret.
        GatewrightError: no region that answered has the secret, and one that did not answer might.
    """
    if view.secret is not None:
        return view.secret
    for error in view.silent.values():
        raise error
    holders = view.holders()
    if holders:
        raise Refused(
            f"{view.gateway.name}: there are keys ({holders[0][0]}/{holders[0][1]} and others) but the secret they were "
            "made from is gone in every region. Restore it (`aws secretsmanager restore-secret`), or revoke the keys first."
        )
    return Secret.first(ask.fresh)


def check_plan(view: View, plan: str) -> None:
    known = [p.name for p in view.gateway.plans]
    if plan not in known:
        raise Refused(
            f"--plan: gateway {view.gateway.name} has no plan {plan!r}. Plans: {', '.join(known) or 'none'} (gateway.yaml)."
        )


def plan_id(view: View, seen: RegionKeys, plan: str) -> str:
    """The id of a plan in a region.

    Raises:
        NothingToDo: it was not deployed there.
        Refused: the gateway has it no longer.
    """
    if plan not in [known.name for known in view.gateway.plans]:
        raise Refused(
            f"{view.gateway.name}: gateway.yaml has no plan {plan} any more, but there are keys of it. "
            "`gatewright keys list` shows whose; `gatewright keys revoke` ends them."
        )
    if plan not in seen.plans:
        raise NothingToDo(
            f"{view.gateway.name} in {seen.region}: there is no usage plan {plan} on the stage yet. "
            f"Run `gatewright deploy --region {seen.region}` first."
        )
    return seen.plans[plan]


def complete_key(
    view: View, seen: RegionKeys, name: KeyName, *, secret: Secret, scope: Scope, note: Note | None = None
) -> list[Step]:
    """What is missing of one key in one region.

    Raises:
        Refused: its value cannot be made, or the key that is there has another one.
    """
    right = right_fingerprint(secret, name)
    if not right:
        raise Refused(
            f"{view.gateway.name}: the secret has no {name.version} any more, and {name} cannot be made without it. "
            "Make the next version: `gatewright keys rotate`."
        )
    plan, key = plan_id(view, seen, name.plan), seen.key(name)
    note = note or Note(scope)
    if key is None:
        return [steps.create(name, secret, note), steps.attach(name, plan)]
    if key.fingerprint != right:
        raise Refused(
            f"{view.gateway.name} in {seen.region}: {name} has another value than the secret gives, so it is not the key "
            f"of the other regions. Run `gatewright keys revoke --plan {name.plan} --customer {name.customer} --region "
            f"{seen.region}`, then this again."
        )
    missing = []
    if key.note is None or key.note.scope != scope:
        kept = Note(scope, key.note.superseded_by, key.note.until) if key.note else note
        missing.append(steps.describe(key, kept))
    if not key.attached:
        missing.append(steps.attach(name, plan))
    if not key.enabled:
        missing.append(steps.enable(key, on=True))
    return missing


def _scope(view: View, holder: Holder, asked: Scope | None) -> Scope:
    """Where the keys shall be. What was said before holds, and is widened only by saying more regions."""
    if asked is None:
        return view.scope(holder) or Scope()
    known = view.gateway.regions
    present = {seen.region for seen in view.regions if seen.of(holder)}
    outside = sorted(present - set(asked.regions(known)))
    place = f"{view.gateway.name}: plan {holder[0]}, customer {holder[1]}"
    if outside:
        raise Refused(
            f"{place} has keys in {', '.join(outside)} too, which is not in: {asked}. Run `gatewright keys revoke --plan "
            f"{holder[0]} --customer {holder[1]} --region {outside[0]}` first, or leave the option out."
        )
    said = {k.note.scope for seen in view.regions for k in seen.of(holder) if k.note}
    bound = [scope for scope in said if scope.kind == "residency" and not _within(view, asked, scope)]
    if bound:
        raise Refused(
            f"{place} belongs to: {bound[0]}; {asked} would put a key elsewhere. Revoke the keys first if that has changed."
        )
    return asked


def _within(view: View, asked: Scope, bound: Scope) -> bool:
    return set(asked.regions(view.gateway.regions)) <= set(bound.regions(view.gateway.regions))


def _regions(view: View) -> str:
    return ", ".join(f"{region.name} ({region.jurisdiction})" for region in view.gateway.regions)
