"""The one document: valid OpenAPI, the same bytes for the same model, and refused when AWS would refuse it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config import load
from infra.config.model import Service
from infra.errors import Refused
from infra.openapi import FunctionRef, build, count_resources, digest, dumps
from tests.infra.openapi.gateways import FIXTURES, functions, gateway, spec_errors

ROOT = Path(__file__).parents[3]
PETS = Service(name="pets", path="/api/pets", lambda_folder="lambdas/pets", operations="pets.yaml")
GATEWAYS = {
    "declared operations": (PETS,),
    "declared operations behind a url": (
        PETS.model_copy(update={"lambda_folder": None, "url": "https://pets.example/v1/"}),
    ),
    "any method of a lambda": (Service(name="a", path="/a", lambda_folder="l"),),
    "some methods of a url": (Service(name="a", path="/a", url="https://a.example", methods=("GET", "POST")),),
    "root": (Service(name="a", path="/", url="https://a.example"),),
    "variables in the prefix": (
        Service(name="a", path="/t/{tenant}/a", lambda_folder="l", methods=("GET",)),
        PETS.model_copy(update={"path": "/t/{tenant}/pets"}),
    ),
    "keys": (PETS.model_copy(update={"requires_api_key": True}), Service(name="b", path="/b", lambda_folder="l")),
    "a hundred routes": tuple(
        Service(name=f"s{n}", path=f"/s{n}", lambda_folder="l", methods=("GET",)) for n in range(50)
    ),
}


@pytest.mark.parametrize("services", GATEWAYS.values(), ids=GATEWAYS.keys())
def test_every_document_is_openapi(services: tuple[Service, ...]) -> None:
    model = gateway(*services)
    assert spec_errors(build(model, folder=FIXTURES, functions=functions(model))) == []


def test_the_shop(snapshot: object) -> None:
    model = load(ROOT / "gateway.yaml")
    authorizer = FunctionRef(uri="(authorizer)", credentials="(role)")
    document = build(model, folder=ROOT, functions=functions(model), authorizer=lambda _: authorizer)

    assert spec_errors(document) == []
    assert {path.split("/")[2] for path in document["paths"]} == {"users", "products", "orders", "checkout"}
    assert dumps(document) == snapshot


def test_a_document_of_every_kind_of_route(snapshot: object) -> None:
    model = gateway(
        PETS.model_copy(update={"requires_api_key": True}),
        Service(name="old", path="/old", url="https://old.example/v1", methods=("GET", "POST"), timeout_ms=2000),
        Service(name="all", path="/{tenant}/all", lambda_folder="l"),
    )
    assert dumps(build(model, folder=FIXTURES, functions=functions(model))) == snapshot


def test_same_model_same_bytes_and_digest() -> None:
    model = gateway(*GATEWAYS["keys"])
    one, other = (build(model, folder=FIXTURES, functions=functions(model)) for _ in range(2))

    assert dumps(one) == dumps(other)
    assert digest(one) == digest(other)
    assert digest(one) == digest(json.loads(dumps(one)))


def test_the_order_of_keys_is_no_change_and_a_timeout_is_one() -> None:
    model = gateway(PETS)
    document = build(model, folder=FIXTURES, functions=functions(model))
    slower = gateway(PETS.model_copy(update={"timeout_ms": 6000}))

    assert digest(dict(reversed(document.items()))) == digest(document)
    assert digest(build(slower, folder=FIXTURES, functions=functions(model))) != digest(document)


def test_resources_are_all_prefixes_and_the_root() -> None:
    model = gateway(PETS, Service(name="a", path="/api/a", url="https://a.example"))
    document = build(model, folder=FIXTURES, functions=functions(model))

    # /, /api, /api/pets, /{petId}, /owner, /api/a, /{proxy+}
    assert count_resources(document) == 7


@pytest.mark.parametrize(("services", "fits"), [pytest.param(149, True, id="299"), pytest.param(150, False, id="301")])
def test_an_api_may_have_300_resources(services: int, fits: bool) -> None:
    model = gateway(*(Service(name=f"s{n}", path=f"/s{n}", lambda_folder="l") for n in range(services)))
    if fits:
        assert count_resources(build(model, folder=FIXTURES, functions=functions(model))) == 299
        return
    with pytest.raises(Refused, match="needs 301 API Gateway resources, an API may have 300"):
        build(model, folder=FIXTURES, functions=functions(model))
    build(model, folder=FIXTURES, functions=functions(model), resources_max=301)


def test_a_lambda_without_its_function_is_refused() -> None:
    with pytest.raises(Refused, match="'pets'"):
        build(gateway(PETS), folder=FIXTURES, functions={})


def test_what_would_be_open_is_not_built() -> None:
    model = gateway(PETS.model_copy(update={"requires_jwt": True}))
    with pytest.raises(Refused, match="'pets' requires a token"):
        build(model, folder=FIXTURES, functions=functions(model))


SEGMENTS = st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), min_size=1, max_size=3, unique=True)


@given(SEGMENTS, st.sets(st.sampled_from(["GET", "POST", "PUT"]), min_size=1))
def test_a_service_answers_at_its_prefix_and_below_and_nowhere_else(parts: list[str], methods: set[str]) -> None:
    prefix = "/" + "/".join(parts)
    service = Service(name="a", path=prefix, url="https://a.example/b", methods=tuple(sorted(methods)))  # type: ignore[arg-type]
    document = build(gateway(service), folder=FIXTURES, functions={})

    assert set(document["paths"]) == {prefix, prefix + "/{proxy+}"}
    assert all(set(item) == {method.lower() for method in methods} for item in document["paths"].values())
    assert spec_errors(document) == []
