"""The comparison: agreement is silent, and everything else names country, type, wanted and got."""

from __future__ import annotations

import pytest

from infra.dns.probe import Difference, Report, Unasked, compare_dns, promised, sample_places
from infra.residency.outage import Outage, outage
from infra.residency.proof import allowed_regions
from infra.residency.territory import UNPLACEABLE, Place, Territory, place_of
from tests.infra.residency.zones import EU, EU2, NAME, US, safe, zone

ZONE = zone(safe().records)
PLACES = (*tuple(place_of(code) for code in ("DE", "RE", "US")), UNPLACEABLE)


def compared(changed: dict[tuple[str, str], tuple[str, ...] | Unasked], down: Outage | None = None) -> Report:
    state = down or Outage()

    def got(place: Place, kind: str) -> tuple[str, ...] | Unasked:
        return changed.get((place.code, kind), tuple(promised(ZONE, NAME, kind, place, state)))

    return compare_dns(
        name=NAME, places=PLACES, kinds=("A", "AAAA"), wanted=lambda place, kind: promised(ZONE, NAME, kind, place, state),
        got=got, territory=Territory(), allowed=allowed_regions(()),
    )  # fmt: skip


def test_the_same_answers_agree() -> None:
    report = compared({})
    assert (report.asked, report.exit_code, report.document()["agrees"]) == (8, 0, True)


@pytest.mark.parametrize(
    ("code", "kind", "got", "leak"),
    [
        ("RE", "A", (US,), True),
        ("RE", "AAAA", (US,), True),
        ("unplaceable", "A", (US,), True),
        ("DE", "A", (EU, US), True),
        ("DE", "A", ("",), True),
        ("DE", "A", (), False),
        ("DE", "A", (EU2,), False),
        ("US", "A", (EU,), False),
    ],
    ids=["overseas", "ipv6", "unplaceable", "one-of-two", "unknown-address", "nobody", "the-other-eu", "outside"],
)
def test_another_answer_is_a_difference(code: str, kind: str, got: tuple[str, ...], leak: bool) -> None:
    report = compared({(code, kind): got})
    assert report.exit_code == 2
    (row,) = report.document()["differences"]
    assert (row["country"], row["type"], row["asked"], row["leak"]) == (code, kind, NAME, leak)
    assert row["wanted"] == (US if code == "US" else EU)
    assert row["got"] == (", ".join(sorted(one or "an unknown place" for one in got)) or "no answer")


def test_what_the_health_of_now_changes_is_promised_too() -> None:
    state = outage(ZONE, [EU])
    assert promised(ZONE, NAME, "A", place_of("RE"), state) == {EU2}
    assert compared({("RE", "A"): (EU2,)}, state).exit_code == 0
    assert compared({("RE", "A"): (EU,)}, state).exit_code == 2


def test_a_leak_that_the_templates_promise_is_still_one() -> None:
    report = compare_dns(
        name=NAME, places=[place_of("DE")], kinds=["A"], wanted=lambda *_: frozenset({US}), got=lambda *_: (US,),
        territory=Territory(), allowed=allowed_regions(()),
    )  # fmt: skip
    assert [row.leak for row in report.differences] == [True]


def test_what_could_not_be_asked_is_neither_and_a_difference_weighs_more() -> None:
    lost = Unasked(what="RE", problem="away")
    one = compared({("RE", "A"): lost})
    assert (one.asked, one.exit_code, one.unasked, one.differences) == (7, 1, (lost,), ())
    assert not one.document()["agrees"]
    other = Difference(source="guard", country="DE", kind="", asked="x", wanted="421", got="let through")
    assert (one + Report(differences=(other,))).exit_code == 2


def test_the_sample_has_everybody_of_the_territory_and_some_outside() -> None:
    territory = Territory(additions=("CH",))
    codes = [place.code for place in sample_places(territory)]
    assert set(territory.codes) < set(codes)
    assert codes[0] == "unplaceable"
    assert "US" in codes
    assert len(codes) == len(set(codes))
