"""Usage: summed over regions and versions, in windows, and partial when a region is silent."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.keys.metering import meter
from infra.keys.usage import Reading, Usage, csv_rows, summed, windows
from tests.infra.keys import commands
from tests.infra.keys.fake_keys import EU, US, Desk

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


def use(desk: Desk, region: str, name: str, day: str, requests: int) -> None:
    k = desk.aws.keys(region)
    key = next(key for key, shape in k.keys.items() if shape["name"] == name)
    k.used[key, day] = requests


def read(desk: Desk, **options: str) -> Usage:
    ring = desk.ring()
    return meter([ring.cloud(US), ring.cloud(EU)], first=FIRST, last=LAST, **options)


def busy(desk: Desk) -> None:
    desk.run(commands.create())
    desk.run(commands.create("open", "bob"))
    desk.run(commands.rotate())
    use(desk, US, "shop/gold/acme/v1", "2026-01-03", 5)
    use(desk, EU, "shop/gold/acme/v1", "2026-01-03", 7)
    use(desk, EU, "shop/gold/acme/v2", "2026-01-04", 1)
    use(desk, US, "shop/open/bob/v1", "2026-01-03", 9)


def test_a_customer_is_summed_over_regions_and_versions(desk: Desk) -> None:
    busy(desk)
    found = read(desk)
    assert [(d.day.day, d.plan, d.customer, d.used) for d in found.days] == [
        (3, "gold", "acme", 12),
        (3, "open", "bob", 9),
        (4, "gold", "acme", 1),
    ]
    gold, free = found.totals
    assert (gold.all_used, dict(gold.used)) == (13, {US: 5, EU: 8})
    assert gold.left == 4 * 1000 - 13  # two versions in two regions, while the grace lasts
    assert free.left is None
    assert found.complete


def test_a_key_that_was_switched_off_is_billed_and_has_nothing_left(desk: Desk) -> None:
    busy(desk)
    desk.run(commands.rotate(None))
    desk.aws.now += commands.GRACE_SECONDS + 1
    desk.run(commands.finish(None))
    gold = read(desk, customer="acme").totals[0]
    assert (gold.all_used, gold.left) == (13, 2 * 1000 - 1)


def test_one_plan_or_one_customer(desk: Desk) -> None:
    busy(desk)
    assert [t.customer for t in read(desk, plan="gold").totals] == ["acme"]
    assert [t.plan for t in read(desk, customer="bob").totals] == ["open"]


def test_a_silent_region_is_named_and_makes_the_sums_partial(desk: Desk) -> None:
    busy(desk)
    desk.aws.down = {EU}
    found = read(desk)
    assert list(found.failed) == [EU]
    assert found.totals[0].all_used == 5
    assert not found.complete
    assert {row[-1] for row in csv_rows(found)[1:]} == {"no"}
    assert found.as_json()["complete"] is False


def test_a_key_made_by_hand_is_shown_by_its_id(desk: Desk) -> None:
    desk.run(commands.create())
    (key,) = desk.aws.keys(US).keys
    desk.aws.keys(US).keys[key]["name"] = "by hand"
    desk.aws.keys(US).used[key, "2026-01-03"] = 4
    assert read(desk).totals[0].customer == f"(key {key})"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 1000))
def test_windows_cover_every_day_once(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    covered = [begin + timedelta(days=n) for begin, end in windows(first, last) for n in range((end - begin).days + 1)]
    assert covered == [first + timedelta(days=n) for n in range(days + 1)]
    assert all((end - begin).days < 90 for begin, end in windows(first, last))


READINGS = st.lists(
    st.builds(
        Reading,
        region=st.sampled_from([US, EU]),
        plan=st.sampled_from(["free", "gold"]),
        customer=st.sampled_from(["a", "b"]),
        key=st.sampled_from(["k1", "k2"]),
        day=st.dates(FIRST, LAST),
        used=st.integers(0, 10**9),
        left=st.none() | st.integers(0, 10**9),
    )
)


@given(READINGS)
def test_no_request_is_lost_or_counted_twice(readings: list[Reading]) -> None:
    found = summed(readings, first=FIRST, last=LAST, failed={})
    everything = sum(r.used for r in readings)
    assert sum(d.used for d in found.days) == sum(t.all_used for t in found.totals) == everything
    assert len({(d.day, d.plan, d.customer) for d in found.days}) == len(found.days)
