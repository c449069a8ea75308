"""From an event to an answer, with a fake network: who passes, who is denied, who is not known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.gateway.policies import ALLOW, evaluate
from lambdas.authorizer.gate.answers import KeysUnavailable, Refused

from .conftest import Desk
from .issuer import ARN, JWKS, NOW, ROUTES, bearer, claims, event, token

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
# By openssl: HMAC-SHA256 under the bytes 0 to 31 of "gatewright key v1", "shop", "gold", "c42"; base32, lower case
GOLD_C42 = "sddcxchgvvomohit46o5fi4th2ibi75r2meuer3czcs3lkd53lva"


def may(answer: dict[str, Any], route: str) -> bool:
    return evaluate(answer["policyDocument"], f"{ARN}/{route}") == ALLOW


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_passes(desk: Desk, algorithm: str):
    answer = desk.answer(bearer(token(algorithm=algorithm)))
    assert answer["principalId"] == "c42"
    assert answer["context"] == {"scopes": "orders:read", "customer": "c42"}
    assert desk.lines == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_that_is_not_listed_does_not(algorithm: str):
    others = [name for name in ALGORITHMS if name != algorithm]
    desk = Desk(GATEWRIGHT_ALGORITHMS=json.dumps(others))
    with pytest.raises(Refused, match="algorithm"):
        desk.answer(bearer(token(algorithm=algorithm)))


def test_the_policy_lists_every_route_of_the_token_and_no_other(desk: Desk):
    answer = desk.answer(bearer(token()))
    assert answer["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": [f"{ARN}/GET/api/orders", f"{ARN}/GET/api/orders/*", f"{ARN}/*/api/basket"],
            },
            # `orders/*` crosses the slash, and this token has no scope for refunds
            {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{ARN}/GET/api/orders/*/refunds"]},
        ],
    }
    assert may(answer, "GET/api/orders/o1")
    assert may(answer, "PATCH/api/basket")
    assert not may(answer, "POST/api/orders")
    assert not may(answer, "GET/api/orders/o1/refunds")
    assert not may(answer, "GET/api/users")


def test_the_policy_is_the_same_whatever_route_was_asked_first(desk: Desk):
    first = desk.answer(event(f"Bearer {token()}", path="GET/api/orders"))
    other = desk.answer(event(f"Bearer {token()}", path="POST/api/orders"))
    assert first == other


def test_a_token_without_any_route_is_denied_with_a_reason():
    desk = Desk(GATEWRIGHT_ROUTES='[{"method": "GET", "path": "/a", "scopes": ["a"]}]')
    answer = desk.answer(bearer(token()))
    assert answer["context"] == {"reason": "scope"}
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert not may(answer, "GET/a")
    assert json.loads(desk.lines[0]) == {"level": "INFO", "message": "denied", "reason": "scope"}


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        pytest.param("orders:read orders:write", True, id="two"),
        pytest.param("a  orders:write ", True, id="more spaces"),
        pytest.param(["x", "orders:write"], True, id="list"),
        pytest.param("orders:read\u00a0orders:write", False, id="no-break space"),
        pytest.param("x\torders:write", False, id="tab"),
        pytest.param("x\u2028orders:write", False, id="line separator"),
        pytest.param(["x orders:write"], False, id="a space inside a list entry"),
        pytest.param("orders:writer", False, id="prefix"),
        pytest.param("ORDERS:WRITE", False, id="case"),
        pytest.param("orders:*", False, id="wildcard"),
    ],
)
def test_scopes(desk: Desk, scope: Any, granted: bool):
    assert may(desk.answer(bearer(token(claims(scope=scope)))), "POST/api/orders") is granted


@pytest.mark.parametrize(
    ("residency", "fits"),
    [
        pytest.param(None, True, id="absent"),
        pytest.param("eu", True, id="same"),
        pytest.param("EU", True, id="case"),
        pytest.param(["us", "eu"], True, id="listed"),
        pytest.param("us", False, id="other"),
        pytest.param("us eu", False, id="not split"),
        pytest.param("", False, id="empty"),
        pytest.param([], False, id="none"),
        pytest.param("moon", False, id="unknown"),
    ],
)
def test_residency(desk: Desk, residency: Any, fits: bool):
    answer = desk.answer(bearer(token(claims(residency=residency))))
    assert may(answer, "GET/api/orders") is fits
    assert (answer["context"].get("reason") == "residency") is not fits


@pytest.mark.parametrize("name", ["sub", "scope", "plan", "residency"])
@pytest.mark.parametrize("value", [7, True, {"a": 1}, [1], "\ud800", "a\0b", "x" * 256], ids=repr)
def test_a_claim_of_another_type_or_size_is_refused_or_harmless(desk: Desk, name: str, value: Any):
    try:
        answer = desk.answer(bearer(token(claims(**{name: value}))))
    except Refused:
        return
    assert isinstance(value, str)
    json.dumps(answer, ensure_ascii=False).encode()  # what Lambda's runtime does with it


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="scheme only"),
        pytest.param("Bearer ", id="no token"),
        pytest.param("Basic {}", id="another scheme"),
        pytest.param("Bearer  {}", id="two spaces"),
        pytest.param("Bearer\t{}", id="tab"),
        pytest.param("Bearer\u00a0{}", id="no-break space"),
        pytest.param(" Bearer {}", id="space before"),
        pytest.param("Bearer {} ", id="space after"),
        pytest.param("Bearer {}\n", id="newline"),
        pytest.param("Bearer {0},Bearer {0}", id="joined"),
        pytest.param("{}", id="bare"),
    ],
)
def test_the_header_must_be_a_bearer_token(desk: Desk, authorization: str | None):
    with pytest.raises(Refused):
        desk.answer(event(authorization and authorization.format(token())))
    assert desk.fetched == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(desk: Desk, scheme: str):
    assert may(desk.answer(event(f"{scheme} {token()}")), "GET/api/orders")


def test_two_authorization_headers_are_refused(desk: Desk):
    good = f"Bearer {token()}"
    twice = event(good)
    twice["multiValueHeaders"]["Authorization"] = [good, good]
    spelled = event(good)
    spelled["multiValueHeaders"]["authorization"] = [good]
    for request in (twice, spelled):
        with pytest.raises(Refused, match="twice"):
            desk.answer(request)


def test_single_headers_do_when_there_are_no_others(desk: Desk):
    request = {"methodArn": f"{ARN}/GET/api/orders", "headers": {"authorization": f"Bearer {token()}"}}
    assert may(desk.answer(request), "GET/api/orders")


@pytest.mark.parametrize(
    ("changes", "key", "metered"),
    [
        pytest.param({"plan": "gold"}, None, True, id="plan"),
        pytest.param({"plan": "gold"}, "k" * 30, True, id="plan wins over a presented key"),
        pytest.param({"plan": "platinum"}, "k" * 30, False, id="unknown plan"),
        pytest.param({}, "k" * 30, False, id="no plan"),
        pytest.param({"plan": "gold", "sub": None}, "k" * 30, False, id="no customer"),
    ],
)
def test_usage_identifier_key(desk: Desk, changes: dict[str, Any], key: str | None, metered: bool):
    answer = desk.answer(event(f"Bearer {token(claims(**changes))}", api_key=key))
    assert answer["usageIdentifierKey"] == (GOLD_C42 if metered else key)
    assert answer["usageIdentifierKey"] not in json.dumps(answer["context"]) + "".join(desk.lines)


def test_no_key_at_all(desk: Desk):
    assert "usageIdentifierKey" not in desk.answer(bearer(token()))
    assert "usageIdentifierKey" not in desk.answer(event(f"Bearer {token()}", api_key="k" * 129))
    assert "usageIdentifierKey" not in desk.answer(event(f"Bearer {token()}", api_key="schlüssel"))


def test_an_api_key_alone_is_not_a_token(desk: Desk):
    with pytest.raises(Refused, match="no token"):
        desk.answer(event(api_key="k" * 30))


KEYED = [*ROUTES, {"method": "GET", "path": "/api/prices", "key": True}]


def by_key(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    return {"methodArn": f"{ARN}/{method}{path}", "httpMethod": method, "resource": path, "headers": headers}


def test_who_has_only_a_key_has_it_passed_on_for_the_routes_of_keys():
    desk = Desk(GATEWRIGHT_ROUTES=json.dumps(KEYED))
    output = desk.answer(by_key("/api/prices", **{"X-Api-Key": "a-customers-key"}))

    assert output["usageIdentifierKey"] == "a-customers-key"
    assert output["policyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{ARN}/GET/api/prices"]}
    ]
    assert "a-customers-key" not in json.dumps([output["context"], output["principalId"]]) + "".join(desk.lines)
    assert desk.fetched == []


@pytest.mark.parametrize(
    "event",
    [
        by_key("/api/prices"),
        by_key("/api/prices", **{"x-api-key": "\x00"}),
        by_key("/api/prices", **{"x-api-key": "a" * 129}),
        by_key("/api/prices", Authorization=f"Bearer {token()}"),
        by_key("/api/orders", **{"x-api-key": "a-customers-key"}),
        by_key("/api/prices", "POST", **{"x-api-key": "a-customers-key"}),
        by_key("/api/prices", **{"x-api-key": "k"}) | {"resource": ["/api/prices"]},
    ],
    ids=["no key", "no text", "too long", "a token in its place", "a route of tokens", "another method", "no path"],
)
def test_a_key_opens_nothing_else(event: dict[str, Any]):
    with pytest.raises(Refused):
        Desk(GATEWRIGHT_ROUTES=json.dumps(KEYED)).answer(event)


def test_a_token_opens_no_route_of_keys():
    desk = Desk(GATEWRIGHT_ROUTES=json.dumps(KEYED))
    policy = json.dumps(desk.answer(bearer(token()))["policyDocument"])
    assert "/api/prices" not in policy


def test_a_secret_that_cannot_be_read_meters_nobody_else(desk: Desk):
    desk.secret = "{}"
    answer = desk.answer(event(f"Bearer {token(claims(plan='gold'))}", api_key="k" * 30))
    assert "usageIdentifierKey" not in answer
    assert json.loads(desk.lines[0])["level"] == "ERROR"


def test_keys_that_were_never_had_are_no_refusal(desk: Desk):
    desk.documents.clear()
    with pytest.raises(KeysUnavailable):
        desk.answer(bearer(token()))
    assert json.loads(desk.lines[0])["reason"] == "down"


def test_an_outage_keeps_known_keys(desk: Desk):
    desk.answer(bearer(token()))
    desk.documents.clear()
    later = NOW + 3000
    answer = desk.answer(bearer(token(claims(exp=later + 60))), later)
    assert may(answer, "GET/api/orders")
    assert len(desk.lines) == 1


def test_a_flood_of_unknown_keys_is_one_fetch_per_interval(desk: Desk):
    desk.answer(bearer(token()))
    for number in range(1000):
        with pytest.raises(Refused, match="unknown key"):
            desk.answer(bearer(token(kid=f"x{number}")), NOW + 31 + number / 100)
    assert len(desk.fetched) == 2
    assert may(desk.answer(bearer(token()), NOW + 42), "GET/api/orders")


def test_a_new_key_of_the_issuer_is_found(desk: Desk):
    desk.documents = {"https://issuer.example/jwks.json": {"keys": JWKS["keys"][:1]}}
    desk.answer(bearer(token(algorithm="RS256")))
    desk.documents = {"https://issuer.example/jwks.json": JWKS}
    with pytest.raises(Refused, match="unknown key"):
        desk.answer(bearer(token()), NOW + 29)
    assert may(desk.answer(bearer(token()), NOW + 31), "GET/api/orders")


@pytest.mark.parametrize("arn", [None, 7, "", "x/y", "arn:aws:execute-api:eu-west-1:1:abc", "a:b:c:d:e:f/*/GET/x"])
def test_an_event_without_a_method_arn_is_refused(desk: Desk, arn: Any):
    with pytest.raises(Refused):
        desk.answer({**bearer(token()), "methodArn": arn})


def test_a_bug_is_a_refusal_and_a_line(desk: Desk):
    with pytest.raises(Refused, match="internal"):
        desk.answer({"multiValueHeaders": 7})
    assert json.loads(desk.lines[0]) == {
        "level": "ERROR",
        "message": "the authorizer failed and refused",
        "reason": "AttributeError",
    }
