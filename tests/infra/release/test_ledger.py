"""Lock, intent, history and manifests against the fake table; `tests/moto` runs the same rules on moto's DynamoDB."""

from __future__ import annotations

import pytest

from infra.errors import Locked, Refused
from infra.release.ledger import LEASE_SECONDS
from tests.infra.release.fake_aws import FakeAws, Operators
from tests.infra.release.situations import intent


@pytest.fixture
def two(aws: FakeAws, operators: Operators) -> Operators:
    aws.deploy("us-east-1", "one")
    return operators


def test_a_second_operator_is_refused_with_the_name_of_the_first(two: Operators) -> None:
    first, second = two.session().ledger, two.session(host="desk").ledger
    first.acquire()
    with pytest.raises(Locked, match=str(first.owner)):
        second.acquire()
    first.release()
    assert second.acquire() == ""


def test_a_lock_that_ran_out_is_taken_over(two: Operators) -> None:
    first, second = two.session().ledger, two.session(host="desk").ledger
    first.acquire()
    two.aws.now += LEASE_SECONDS + 1
    assert second.lock() is None
    assert second.acquire() == str(first.owner)
    two.aws.now += 31
    with pytest.raises(Locked, match="taken over"):
        first.renew()


def test_a_dead_process_of_this_host_loses_its_lock_at_once(two: Operators) -> None:
    first, second = two.session(), two.session()
    first.ledger.acquire()
    two.dead.add(first.ledger.owner.pid)
    assert second.ledger.acquire() == str(first.ledger.owner)


def test_a_dead_process_number_of_another_host_says_nothing(two: Operators) -> None:
    first, second = two.session(host="desk"), two.session()
    first.ledger.acquire()
    two.dead.add(first.ledger.owner.pid)
    with pytest.raises(Locked):
        second.ledger.acquire()


def test_renewing_prolongs_the_lease(two: Operators) -> None:
    first, second = two.session().ledger, two.session(host="desk").ledger
    first.acquire()
    for _ in range(5):
        two.aws.now += LEASE_SECONDS - 10
        first.renew()
    with pytest.raises(Locked):
        second.acquire()


def test_giving_back_a_lock_that_another_has_leaves_it(two: Operators) -> None:
    first, second = two.session().ledger, two.session(host="desk").ledger
    first.acquire()
    two.aws.now += LEASE_SECONDS + 1
    second.acquire()
    first.release()
    held = second.lock()
    assert held is not None
    assert held.owner == str(second.owner)


def test_an_intent_is_not_overwritten_but_by_who_takes_it_over(two: Operators) -> None:
    ledger = two.session().ledger
    mine, other = intent("start", percent=12.5), intent("rollback")
    ledger.write_intent(mine)
    ledger.write_intent(mine)
    assert ledger.intent() == mine
    changed = type(other)(**{f: getattr(other, f) for f in other.__dataclass_fields__} | {"id": "i2"})
    with pytest.raises(Refused, match="pending"):
        ledger.write_intent(changed)
    ledger.write_intent(changed, replaces="i1")
    assert ledger.intent() == changed


def test_finishing_twice_keeps_one_decision(two: Operators) -> None:
    ledger = two.session().ledger
    ledger.write_intent(intent("start", percent=10))
    ledger.finish(intent("start", percent=10), {"seen": 1})
    ledger.finish(intent("start", percent=10), {"seen": 1})
    assert ledger.intent() is None
    (entry,) = ledger.history()
    assert (entry["operation"], entry["evidence"]) == ("start", {"seen": 1})


def test_history_is_newest_first_and_limited(two: Operators) -> None:
    ledger = two.session().ledger
    for i in range(7):
        ledger.record({"id": f"x{i}", "started": f"2026-01-0{i + 1}", "operation": "prune"})
    assert [entry["id"] for entry in ledger.history(limit=3)] == ["x6", "x5", "x4"]
    assert len(ledger.history()) == 7


def test_the_first_manifest_of_a_release_stays(two: Operators) -> None:
    ledger = two.session().ledger
    ledger.record_release("d-one", ["b", "a"])
    ledger.record_release("d-one", ["c"])
    ledger.record_release("d-two", [])
    assert ledger.manifests() == {"d-one": ("a", "b"), "d-two": ()}
    ledger.forget_release("d-one")
    assert ledger.manifests() == {"d-two": ()}
