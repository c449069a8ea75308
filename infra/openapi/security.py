"""Who may call: security schemes, the requirement of each operation, and the routes that the authorizer decides about. Pure.

Sources: API Gateway developer guide, "x-amazon-apigateway-authorizer object", "x-amazon-apigateway-authtype property" and
"x-amazon-apigateway-api-key-source property". A requirement with a token and a key is written as two entries, as API
Gateway exports it; to API Gateway they mean both, though OpenAPI reads a list as one or the other.

An API has one source of keys. Once tokens are metered it is the authorizer, so a service for customers who have only a key
names the same function a second time, with the key as the identity source: it passes the presented key on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, TypedDict

from infra.config.model import Gateway, Service
from infra.errors import Refused
from infra.openapi.integrations import FunctionRef

__all__ = ["API_KEY", "AuthorizerFor", "Route", "meters_tokens", "needs_authorizer", "requirement", "routes", "schemes"]

API_KEY = "api_key"
TOKEN = "token"  # noqa: S105 - the name of a scheme
COGNITO = "cognito"
PRESENTED_KEY = "presented_key"
ANY = "x-amazon-apigateway-any-method"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Also what a cached answer is remembered by. A request without it is a 401 and the function is not invoked.
IDENTITY_SOURCE = "method.request.header.Authorization"
KEY_SOURCE = "method.request.header.x-api-key"


class Route(TypedDict):
    """A route that the authorizer decides about.

    ``path`` is the API Gateway resource (``/api/orders/{id}``), ``method`` may be ANY, ``scopes`` must all be in the token.
    With ``key`` no token is needed, and the presented key is passed on.
    """

    method: str
    path: str
    scopes: NotRequired[list[str]]
    key: NotRequired[bool]


AuthorizerFor = Callable[[list[Route]], FunctionRef]
"""The function that decides about these routes; they are part of its configuration, so they come first."""


def needs_authorizer(gateway: Gateway) -> bool:
    """Whether any route is checked by our own function."""
    return gateway.auth is not None and gateway.auth.jwt is not None and any(s.requires_jwt for s in gateway.services)


def meters_tokens(gateway: Gateway) -> bool:
    """Whether the authorizer's answer says which key is metered: API Gateway has one source of keys for an API."""
    return needs_authorizer(gateway) and any(s.requires_jwt and s.requires_api_key for s in gateway.services)


def _passes_keys_on(gateway: Gateway, service: Service) -> bool:
    return service.requires_api_key and not service.requires_jwt and meters_tokens(gateway)


def requirement(gateway: Gateway, service: Service, method: str) -> list[dict[str, list[str]]]:
    """The ``security`` of an operation, empty when anybody may call.

    Args:
        method: upper case, or ANY.

    Raises:
        Refused: a token is required and nothing says whose.
    """
    required: list[dict[str, list[str]]] = []
    if service.requires_jwt:
        auth = gateway.auth
        if auth is not None and auth.jwt is not None:
            required.append({TOKEN: []})
        elif auth is not None and auth.cognito is not None:
            required.append({COGNITO: list(_scopes(service, method))})
        else:
            # Never leave a route open that was asked to be closed.
            raise Refused(
                f"service {service.name!r} requires a token and the gateway has no 'auth'; add 'auth: {{jwt}}'"
            )
    if service.requires_api_key:
        if _passes_keys_on(gateway, service):
            required.append({PRESENTED_KEY: []})
        required.append({API_KEY: []})
    return required


def schemes(gateway: Gateway, *, authorizer: FunctionRef | None, user_pool: Any) -> dict[str, Any]:
    """The ``securitySchemes`` that the operations refer to.

    Args:
        authorizer: when `needs_authorizer`.
        user_pool: ARN of the region's user pool, text or an intrinsic, when the gateway has Cognito.

    Raises:
        Refused: one of the two is needed and missing.
    """
    found: dict[str, Any] = {}
    auth = gateway.auth
    if auth is not None and auth.jwt is not None and needs_authorizer(gateway):
        if authorizer is None:
            raise Refused("the gateway checks tokens and no authorizer was given; give its FunctionRef")
        found[TOKEN] = _checked(authorizer, name="Authorization", source=IDENTITY_SOURCE, ttl=auth.jwt.ttl_seconds)
        if any(_passes_keys_on(gateway, service) for service in gateway.services):
            found[PRESENTED_KEY] = _checked(authorizer, name="x-api-key", source=KEY_SOURCE, ttl=auth.jwt.ttl_seconds)
    elif auth is not None and auth.cognito is not None and any(s.requires_jwt for s in gateway.services):
        if user_pool is None:
            raise Refused("the gateway checks tokens of Cognito and no user pool was given; give its ARN")
        found[COGNITO] = _header("cognito_user_pools") | {
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": [user_pool],
                "authorizerResultTtlInSeconds": auth.cognito.ttl_seconds,
            }
        }
    if any(service.requires_api_key for service in gateway.services):
        found[API_KEY] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return found


def _header(kind: str, name: str = "Authorization") -> dict[str, Any]:
    return {"type": "apiKey", "name": name, "in": "header", "x-amazon-apigateway-authtype": kind}


def _checked(authorizer: FunctionRef, *, name: str, source: str, ttl: int) -> dict[str, Any]:
    """The scheme of our own function, remembered for `ttl` seconds by the header `name`."""
    return _header("custom", name) | {
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "identitySource": source,
            "authorizerResultTtlInSeconds": ttl,
            "authorizerUri": authorizer.uri,
            "authorizerCredentials": authorizer.credentials,
        }
    }


def routes(gateway: Gateway, document: Mapping[str, Any]) -> list[Route]:
    """Every route of the document that our function decides about, in the order of path and method.

    A method without scopes of its own takes those of ANY. An operation for every method is spelled out when the scopes
    differ by method: an ANY beside a GET would let a GET pass that lacks its scopes.
    """
    services = {service.name: service for service in gateway.services}
    found: list[Route] = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            service = services[operation["tags"][0]]
            asked = {scheme for entry in operation.get("security", ()) for scheme in entry}
            if TOKEN in asked:
                found += [
                    Route(method=m, path=path, scopes=list(_scopes(service, m))) for m in _methods(service, method)
                ]
            elif PRESENTED_KEY in asked:
                found += [Route(method=m, path=path, key=True) for m in _methods(service, method)]
    return sorted(found, key=lambda route: (route["path"], route["method"]))


def _methods(service: Service, method: str) -> tuple[str, ...]:
    if method != ANY:
        return (method.upper(),)
    return METHODS if set(service.scopes) - {"ANY"} else ("ANY",)


def _scopes(service: Service, method: str) -> tuple[str, ...]:
    by_method = {str(name): scopes for name, scopes in service.scopes.items()}
    return by_method.get(method, by_method.get("ANY", ()))
