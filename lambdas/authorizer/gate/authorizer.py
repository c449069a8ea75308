"""One decision: event -> policy, in the order that is fast and safe. Composes the pure rooms; the clock is passed in.

Length, alphabet, header, claims, key, signature, and only then what the claims say is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import claims as claim_rules
from .answers import KeysUnavailable, Refused
from .compact import LONGEST_TOKEN, Header, decode_object, parse
from .discovery import KeySource
from .fetch import fetch_json
from .journal import Journal
from .jwks import KeyRing
from .metering import KeySecret, Meter
from .policy import RoutePolicies, deny_all, stage_arn
from .residency import fits
from .secret import secret_reader
from .settings import Settings

__all__ = ["Authorizer"]

_SCHEME = "bearer "
_API_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class Authorizer:
    def __init__(
        self,
        settings: Settings,
        *,
        journal: Journal,
        fetch: Callable[[str], Any] = fetch_json,
        read_secret: Callable[[], str] | None = None,
    ) -> None:
        source = KeySource(settings.issuer, settings.jwks_url, settings.algorithms, fetch)
        self._settings, self._journal = settings, journal
        self._keys = KeyRing(source.load, failed=journal.keys_failed)
        # API Gateway remembers answers by authorizer and identity source, so neither policy answers for the other's routes.
        self._policies = RoutePolicies([route for route in settings.routes if not route.key])
        self._by_key = RoutePolicies([route for route in settings.routes if route.key])
        self._key_routes = frozenset((route.method, route.path) for route in settings.routes if route.key)
        self._headers: dict[str, Header] = {}
        secret = None
        if settings.key_secret:
            secret = KeySecret(read_secret or secret_reader(settings.key_secret), failed=journal.secret_failed)
        self._meter = Meter(settings.gateway, settings.plans, secret)

    def warm(self, now: float) -> None:
        """Fetches the issuer's keys ahead of the first request; a failure is logged and leaves the start alone."""
        try:
            self._keys.warm(now)
        except Exception as error:
            self._journal.broken(type(error).__name__)

    def answer(self, event: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The authorizer's output. Raises Refused (401) or KeysUnavailable (500), and nothing else."""
        try:
            return self._decide(event, now)
        except Refused as refusal:
            self._journal.refused(refusal.reason)
            raise
        except KeysUnavailable:
            raise
        except Exception as error:  # ours to repair, but never a door and never a 500 that somebody can make
            self._journal.broken(type(error).__name__)
            raise Refused("internal") from None

    def _decide(self, event: Mapping[str, Any], now: float) -> dict[str, Any]:
        settings = self._settings
        if self._key_routes and self._takes_keys(event):
            return self._passed_on(event)
        token = parse(_bearer(_field(event, "authorization")), settings.algorithms, self._headers)
        claims = decode_object(token.payload, "claims")
        claim_rules.check(claims, settings, now)
        verify = self._keys.find(token.header.key_id, token.header.algorithm, now)
        if verify is None:
            raise Refused("unknown key")
        if not verify(token.signature, token.signed):
            raise Refused("signature")
        return self._output(event, claim_rules.subject_of(claims, settings.claims), now)

    def _takes_keys(self, event: Mapping[str, Any]) -> bool:
        path, routes = event.get("resource"), self._key_routes
        return isinstance(path, str) and bool({(str(event.get("httpMethod")), path), ("ANY", path)} & routes)

    def _passed_on(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A customer who has only a key: with `apiKeySource: AUTHORIZER` API Gateway looks nowhere else for it.

        Whether it is a key of a plan is API Gateway's to say (403, 429), as for every other key.
        """
        key = _api_key(event)
        if key is None:
            raise Refused("no api key")
        policy = self._by_key.allow(stage_arn(event.get("methodArn")), frozenset())
        return {"principalId": "api-key", "policyDocument": policy, "context": {}, "usageIdentifierKey": key}

    def _output(self, event: Mapping[str, Any], subject: claim_rules.Subject, now: float) -> dict[str, Any]:
        stage = stage_arn(event.get("methodArn"))
        if not fits(subject.residency, self._settings.jurisdiction):
            return self._denied(subject, stage, "residency")
        scopes = self._policies.known(subject.scopes)
        policy = self._policies.allow(stage, scopes)
        if policy is None:
            return self._denied(subject, stage, "scope")
        context = {"scopes": " ".join(sorted(scopes))}
        if subject.customer is not None:
            context["customer"] = subject.customer
        if subject.plan is not None:
            context["plan"] = subject.plan
        output = {"principalId": subject.principal, "policyDocument": policy, "context": context}
        key = self._meter.key_of(subject, _api_key(event), now)
        if key is not None:
            output["usageIdentifierKey"] = key
        return output

    def _denied(self, subject: claim_rules.Subject, stage: str, reason: str) -> dict[str, Any]:
        self._journal.denied(reason)
        return {"principalId": subject.principal, "policyDocument": deny_all(stage), "context": {"reason": reason}}


def _field(event: Mapping[str, Any], name: str) -> str | None:
    """A header's only value; None when it is absent. Raises Refused when it was sent twice.

    `headers` keeps the last of two fields, `multiValueHeaders` all of them, both under the client's spelling.
    """
    fields = event.get("multiValueHeaders") or event.get("headers") or {}
    found: list[Any] = []
    for key, value in fields.items():
        if len(key) == len(name) and key.lower() == name:
            found += value if isinstance(value, list) else [value]
    if len(found) > 1 or (found and not isinstance(found[0], str)):
        raise Refused(f"{name} sent twice")
    return found[0] if found else None


def _bearer(value: str | None) -> str:
    """RFC 6750 section 2.1: the scheme in any case, one space, the token."""
    if value is None:
        raise Refused("no token")
    if len(value) > LONGEST_TOKEN + len(_SCHEME):
        raise Refused("token too long")
    if value[: len(_SCHEME)].lower() != _SCHEME:
        raise Refused("not a bearer token")
    return value[len(_SCHEME) :]


def _api_key(event: Mapping[str, Any]) -> str | None:
    value = _field(event, "x-api-key")
    return value if value is not None and _API_KEY.fullmatch(value) else None
