"""The calls that the key commands make, as data. Pure.

What must not be seen is a `Hidden`: a text that shows as its description, in a plan, in JSON, in a log and in an error,
and gives its content to the executor only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from infra.keys.names import KeyName, Note
from infra.keys.secret import Secret, secret_name
from infra.keys.view import Key, RegionKeys, value_of
from infra.release.plan import AnyTime, Step

__all__ = [
    "Ask",
    "Hidden",
    "KeyId",
    "attach",
    "create",
    "delete",
    "describe",
    "detach",
    "enable",
    "keep_secret",
    "share_versions",
]


class Hidden(str):
    """A text that is not to be seen; as a string it is only its description."""

    __slots__ = ("_reveal",)
    _reveal: Callable[[], str]  # a closure, so that no representation of anything around it shows the content

    def __new__(cls, content: str, shown: str = "hidden") -> Hidden:
        made = super().__new__(cls, f"({shown})")
        made._reveal = lambda: content
        return made

    def reveal(self) -> str:
        return self._reveal()

    def __deepcopy__(self, memo: object) -> Hidden:
        return self


class KeyId(str):
    """The id that the key of this name has by the time of the call."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a planner needs from outside to stay pure: the time, and 32 random bytes in case a secret begins."""

    now: datetime
    fresh: bytes = field(repr=False)


def _step(what: str, service: Any, operation: str, parameters: dict[str, Any], reason: str) -> Step:
    key = f"{operation.replace('_', '-')} {what}"
    return Step(key=key, service=service, operation=operation, parameters=parameters, reason=reason, done=AnyTime())


def share_versions(seen: RegionKeys, gateway: str, wanted: Secret) -> list[Step]:
    """Give a region the versions that the others have. Its current one stays: only a rotation moves that, when the
    region has a key of the new version for everybody."""
    return keep_secret(seen, gateway, replace(wanted, current=seen.secret.current) if seen.secret else wanted)


def keep_secret(seen: RegionKeys, gateway: str, wanted: Secret) -> list[Step]:
    """Give a region the gateway's secret as it should be; nothing when it has it."""
    if seen.secret == wanted:
        return []
    name, content = secret_name(gateway), Hidden(wanted.dumps(), f"hidden; {wanted}")
    if seen.secret is None:
        made = {
            "Name": name,
            "Description": f"From this the API keys of gateway {gateway} are made. Losing it breaks metering by token.",
            "SecretString": content,
            "Tags": [{"Key": "gatewright:gateway", "Value": gateway}],
        }
        return [_step(name, "secretsmanager", "create_secret", made, "what key values are made from, alike everywhere")]
    reason = "the authorizer meters tokens by it" if seen.secret.current != wanted.current else "alike in every region"
    return [_step(name, "secretsmanager", "put_secret_value", {"SecretId": name, "SecretString": content}, reason)]


def create(name: KeyName, secret: Secret, note: Note) -> Step:
    parameters = {
        "name": str(name),
        "value": Hidden(value_of(secret, name), "hidden value"),
        "description": str(note),
        "enabled": True,
        "tags": name.tags(),
    }
    return _step(str(name), "apigateway", "create_api_key", parameters, "the same value in every region")


def attach(name: KeyName, plan_id: str) -> Step:
    parameters = {"usagePlanId": plan_id, "keyType": "API_KEY", "keyId": KeyId(name)}
    return _step(str(name), "apigateway", "create_usage_plan_key", parameters, f"plan {name.plan} limits and meters it")


def enable(key: Key, *, on: bool) -> Step:
    """Switch a key on or off; off, its requests get 403 at once and its usage can still be read."""
    reason = f"switch {key.name} {'on' if on else 'off'}"
    return _patch(key, "/enabled", "true" if on else "false", "enable" if on else "disable", reason)


def describe(key: Key, note: Note) -> Step:
    return _patch(key, "/description", str(note), "describe", f"{key.name} says: {note}")


def _patch(key: Key, path: str, value: str, verb: str, reason: str) -> Step:
    parameters = {"apiKey": key.id, "patchOperations": [{"op": "replace", "path": path, "value": value}]}
    return _step(f"{verb} {key.name}", "apigateway", "update_api_key", parameters, reason)


def detach(key: Key, plan_id: str) -> Step:
    parameters = {"usagePlanId": plan_id, "keyId": key.id}
    return _step(str(key.name), "apigateway", "delete_usage_plan_key", parameters, f"take {key.name} off its plan")


def delete(key: Key) -> Step:
    return _step(str(key.name), "apigateway", "delete_api_key", {"apiKey": key.id}, f"end {key.name}")
