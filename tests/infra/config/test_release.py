"""The release section: what it means, its defaults, and every rule with the file that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config.parser import parse
from infra.config.release import days_of
from infra.config.release_model import Freeze, Release, Tolerances
from infra.errors import ConfigError

SMALL = """gateway: shop
regions:
  us-east-1: {jurisdiction: us}
  eu-west-1: {jurisdiction: eu}
services:
  users: {path: /api/users, url: "https://users.example"}
release: """
EVERYTHING = (Path(__file__).parent / "fixtures" / "good" / "everything.yaml").read_text()


def release(text: str) -> Release:
    return parse(SMALL + text, file="gateway.yaml", folder=None).release


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        release(text)
    return [f"{one.path}: {one.problem}" for one in caught.value.findings]


def test_everything_means_what_it_says() -> None:
    found = parse(EVERYTHING, file="gateway.yaml", folder=None).release
    assert found == Release(
        stage="live_2",
        steps_percent=(0.5, 10, 100),
        bake_seconds=3600,
        later_bake_seconds=1200,
        pause_seconds=0,
        warmup_seconds=180,
        horizon_seconds=86_400,
        waves=(("us-west-2",), ("eu-central-1", "eu-west-2")),
        freeze=(
            Freeze(days=(4, 5, 6), from_minute=960, to_minute=480, zone="Europe/Berlin"),
            Freeze(days=(2,), from_minute=0, to_minute=1440, zone="UTC"),
        ),
        automatic=False,
        tolerances=Tolerances(errors_percent=0.25, client_errors_percent=3, slow_percent=1),
        rollback_risk_percent=0.5,
        promotion_risk_percent=2,
        alarms=("payments-are-down",),
        keep=3,
    )


def test_what_is_left_out_is_the_models_default() -> None:
    assert release("{}") == Release()


def test_the_tolerances_are_those_that_the_schema_tells() -> None:
    assert release("{}").tolerances == Tolerances(errors_percent=0.5, client_errors_percent=2, slow_percent=0.5)


def test_a_long_bake_brings_its_own_horizon() -> None:
    assert release("{steps: [1%, 10%, 50%], bake: 2h}").horizon_seconds == 12 * 3600


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("fri-sun", (4, 5, 6)),
        ("sat-mon", (0, 5, 6)),
        ("mon,wed-thu", (0, 2, 3)),
        ("mon-sun", tuple(range(7))),
        ("tue", (1,)),
        ("tue-tue", (1,)),
    ],
)
def test_days(text: str, days: tuple[int, ...]) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{waves: [[us-east-1]]}", "release.waves: eu-west-1 is in no wave"),
        ("{waves: [[us-east-1], [us-east-1, eu-west-1]]}", "release.waves[1][0]: us-east-1 is in two places"),
        (
            "{waves: [[us-east-1, eu-west-1], [eu-west-3]]}",
            "release.waves[1][0]: the gateway does not run in 'eu-west-3'",
        ),
        ("{waves: [[us-east-1, eu-west-1], []]}", "release.waves[1]: it is empty"),
        ("{steps: []}", "release.steps: it is empty"),
        ("{steps: [10%, 10%]}", "release.steps: ['10%', '10%'] does not rise"),
        ("{bake: 30m, horizon: 1h}", "release.bake: 2 steps of 30 minutes reach the horizon"),
        ("{freeze: [{days: mon-sun}]}", "release.freeze: it leaves less than an hour of the week"),
        (
            "{freeze: [{days: fri, zone: Europe/Nowhere}]}",
            "release.freeze[0].zone: 'Europe/Nowhere': no such time zone",
        ),
        ("{freeze: [{days: friday}]}", "release.freeze[0].days: 'friday' is not accepted"),
        ('{freeze: [{days: fri, from: "25:00"}]}', "release.freeze[0].from: '25:00' is not accepted"),
        ("{freeze: [{from: '10:00'}]}", "release.freeze[0]"),
        ("{mode: manual}", "release.mode: 'manual' is not accepted"),
        ("{tolerances: {errors: 0%}}", "release.tolerances.errors: '0%' is out of range"),
        ("{tolerances: {error: 1%}}", "release.tolerances.error: unknown key"),
        ("{rollback_risk: 60%}", "release.rollback_risk: '60%' is out of range"),
        ("{bake: 10}", "release.bake: 10 has no unit"),
        ("{horizon: 1m}", "release.horizon: '1m' is out of range"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, problem: str) -> None:
    found = problems(text)
    assert any(one.startswith(problem) for one in found), found


def test_all_findings_come_at_once() -> None:
    found = problems("{bake: 10, mode: manual, steps: [], waves: [[us-east-1]], tolerances: {slow: 99%}}")
    assert len(found) == 5
