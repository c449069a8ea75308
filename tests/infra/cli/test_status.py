"""`gatewright status`: all regions on one page, also when one of them does not answer."""

from __future__ import annotations

import pytest

from infra.errors import Unreachable
from infra.release.session import Session
from tests.infra.cli.conftest import EU, US, Shop


def test_nothing_deployed_is_a_state_not_an_error(shop: Shop) -> None:
    rows = shop.json("status")["regions"]
    assert [(r["region"], r["stack"], r["stage"]) for r in rows] == [(US, "absent", ""), (EU, "absent", "")]


def test_everything_that_matters_is_shown(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US)
    us, eu = dark.json("status")["regions"]
    assert (us["stage"], us["baseline"], us["canary"], us["percent"]) == ("live", "one (d-one)", "two (d-two)", 10)
    assert (us["newest"], us["pending"], us["lock"], us["pinned"]) == ("two (d-two)", "", "", True)
    assert eu["dark"] is True
    text = dark.run("status").stdout
    assert text.splitlines()[0].split()[:2] == ["REGION", "STACK"]


def test_a_region_that_does_not_answer_does_not_hide_the_others(dark: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    observe = Session.observe

    def half(self: Session, **options: bool) -> object:
        if self.region == US:
            raise Unreachable("cloudformation in us-east-1: no answer")
        return observe(self, **options)

    monkeypatch.setattr(Session, "observe", half)
    result = dark.run("status", code=1)
    assert "no answer" in result.stdout
    assert EU in result.stdout
    assert "no answer" in result.stderr
