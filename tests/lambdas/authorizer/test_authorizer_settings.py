"""Settings: a wrong one ends the cold start and says which."""

from __future__ import annotations

import json

import pytest

from lambdas.authorizer.gate.settings import Route, Settings, SettingsError

from .issuer import ENVIRONMENT

ROUTE = {"method": "GET", "path": "/a", "scopes": []}


def route(**changes: object) -> str:
    return json.dumps([{**ROUTE, **changes}])


def test_a_good_environment():
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.routes[0] == Route("GET", "/api/orders", frozenset({"orders:read"}))
    assert settings.claims.customer == "sub"
    assert settings.leeway_seconds == 30


def test_a_route_for_those_who_have_only_a_key():
    settings = Settings.from_environment(
        {**ENVIRONMENT, "GATEWRIGHT_ROUTES": '[{"method":"GET","path":"/a","key":true}]'}
    )
    assert settings.routes == (Route("GET", "/a", frozenset(), key=True),)


def test_defaults():
    needed = ("ISSUER", "AUDIENCE", "ALGORITHMS", "ROUTES", "JURISDICTION")
    settings = Settings.from_environment({f"GATEWRIGHT_{n}": ENVIRONMENT[f"GATEWRIGHT_{n}"] for n in needed})
    assert settings.jwks_url == settings.key_secret == settings.gateway == ""
    assert settings.claims == ("scope", "sub", "plan", "residency")
    assert settings.leeway_seconds == 30
    assert settings.plans == frozenset()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ISSUER", ""),
        ("ISSUER", " https://issuer.example"),
        ("AUDIENCE", ""),
        ("AUDIENCE", "shop"),
        ("AUDIENCE", '"shop"'),
        ("AUDIENCE", "[]"),
        ("AUDIENCE", '[""]'),
        ("AUDIENCE", "[1]"),
        ("AUDIENCE", "[" * 10_000),
        ("ALGORITHMS", ""),
        ("ALGORITHMS", "[]"),
        ("ALGORITHMS", '["none"]'),
        ("ALGORITHMS", '["RS256", "HS256"]'),
        ("JWKS_URL", "http://issuer.example/jwks.json"),
        ("JWKS_URL", "file:///jwks.json"),
        ("JWKS_URL", "https://user@issuer.example/"),
        ("LEEWAY_SECONDS", "-1"),
        ("LEEWAY_SECONDS", "301"),
        ("LEEWAY_SECONDS", "nan"),
        ("LEEWAY_SECONDS", "30s"),
        ("ROUTES", ""),
        ("ROUTES", "{}"),
        ("ROUTES", "[]"),
        ("ROUTES", "[1]"),
        ("ROUTES", '[{"method": "GET"}]'),
        ("ROUTES", route(key="yes")),
        ("ROUTES", route(key=True, scopes=["a"])),
        ("ROUTES", route(method="get")),
        ("ROUTES", route(method=["GET"])),
        ("ROUTES", route(path="a")),
        ("ROUTES", route(path="/a/")),
        ("ROUTES", route(path="/a*")),
        ("ROUTES", route(path="/a?")),
        ("ROUTES", route(path="/a{b}")),
        ("ROUTES", route(path="/{a+}/b")),
        ("ROUTES", route(path="/" + "a" * 300)),
        ("ROUTES", route(path="/a" * 17)),
        ("ROUTES", route(path=7)),
        ("ROUTES", route(scopes="a")),
        ("ROUTES", route(scopes=["a b"])),
        ("ROUTES", route(scopes=[""])),
        ("ROUTES", route(scope=["a"])),
        ("ROUTES", json.dumps([ROUTE, ROUTE])),
        ("ROUTES", json.dumps([{**ROUTE, "path": f"/item{n}"} for n in range(100)])),
        ("CLAIMS", "[]"),
        ("CLAIMS", '{"scopes": 1}'),
        ("CLAIMS", '{"scope": "scp"}'),
        ("JURISDICTION", ""),
        ("JURISDICTION", "EU"),
        ("JURISDICTION", "moon"),
        ("GATEWAY", ""),
        ("GATEWAY", "a\0b"),
        ("PLANS", "gold"),
        ("PLANS", "[1]"),
        ("PLANS", '["a b"]'),
    ],
)
def test_a_wrong_variable_is_named(name: str, text: str):
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({**ENVIRONMENT, f"GATEWRIGHT_{name}": text})
    lines = str(error.value).splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [f"GATEWRIGHT_{name}"]
    assert len(lines[0]) < 400


def test_all_wrong_variables_are_named():
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({})
    named = [line.split(":")[0].removeprefix("GATEWRIGHT_") for line in str(error.value).splitlines()[1:]]
    assert named == ["ISSUER", "AUDIENCE", "ALGORITHMS", "ROUTES", "JURISDICTION"]


def test_discovery_needs_an_https_issuer():
    settings = Settings.from_environment({**ENVIRONMENT, "GATEWRIGHT_ISSUER": "accounts.example"})
    assert settings.issuer == "accounts.example"
    with pytest.raises(SettingsError, match="GATEWRIGHT_ISSUER: an https"):
        Settings.from_environment({**ENVIRONMENT, "GATEWRIGHT_ISSUER": "accounts.example", "GATEWRIGHT_JWKS_URL": ""})
