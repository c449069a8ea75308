"""The law of the cached policy: what it allows is routed to a granted route, for every request there can be."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway.policies import ALLOW, NO_MATCH, evaluate
from lambdas.authorizer.gate.policy import RoutePolicies, leaks
from lambdas.authorizer.gate.settings import Route

from .issuer import ARN

SEGMENTS = ("a", "b", "{x}")
PATHS = ["/", *("/" + "/".join(p) for n in (1, 2, 3) for p in itertools.product(SEGMENTS, repeat=n))]
PATHS += ["/{rest+}", "/a/{rest+}", "/a/b/{rest+}"]
REQUESTS = [
    (method, "/" + "/".join(path))
    for method in ("GET", "POST")
    for length in range(5)
    for path in itertools.product(("a", "b", "c"), repeat=length)
]


def owner(method: str, path: str, routes: list[Route]) -> Route | None:
    """API Gateway's choice, the slow and plain way."""
    parts = path.strip("/").split("/") if path != "/" else []

    def rank(template: str) -> tuple[int, ...] | None:
        wanted = template.strip("/").split("/") if template != "/" else []
        ranks = []
        for index, segment in enumerate(wanted):
            if segment.endswith("+}"):
                return (*ranks, 2) if len(parts) > index else None
            if index >= len(parts) or (not segment.startswith("{") and segment != parts[index]):
                return None
            ranks.append(int(segment.startswith("{")))
        return tuple(ranks) if len(parts) == len(wanted) else None

    ranked = sorted((r, t) for t in {route.path for route in routes} if (r := rank(t)) is not None)
    if not ranked:
        return None
    here = {route.method: route for route in routes if route.path == ranked[0][1]}
    return here.get(method) or here.get("ANY")


ROUTES = st.lists(
    st.tuples(st.sampled_from(["GET", "POST", "ANY"]), st.sampled_from(PATHS), st.sampled_from(["s", "t", ""])),
    min_size=1,
    max_size=7,
    unique_by=lambda entry: entry[:2],
).map(lambda entries: [Route(m, p, frozenset(filter(None, [s]))) for m, p, s in entries])


@settings(max_examples=300, deadline=None)
@given(ROUTES)
def test_nothing_but_granted_routes_is_allowed_and_none_is_forgotten(routes: list[Route]):
    policy = RoutePolicies(routes).allow(ARN, frozenset({"s"}))
    for method, path in REQUESTS:
        route = owner(method, path, routes)
        if route is None:
            continue  # API Gateway answers 403 or 404 before it asks a policy
        verdict = evaluate(policy or {}, f"{ARN}/{method}{path}")
        if route.scopes <= {"s"}:
            assert verdict != NO_MATCH  # allowed, or on the safe side of a deny
        else:
            assert verdict != ALLOW


@pytest.mark.parametrize(
    ("routes", "denied"),
    [
        pytest.param("+GET /o/{i} -GET /o/{i}/r", ["GET/o/*/r"], id="a parameter crosses slashes"),
        pytest.param("+GET /o/{i} -GET /o/new", ["GET/o/new"], id="a literal beside a parameter"),
        pytest.param("+GET /o/{i} -GET /o/{i}/{j}/{k}", ["GET/o/*/*/*"], id="parameters"),
        pytest.param("+GET /o/{i}/r -GET /o/{i}", [], id="the shorter one is not covered"),
        pytest.param("+GET /o/{i}/r -GET /o/{i}/{j}", [], id="a shadowed path is not covered"),
        pytest.param("+GET /o -POST /o", [], id="methods"),
        pytest.param("+ANY /o -POST /o", ["POST/o"], id="any method"),
        pytest.param("+GET /o -ANY /o", [], id="one method of any"),
        pytest.param("+ANY /o -GET /admin/o", ["GET/admin/o"], id="any method crosses slashes too"),
        pytest.param("+GET /{p+} -GET /admin", ["GET/admin"], id="greedy"),
        pytest.param("+GET /{x} -GET /", ["GET/"], id="root"),
        pytest.param("+GET /o/{i} +GET /o/{i}/r", [], id="both allowed"),
    ],
)
def test_leaks(routes: str, denied: list[str]):
    words = routes.split()
    entries = [(w[0], Route(w[1:], path, frozenset())) for w, path in zip(words[::2], words[1::2], strict=True)]
    # two routes are told apart by their scopes when a policy is made; here by the sign
    assert leaks([r for _, r in entries], [r for sign, r in entries if sign == "+"]) == denied


def test_policies_are_kept_up_to_a_bound():
    scopes = [f"s{n}" for n in range(9)]
    policies = RoutePolicies([Route("GET", f"/{s}", frozenset({s})) for s in scopes])
    for n in range(1, 400):
        policies.allow(ARN, frozenset(s for bit, s in enumerate(scopes) if n >> bit & 1))
    assert len(policies._kept) == 256
    kept: Any = policies.allow(ARN, frozenset({"s0"}))
    assert kept is policies.allow(ARN, frozenset({"s0"}))
