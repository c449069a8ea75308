"""One synthesis of a shop that has everything, for all tests; and a small one for those that change it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config import load
from infra.config.model import Gateway
from infra.terraform.synth import Synthesis, synth

REPOSITORY = Path(__file__).parents[3]

FULL = """
gateway: shop
domain: api.shop.example
regions:
  us-east-1: {jurisdiction: us}
  eu-west-1: {jurisdiction: eu}
services:
  users:
    path: /api/users
    lambda: lambdas/users
    operations: lambdas/users/openapi.yaml
    environment: {HOME_OF: "${HOME} and %{if}"}
  orders:
    path: /api/orders
    lambda: lambdas/orders
    operations: lambdas/orders/openapi.yaml
    auth: jwt
    scopes: {GET: [orders:read]}
    breaker: {max_concurrent_calls: 20}
  checkout: {path: /api/checkout, lambda: lambdas/checkout, timeout: 10s, breaker: "off"}
  legacy: {path: /legacy, url: "https://legacy.example/base", methods: [GET], breaker: "on"}
auth:
  jwt: {issuer: "https://login.shop.example/", audience: [shop]}
limits:
  stage: {rate: 1000/s, burst: 500}
  per_ip: {requests: 100, window: 60s, forwarded: {header: X-Forwarded-For}}
release: {alarms: [payments]}
plans:
  free: {rate: 5/s, burst: 10, quota: 10000/month}
  free-trial: {rate: 1/s, burst: 2}
"""
SMALL = """
gateway: little
regions:
  eu-west-1: {jurisdiction: eu}
services:
  users: {path: /api/users, lambda: users}
"""


@dataclass(frozen=True)
class Shop:
    """A gateway's folder, its model, and what is synthesized of it."""

    file: Path
    gateway: Gateway
    synthesis: Synthesis

    def root(self, name: str = "us-east-1") -> dict[str, Any]:
        return self.synthesis.roots[name]


def make(file: Path, **options: Any) -> Shop:
    gateway = load(file)
    return Shop(file, gateway, synth(gateway, folder=file.parent, **options))


def full_shop(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(REPOSITORY / "lambdas", folder / "lambdas", symlinks=True, ignore=ignored)
    (folder / "gateway.yaml").write_text(FULL)
    return folder / "gateway.yaml"


def small_shop(folder: Path, code: str = "def handler(event, context): ...\n", **change: Any) -> Path:
    (folder / "users").mkdir(exist_ok=True)
    (folder / "users/handler.py").write_text(code)
    document = yaml.safe_load(SMALL) | change
    (folder / "gateway.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return folder / "gateway.yaml"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make(full_shop(tmp_path_factory.mktemp("terraform")))


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Shop]:
    return lambda code="def handler(event, context): ...\n", **change: make(small_shop(tmp_path, code, **change))
