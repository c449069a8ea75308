"""Driving a rollout: a tick a minute, sooner while a release is taken back, and a report that may not be written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.cli.rollout_desk import drive
from infra.errors import CloudError
from infra.rollout.state import Outcome


class Driver:
    """Ends at the third tick; its ledger cannot be read for a report."""

    def __init__(self, ending: Outcome, *, fails: bool = False) -> None:
        self.slept: list[float] = []
        aws = SimpleNamespace(sleep=self.slept.append)
        self.places = {"us-east-1": SimpleNamespace(session=SimpleNamespace(aws=aws))}
        self.rollout = SimpleNamespace(
            outcome=Outcome.RUNNING, ending=ending, strategy=SimpleNamespace(minute_seconds=60)
        )
        self.ticks, self.fails, self.store, self.clock = 0, fails, self, lambda: 0.0

    def tick(self) -> None:
        self.ticks += 1
        if self.ticks == 3:
            self.rollout.outcome = Outcome.ROLLED_BACK
        if self.fails and self.ticks == 1:
            raise CloudError("cloudwatch: no answer")

    def intervals(self, _: Any) -> None:
        raise CloudError("dynamodb: no answer")


class View:
    def __init__(self) -> None:
        self.shown, self.report = 0, ""

    def show(self, *_: Any) -> None:
        self.shown += 1

    def end(self, _: Any, report: str) -> None:
        self.report = report


@pytest.mark.parametrize(
    ("ending", "seconds"), [(Outcome.RUNNING, 60), (Outcome.ROLLED_BACK, 2.0)], ids=["baking", "taking back"]
)
def test_a_release_that_is_taken_back_is_not_left_for_a_minute(ending: Outcome, seconds: float, tmp_path: Path) -> None:
    driver, view = Driver(ending), View()
    drive(driver, view, tmp_path / "report.html")  # type: ignore[arg-type]
    assert driver.slept == [seconds, seconds]
    assert view.report == "none (dynamodb: no answer)"


def test_a_tick_that_aws_does_not_answer_holds_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    driver, view = Driver(Outcome.RUNNING, fails=True), View()
    drive(driver, view, tmp_path / "report.html")  # type: ignore[arg-type]
    assert (driver.ticks, view.shown) == (3, 2)
    assert "holds: cloudwatch: no answer" in capsys.readouterr().err
