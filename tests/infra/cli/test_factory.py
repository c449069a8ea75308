"""The real factory, as far as it needs no AWS; and the choice of regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli.factory import Factory, pick_regions
from infra.errors import Refused
from tests.infra.cli.conftest import EU, GATEWAY, US


@pytest.mark.parametrize(
    ("wanted", "picked"), [(None, [US, EU]), ([], [US, EU]), ([EU], [EU]), ([EU, US], [US, EU]), ([US, US], [US])]
)
def test_regions_come_in_the_order_of_the_file(wanted: list[str] | None, picked: list[str]) -> None:
    assert pick_regions(GATEWAY, wanted) == picked


def test_a_region_that_the_gateway_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(Refused, match=f"mars-1.*{US}, {EU}"):
        pick_regions(GATEWAY, [US, "mars-1"])


def test_a_gateway_file_elsewhere_is_passed_to_cdk(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    own, other = tmp_path / "gateway.yaml", tmp_path / "other.yaml"
    assert Factory().cdk(own).context == ()
    assert Factory().cdk(other).context == (f"gateway={other}",)
    assert Factory().cdk(own).assembly == tmp_path / ".gatewright" / "cdk.out"
