"""Which values a run has to show, and when: each once, when its key is whole in every region. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.keys.names import KeyName
from infra.keys.steps import Hidden
from infra.keys.view import View, value_of
from infra.release.plan import Plan, Step

__all__ = ["Revealed", "finished_names", "newest_names", "revealed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A key's value on its one way to the customer."""

    name: KeyName
    value: Hidden


def finished_names(plans: Sequence[Plan], done: int) -> set[KeyName]:
    """The keys that the first ``done`` steps (over all plans) have made, and that no later step has to do with."""
    steps = [step for plan in plans for step in plan.steps]
    return _made(steps[:done]) - _made(steps[done:])


def newest_names(view: View, holder: tuple[str, str] | None) -> set[KeyName]:
    """The newest key of a holder, or of everybody."""
    holders = view.holders() if holder is None else (holder,)
    return {view.name(one, view.versions(one)[-1]) for one in holders if view.versions(one)}


def revealed(view: View, names: Iterable[KeyName]) -> tuple[Revealed, ...]:
    """The values of keys, made again from the secret."""
    if view.secret is None:
        return ()
    known = sorted((name for name in names if name.version in view.secret.versions), key=str)
    return tuple(Revealed(name=name, value=Hidden(value_of(view.secret, name), "hidden value")) for name in known)


def _made(steps: Iterable[Step]) -> set[KeyName]:
    texts = [
        str(step.parameters["name" if step.operation == "create_api_key" else "keyId"])
        for step in steps
        if step.operation in ("create_api_key", "create_usage_plan_key")
    ]
    return {name for name in map(KeyName.parse, texts) if name is not None}
