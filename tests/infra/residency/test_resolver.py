"""Route 53's rules one by one, and all of them against a second implementation."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.residency.endpoints import Answer
from infra.residency.records import Policy, Record
from infra.residency.resolver import Resolver, resolve
from infra.residency.territory import UNPLACEABLE, Place, place_of
from infra.residency.zone import Zone
from tests.infra.residency.naive_resolver import answers as naive_answers
from tests.infra.residency.zones import EU, EU2, NAME, US, Row, endpoint, row, zone


def regions(rows: list[Row], place: str, *down: str, kind: str = "A") -> set[str | None]:
    return {answer.region for answer in resolve(zone(rows), NAME, kind, place_of(place), down=down)}


LEVELS = [
    row(to="ap-south-1", GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"}, HealthCheckId="state"),
    row(to="us-west-2", GeoLocation={"CountryCode": "US"}, HealthCheckId="country"),
    row(to="sa-east-1", GeoLocation={"ContinentCode": "NA"}, HealthCheckId="continent"),
    row(to=EU, GeoLocation={"CountryCode": "*"}, HealthCheckId="default"),
]


@pytest.mark.parametrize(
    ("place", "down", "answer"),
    [
        ("US-CA", (), "ap-south-1"),
        ("US-NY", (), "us-west-2"),
        ("US", (), "us-west-2"),
        ("MX", (), "sa-east-1"),
        ("DE", (), EU),
        ("unplaceable", (), EU),
        ("US-CA", ("state",), "us-west-2"),
        ("US-CA", ("state", "country"), "sa-east-1"),
        ("US-CA", ("state", "country", "continent"), EU),
        ("US-CA", ("state", "country", "continent", "default"), "ap-south-1"),
        ("MX", ("continent", "default"), "sa-east-1"),
    ],
)
def test_geolocation_walks_from_the_smallest_place_to_the_default(
    place: str, down: tuple[str, ...], answer: str
) -> None:
    assert regions(LEVELS, place, *down) == {answer}


def test_no_record_for_the_place_is_no_answer() -> None:
    only = [row(to=EU, GeoLocation={"CountryCode": "DE"})]
    assert regions(only, "DE") == {EU}
    assert regions(only, "FR") == regions(only, "unplaceable") == {None}
    assert regions(only, "DE", kind="AAAA") == {None}


@pytest.mark.parametrize(
    ("down", "answer"),
    [((), EU), (("p",), EU2), (("s",), EU), (("p", "s"), EU)],
    ids=["up", "primary-down", "secondary-down", "both-down"],
)
def test_failover(down: tuple[str, ...], answer: str) -> None:
    pair = [
        row(to=EU, Failover="PRIMARY", HealthCheckId="p"),
        row(to=EU2, Failover="SECONDARY", HealthCheckId="s"),
    ]
    assert regions(pair, "DE", *down) == {answer}


def test_a_secondary_without_a_check_is_always_usable() -> None:
    pair = [row(to=EU, Failover="PRIMARY", HealthCheckId="p"), row(to=EU2, Failover="SECONDARY")]
    assert regions(pair, "DE", "p") == {EU2}


@pytest.mark.parametrize(
    ("down", "answer"),
    [((), {EU, EU2}), (("a",), {EU2}), (("a", "b"), {US}), (("a", "b", "c"), {EU, EU2})],
    ids=["up", "one-down", "weight-0-answers", "all-down-as-healthy"],
)
def test_weighted(down: tuple[str, ...], answer: set[str | None]) -> None:
    pool = [
        row(to=EU, Weight=10, HealthCheckId="a"),
        row(to=EU2, Weight=1, HealthCheckId="b"),
        row(to=US, Weight=0, HealthCheckId="c"),
    ]
    assert regions(pool, "DE", *down) == answer


@pytest.mark.parametrize("policy", [{"Region": ""}, {"MultiValueAnswer": True}], ids=["latency", "multivalue"])
def test_any_healthy_member_of_a_pool_may_answer(policy: Row) -> None:
    rows = [
        row(to=to, HealthCheckId=to, SetIdentifier=to, **({"Region": to} if "Region" in policy else policy))
        for to in (EU, US)
    ]
    assert regions(rows, "DE") == {EU, US}
    assert regions(rows, "DE", EU) == {US}
    assert regions(rows, "DE", EU, US) == {EU, US}


def pair_below(*, evaluate: bool) -> list[Row]:
    return [
        row(to="eu.shop.example", evaluate=evaluate, GeoLocation={"ContinentCode": "EU"}),
        row(to=US, GeoLocation={"CountryCode": "*"}),
        row("eu.shop.example", to=EU, Failover="PRIMARY", HealthCheckId="p"),
        row("eu.shop.example", to=EU2, Failover="SECONDARY", HealthCheckId="s"),
    ]


def test_a_pair_below_holds_everybody_only_without_target_health() -> None:
    assert regions(pair_below(evaluate=False), "DE", "p", "s") == {EU}
    assert regions(pair_below(evaluate=True), "DE", "p", "s") == {US}
    assert regions(pair_below(evaluate=True), "DE", "p") == {EU2}


def test_a_check_on_the_alias_and_its_target_must_both_pass() -> None:
    rows = pair_below(evaluate=True)
    rows[0]["HealthCheckId"] = "own"
    assert regions(rows, "DE", "own") == {US}
    assert regions(rows, "DE", "p", "s") == {US}


def test_the_health_of_a_target_outside_the_zone_is_its_own() -> None:
    rows = [
        row(to=EU, evaluate=True, GeoLocation={"ContinentCode": "EU"}),
        row(to=US, GeoLocation={"CountryCode": "*"}),
    ]
    assert regions(rows, "DE") == {EU}
    assert regions(rows, "DE", f"target {endpoint(EU)}") == {US}


def test_a_single_record_answers_also_when_its_check_fails() -> None:
    assert regions([row(to=EU, HealthCheckId="c")], "DE", "c") == {EU}


def test_cnames_wildcards_and_addresses() -> None:
    rows = [
        {"Name": NAME, "Type": "CNAME", "ResourceRecords": [{"Value": "eu.shop.example."}]},
        {"Name": "\\052.shop.example.", "Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}]},
    ]
    known = zone(rows, endpoints={"192.0.2.1": EU})
    assert resolve(known, NAME, "A", UNPLACEABLE) == {Answer(EU, "192.0.2.1")}
    assert resolve(known, NAME, "AAAA", UNPLACEABLE) == {Answer(None, "no answer")}
    assert {a.region for a in resolve(known, "deep.below.shop.example", "A", UNPLACEABLE)} == {EU}
    assert {a.region for a in resolve(known, "below.api.shop.example", "A", UNPLACEABLE)} == {None}, "RFC 4592"


def test_a_delegated_name_is_out_of_sight() -> None:
    rows = [
        row(),
        {"Name": "shop.example", "Type": "NS", "ResourceRecords": [{"Value": "ns.example"}]},
        {"Name": "shop.example", "Type": "SOA", "ResourceRecords": [{"Value": "ns.example"}]},
    ]
    assert {a.region for a in resolve(zone(rows), NAME, "A", UNPLACEABLE)} == {EU}, "the top of a zone is no cut"
    del rows[-1]
    assert {a.region for a in resolve(zone(rows), NAME, "A", UNPLACEABLE)} == {""}


# --- against the second implementation ---

NAMES = ("n0.example", "n1.example", "n2.example")
CHECKS = ("c0", "c1", "c2")
ENDPOINTS = tuple(endpoint(region) for region in (EU, US))
KEYS = ("US-CA", "US", "continent NA", "DE", "continent EU", "*")
PLACES = [place_of(code) for code in ("US-CA", "US", "MX", "DE", "FR", "unplaceable")]


@st.composite
def groups(draw: st.DrawFn, number: int) -> list[Record]:
    policy = draw(
        st.sampled_from([Policy.GEOLOCATION, Policy.FAILOVER, Policy.WEIGHTED, Policy.LATENCY, Policy.SIMPLE])
    )
    keys = {
        Policy.GEOLOCATION: draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)),
        Policy.FAILOVER: draw(st.sampled_from([["PRIMARY", "SECONDARY"], ["PRIMARY"], ["SECONDARY"]])),
        Policy.SIMPLE: [""],
    }.get(policy, ["a", "b", "c"][: draw(st.integers(1, 3))])
    targets = (*NAMES[number + 1 :], *ENDPOINTS)
    return [
        Record(
            name=NAMES[number],
            type="A",
            policy=policy,
            key=key,
            weight=draw(st.integers(0, 1)) if policy is Policy.WEIGHTED else 1,
            health_check=draw(st.sampled_from([None, *CHECKS])),
            alias=draw(st.sampled_from(targets)),
            evaluates_target=draw(st.booleans()),
        )
        for key in keys
    ]


@st.composite
def zones(draw: st.DrawFn) -> list[Record]:
    return [record for number in range(len(NAMES)) for record in draw(groups(number))]


@settings(max_examples=300, deadline=None)
@given(zones())
def test_both_implementations_agree_in_every_state(records: list[Record]) -> None:
    resolver = Resolver(Zone(records=tuple(records)))
    for place in PLACES:
        found = resolver.answers(NAMES[0], "A", place.keys)
        atoms = (*CHECKS, *(f"target {name}" for name in ENDPOINTS))
        for bits in product((False, True), repeat=len(atoms)):
            down = {atom for atom, is_down in zip(atoms, bits, strict=True) if is_down}
            mine = {answer.region for answer, states in found.items() if resolver.states.holds(states, down)}
            assert mine == naive_answers(records, NAMES[0], "A", place.keys, down), (place.code, down)


@settings(max_examples=100, deadline=None)
@given(zones(), st.sampled_from(PLACES), st.sets(st.sampled_from(CHECKS)))
def test_every_answer_has_a_way_to_it(records: list[Record], place: Place, down: set[str]) -> None:
    resolver = Resolver(Zone(records=tuple(records)))
    possible = {
        a for a, states in resolver.answers(NAMES[0], "A", place.keys).items() if resolver.states.holds(states, down)
    }
    ways = list(resolver.trace(NAMES[0], "A", place.keys, down))
    assert {answer for _, answer in ways} == possible
    assert [len(steps) for steps, _ in ways] == sorted(len(steps) for steps, _ in ways)
    assert all(steps[0].record.name == NAMES[0] for steps, _ in ways if steps)


def test_a_shorter_way_to_nothing_comes_before_a_longer_one_to_a_region() -> None:
    """Two names of equal weight: one has an answer, the other has none for this asker."""
    records = (
        Record(name=NAMES[0], type="A", policy=Policy.WEIGHTED, key="a", weight=1, alias=NAMES[2]),
        Record(name=NAMES[0], type="A", policy=Policy.WEIGHTED, key="b", weight=1, alias=NAMES[1]),
        Record(name=NAMES[1], type="A", policy=Policy.GEOLOCATION, key="DE", alias=NAMES[2]),
        Record(name=NAMES[2], type="A", policy=Policy.GEOLOCATION, key="US", alias=endpoint(EU)),
    )
    ways = list(Resolver(Zone(records=records)).trace(NAMES[0], "A", ("US", "*"), set()))
    assert [(len(steps), answer.region) for steps, answer in ways] == [(1, None), (2, EU)]
