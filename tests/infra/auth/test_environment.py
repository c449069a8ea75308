"""The authorizer's environment is what the authorizer itself accepts, in every region, within Lambda's 4 kB."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.auth import authorizer_environment
from infra.config.model import Auth, Gateway, Jurisdiction, JwtAuth, Plan, RateLimit, Region, Service
from infra.errors import Refused
from infra.openapi import Route

ROOT = Path(__file__).parents[3]
EU = Region(name="eu-west-1", jurisdiction=Jurisdiction.EU)
ROUTES = [Route(method="GET", path="/o/{id}", scopes=["orders:read"]), Route(method="ANY", path="/p", scopes=[])]


def gateway(*, api_key: bool = False, auth: Auth | None = None) -> Gateway:
    return Gateway(
        name="shop",
        regions=(EU,),
        services=(Service(name="o", path="/o", lambda_folder="l", requires_jwt=True, requires_api_key=api_key),),
        plans=(Plan(name="gold", throttle=RateLimit(rate_per_second=1, burst=1)),),
        auth=auth or Auth(jwt=JwtAuth(issuer="https://i.example/", audience=("shop",), algorithms=("ES256",))),
    )


def test_what_is_told() -> None:
    told = authorizer_environment(gateway(api_key=True), region=EU, routes=ROUTES)

    assert told == {
        "GATEWRIGHT_ALGORITHMS": '["ES256"]',
        "GATEWRIGHT_AUDIENCE": '["shop"]',
        "GATEWRIGHT_CLAIMS": '{"scopes":"scope","customer":"sub","plan":"plan","residency":"residency"}',
        "GATEWRIGHT_GATEWAY": "shop",
        "GATEWRIGHT_ISSUER": "https://i.example/",
        "GATEWRIGHT_JURISDICTION": "eu",
        "GATEWRIGHT_JWKS_URL": "",
        "GATEWRIGHT_KEY_SECRET": "gatewright-shop-keys",
        "GATEWRIGHT_LEEWAY_SECONDS": "30",
        "GATEWRIGHT_PLANS": '["gold"]',
        "GATEWRIGHT_ROUTES": json.dumps(ROUTES, separators=(",", ":")),
    }


def test_without_metered_tokens_no_secret_is_read() -> None:
    assert authorizer_environment(gateway(), region=EU, routes=ROUTES)["GATEWRIGHT_KEY_SECRET"] == ""


def read_by_the_authorizer(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "lambdas" / "authorizer"))
    monkeypatch.delitem(sys.modules, "gate", raising=False)
    from gate.settings import Settings  # type: ignore[import-not-found]

    return Settings.from_environment(environment)


def test_the_authorizer_accepts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_by_the_authorizer(
        monkeypatch, authorizer_environment(gateway(api_key=True), region=EU, routes=ROUTES)
    )
    assert settings.issuer == "https://i.example/"
    assert {(route.method, route.path, tuple(route.scopes)) for route in settings.routes} == {
        ("GET", "/o/{id}", ("orders:read",)),
        ("ANY", "/p", ()),
    }


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("path", ["/" + "a" * 299, "/" + "a" * 300, "/a" * 16, "/a" * 17])
def test_a_route_is_refused_here_when_the_authorizer_would_refuse_it(
    monkeypatch: pytest.MonkeyPatch, path: str, key: bool
) -> None:
    route = Route(method="GET", path=path, key=True) if key else Route(method="GET", path=path, scopes=[])
    if len(path) <= 300 and path.count("/") <= 16:
        assert read_by_the_authorizer(monkeypatch, authorizer_environment(gateway(), region=EU, routes=[route])).routes
        return
    with pytest.raises(Refused, match="the authorizer takes paths of at most"):
        authorizer_environment(gateway(), region=EU, routes=[route])
    told = authorizer_environment(gateway(), region=EU, routes=ROUTES)
    with pytest.raises(ValueError, match="GATEWRIGHT_ROUTES"):
        read_by_the_authorizer(monkeypatch, told | {"GATEWRIGHT_ROUTES": json.dumps([route])})


@pytest.mark.parametrize("length", [1, 2, 5, 20, 80, 250])
def test_as_many_routes_as_lambda_keeps_are_no_policy_too_long(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    routes: list[Route] = []
    while True:
        routes.append(Route(method="GET", path=f"/{len(routes):0{length}}", scopes=[]))
        try:
            environment = authorizer_environment(gateway(), region=EU, routes=routes)
        except Refused:
            break
        read_by_the_authorizer(monkeypatch, environment)
    assert len(routes) > 5


def test_more_routes_than_lambda_keeps_are_refused() -> None:
    many = [Route(method="GET", path=f"/api/orders/{n}/positions", scopes=["orders:read"]) for n in range(50)]
    with pytest.raises(Refused, match=r"50 protected routes make [0-9]+ bytes of settings"):
        authorizer_environment(gateway(), region=EU, routes=many)


def test_no_issuer_no_authorizer() -> None:
    with pytest.raises(Refused, match=r"auth\.jwt"):
        authorizer_environment(gateway(auth=Auth()), region=EU, routes=ROUTES)
