"""`keys list`: every kind of difference is found, named and has a way out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.keys.inventory import inventory
from tests.infra.keys import commands
from tests.infra.keys.fake_keys import EU, US, Desk, KeyRegion


def drop(k: KeyRegion) -> None:
    k.keys.clear()
    k.attached["plan-gold"].clear()


def change(k: KeyRegion, **values: object) -> None:
    next(iter(k.keys.values())).update(values)


BROKEN: dict[str, tuple[Callable[[KeyRegion], None], str]] = {
    "missing": (drop, "missing"),
    "other-value": (lambda k: change(k, value="c" * 52), "differs"),
    "off": (lambda k: change(k, enabled=False), "half off"),
    "no-plan": (lambda k: k.attached["plan-gold"].clear(), "no plan"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_difference_is_shown_where_it_is(desk: Desk, name: str) -> None:
    break_it, state = BROKEN[name]
    desk.run(commands.create())
    break_it(desk.aws.keys(EU))
    (row,) = inventory(desk.ring().look())
    assert row.state == {US: "ok", EU: state}
    assert len(row.problems) == 1
    assert row.problems[0].startswith("eu-west-1: ")


def test_what_is_as_it_should_be_has_no_problems(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))
    desk.run(commands.rotate(None))
    desk.aws.now += commands.GRACE_SECONDS + 1
    desk.run(commands.finish(None))
    rows = inventory(desk.ring().look())
    assert [(str(r.name), r.state[US], r.state[EU], r.current, r.problems) for r in rows] == [
        ("shop/free/bob/v1", "off", "off", False, ()),
        ("shop/free/bob/v2", "ok", "ok", True, ()),
        ("shop/gold/acme/v1", "off", "off", False, ()),
        ("shop/gold/acme/v2", "ok", "ok", True, ()),
    ]
    assert rows[0].until is not None
    assert [r.name.customer for r in inventory(desk.ring().look(), plan="gold")] == ["acme", "acme"]


def test_a_region_without_an_answer_is_no_difference(desk: Desk) -> None:
    desk.run(commands.create())
    desk.aws.down = {EU}
    (row,) = inventory(desk.ring().look())
    assert row.state == {US: "ok", EU: "no answer"}
    assert row.problems == ()
