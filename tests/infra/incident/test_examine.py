"""What stands out, rule by rule: it is said when it is so, with its numbers, and not said when it is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.incident.chain import chain
from infra.incident.examine import RULES, examine
from infra.incident.facts import Canary, Change, Facts, Trace
from infra.incident.finding import Finding, Weight
from infra.incident.trouble import is_going_on, trouble
from tests.infra.incident.cases import WINDOW, calm, during, facts, minute, slow_orders


def found(of: Facts, about: str) -> Finding:
    (one,) = [finding for finding in examine(of) if finding.about == about]
    return one


def abouts(of: Facts) -> list[str]:
    return [one.about for one in examine(of)]


def test_a_healthy_service_has_no_findings():
    assert examine(facts(protected=True, breaker={"state": "CLOSED"})) == ()


def test_slow_orders_are_the_functions_time_since_when_and_what_to_do():
    seen = facts(slow_orders(), protected=True, breaker={"state": "CLOSED"})
    assert [one.about for one in examine(seen)] == ["slow", "whose-time"]
    slow, time = examine(seen)
    assert slow.says.startswith("90 % of 1000 requests took longer than 1.0 s since ")
    assert slow.numbers["mean_ms"] == 3000
    assert time.says == "the time goes into gatewright-shop-orders: 3.0 s of 3.0 s a request (98 %)"
    assert time.next[0].startswith("gatewright breaker open orders --region us-east-1 --reason ")
    assert time.next[1].startswith("aws logs tail /aws/lambda/gatewright-shop-orders ")


def test_no_breaker_no_advice_to_open_it():
    values = slow_orders()
    assert found(facts(values), "whose-time").next[0].startswith("aws logs tail")
    forced = {"state": "FORCED_OPEN", "by": "ada@host", "why": "slow", "until": "later"}
    assert found(facts(values, protected=True, breaker=forced), "whose-time").next[0].startswith("aws logs tail")


def test_a_slow_authorizer_is_the_gateways_time():
    values = during(calm(), 9, 0, late=90.0, ms=300_000.0)
    assert found(facts(values), "whose-time").says.startswith("the time goes into gateway: ")


def test_a_slow_trace_names_what_it_waited_for():
    trace = Trace(id="1-abc", at=minute(3), duration_ms=3100, parts=(("payments.example", 2900.0),))
    one = found(facts(slow_orders(), traces=(trace,)), "whose-time")
    assert "payments.example 2.9 s" in one.detail
    assert "gatewright trace 1-abc --region us-east-1" in one.next


@pytest.mark.parametrize(
    ("failed", "of", "said"),
    [
        pytest.param(5.0, 100.0, True, id="five of a hundred"),
        pytest.param(0.0, 100.0, False, id="none"),
        pytest.param(1.0, 3000.0, False, id="within what is promised"),
    ],
)
def test_failures_beyond_the_promise(failed, of, said):
    values = calm(requests=of)
    during(values, 9, 0, failed=failed)
    assert ("failing" in abouts(facts(values))) is said


def test_where_it_began_and_whether_it_is_over():
    values = during(calm(), 20, 12, failed=50.0)
    span = trouble(facts(values))
    assert span == (minute(20), minute(11))
    assert not is_going_on(facts(values), span)
    assert "from " in found(facts(values), "failing").says
    going = during(calm(), 4, 1, failed=50.0)
    assert is_going_on(facts(going), trouble(facts(going)))  # type: ignore[arg-type]


def test_a_run_ends_at_calm_minutes_and_one_bad_request_is_no_trouble():
    values = during(during(calm(), 25, 22, failed=50.0), 5, 3, failed=50.0)
    assert trouble(facts(values)) == (minute(5), minute(2))
    assert trouble(facts(during(calm(requests=3.0), 5, 5, failed=1.0))) is None


@pytest.mark.parametrize(
    ("values", "says", "weight"),
    [
        pytest.param({}, "no request in the last 60 minutes", Weight.NOTE, id="never any"),
        pytest.param({"requests": {minute(40): 500.0}}, "no request for 30 minutes, 500 in the", Weight.BAD, id="none any more"),
    ],
)  # fmt: skip
def test_silence(values, says, weight):
    one = found(facts(values), "silent")
    assert one.says.startswith(says)
    assert one.weight is weight


def test_the_breaker_says_who_forced_it_and_how_to_end_it():
    forced = {
        "state": "FORCED_OPEN",
        "by": "ada@host",
        "why": "the database moves",
        "until": "2027-01-15T08:30:00+00:00",
    }
    one = found(facts(during(calm(), 5, 0, **{"breaker.refused": 7.0}), protected=True, breaker=forced), "breaker")
    assert one.says == (
        "the breaker is forced open by ada@host: the database moves until 2027-01-15T08:30:00+00:00; 42 callers got the fallback"
    )
    assert one.next[0].startswith("gatewright breaker auto orders --region us-east-1")


def test_a_breaker_that_opened_and_closed_is_told():
    values = during(calm(), 5, 5, **{"breaker.to.OPEN": 1.0, "breaker.refused": 30.0})
    one = found(facts(values, breaker={"state": "CLOSED"}), "breaker")
    assert (one.weight, one.numbers["OPEN"]) == (Weight.WATCH, 1)


@pytest.mark.parametrize(
    ("bad", "weight", "command"),
    [
        pytest.param(30.0, Weight.BAD, "gatewright canary rollback --region us-east-1", id="beyond chance"),
        pytest.param(0.0, Weight.WATCH, "gatewright canary status", id="alike"),
    ],
)
def test_a_canary_is_judged_by_intervals(bad, weight, command):
    values = calm(**{"canary.requests": 100.0, "canary.failed": bad, "baseline.requests": 900.0})
    one = found(facts(values, canary=Canary(release="b2 (x)", baseline="a1 (y)", percent=10)), "canary")
    assert (one.weight, one.next) == (weight, (command,))


def test_a_few_requests_of_a_canary_prove_nothing():
    values = during(calm(**{"baseline.requests": 900.0}), 1, 1, **{"canary.requests": 3.0, "canary.failed": 1.0})
    one = found(facts(values, canary=Canary(release="b2", baseline="a1", percent=10)), "canary")
    assert one.weight is Weight.WATCH


@pytest.mark.parametrize(
    ("back", "named"),
    [pytest.param(12, True, id="shortly before"), pytest.param(29, False, id="long before"), pytest.param(2, False, id="after")],
)  # fmt: skip
def test_what_was_done_before_it_began_is_named_with_it(back, named):
    change = Change(at=minute(back), what="promote b2 (x)", by="ada@host")
    seen = examine(facts(slow_orders(), changes=(change,)))
    assert any("promote b2 (x)" in one.says for one in seen), "it is told in any case"
    assert any(one.next == ("gatewright release rollback --region us-east-1",) for one in seen) is named


def test_a_release_that_nobody_gets_is_no_suspect():
    change = Change(at=minute(12), what="release b2 was published", live=False)
    assert found(facts(slow_orders(), changes=(change,)), "change").weight is Weight.NOTE


def test_refusals_authorizer_concurrency_alarms_and_a_region_that_is_off():
    more = {"throttled.QUOTA_EXCEEDED": 2.0, "authorizer.failed": 1.0, "function.throttled": 3.0, "breaker.alone": 1.0}
    seen = facts(during(calm(), 3, 3, **more), alarms=("gatewright-shop-page",), off=True)
    assert set(abouts(seen)) == {"throttled", "authorizer", "concurrency", "breaker-store", "alarms", "region"}
    assert found(seen, "region").next == ("gatewright region up us-east-1",)
    assert "2 QUOTA_EXCEEDED" in found(seen, "throttled").says


def test_nothing_is_said_of_a_region_that_did_not_answer():
    assert examine(facts({}, problem="no answer")) == ()


@given(
    st.dictionaries(st.sampled_from(["ms", "waited_ms", "function.ms", "breaker.ms"]), st.floats(0, 1e6), min_size=1),
    st.booleans(),
    st.booleans(),
)
def test_parts_are_never_negative_and_no_larger_than_the_whole(values, protected, is_function):
    seen = facts({"requests": {minute(1): 10.0}, **{k: {minute(1): v} for k, v in values.items()}},
                 protected=protected, is_function=is_function)  # fmt: skip
    made = chain(seen, WINDOW)
    assert all(part.ms >= 0 for part in made.parts)
    assert sum(part.ms for part in made.parts) <= max(values.get("ms", 0), values.get("waited_ms", 0)) / 10 + 1


@given(st.dictionaries(st.sampled_from(["requests", "failed", "late", "ms", "waited_ms", "p99", "breaker.refused",
       "canary.requests", "canary.failed"]), st.dictionaries(st.integers(0, 59).map(minute), st.floats(0, 1e5))))  # fmt: skip
@example({"ms": {minute(0): 1.0, minute(30): 1.0}, "requests": {minute(0): 5e-324, minute(30): 1.0}})
def test_every_rule_survives_whatever_the_numbers_are(values):
    seen = facts(values, protected=True, breaker={}, canary=Canary(release="b", baseline="a", percent=1))
    for rule in RULES:
        for one in rule(seen):
            assert one.says
            assert "nan" not in one.says
