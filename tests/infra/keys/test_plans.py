"""The plans, word for word, and every reason to say no."""

from __future__ import annotations

import re

import pytest

from infra.errors import Locked, NothingToDo, Refused, Unreachable
from infra.keys.names import Scope
from infra.keys.plan_rotate import SETTLE_SECONDS
from infra.keys.session import KeyCommand
from infra.release.display import plan_lines
from tests.infra.keys import commands
from tests.infra.keys.fake_keys import EU, GATEWAY, US, Desk, texts

EU_ONLY = Scope("residency", ("eu",))


def plan_text(desk: Desk, command: KeyCommand) -> str:
    return texts(desk.ring().plan(command), plan_lines)


def golden(text: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in text.strip("\n").rstrip().split("\n"))


def test_create_is_planned_region_by_region_with_the_value_hidden(desk: Desk) -> None:
    assert plan_text(desk, commands.create()) == golden("""
    us-east-1: keys create: plan gold, customer acme, v1; all regions
      1. secretsmanager create_secret  gatewright-shop-keys, From this the API keys of gateway shop are made. Losing it breaks metering by token., (hidden; versions v1; current v1)
         why: what key values are made from, alike everywhere; not needed when: safe to repeat
      2. apigateway create_api_key  shop/gold/acme/v1, (hidden value), all regions
         why: the same value in every region; not needed when: safe to repeat
      3. apigateway create_usage_plan_key  plan-gold, API_KEY, shop/gold/acme/v1
         why: plan gold limits and meters it; not needed when: safe to repeat
    eu-west-1: keys create: plan gold, customer acme, v1; all regions
      1. secretsmanager create_secret  gatewright-shop-keys, From this the API keys of gateway shop are made. Losing it breaks metering by token., (hidden; versions v1; current v1)
         why: what key values are made from, alike everywhere; not needed when: safe to repeat
      2. apigateway create_api_key  shop/gold/acme/v1, (hidden value), all regions
         why: the same value in every region; not needed when: safe to repeat
      3. apigateway create_usage_plan_key  plan-gold, API_KEY, shop/gold/acme/v1
         why: plan gold limits and meters it; not needed when: safe to repeat
    """)
    assert not desk.aws.calls


def test_revoke_switches_everything_off_before_it_deletes(desk: Desk) -> None:
    desk.run(commands.create())
    plan, _ = desk.ring().plan(commands.revoke())
    assert [step.operation for step in plan.steps] == ["update_api_key", "delete_usage_plan_key", "delete_api_key"]
    assert "usage" in plan.notes[0]
    assert "403" in plan.notes[1]


def test_rotate_moves_current_only_with_the_last_customer_and_only_as_the_last_call(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))
    alone = desk.ring().plan(commands.rotate())
    assert all(not plan.steps[-1].key.startswith("put-secret") for plan in alone)
    assert "stay metered by v1" in alone[0].notes[0]
    together = desk.ring().plan(commands.rotate(None))
    for plan in together:
        assert [s.operation for s in plan.steps if s.service == "secretsmanager"] == ["put_secret_value"] * 2
        assert "current v1" in str(plan.steps[0].parameters["SecretString"])
        assert "current v2" in str(plan.steps[-1].parameters["SecretString"])


def test_residency_keeps_the_keys_in_their_regions_and_the_secret_in_all(desk: Desk) -> None:
    desk.run(commands.create(scope=EU_ONLY))
    assert desk.aws.keys(US).names() == []
    assert desk.aws.keys(EU).names() == ["shop/gold/acme/v1"]
    assert desk.aws.keys(US).secrets == desk.aws.keys(EU).secrets
    assert desk.run(commands.create()).done == ()  # what was said holds


@pytest.mark.parametrize(
    "asked", [Scope("regions", (US, EU)), Scope("residency", ("us",)), Scope()], ids=["regions", "us", "all"]
)
def test_a_customer_of_the_eu_is_not_widened(desk: Desk, asked: Scope) -> None:
    desk.run(commands.create(scope=EU_ONLY))
    with pytest.raises(Refused, match="eu"):
        desk.run(commands.create(scope=asked))
    assert desk.aws.keys(US).names() == []


def test_keys_elsewhere_must_go_before_a_customer_is_narrowed(desk: Desk) -> None:
    desk.run(commands.create())
    with pytest.raises(Refused, match=r"revoke .*--region us-east-1"):
        desk.run(commands.create(scope=EU_ONLY))
    desk.run(commands.revoke(regions=(US,)))
    desk.run(commands.create(scope=EU_ONLY))
    assert desk.aws.keys(EU).keys.popitem()[1]["description"] == "residency eu"


def test_a_key_with_another_value_is_refused_by_name_only(desk: Desk) -> None:
    desk.run(commands.create())
    (key,) = desk.aws.keys(EU).keys.values()
    key["value"] = "b" * 52
    with pytest.raises(Refused, match="eu-west-1: shop/gold/acme/v1 has another value"):
        desk.run(commands.create())


def test_a_value_taken_by_a_foreign_key_is_said_without_the_value(desk: Desk) -> None:
    desk.run(commands.create())
    (key,) = desk.aws.keys(EU).keys.values()
    key["name"] = "made by hand"
    with pytest.raises(Exception, match="under another name") as refused:
        desk.run(commands.create())
    assert key["value"] not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "error", "text"),
    [
        pytest.param(commands.create("silver"), Refused, "no plan 'silver'", id="plan"),
        pytest.param(commands.create("gold", ""), Refused, "--customer", id="no-customer"),
        pytest.param(commands.create("gold", "a\0b"), Refused, "--customer", id="nul"),
        pytest.param(commands.create(scope=Scope("residency", ("other",))), Refused, "no region", id="nowhere"),
        pytest.param(commands.rotate(), NothingToDo, "no key", id="rotate-none"),
        pytest.param(commands.rotate(None), NothingToDo, "no key", id="rotate-all-none"),
        pytest.param(commands.revoke(), NothingToDo, "no key", id="revoke-none"),
    ],
)
def test_refusals(desk: Desk, command: KeyCommand, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=re.escape(text)):
        desk.run(command)
    assert not desk.aws.keys(US).keys
    assert not desk.aws.keys(US).secrets


def test_a_plan_that_was_not_deployed_names_the_command(desk: Desk) -> None:
    desk.aws.region(EU).status = None
    with pytest.raises(NothingToDo, match="gatewright deploy --region eu-west-1"):
        desk.run(commands.create())


def test_finish_waits_for_the_grace_and_for_the_tokens(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))
    desk.run(commands.rotate())
    with pytest.raises(Refused, match="rotate --all"):
        desk.run(commands.finish())
    desk.run(commands.rotate(None))
    with pytest.raises(Refused, match="grace"):
        desk.run(commands.finish())
    desk.aws.now += commands.GRACE_SECONDS + 1
    desk.run(commands.finish())
    assert {k["name"]: k["enabled"] for k in desk.aws.keys(US).keys.values()} == {
        "shop/free/bob/v1": True,
        "shop/free/bob/v2": True,
        "shop/gold/acme/v1": False,
        "shop/gold/acme/v2": True,
    }
    assert '"v1"' in desk.aws.keys(US).secrets["gatewright-shop-keys"]  # bob still has it
    desk.run(commands.finish(None))
    assert '"v1"' not in desk.aws.keys(US).secrets["gatewright-shop-keys"]
    assert desk.run(commands.finish(None)).done == ()


def test_the_old_key_outlives_every_copy_of_the_secret_that_an_authorizer_may_have(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))
    desk.run(commands.rotate())
    desk.aws.now += commands.GRACE_SECONDS * 2
    desk.run(commands.rotate(None))  # only now current moves, long after the grace of acme's old key
    with pytest.raises(Refused, match="grace"):
        desk.run(commands.finish())
    desk.aws.now += SETTLE_SECONDS + 1
    desk.run(commands.finish())


def test_finish_refuses_while_the_new_key_is_not_everywhere(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.rotate())
    desk.aws.now += commands.GRACE_SECONDS + 1
    key = next(k for k in desk.aws.keys(EU).keys.values() if k["name"].endswith("v2"))
    desk.aws.keys(EU).attached["plan-gold"].remove(key["id"])
    with pytest.raises(Refused, match="not yet in every region"):
        desk.run(commands.finish())
    desk.run(commands.rotate())  # finishes it
    desk.run(commands.finish())


def test_rotate_again_within_the_grace_changes_nothing(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.rotate())
    desk.aws.now += 60
    assert desk.run(commands.rotate()).done == ()
    assert desk.aws.keys(US).names() == ["shop/gold/acme/v1", "shop/gold/acme/v2"]
    assert len(set(desk.shown)) == len(desk.shown) == 2


def test_a_region_that_is_down_stops_what_needs_it_and_nothing_else(desk: Desk) -> None:
    desk.run(commands.create())
    desk.aws.down = {US}
    with pytest.raises(Unreachable):
        desk.run(commands.create("gold", "carl"))
    with pytest.raises(Unreachable):
        desk.run(commands.rotate())
    desk.run(commands.create("gold", "dora", EU_ONLY))
    assert "shop/gold/dora/v1" in desk.aws.keys(EU).names()
    report = desk.run(commands.revoke())
    assert "shop/gold/acme/v1" not in desk.aws.keys(EU).names()
    assert [type(error) for error in report.failed] == [Unreachable]
    with pytest.raises(Unreachable):  # it is still in the other region, so this is no success
        desk.run(commands.revoke())
    desk.aws.down = set()
    desk.run(commands.revoke())
    assert desk.aws.keys(US).names() == []


def test_the_first_secret_needs_every_region(desk: Desk) -> None:
    desk.aws.down = {US}
    with pytest.raises(Unreachable):
        desk.run(commands.create(scope=EU_ONLY))
    assert not desk.aws.keys(EU).secrets


def test_another_operator_is_waited_for(desk: Desk) -> None:
    desk.operators.session(EU, host="elsewhere").ledger.acquire()
    with pytest.raises(Locked):
        desk.run(commands.create())
    assert not desk.aws.keys(US).keys
    assert ("lock", "lock") not in desk.aws.region(US).items


def test_a_leaked_key_can_be_ended_at_once_and_everybody_else_goes_on(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("free", "bob"))
    desk.run(commands.rotate())
    desk.run(commands.revoke(version="v1"))
    assert desk.aws.keys(US).names() == ["shop/free/bob/v1", "shop/gold/acme/v2"]
    desk.run(commands.rotate(None))
    assert desk.aws.keys(US).names() == ["shop/free/bob/v1", "shop/free/bob/v2", "shop/gold/acme/v2"]
    assert '"current": "v2"' in desk.aws.keys(EU).secrets["gatewright-shop-keys"]


def test_a_lost_secret_is_not_made_anew_under_living_keys(desk: Desk) -> None:
    desk.run(commands.create())
    for region in (US, EU):
        desk.aws.keys(region).secrets.clear()
    with pytest.raises(Refused, match="secret they were made from is gone"):
        desk.run(commands.create("gold", "carl"))


def test_keys_of_a_plan_that_left_the_file_are_named_before_a_rotation(desk: Desk) -> None:
    desk.run(commands.create("free", "bob"))
    ring = desk.ring()
    ring.gateway = GATEWAY.model_copy(update={"plans": GATEWAY.plans[1:]})
    with pytest.raises(Refused, match="no plan free any more"):
        ring.apply(commands.rotate(None))


def test_creates_keep_to_the_rate_of_create_api_key(desk: Desk) -> None:
    for customer in ("a", "b", "c", "d"):
        desk.run(commands.create("free", customer))
    start = desk.aws.now
    desk.run(commands.rotate(None))
    assert desk.aws.now - start >= 3 * 0.2  # four keys in each region, at most five a second
