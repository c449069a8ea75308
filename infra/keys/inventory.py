"""What `keys list` says: one row a key, joined over the regions, with what is wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infra.errors import Refused
from infra.keys.names import KeyName
from infra.keys.view import Key, View, right_fingerprint

__all__ = ["Row", "inventory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key.

    Args:
        state: by region: ``ok``, ``off`` (switched off), ``missing``, ``no plan``, ``differs``, ``stray`` (does not
            belong there), ``-`` (not there and does not belong), ``no answer``.
        until: the end of its grace, when it was replaced.
        problems: what is wrong, with the way out.
    """

    name: KeyName
    state: dict[str, str]
    created: datetime | None
    until: datetime | None
    current: bool
    problems: tuple[str, ...]


def inventory(view: View, *, plan: str = "", customer: str = "") -> tuple[Row, ...]:
    """Every key, or those of a plan or a customer, by plan, customer, version."""
    names = {k.name for seen in view.regions for k in seen.keys}
    picked = [n for n in names if plan in ("", n.plan) and customer in ("", n.customer)]
    return tuple(_row(view, name) for name in sorted(picked, key=lambda n: (n.plan, n.customer, n.number)))


def _row(view: View, name: KeyName) -> Row:
    problems: list[str] = []
    try:
        expected = view.expected(name.holder)
    except Refused as error:
        problems.append(str(error))
        expected = tuple(seen.region for seen in view.regions if seen.of(name.holder))
    keys = {seen.region: seen.key(name) for seen in view.regions}
    there = [key for key in keys.values() if key is not None]
    retired = all(not key.enabled for key in there)
    right = right_fingerprint(view.secret, name) or there[0].fingerprint
    state = {
        region.name: _state(keys[region.name], region.name in expected, retired=retired, right=right)
        if region.name in keys
        else "no answer"
        for region in view.gateway.regions
    }
    problems += [f"{region}: {_ADVICE[text]}" for region, text in state.items() if text in _ADVICE]
    current = view.secret is not None and name.version == view.secret.current
    return Row(
        name=name,
        state=state,
        created=min(key.created for key in there),
        until=max((k.note.until for k in there if k.note and k.note.until), default=None),
        current=current,
        problems=tuple(problems),
    )


_ADVICE = {
    "missing": "the key belongs there and is missing; run `keys create` again (or `keys rotate` while two versions live)",
    "no plan": "the key is on no usage plan and gets 403; run `keys create` again",
    "half off": "the key is switched off here and works elsewhere; `keys create` brings it back, `keys revoke` ends it",
    "differs": "the key has another value than the secret gives; `keys revoke --region` it there, then `keys create`",
    "stray": "the key does not belong there; `keys revoke --region` it",
}


def _state(key: Key | None, belongs: bool, *, retired: bool, right: str) -> str:
    if key is None:
        return "missing" if belongs and not retired else "-"
    if not belongs:
        return "stray"
    if key.fingerprint != right:
        return "differs"
    if retired:
        return "off"
    if not key.enabled:
        return "half off"
    return "ok" if key.attached else "no plan"
