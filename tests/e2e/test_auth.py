"""Who may call the shop, on both regions of the embedded AWS: the deployed authorizer, and tokens of `gatewright token`."""

from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

REGIONS = ["us-east-1", "eu-west-1"]
ORDERS = "/api/orders"


@pytest.mark.parametrize("region", REGIONS)
def test_orders_need_a_token_with_the_scope_of_the_method(shop: Checkout, region: str) -> None:
    reader, writer, other = (shop.token(scope) for scope in ("orders:read", "orders:write", "users:read"))

    assert shop.get(region, ORDERS)[0] == 401
    assert shop.get(region, ORDERS, token=other)[0] == 403
    assert shop.get(region, ORDERS, token=reader)[0] == 200
    # The answer for the first request is cached for the stage: it names every route that this token may use.
    assert shop.get(region, f"{ORDERS}/o1", token=reader)[0] == 200
    assert shop.get(region, ORDERS, method="POST", body=b"{}", token=reader)[0] == 403
    assert shop.get(region, ORDERS, method="POST", body=b"{}", token=writer)[0] == 400
    assert shop.get(region, ORDERS, token=writer)[0] == 403


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="no token"),
        pytest.param("a.b.c", id="nonsense"),
        pytest.param("eyJhbGciOiJub25lIn0.e30.", id="not signed"),
        pytest.param("x" * 5000, id="long"),
    ],
)
def test_what_is_no_token_is_a_401_that_says_how(shop: Checkout, token: str) -> None:
    outputs, parts = shop.stack(REGIONS[0]), urlsplit(shop.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    path = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}{ORDERS}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    problem = json.loads(answer.read())
    connection.close()

    assert (answer.status, problem["status"]) == (401, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_changed_token_an_expired_one_and_a_strangers_are_refused(shop: Checkout) -> None:
    good = shop.token("orders:read")
    head, _, signature = good.rpartition(".")
    changed = signature[:-6] + ("A" if signature[-6] != "A" else "B") + signature[-5:]
    assert shop.get(REGIONS[0], ORDERS, token=f"{head}.{changed}")[0] == 401
    assert shop.get(REGIONS[0], ORDERS, token=good)[0] == 200

    from infra.config import load
    from infra.local.issuer import SigningKey, claims_of, mint

    auth = load(shop.folder / "gateway.yaml").auth
    assert auth is not None
    assert auth.jwt is not None
    own = SigningKey.kept(shop.folder / ".gatewright", auth.jwt.algorithms[0])
    old = claims_of(auth.jwt, now=1_700_000_000, expires_seconds=600, token_id="t", scopes=["orders:read"])
    assert shop.get(REGIONS[0], ORDERS, token=mint(old, own))[0] == 401
    fresh = claims_of(auth.jwt, now=int(time.time()), expires_seconds=600, token_id="t", scopes=["orders:read"])
    assert shop.get(REGIONS[0], ORDERS, token=mint(fresh, own))[0] == 200
    assert shop.get(REGIONS[0], ORDERS, token=mint(fresh, SigningKey.new(own.algorithm)))[0] == 401


@pytest.mark.parametrize(("region", "home", "away"), [("us-east-1", "us", "eu"), ("eu-west-1", "eu", "us")])
def test_a_customer_is_served_where_the_token_says(shop: Checkout, region: str, home: str, away: str) -> None:
    assert shop.get(region, ORDERS, token=shop.token("orders:read", residency=home))[0] == 200
    assert shop.get(region, ORDERS, token=shop.token("orders:read", residency=away))[0] == 403


@pytest.mark.parametrize("path", ["/api/users/1", "/api/products", "/api/checkout"])
def test_what_is_open_stays_open(shop: Checkout, path: str) -> None:
    assert shop.get(REGIONS[1], path)[0] == 200
