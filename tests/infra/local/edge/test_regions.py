"""The switches: kept when state is kept, and nothing else is a region."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import LocalError
from infra.local.edge.regions import Regions


def test_a_switch_is_kept_at_once(tmp_path: Path) -> None:
    assert Regions(tmp_path).switch("eu-west-1", up=False)
    assert Regions(tmp_path).down == {"eu-west-1"}
    assert Regions(tmp_path).switch("eu-west-1", up=True)
    assert Regions(tmp_path).down == frozenset()


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    regions = Regions()
    regions.switch("eu-west-1", up=False)
    assert regions.down == {"eu-west-1"}
    assert list(tmp_path.iterdir()) == []


def test_switching_again_changes_nothing() -> None:
    regions = Regions()
    assert not regions.switch("eu-west-1", up=True)
    assert regions.switch("eu-west-1", up=False)
    assert not regions.switch("eu-west-1", up=False)


def test_no_region_of_aws(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Did you mean 'eu-west-1'"):
        Regions(tmp_path).switch("eu-wst-1", up=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"down": ["mars"]}', '{"down": 3}'], ids=["empty", "list", "mars", "number"]
)
def test_a_file_that_is_not_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "regions.json").write_text(text)
    with pytest.raises(LocalError, match="Remove it"):
        Regions(tmp_path)
