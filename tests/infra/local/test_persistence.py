"""State that is kept comes back equal, and a broken file is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import LocalError
from infra.local import persistence
from infra.local.control.store import Definition, Deployment, RestApi, Store


def _store() -> Store:
    store = Store()
    state = store.region("000000000000", "eu-west-1")
    definition = Definition(resources={"r": {"id": "r", "path": "/"}}, settings={"binaryMediaTypes": ["image/png"]})
    state.rest_apis["a"] = RestApi(
        id="a",
        account="000000000000",
        region="eu-west-1",
        root_resource_id="r",
        attributes={"name": "shop"},
        live=definition,
        deployments={"d": Deployment("d", "release 1", 1.5, definition.snapshot())},
        stages={"live": {"deploymentId": "d"}},
    )
    state.usage[("plan", "key")] = {"2026-11-24": 3}
    state.authorizer_epoch[("a", "live")] = 2
    return store


def test_what_was_saved_is_what_comes_back(tmp_path: Path) -> None:
    persistence.save(_store(), tmp_path)
    assert persistence.load(tmp_path).regions() == _store().regions()


def test_nothing_saved_is_an_empty_store(tmp_path: Path) -> None:
    assert persistence.load(tmp_path).regions() == ()


@pytest.mark.parametrize("content", ["", "{}", '{"format": 99, "regions": []}', '{"format": 1}'], ids=repr)
def test_a_file_that_is_not_ours_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "apigateway.json"
    file.write_text(content)
    with pytest.raises(LocalError, match=r"cannot be read.*--state"):
        persistence.load(tmp_path)
    assert file.read_text() == content
