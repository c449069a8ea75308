"""Who may call: security schemes, the requirement of each operation, and the routes that the authorizer decides about. Pure.

Sources: API Gateway developer guide, "x-amazon-apigateway-authorizer object", "x-amazon-apigateway-authtype property" and
"x-amazon-apigateway-api-key-source property". A requirement with a token and a key is written as two entries, as API
Gateway exports it; to API Gateway they mean both, though OpenAPI reads a list as one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from infra.config.model import Gateway, Service
from infra.errors import Refused
from infra.openapi.integrations import FunctionRef

__all__ = ["API_KEY", "AuthorizerFor", "Route", "meters_tokens", "needs_authorizer", "requirement", "routes", "schemes"]

API_KEY = "api_key"
TOKEN = "token"  # noqa: S105 - the name of a scheme
COGNITO = "cognito"
ANY = "x-amazon-apigateway-any-method"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Also what a cached answer is remembered by. A request without it is a 401 and the function is not invoked.
IDENTITY_SOURCE = "method.request.header.Authorization"


class Route(TypedDict):
    """A route that needs a token, for the authorizer's policy.

    ``path`` is the API Gateway resource (``/api/orders/{id}``), ``method`` may be ANY, ``scopes`` must all be there.
    """

    method: str
    path: str
    scopes: list[str]


AuthorizerFor = Callable[[list[Route]], FunctionRef]
"""The function that decides about these routes; they are part of its configuration, so they come first."""


def needs_authorizer(gateway: Gateway) -> bool:
    """Whether any route is checked by our own function."""
    return gateway.auth is not None and gateway.auth.jwt is not None and any(s.requires_jwt for s in gateway.services)


def meters_tokens(gateway: Gateway) -> bool:
    """Whether the authorizer's answer says which key is metered: API Gateway has one source of keys for an API."""
    return needs_authorizer(gateway) and any(s.requires_jwt and s.requires_api_key for s in gateway.services)


def requirement(gateway: Gateway, service: Service, method: str) -> list[dict[str, list[str]]]:
    """The ``security`` of an operation, empty when anybody may call.

    Args:
        method: upper case, or ANY.

    Raises:
        Refused: a token is required and nothing says whose, or a key that no request could bring.
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
        if meters_tokens(gateway) and not service.requires_jwt:
            raise Refused(
                f"service {service.name!r} requires a key and no token, and this gateway takes its keys from the "
                "authorizer; add 'auth: jwt' to it, or remove 'api_key' where 'auth: jwt' is"
            )
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
        found[TOKEN] = _header("custom") | {
            "x-amazon-apigateway-authorizer": {
                "type": "request",
                "identitySource": IDENTITY_SOURCE,
                "authorizerResultTtlInSeconds": auth.jwt.ttl_seconds,
                "authorizerUri": authorizer.uri,
                "authorizerCredentials": authorizer.credentials,
            }
        }
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


def _header(kind: str) -> dict[str, Any]:
    return {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": kind}


def routes(gateway: Gateway, document: Mapping[str, Any]) -> list[Route]:
    """Every route of the document that needs a token of ours, in the order of path and method.

    A method without scopes of its own takes those of ANY. An operation for every method is spelled out when the scopes
    differ by method: an ANY beside a GET would let a GET pass that lacks its scopes.
    """
    services = {service.name: service for service in gateway.services}
    found = [
        Route(method=one, path=path, scopes=list(_scopes(service, one)))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if any(TOKEN in entry for entry in operation.get("security", ()))
        for service in [services[operation["tags"][0]]]
        for one in _methods(service, method)
    ]
    return sorted(found, key=lambda route: (route["path"], route["method"]))


def _methods(service: Service, method: str) -> tuple[str, ...]:
    if method != ANY:
        return (method.upper(),)
    return METHODS if set(service.scopes) - {"ANY"} else ("ANY",)


def _scopes(service: Service, method: str) -> tuple[str, ...]:
    by_method = {str(name): scopes for name, scopes in service.scopes.items()}
    return by_method.get(method, by_method.get("ANY", ()))
