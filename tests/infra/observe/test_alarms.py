"""The alarms: what is watched, that each finds its runbook, and that their expressions mean what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.config.model import Gateway, Region
from infra.local.telemetry.math_functions import Grid
from infra.local.telemetry.metric_math import Asked, evaluate
from infra.observe import Alarm, Alarms, Math, alarms_of
from infra.observe.alarms import left_alone_hours
from infra.observe.resources import alarm_name, alarm_rule
from infra.observe.runbooks import Runbook
from tests.infra.observe.gateways import full, shop, small

ROOT = Path(__file__).parents[3]


def region(gateway: Gateway, name: str) -> Region:
    return next(one for one in gateway.regions if one.name == name)


def in_region(gateway: Gateway, name: str) -> Alarms:
    return alarms_of(gateway, region(gateway, name))


def alarm(key: str, name: str = "us-east-1") -> Alarm:
    return next(one for one in in_region(full(), name).metric if one.key == key)


def keys(found: Alarms) -> set[str]:
    return {one.key for one in (*found.metric, *found.composite)}


def test_what_a_gateway_with_everything_has() -> None:
    found = keys(in_region(full(), "us-east-1"))
    windows = {f"{level}-{window}" for level in ("fast", "steady", "slow") for window in ("long", "short")}
    burn = {
        f"{s}-{kind}-{w}" for s in ("orders", "free-trial") for kind in ("availability", "latency") for w in windows
    }
    others = {"orders-breaker-open", "orders-breaker-alone", "authorizer", "residency-leak", "canary-left-alone"}
    assert found == burn | others | {"orders-incident", "free-trial-incident", "page", "ticket"}


def test_what_only_some_gateways_have() -> None:
    rare = {"authorizer", "residency-leak", "orders-breaker-open", "orders-breaker-alone"}
    assert not keys(in_region(small(), "eu-west-1")) & rare
    assert "residency-leak" not in keys(in_region(full(), "eu-west-1"))


@pytest.mark.parametrize("make", [shop, small, full], ids=["shop", "small", "full"])
def test_every_alarm_says_what_to_do_first_and_its_page_is_there(make: Callable[[], Gateway]) -> None:
    gateway = make()
    for place in gateway.regions:
        found = alarms_of(gateway, place)
        for one in found.metric:
            assert "First: " in one.text
            assert one.runbook.path in one.text
            assert "{" not in one.text
        for composite in found.composite:
            assert "First: " in composite.text
            for path in re.findall(r"docs/runbooks/[a-z-]+\.md", composite.text):
                assert (ROOT / path).is_file()


@pytest.mark.parametrize("runbook", Runbook, ids=lambda one: one.page)
def test_a_runbook_is_there_and_in_the_list(runbook: Runbook) -> None:
    text = (ROOT / runbook.path).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "**It means**" in text
    assert f"({runbook.page}.md)" in (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8")


def test_no_runbook_is_forgotten_by_the_alarms() -> None:
    used = {one.runbook for one in in_region(full(), "us-east-1").metric}
    assert used == set(Runbook)
    pages = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}
    assert pages == {runbook.page for runbook in Runbook}


def value(one: Alarm, **series: float) -> float | None:
    """The watched value when the metrics have these values; one that is not given has no data."""
    grid = Grid((0,), one.period_seconds)
    entries = {
        line.id: Asked(id=line.id, expression=line.expression)
        if isinstance(line, Math)
        else Asked(id=line.id, series={0: series[line.id]} if line.id in series else {})
        for line in one.lines
    }
    if not entries[one.value].expression:
        return (entries[one.value].series or {}).get(0)
    (found,) = evaluate(entries, one.value, grid)
    return found.get(0)


@pytest.mark.parametrize(
    ("key", "series", "wanted"),
    [
        ("orders-availability-fast-long", {"requests": 1000.0, "bad": 72.0}, 7.2),
        ("orders-availability-fast-long", {"requests": 10.0, "bad": 4.0}, 0.0),
        ("orders-availability-fast-long", {"requests": 1000.0}, 0.0),
        ("orders-availability-fast-long", {}, 0.0),
        ("orders-availability-fast-short", {"requests": 10.0, "bad": 4.0}, 40.0),
        ("orders-latency-fast-short", {"requests": 10.0}, 0.0),
        ("residency-leak", {"hits": 4.0}, 0.0),
        ("residency-leak", {"hits": 50.0, "passed": 950.0}, 5.0),
        ("residency-leak", {"hits": 50.0}, 100.0),
        ("residency-leak", {"passed": 100.0}, None),
        ("orders-breaker-open", {"opened": 1.0}, 1.0),
    ],
)
def test_what_an_alarm_watches(key: str, series: dict[str, float], wanted: float | None) -> None:
    found = value(alarm(key), **series)
    assert found == wanted if wanted is None else found == pytest.approx(wanted)


def test_a_service_has_its_own_objectives() -> None:
    assert alarm("orders-availability-fast-long").threshold == pytest.approx(7.2)
    assert alarm("orders-latency-fast-long").threshold == pytest.approx(72.0)
    # Half of the requests may be slow: 14.4 times that is more than all, so it fires at nine in ten.
    assert alarm("free-trial-latency-fast-long").threshold == pytest.approx(90.0)
    assert alarm("free-trial-availability-fast-long").threshold == pytest.approx(1.44)


def test_both_windows_of_a_level_are_needed() -> None:
    found = in_region(full(), "us-east-1")
    (incident,) = [one for one in found.composite if one.key == "orders-incident"]
    rule = alarm_rule("full", incident.groups)
    fast = [f'ALARM("{alarm_name("full", f"orders-availability-fast-{window}")}")' for window in ("long", "short")]
    assert f"({' AND '.join(fast)})" in rule
    assert rule.count(" AND ") == 4
    assert "slow" not in rule


@pytest.mark.parametrize(("bake", "hours"), [("10m", 24), ("12h", 144), ("7d", 168)])
def test_how_long_is_left_alone(bake: str, hours: int) -> None:
    from infra.config import parse
    from tests.infra.observe.gateways import FULL

    gateway = parse(f"{FULL}release: {{bake: {bake}}}\n", file="gateway.yaml", folder=None)
    assert left_alone_hours(gateway) == hours
