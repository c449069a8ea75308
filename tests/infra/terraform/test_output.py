"""The output folder: deterministic, nothing foreign overwritten, what is deployed never forgotten, kills healed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.errors import ConfigError, Refused
from infra.release.home import VARIABLES
from infra.terraform import output
from infra.terraform.output import MARKER, apply, plan_output
from tests.infra.terraform.conftest import Shop

ROOT = "eu-west-1"


class Killed(BaseException):
    """What a kill does to a run: nothing after it happens."""


def write(shop: Shop, out: Path, *, force: bool = False) -> dict[str, str]:
    plan = plan_output(shop.synthesis, out, gateway=shop.gateway.name, force=force)
    apply(plan)
    return {change.path: change.kind for change in plan.changes}


def variables(out: Path, root: str = ROOT) -> dict[str, Any]:
    return json.loads((out / root / VARIABLES).read_text())  # type: ignore[no-any-return]


def pretend_applied(out: Path, *releases: str) -> None:
    instances = [{"index_key": name, "attributes": {}} for name in releases]
    resource = {"mode": "managed", "type": "aws_api_gateway_deployment", "name": "release", "instances": instances}
    (out / ROOT / "terraform.tfstate").write_text(json.dumps({"version": 4, "resources": [resource]}))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "roots"


def test_the_same_gateway_gives_the_same_bytes(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert write(small(), out) == {}
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_no_path_of_this_machine_is_written(small: Callable[..., Shop], out: Path) -> None:
    shop = small()
    write(shop, out)
    for path in out.rglob("*.json"):
        assert str(shop.file.parent) not in path.read_text()


def test_every_zip_that_a_root_names_is_there(shop: Shop, out: Path) -> None:
    write(shop, out)
    for name in shop.synthesis.releases:
        functions = shop.root(name)["resource"]["aws_lambda_function"].values()
        layers = shop.root(name)["resource"]["aws_lambda_layer_version"].values()
        for one in (*functions, *layers):
            assert (out / name / one["filename"].removeprefix("${path.module}/")).is_file()


def test_new_code_replaces_the_zip(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    before = set((out / "assets").iterdir())
    kinds = write(small("def handler(event, context): return 2\n"), out)
    after = set((out / "assets").iterdir())
    (old,) = before - after
    assert kinds[f"assets/{old.name}"] == "remove"
    assert len(after - before) == 1
    assert len(after & before) == 1  # the unattended rollout's, which is of the project


def test_a_folder_of_somebody_else_is_refused(small: Callable[..., Shop], out: Path) -> None:
    out.mkdir()
    (out / "main.tf").write_text("# mine")
    with pytest.raises(Refused, match="none of ours"):
        write(small(), out)
    assert [path.name for path in out.iterdir()] == ["main.tf"]
    write(small(), out, force=True)
    assert (out / "main.tf").read_text() == "# mine"


def test_the_folder_of_another_gateway_is_refused(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    with pytest.raises(Refused, match="'little'"):
        write(small(gateway="other"), out)


def test_a_file_in_place_of_the_folder_is_refused(small: Callable[..., Shop], out: Path) -> None:
    out.write_text("x")
    with pytest.raises(Refused, match="is a file"):
        write(small(), out, force=True)


def test_a_root_that_was_changed_by_hand_is_not_overwritten(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    (out / ROOT / "main.tf.json").write_text("{}")
    with pytest.raises(Refused, match="changed since"):
        write(small(), out)
    assert (out / ROOT / "main.tf.json").read_text() == "{}"
    assert write(small(), out, force=True) == {f"{ROOT}/main.tf.json": "update"}


def test_files_of_the_users_own_stay(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    (out / ROOT / "mine_override.tf.json").write_text("{}")
    write(small("def handler(event, context): return 2\n"), out)
    assert (out / ROOT / "mine_override.tf.json").read_text() == "{}"


def test_a_marker_that_cannot_be_read_is_said(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    (out / MARKER).write_text("[]")
    with pytest.raises(ConfigError, match=MARKER):
        write(small(), out)


def test_a_region_that_left_keeps_its_root(small: Callable[..., Shop], out: Path) -> None:
    two = {"us-east-1": {"jurisdiction": "us"}, "eu-west-1": {"jurisdiction": "eu"}}
    write(small(regions=two), out)
    one = small(regions={"us-east-1": {"jurisdiction": "us"}})
    for _ in range(2):  # the second time, too
        plan = plan_output(one.synthesis, out, gateway="little", force=False)
        apply(plan)
        assert plan.left == (ROOT,)
    assert (out / ROOT / "main.tf.json").is_file()


def test_a_kill_between_any_two_files_is_healed(
    small: Callable[..., Shop], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small(), out)
    changed = small("def handler(event, context): return 2\n")
    real = output._put
    for survives in range(5):
        left = survives

        def dying(target: Path, content: bytes) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            real(target, content)

        with monkeypatch.context() as dies, contextlib.suppress(Killed):
            dies.setattr(output, "_put", dying)
            write(changed, out)
        write(changed, out)
        assert write(changed, out) == {}
        write(small(), out)


# --- releases ---------------------------------------------------------------------------------------------


def test_a_deployed_release_is_kept_when_the_next_comes(small: Callable[..., Shop], out: Path) -> None:
    first = small()
    write(first, out)
    old = first.synthesis.releases[ROOT]
    pretend_applied(out, old)
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [old, second.synthesis.releases[ROOT]]


def test_a_release_that_was_never_deployed_is_not_kept(small: Callable[..., Shop], out: Path) -> None:
    """It would be made of today's API, under yesterday's name."""
    write(small(), out)
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [second.synthesis.releases[ROOT]]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"backend.tf": 'terraform {\n  backend "gcs" {}\n}\n'}, id="backend-of-the-users-own"),
        pytest.param({"terraform.tfstate": "no json"}, id="state-that-cannot-be-read"),
    ],
)
def test_where_nobody_knows_what_is_deployed_everything_is_kept(
    small: Callable[..., Shop], out: Path, own: dict[str, str]
) -> None:
    first = small()
    write(first, out)
    for name, text in own.items():
        (out / ROOT / name).write_text(text)
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [one.synthesis.releases[ROOT] for one in (first, second)]


@pytest.mark.parametrize("path", ["kept.tfstate", "../states/kept.tfstate"])
def test_a_state_that_init_was_told_of_is_read(small: Callable[..., Shop], out: Path, path: str) -> None:
    first = small()
    write(first, out)
    old = first.synthesis.releases[ROOT]
    pretend_applied(out, old)
    (out / "states").mkdir()
    (out / ROOT / "terraform.tfstate").rename(out / ROOT / path)
    noted(out, {"type": "local", "config": {"path": path}})
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [old, second.synthesis.releases[ROOT]]


def noted(out: Path, backend: Any) -> None:
    """What `terraform init` writes down."""
    (out / ROOT / ".terraform").mkdir()
    (out / ROOT / ".terraform/terraform.tfstate").write_text(json.dumps({"version": 3, "backend": backend}))


@pytest.mark.parametrize(
    "backend",
    [{"type": "http", "config": {"address": "https://state.example"}}, {"type": "local"}, None],
    ids=["elsewhere", "no-config", "none"],
)
def test_a_state_that_init_put_elsewhere_keeps_everything(small: Callable[..., Shop], out: Path, backend: Any) -> None:
    first = small()
    write(first, out)
    noted(out, backend)
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [one.synthesis.releases[ROOT] for one in (first, second)]


def pin_baseline(out: Path) -> None:
    (out / ROOT / VARIABLES).write_text(
        json.dumps({**variables(out), "baseline_deployment": "abc123", "canary_percent": 5})
    )


def test_a_pinned_gateway_without_a_state_here_has_its_state_elsewhere(small: Callable[..., Shop], out: Path) -> None:
    first = small()
    write(first, out)
    pin_baseline(out)
    second = small("def handler(event, context): return 2\n")
    write(second, out)
    assert variables(out)["releases"] == [one.synthesis.releases[ROOT] for one in (first, second)]
    assert variables(out)["baseline_deployment"] == "abc123"


def test_what_was_destroyed_is_no_baseline(small: Callable[..., Shop], out: Path) -> None:
    first = small()
    write(first, out)
    pin_baseline(out)
    pretend_applied(out)
    write(first, out)
    assert variables(out) == {
        "baseline_deployment": "",
        "canary_percent": 0,
        "releases": [first.synthesis.releases[ROOT]],
    }


def test_remote_state_keeps_everything(small: Callable[..., Shop], out: Path) -> None:
    state = {"state": {"bucket": "my-state", "region": "eu-west-1"}}
    first = small(terraform=state)
    write(first, out)
    second = small("def handler(event, context): return 2\n", terraform=state)
    write(second, out)
    assert variables(out)["releases"] == [one.synthesis.releases[ROOT] for one in (first, second)]


def test_baseline_percent_and_the_users_variables_stay(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    mine = {**variables(out), "baseline_deployment": "abc123", "canary_percent": 12.5, "mine": [1]}
    (out / ROOT / VARIABLES).write_text(json.dumps(mine))
    write(small("def handler(event, context): return 2\n"), out)
    said = variables(out)
    assert (said["baseline_deployment"], said["canary_percent"], said["mine"]) == ("abc123", 12.5, [1])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"canary_percent": 101}, "canary_percent"),
        ({"canary_percent": -1}, "canary_percent"),
        ({"canary_percent": "10"}, "canary_percent"),
        ({"canary_percent": True}, "canary_percent"),
        ({"baseline_deployment": "No!"}, "baseline_deployment"),
        ({"releases": "abc"}, "releases"),
        ({"releases": ["latest"]}, "releases"),
    ],
    ids=str,
)
def test_variables_out_of_range_are_said(
    small: Callable[..., Shop], out: Path, change: dict[str, Any], path: str
) -> None:
    write(small(), out)
    (out / ROOT / VARIABLES).write_text(json.dumps({**variables(out), **change}))
    with pytest.raises(ConfigError) as caught:
        write(small(), out)
    assert [finding.path for finding in caught.value.findings] == [path]


def test_variables_that_are_not_json_are_said_and_kept(small: Callable[..., Shop], out: Path) -> None:
    write(small(), out)
    (out / ROOT / VARIABLES).write_text("{")
    with pytest.raises(ConfigError, match="is not JSON"):
        write(small(), out)
    assert (out / ROOT / VARIABLES).read_text() == "{"
