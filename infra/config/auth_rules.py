"""Rules about tokens and keys that need more than one value of gateway.yaml. Pure; touches nothing.

A service may ask for a token, a key, or both: with both, the token's customer is metered and no key has to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.config.source import Source, Where
from infra.config.units import shown
from infra.errors import Finding

__all__ = ["RESERVED_NAME", "RULES"]

# The authorizer's function is gatewright-<gateway>-authorizer.
RESERVED_NAME = "authorizer"


def _mapping(value: Any, *where: str) -> dict[str, Any]:
    for step in where:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _services(source: Source) -> Iterator[tuple[Where, dict[str, Any]]]:
    for name, entry in _mapping(source.plain, "services").items():
        if isinstance(entry, dict):
            yield ("services", name), entry


def issuers(source: Source) -> Iterator[Finding]:
    """One kind of issuer, and one when a token is asked for."""
    auth = _mapping(source.plain).get("auth")
    if isinstance(auth, dict):
        if "jwt" in auth and "cognito" in auth:
            yield source.finding(("auth", "cognito"), "both 'jwt' and 'cognito' are given", "Keep one", at_key=True)
        elif "jwt" not in auth and "cognito" not in auth:
            yield source.finding(("auth",), "neither 'jwt' nor 'cognito' is given", "Give one", at_key=True)
    elif auth is None:
        for where, entry in _services(source):
            if entry.get("auth") == "jwt":
                yield source.finding(
                    (*where, "auth"),
                    "a token is required and there is no issuer",
                    "Add 'auth: {jwt: {issuer, audience}}'",
                )


def algorithms(source: Source) -> Iterator[Finding]:
    """Each once."""
    listed = _mapping(source.plain, "auth", "jwt").get("algorithms")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    if len(set(names)) < len(names):
        yield source.finding(("auth", "jwt", "algorithms"), "an algorithm is listed twice", "List each once")


def pools(source: Source) -> Iterator[Finding]:
    """A user pool in every region, and each in its own: a region whose tokens come from another falls with it."""
    where: Where = ("auth", "cognito", "user_pools")
    given = _mapping(source.plain, "auth", "cognito", "user_pools")
    if not given:
        return
    regions = _mapping(source.plain, "regions")
    for name in regions:
        if name not in given:
            yield source.finding(where, f"{name} has no user pool", "Add one for every region", at_key=True)
    for name, arn in given.items():
        parts = arn.split(":") if isinstance(arn, str) else []
        if name not in regions:
            yield source.finding((*where, name), f"the gateway does not run in {name}", "Remove it", at_key=True)
        elif len(parts) > 3 and parts[3] != name:
            yield source.finding((*where, name), f"{shown(arn)} is not in {name}", "Give the pool of this region")


def scopes(source: Source) -> Iterator[Finding]:
    """Scopes are of tokens, and of methods that the service has."""
    cognito = "cognito" in _mapping(source.plain, "auth")
    for where, entry in _services(source):
        if "scopes" not in entry:
            continue
        place = (*where, "scopes")
        if entry.get("auth") != "jwt":
            yield source.finding(place, "scopes without a token", "Add 'auth: jwt', or remove 'scopes'", at_key=True)
        yield from _unknown_methods(source, place, entry)
        if (
            cognito
            and "operations" not in entry
            and "methods" not in entry
            and set(_mapping(entry, "scopes")) - {"ANY"}
        ):
            yield source.finding(
                place,
                "scopes by method, and the service has one method ANY, which has one set of scopes with Cognito",
                "List the 'methods', or give scopes of ANY only",
                at_key=True,
            )
        for method, listed in _mapping(entry, "scopes").items():
            several = isinstance(listed, list) and len(listed) > 1
            if several and len({str(scope) for scope in listed}) < len(listed):
                yield source.finding((*place, method), "a scope is listed twice", "List each once")
            elif several and cognito:
                yield source.finding(
                    (*place, method),
                    "several scopes with Cognito: API Gateway lets a token with any one of them pass",
                    "Give one scope that says it all",
                )


def _unknown_methods(source: Source, place: Where, entry: dict[str, Any]) -> Iterator[Finding]:
    """With `operations`, `rules._files` looks into the fragment."""
    if "operations" in entry:
        return
    listed = entry.get("methods", ["ANY"])
    if not isinstance(listed, list) or "ANY" in listed:
        return
    for method in _mapping(entry, "scopes"):
        if method not in listed and method != "ANY":
            yield source.finding(
                (*place, method), f"{method} is none of the service's methods", "Remove it", at_key=True
            )


def keys(source: Source) -> Iterator[Finding]:
    """A key is of a plan."""
    for where, entry in _services(source):
        if entry.get("api_key") == "required" and not _mapping(source.plain, "plans"):
            yield source.finding(
                (*where, "api_key"), "an API key is required and there is no plan", "Add 'plans'; a key belongs to one"
            )


def reserved(source: Source) -> Iterator[Finding]:
    """The authorizer's own name."""
    if RESERVED_NAME in _mapping(source.plain, "services") and _mapping(source.plain, "auth", "jwt"):
        yield source.finding(
            ("services", RESERVED_NAME), "this is the name of the gateway's own authorizer", "Rename it", at_key=True
        )


RULES = (issuers, algorithms, pools, scopes, keys, reserved)
