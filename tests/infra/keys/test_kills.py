"""A run killed after any single call and run again finishes, and the value is shown."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from infra.keys.names import Scope
from infra.keys.secret import Secret
from infra.keys.session import KeyCommand
from infra.keys.value import key_value
from tests.infra.keys import commands
from tests.infra.keys.fake_keys import EU, US, Desk, KeyRegion

HOUR = 3600


def two_customers(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))


def rotated(desk: Desk) -> None:
    two_customers(desk)
    desk.run(commands.rotate(None))
    desk.aws.now += 2 * HOUR


PREPARE: dict[str, Callable[[Desk], object]] = {
    "create": lambda desk: None,
    "widen": lambda desk: desk.run(commands.create(scope=Scope("regions", (EU,)))),
    "rotate": two_customers,
    "rotate-all": two_customers,
    "finish-all": rotated,
    "revoke": two_customers,
}
COMMANDS: dict[str, Callable[[], KeyCommand]] = {
    "create": commands.create,
    "widen": lambda: commands.create(scope=Scope("regions", (US, EU))),
    "rotate": commands.rotate,
    "rotate-all": lambda: commands.rotate(None),
    "finish-all": lambda: commands.finish(None),
    "revoke": commands.revoke,
}
REVEALS = ("create", "widen", "rotate", "rotate-all")


def outcome(desk: Desk) -> dict[str, object]:
    """What matters of both regions: keys without ids, the secret."""
    return {region: _region(desk.aws.keys(region)) for region in (US, EU)}


def _region(k: KeyRegion) -> object:
    attached = {key for keys in k.attached.values() for key in keys}
    keys = [(v["name"], v["description"], v["enabled"], v["id"] in attached) for v in k.keys.values()]
    return sorted(keys), {name: json.loads(text)["current"] for name, text in k.secrets.items()}


def assert_sound(desk: Desk) -> None:
    """Every key has the value that its region's secret gives, the regions' secrets agree, every lock is free."""
    secrets = set()
    for region in (US, EU):
        k = desk.aws.keys(region)
        secrets |= set(k.secrets.values())
        assert ("lock", "lock") not in desk.aws.region(region).items
        for name, value in k.values().items():
            gateway, plan, customer, version = name.split("/")
            secret = Secret.parse(k.secrets["gatewright-shop-keys"], place=region)
            if version in secret.versions:
                assert value == key_value(secret.versions[version], gateway=gateway, plan=plan, customer=customer)
    assert len(secrets) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_run_again_after_a_kill_finishes(name: str) -> None:
    plain = Desk()
    PREPARE[name](plain)
    plain.run(COMMANDS[name]())
    died = 0
    for after in range(1, 60):
        desk = Desk()
        PREPARE[name](desk)
        desk.shown.clear()
        if not desk.kill(COMMANDS[name](), after):
            break
        died += 1
        if desk.kill(COMMANDS[name](), 3):  # and once more, early in the second run
            desk.run(COMMANDS[name]())
        assert_sound(desk)
        assert outcome(desk) == outcome(plain), after
        if name in REVEALS:
            newest = max(n for n in desk.aws.keys(EU).names() if "/acme/" in n)
            assert desk.aws.keys(EU).values()[newest] in desk.shown
    else:
        pytest.fail("the command never ran through")
    assert died >= 6


def assert_tokens_are_metered(desk: Desk) -> None:
    """Whoever has a key in a region has a working one of the version that the region's authorizer uses."""
    for region in (US, EU):
        k = desk.aws.keys(region)
        current = json.loads(k.secrets["gatewright-shop-keys"])["current"]
        attached = {key for keys in k.attached.values() for key in keys}
        working = {v["name"] for v in k.keys.values() if v["enabled"] and v["id"] in attached}
        holders = {v["name"].rpartition("/")[0] for v in k.keys.values()}
        assert {f"{holder}/{current}" for holder in holders} <= working


@pytest.mark.parametrize("name", ["rotate", "rotate-all", "finish-all"])
def test_tokens_are_metered_after_every_single_call_of_a_rotation(name: str) -> None:
    for after in range(1, 60):
        desk = Desk()
        PREPARE[name](desk)
        desk.aws.on_call = lambda *_: assert_tokens_are_metered(desk)  # noqa: B023 - used within this turn only
        if not desk.kill(COMMANDS[name](), after):
            break
        desk.run(COMMANDS[name]())


def test_a_half_done_creation_is_undone_by_revoke() -> None:
    for after in range(4, 12):
        desk = Desk()
        if not desk.kill(commands.create(), after):
            break
        if desk.aws.keys(US).keys:
            desk.run(commands.revoke())
        assert not desk.aws.keys(US).keys
        assert not desk.aws.keys(EU).keys


def test_a_second_create_changes_and_shows_nothing(desk: Desk) -> None:
    desk.run(commands.create())
    assert len(desk.shown) == 1
    before = outcome(desk)
    desk.aws.calls.clear()
    report = desk.run(commands.create())
    assert report.done == ()
    assert len(desk.shown) == 1
    assert outcome(desk) == before
    assert {service for service, _, _ in desk.aws.calls} == {"dynamodb"}  # only the lock
