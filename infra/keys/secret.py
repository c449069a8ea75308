"""The gateway's secret, from which every key value is made: versions, and which one is current. Pure data.

One secret a gateway, the same content in every region. `current` is the version by which the authorizer meters tokens;
older and newer versions are there while customers move from one to the other.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from infra.errors import Refused

__all__ = ["SECRET_BYTES", "Secret", "merged", "secret_name", "version_number"]

SECRET_BYTES = 32  # as long as the hash: more adds nothing to HMAC-SHA256 (RFC 2104, section 3)


def secret_name(gateway: str) -> str:
    """The secret's name in Secrets Manager, in every region; the stacks let the authorizer read exactly this one."""
    return f"gatewright-{gateway}-keys"


def version_number(version: str) -> int:
    """2 for ``v2``; versions are compared by it, because v10 is newer than v9.

    Raises:
        ValueError: not a version.
    """
    if not version.startswith("v") or not version[1:].isdecimal():
        raise ValueError(version)
    return int(version[1:])


@dataclass(frozen=True, slots=True)
class Secret:
    """Versions by name. The bytes are in no representation."""

    current: str
    versions: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def first(cls, fresh: bytes) -> Secret:
        return cls("v1", {"v1": fresh})

    @classmethod
    def parse(cls, text: str, *, place: str) -> Secret:
        """Read the document of Secrets Manager.

        Raises:
            Refused: it is not ours; the message never quotes it.
        """
        try:
            document = json.loads(text)
            versions = {name: base64.b64decode(value, validate=True) for name, value in document["versions"].items()}
            secret = cls(document["current"], versions)
            sizes = {version_number(name): len(value) for name, value in versions.items()}
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            secret, sizes = None, {}
        if secret is None or secret.current not in secret.versions or set(sizes.values()) != {SECRET_BYTES}:
            raise Refused(
                f"{place}: the secret is not one that gatewright wrote, and no key can be made from it. Restore its "
                'previous version (`aws secretsmanager update-secret-version-stage`); content: {"current": "v1", '
                '"versions": {"v1": "<32 bytes in base64>"}}.'
            ) from None
        return secret

    def dumps(self) -> str:
        """The document for Secrets Manager; equal secrets have equal texts."""
        versions = {name: base64.b64encode(value).decode("ascii") for name, value in self.versions.items()}
        return json.dumps({"current": self.current, "versions": versions}, sort_keys=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Versions, oldest first."""
        return tuple(sorted(self.versions, key=version_number))

    @property
    def newest(self) -> str:
        return self.names[-1]

    @property
    def next(self) -> str:
        return f"v{version_number(self.newest) + 1}"

    def with_next(self, fresh: bytes) -> Secret:
        """A version more; the current one stays."""
        return replace(self, versions={**self.versions, self.next: fresh})

    def without(self, versions: Iterable[str]) -> Secret:
        gone = set(versions) - {self.current}
        return replace(self, versions={name: value for name, value in self.versions.items() if name not in gone})

    def __str__(self) -> str:
        return f"versions {', '.join(self.names)}; current {self.current}"


def merged(secrets: Mapping[str, Secret]) -> Secret | None:
    """What every region should have, from what the regions (by name) have after a run that may have died.

    Raises:
        Refused: two regions have different bytes for one version, so their keys can never agree.
    """
    versions: dict[str, bytes] = {}
    origin: dict[str, str] = {}
    for region, secret in secrets.items():
        for name, value in secret.versions.items():
            if versions.setdefault(name, value) != value:
                raise Refused(
                    f"the gateway's secret has two different {name}: one in {origin[name]}, one in {region}. "
                    f"Copy the one whose keys the customers have over the other (`aws secretsmanager put-secret-value`)."
                )
            origin.setdefault(name, region)
    if not versions:
        return None
    return Secret(max((s.current for s in secrets.values()), key=version_number), versions)
