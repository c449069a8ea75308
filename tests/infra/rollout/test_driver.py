"""Whole rollouts on fakes: who is promoted, who is taken back, and what holds them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.errors import Refused
from infra.evidence.feed import SETTLE_SECONDS
from infra.rollout.replayed import answers_again
from infra.rollout.report import report
from infra.rollout.state import Outcome, Phase, Rollout
from tests.infra.release.fake_aws import Killed
from tests.infra.rollout.world import EU, QUICK, US, Behaviour, World, stored, throttled

HARM = [
    pytest.param(Behaviour(fails=0.055), id="five points of 5xx"),
    pytest.param(Behaviour(slow=0.08), id="a slow mode"),
]


def said(world: World) -> str:
    return "\n".join(f"{region} {text}" for _, region, text in stored(world).events)


def test_a_healthy_release_is_promoted_wave_by_wave_with_a_shorter_bake() -> None:
    world = World()
    driver = world.driver()
    world.run(driver)
    assert driver.rollout.outcome is Outcome.PROMOTED, said(world)
    assert (world.serving(US), world.serving(EU)) == ("d-two", "d-two")
    assert (world.canary(US), world.canary(EU)) == (None, None)
    promoted = {region: at for at, region, text in driver.rollout.events if text.startswith("promoted")}
    began = {region: at for at, region, text in driver.rollout.events if text.startswith("the canary has")}
    assert promoted[US] - began[US] >= 2 * QUICK.bake_seconds
    assert 600 <= promoted[EU] - began[EU] < promoted[US] - began[US]
    assert began[EU] - promoted[US] >= QUICK.pause_seconds


@pytest.mark.parametrize("behaviour", HARM)
def test_a_harmful_release_is_taken_back_and_later_regions_never_see_it(behaviour: Behaviour) -> None:
    world = World(behaviour=behaviour)
    driver = world.driver()
    world.run(driver)
    assert driver.rollout.outcome is Outcome.ROLLED_BACK
    assert (world.serving(US), world.canary(US)) == ("d-one", None)
    assert ("eu-west-1", "users.requests", "true") not in {key for key, found in world.counts.items() if found}
    assert driver.rollout.regions[EU].phase is Phase.WAITING


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        pytest.param(Behaviour(), Outcome.PROMOTED, id="promoted"),
        pytest.param(Behaviour(fails=0.055), Outcome.ROLLED_BACK, id="rolled back"),
    ],
)
def test_testers_are_taken_back_at_either_end(behaviour: Behaviour, outcome: Outcome) -> None:
    world = World(behaviour=behaviour)
    world.pin(US)
    driver = world.driver()
    world.run(driver)
    assert driver.rollout.outcome is outcome
    assert world.pinned(US) == []
    assert "warning" not in said(world)


def test_testers_that_stay_are_said_and_hold_nothing_up() -> None:
    world = World(behaviour=Behaviour(fails=0.055))
    world.pin(US)
    world.aws.region(US).domains.denied.add("get_domain_names")
    driver = world.driver()
    world.run(driver)
    assert driver.rollout.outcome is Outcome.ROLLED_BACK
    assert world.pinned(US) == ["d-two"]
    assert "us-east-1 warning: shop in us-east-1: testers are still pinned to two (d-two)" in said(world)
    assert "gatewright canary unpin --region us-east-1" in said(world)


def test_a_release_that_only_harms_the_second_region_is_taken_off_the_first_too() -> None:
    world = World()
    driver = world.driver()
    while driver.rollout.regions[US].phase is not Phase.PROMOTED:
        driver.tick()
        world.minutes()
    world.behaviour = Behaviour(fails=0.2)
    world.run(driver)
    assert driver.rollout.outcome is Outcome.ROLLED_BACK
    assert (world.serving(US), world.serving(EU)) == ("d-one", "d-one")
    assert [one["operation"] for one in driver.places[US].session.history(limit=2)] != []
    assert {state.phase for state in driver.rollout.regions.values()} == {Phase.ROLLED_BACK}


def test_without_canary_traffic_nothing_is_promoted_and_it_is_said() -> None:
    world = World()
    world.traffic[US] = False
    driver = world.driver()
    heard = world.run(driver)
    assert driver.rollout.outcome is Outcome.UNDECIDED
    assert any("no canary traffic" in text for one in heard for _, text in one.events)
    assert "no traffic" in driver.rollout.reason
    assert (world.serving(US), world.canary(US)) == ("d-one", None)


def test_cloudwatch_that_does_not_answer_holds_and_never_promotes() -> None:
    world = World()
    driver = world.driver()
    for _ in range(25):
        driver.tick()
        world.minutes()
    world.error = throttled()
    heard = [driver.tick() for _ in range(30) if world.minutes() is None]
    assert world.canary(US) is not None
    assert all(any("holds" in text for _, text in one.events) for one in heard)
    world.error = None
    world.run(driver)
    assert driver.rollout.outcome is Outcome.PROMOTED


def test_it_does_not_begin_before_the_hour_before_is_known() -> None:
    world = World()
    world.error = throttled()
    driver = world.driver()
    driver.tick()
    assert world.canary(US) is None
    assert "start failed" in driver.rollout.regions[US].held


def test_an_alarm_takes_it_back_at_the_next_tick() -> None:
    world = World()
    driver = world.driver(QUICK.model_copy(update={"alarms": ("payments",)}))
    for _ in range(5):
        driver.tick()
        world.minutes()
    world.alarms = ["payments"]
    driver.tick()
    assert driver.rollout.outcome is Outcome.ROLLED_BACK
    assert "payments" in driver.rollout.reason
    assert world.canary(US) is None


def test_an_open_breaker_pauses_and_its_intervals_are_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.rollout.regions import Place

    world = World(behaviour=Behaviour(fails=0.5))  # what a fallback answers looks like failures
    driver = world.driver()
    driver.tick()
    monkeypatch.setattr(Place, "_breaker", lambda self: "the breaker of users is OPEN: paused until it closes")
    for _ in range(30):
        world.minutes()
        driver.tick()
    assert driver.rollout.outcome is Outcome.RUNNING
    assert driver.rollout.regions[US].step == 0
    assert "OPEN" in driver.rollout.regions[US].held
    monkeypatch.undo()
    world.run(driver)
    assert driver.rollout.outcome is Outcome.ROLLED_BACK


def test_a_frozen_week_promotes_nothing_until_it_thaws() -> None:
    from infra.config.release_model import Freeze

    world = World()  # a Thursday, one in the morning
    frozen = QUICK.model_copy(
        update={"freeze": (Freeze(days=(3,), from_minute=0, to_minute=240),), "horizon_seconds": 7200}
    )
    driver = world.driver(frozen)
    world.run(driver, minutes=150)
    assert driver.rollout.outcome is Outcome.RUNNING
    assert "time of the week" in driver.rollout.regions[US].held
    world.run(driver, minutes=120)
    assert driver.rollout.outcome is Outcome.PROMOTED


def test_a_person_is_asked_where_the_file_says_so() -> None:
    world, asked = World(), []

    def agree(state: Any) -> bool:
        asked.append(state.region)
        return len(asked) != 1

    driver = world.driver(QUICK.model_copy(update={"automatic": False}), agree=agree)
    world.run(driver)
    assert driver.rollout.outcome is Outcome.PROMOTED
    assert asked == [US, US, EU]


def test_a_canary_that_somebody_took_off_ends_the_rollout() -> None:
    from infra.release import commands

    world = World()
    driver = world.driver()
    driver.tick()
    world.operators.session(US).apply(commands.rollback())
    driver.tick()
    assert (driver.rollout.outcome, world.canary(US)) == (Outcome.ROLLED_BACK, None)
    assert "somebody else" in driver.rollout.reason


def test_a_promotion_by_hand_is_taken_for_what_it_is() -> None:
    from infra.release import commands

    world = World()
    driver = world.driver()
    driver.tick()
    world.operators.session(US).apply(commands.promote())
    world.run(driver)
    assert driver.rollout.outcome is Outcome.PROMOTED


@pytest.mark.parametrize("kill", range(1, 60, 6))
def test_killed_anywhere_and_run_again_it_ends_the_same_with_the_same_evidence(kill: int) -> None:
    """The second run makes the decision of an undisturbed one, from the evidence of both."""
    world = World(behaviour=Behaviour(fails=0.06), requests_a_minute=300)
    world.aws.kill_after = kill
    driver = world.driver()
    try:
        world.run(driver)
    except Killed:
        for place in driver.places.values():
            world.operators.bury(place.session)
        driver = world.driver()
        world.run(driver)
    rollout = driver.rollout
    assert rollout.outcome is Outcome.ROLLED_BACK
    assert (world.serving(US), world.canary(US)) == ("d-one", None)
    kept = driver.store.intervals(rollout)[US]
    assert [one["i"] for one in kept] == list(range(1, len(kept) + 1))
    again = answers_again(rollout.regions[US], kept)[-1]
    assert rollout.regions[US].look is not None
    assert again["e_value"] == rollout.regions[US].look["e_value"]


def test_two_drivers_cannot_both_go_on() -> None:
    world = World()
    first = world.driver()
    first.tick()
    second = world.driver()
    second.tick()
    with pytest.raises(Refused, match="another run"):
        first.tick()


def test_the_state_survives_json() -> None:
    world = World()
    driver = world.driver()
    for _ in range(6):
        driver.tick()
        world.minutes()
    document = json.loads(json.dumps(driver.rollout.to_json()))
    assert json.loads(json.dumps(Rollout.from_json(document).to_json())) == document
    assert len(json.dumps(document)) < 40_000  # an item of DynamoDB holds 400 kB


def test_evidence_is_minutes_behind_not_more() -> None:
    world = World()
    driver = world.driver()
    for _ in range(10):
        driver.tick()
        world.minutes()
    feed = driver.rollout.regions[US].feed
    assert feed is not None
    assert world.aws.now - feed["next_at"] <= SETTLE_SECONDS + 3 * 60


def test_the_report_holds_pictures_and_what_a_replay_needs() -> None:
    world = World(behaviour=Behaviour(fails=0.055))
    driver = world.driver()
    world.run(driver)
    page = report(driver.rollout, driver.store.intervals(driver.rollout))
    assert page.count("<svg") >= 5
    assert "It never saw the release." in page
    assert "http" not in page.replace("http-equiv", "")
    data = page.partition('<script type="application/json" id="intervals">')[2].partition("</script>")[0]
    lines = json.loads(data)
    assert [line["type"] for line in lines[:2]] == ["start", "interval"]
    from infra.judge import answers

    *_, last = answers(json.dumps(line).encode() for line in lines)
    assert json.loads(last)["verdict"] == "rollback"


def test_the_report_says_how_much_slower_the_release_was() -> None:
    world = World(behaviour=Behaviour(slow=0.3))
    driver = world.driver()
    world.run(driver)
    page = report(driver.rollout, driver.store.intervals(driver.rollout))
    row = page.partition("<td>half answered within</td>")[2].partition("</tr>")[0]
    cells = re.findall(r"<td>([^<]*)</td>", row)
    assert [cell.split()[-1] for cell in cells[:3]] == ["ms", "ms", "ms"]
    assert float(cells[3]) >= 1, "the evidence of harm by latency"
    assert "Latency: 99 of 100 answered within, minute by minute" in page
