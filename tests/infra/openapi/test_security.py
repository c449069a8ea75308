"""Who may call: no route that asked for a token is open, and the authorizer's routes are the document's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config import Gateway
from infra.config.model import Auth, CognitoAuth, JwtAuth, Service
from infra.errors import Refused
from infra.openapi import FunctionRef, Route, build, routes
from infra.openapi.problems import gateway_responses
from tests.infra.openapi.gateways import FIXTURES, functions, gateway, spec_errors

JWT = Auth(jwt=JwtAuth(issuer="https://i.example", audience=("shop",), ttl_seconds=120))
COGNITO = Auth(cognito=CognitoAuth(user_pools={"eu-west-1": "arn:pool"}))
PETS = Service(name="pets", path="/api/pets", lambda_folder="l", operations="pets.yaml", requires_jwt=True)
OPEN = Service(name="open", path="/open", lambda_folder="l", methods=("GET",))
AUTHORIZER = FunctionRef(uri={"Fn::Sub": "arn:uri"}, credentials={"Fn::GetAtt": ["AuthorizerCallRole", "Arn"]})


def made(*services: Service, auth: Auth | None = JWT, **options: Any) -> tuple[dict[str, Any], Gateway]:
    model = gateway(*services).model_copy(update={"auth": auth})
    options = {"authorizer": lambda _: AUTHORIZER, **options}
    return build(model, folder=FIXTURES, functions=functions(model), **options), model


def operations(document: dict[str, Any]) -> dict[str, list[dict[str, list[str]]]]:
    return {
        operation["operationId"]: operation.get("security", [])
        for item in document["paths"].values()
        for operation in item.values()
    }


def test_the_authorizer_as_api_gateway_reads_it() -> None:
    document, _ = made(PETS, OPEN)

    assert spec_errors(document) == []
    assert document["components"]["securitySchemes"] == {
        "token": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request",
                "identitySource": "method.request.header.Authorization",
                "authorizerResultTtlInSeconds": 120,
                "authorizerUri": {"Fn::Sub": "arn:uri"},
                "authorizerCredentials": {"Fn::GetAtt": ["AuthorizerCallRole", "Arn"]},
            },
        }
    }
    found = operations(document)
    assert found.pop("openGet") == found.pop("openGetBelow") == []
    assert found
    assert all(required == [{"token": []}] for required in found.values())
    assert document["x-amazon-apigateway-api-key-source"] == "HEADER"


def test_user_pools() -> None:
    pets = PETS.model_copy(update={"scopes": {"GET": ("pets/read",)}, "requires_api_key": True})
    document, _ = made(pets, OPEN, auth=COGNITO, user_pool={"Fn::FindInMap": ["a", "b", "c"]})

    scheme = document["components"]["securitySchemes"]["cognito"]
    assert scheme["x-amazon-apigateway-authtype"] == "cognito_user_pools"
    assert scheme["x-amazon-apigateway-authorizer"]["providerARNs"] == [{"Fn::FindInMap": ["a", "b", "c"]}]
    assert document["x-amazon-apigateway-api-key-source"] == "HEADER"
    assert document["paths"]["/api/pets"]["get"]["security"] == [{"cognito": ["pets/read"]}, {"api_key": []}]
    assert document["paths"]["/api/pets"]["post"]["security"] == [{"cognito": []}, {"api_key": []}]


def test_tokens_that_are_metered_take_all_keys_from_the_authorizer() -> None:
    document, _ = made(PETS.model_copy(update={"requires_api_key": True}), OPEN)

    assert document["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    assert document["paths"]["/api/pets"]["get"]["security"] == [{"token": []}, {"api_key": []}]


def test_customers_with_only_a_key_have_it_passed_on_by_the_same_function() -> None:
    asked: list[list[Route]] = []
    keyed = OPEN.model_copy(update={"requires_api_key": True})
    document, _ = made(
        PETS.model_copy(update={"requires_api_key": True}),
        keyed,
        authorizer=lambda found: asked.append(found) or AUTHORIZER,
    )

    assert spec_errors(document) == []
    schemes = document["components"]["securitySchemes"]
    passed, checked = (schemes[name]["x-amazon-apigateway-authorizer"] for name in ("presented_key", "token"))
    assert passed == checked | {"identitySource": "method.request.header.x-api-key"}
    assert operations(document)["openGet"] == [{"presented_key": []}, {"api_key": []}]
    assert [route for route in asked[0] if route["path"].startswith("/open")] == [
        {"method": "GET", "path": "/open", "key": True},
        {"method": "GET", "path": "/open/{proxy+}", "key": True},
    ]


def test_without_metered_tokens_a_key_comes_in_its_header() -> None:
    document, _ = made(PETS, OPEN.model_copy(update={"requires_api_key": True}))

    assert operations(document)["openGet"] == [{"api_key": []}]
    assert "presented_key" not in document["components"]["securitySchemes"]


@pytest.mark.parametrize(
    ("services", "options", "says"),
    [
        pytest.param((PETS,), {"auth": None}, "requires a token", id="no issuer"),
        pytest.param((PETS,), {"auth": Auth()}, "requires a token", id="empty issuer"),
        pytest.param((PETS,), {"authorizer": None}, "no authorizer was given", id="no authorizer"),
        pytest.param((PETS,), {"auth": COGNITO}, "no user pool", id="no user pool"),
    ],
)
def test_what_would_be_open_or_shut_for_all_is_refused(
    services: tuple[Service, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        made(*services, **options)


def test_the_routes_are_those_of_the_document_with_their_scopes() -> None:
    asked: list[list[Route]] = []
    pets = PETS.model_copy(update={"scopes": {"GET": ("pets:read",), "ANY": ("pets:write", "pets:admin")}})
    document, model = made(pets, OPEN, authorizer=lambda found: asked.append(found) or AUTHORIZER)

    assert asked == [routes(model, document)]
    assert {(route["method"], route["path"]): route["scopes"] for route in asked[0]} == {
        (method.upper(), path): ["pets:read"] if method == "get" else ["pets:write", "pets:admin"]
        for path, item in document["paths"].items()
        if path.startswith("/api/pets")
        for method in item
    }


def test_one_method_for_all_is_spelled_out_when_scopes_differ() -> None:
    service = Service(name="a", path="/a", lambda_folder="l", requires_jwt=True, scopes={"GET": ("read",)})
    document, model = made(service)
    found = {(route["method"], route["path"]): route["scopes"] for route in routes(model, document)}

    assert ("ANY", "/a") not in found
    assert found["GET", "/a"] == found["GET", "/a/{proxy+}"] == ["read"]
    assert found["DELETE", "/a"] == []
    assert len(found) == 14

    document, model = made(service.model_copy(update={"scopes": {"ANY": ("all",)}}))
    assert routes(model, document) == [
        {"method": "ANY", "path": "/a", "scopes": ["all"]},
        {"method": "ANY", "path": "/a/{proxy+}", "scopes": ["all"]},
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_every_operation_is_as_closed_as_its_service(wanted: list[tuple[bool, bool]]) -> None:
    services = tuple(
        Service(name=f"s{n}", path=f"/s{n}", lambda_folder="l", requires_jwt=jwt, requires_api_key=key)
        for n, (jwt, key) in enumerate(wanted)
    )
    document, _ = made(*services)
    metered = (True, True) in wanted
    for path, item in document["paths"].items():
        jwt, key = wanted[int(path.split("/")[1][1:])]
        for operation in item.values():
            named = {name for entry in operation.get("security", []) for name in entry}
            passed_on = {"presented_key"} if key and metered and not jwt else set()
            assert named == ({"token"} if jwt else set()) | ({"api_key"} if key else set()) | passed_on


def test_a_401_says_how_to_authenticate() -> None:
    response = gateway_responses()["UNAUTHORIZED"]
    assert response["responseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"
    assert "gatewayresponse.header.WWW-Authenticate" not in gateway_responses()["ACCESS_DENIED"]["responseParameters"]
