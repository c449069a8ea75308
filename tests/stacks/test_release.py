"""A release has a new name when the API or its code changed, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.conftest import Assembly, resources

SERVICES = ("users", "products", "orders", "checkout")


def versions(assembly: Assembly) -> set[str]:
    return set(resources(assembly.template(), "AWS::Lambda::Version"))


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def write(name: str, text: str = "x") -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return change


def setting(*keys: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document.setdefault(key, {})
        document[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("files", "new_versions"),
    [
        pytest.param(edit("lambdas/checkout/logic.py", '"v1"', '"v2"'), 1, id="checkout"),
        pytest.param(edit("lambdas/shop_runtime/service.py", "X-Function", "X-Fn"), 4, id="shared-code"),
        pytest.param(write("lambdas/users/models.py"), 1, id="new-file"),
    ],
)
def test_changed_code_is_a_release(shop: Assembly, changed_shop: Any, files: Any, new_versions: int) -> None:
    changed = changed_shop(files=files)
    assert changed.release() != shop.release()
    assert len(versions(changed) - versions(shop)) == new_versions


@pytest.mark.parametrize(
    ("change", "new_versions"),
    [
        pytest.param(setting("services", "users", "memory", value="512MB"), 1, id="memory"),
        pytest.param(setting("services", "users", "environment", value={"COLOUR": "blue"}), 1, id="environment"),
        pytest.param(setting("services", "users", "path", value="/api/people"), 0, id="path"),
        pytest.param(setting("services", "web", value={"path": "/web", "url": "https://w.example"}), 0, id="route"),
    ],
)
def test_changed_gateway_is_a_release(shop: Assembly, changed_shop: Any, change: Any, new_versions: int) -> None:
    changed = changed_shop(change)
    assert changed.release() != shop.release()
    assert len(versions(changed) - versions(shop)) == new_versions


@pytest.mark.parametrize(
    ("change", "files"),
    [
        pytest.param(lambda _: None, lambda _: None, id="nothing"),
        pytest.param(lambda _: None, write("lambdas/users/__pycache__/logic.cpython-313.pyc"), id="bytecode"),
        pytest.param(lambda _: None, write("lambdas/shop_runtime/__pycache__/x.pyc"), id="bytecode-of-shared-code"),
        pytest.param(lambda _: None, write("lambdas/users/tests/test_logic.py"), id="tests"),
        pytest.param(setting("plans", "free", "burst", value=11), lambda _: None, id="plan"),
        pytest.param(setting("limits", "stage", "burst", value=501), lambda _: None, id="throttle"),
        pytest.param(setting("logs", value={"retention": "7d"}), lambda _: None, id="retention"),
        pytest.param(setting("release", value={"steps": ["20%"]}), lambda _: None, id="steps"),
        pytest.param(setting("regions", value={"us-east-1": {"jurisdiction": "us"}}), lambda _: None, id="regions"),
    ],
)
def test_anything_else_is_not(shop: Assembly, changed_shop: Any, change: Any, files: Any) -> None:
    changed = changed_shop(change, files=files)
    assert changed.release() == shop.release()
    assert versions(changed) == versions(shop)


def test_a_release_has_one_name_in_all_regions(shop: Assembly) -> None:
    names = {shop.template(region)["Outputs"]["ReleaseName"]["Value"] for region in ("us-east-1", "eu-west-1")}
    assert len(names) == 1


def test_linked_code_is_in_the_asset_and_bytecode_is_not(shop: Assembly) -> None:
    assets = sorted(shop.folder.glob("asset.*"))
    assert len(assets) == len(SERVICES) + 1, "and the unattended rollout's"
    for asset in assets:
        assert (asset / "handler.py").is_file()
        assert not any(path.is_symlink() for path in asset.rglob("*"))
        assert not list(asset.rglob("*.pyc"))
    assert sum((asset / "shop_runtime" / "service.py").is_file() for asset in assets) == len(SERVICES)


def test_code_has_the_hash_that_the_cdk_gives_it(shop: Assembly) -> None:
    """So a release has one name whichever tool deploys it."""
    from infra.blueprint.code import code_hash

    staged = {asset.name.removeprefix("asset.") for asset in shop.folder.glob("asset.*")}
    home = shop.folder.parent
    assert {code_hash(home / "lambdas" / name) for name in SERVICES} <= staged
