"""Gateways for the tests: the shop as it is in the repository, a small one, and one with everything."""

from __future__ import annotations

from pathlib import Path

from infra.config import load, parse
from infra.config.model import Gateway

__all__ = ["full", "shop", "small"]

SHOP = Path(__file__).parents[3] / "gateway.yaml"
SMALL = "gateway: tiny\nregions: {eu-west-1: {jurisdiction: eu}}\nservices: {legacy: {path: /l, url: 'https://l.example'}}\n"
FULL = """
gateway: full
domain: api.full.example
regions: {us-east-1: {jurisdiction: us}, eu-west-1: {jurisdiction: eu}}
services:
  orders:
    path: /orders
    lambda: orders
    timeout: 5s
    auth: jwt
    breaker: {}
    objectives: {availability: 99.5%, latency: {under: 2s, share: 95%}}
  free-trial: {path: /trial, url: "https://trial.example", objectives: {latency: {share: 50%}}}
auth: {jwt: {issuer: "https://login.full.example/", audience: [full]}}
limits: {per_ip: {requests: 100, window: 60s}}
"""


def shop() -> Gateway:
    return load(SHOP)


def small() -> Gateway:
    return parse(SMALL, file="gateway.yaml", folder=None)


def full() -> Gateway:
    return parse(FULL, file="gateway.yaml", folder=None)
