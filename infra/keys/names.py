"""What a key is called, and what its description says. Pure.

API Gateway lists names and descriptions of keys but not their tags, so those two hold all that must be found again:
``<gateway>/<plan>/<customer>/<version>``, and ``<scope>[; superseded by <version> until <time>]``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from infra.config.model import Region
from infra.errors import Refused
from infra.keys.secret import version_number

__all__ = ["KeyName", "Note", "Scope", "check_customer"]

CUSTOMER_MAX = 200  # with gateway, plan and version far below the 1024 characters of a key's name
_TAG_VALUE = re.compile(r"[\w +\-=.:/@]{1,256}")  # what AWS takes as the value of a tag
_NOTE = re.compile(r"(?P<scope>[^;]+)(?:; superseded by (?P<by>v\d+) until (?P<until>\S+))?")


def check_customer(customer: str) -> str:
    """The customer's name as the token's claim has it.

    Raises:
        Refused: empty, too long, or with characters that nobody sees.
    """
    if not customer or len(customer) > CUSTOMER_MAX or not customer.isprintable() or customer != customer.strip():
        raise Refused(
            f"--customer: {customer!r} is not a customer's name: 1 to {CUSTOMER_MAX} printable characters, no space at "
            "either end. Give it as the token's customer claim has it."
        )
    return customer


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyName:
    """A customer may have anything in the name, a slash too; gateway, plan and version have none."""

    gateway: str
    plan: str
    customer: str
    version: str

    @classmethod
    def parse(cls, text: str) -> KeyName | None:
        """None for a key that is not ours."""
        gateway, _, rest = text.partition("/")
        plan, _, rest = rest.partition("/")
        customer, _, version = rest.rpartition("/")
        try:
            version_number(version)
        except ValueError:
            return None
        return cls(gateway=gateway, plan=plan, customer=customer, version=version) if plan and customer else None

    def __str__(self) -> str:
        return f"{self.gateway}/{self.plan}/{self.customer}/{self.version}"

    @property
    def holder(self) -> tuple[str, str]:
        """Plan and customer: whose key it is, whatever the version."""
        return self.plan, self.customer

    @property
    def number(self) -> int:
        return version_number(self.version)

    def at(self, version: str) -> KeyName:
        return replace(self, version=version)

    def tags(self) -> dict[str, str]:
        """For the bill and for policies; a customer with characters that no tag may have goes untagged."""
        tags = {
            "gatewright:gateway": self.gateway,
            "gatewright:plan": self.plan,
            "gatewright:customer": self.customer,
            "gatewright:version": self.version,
        }
        return {name: value for name, value in tags.items() if _TAG_VALUE.fullmatch(value)}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a customer may be served: every region, those of a jurisdiction, or a list. Kept with each key.

    Kept as it was said and not as the regions of that day, so that a new region in the EU belongs to a customer of the
    EU without being told.
    """

    kind: Literal["all", "residency", "regions"] = "all"
    values: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Scope | None:
        kind, _, rest = text.partition(" ")
        if text == "all regions":
            return cls()
        if kind == "residency" and rest:
            return cls("residency", (rest,))
        if kind == "regions" and rest:
            return cls("regions", tuple(rest.split(",")))
        return None

    def __str__(self) -> str:
        return "all regions" if self.kind == "all" else f"{self.kind} {','.join(self.values)}"

    def regions(self, known: Sequence[Region]) -> tuple[str, ...]:
        """Names of the gateway's regions in this scope, in the order of the file."""
        if self.kind == "all":
            return tuple(region.name for region in known)
        if self.kind == "residency":
            return tuple(region.name for region in known if region.jurisdiction in self.values)
        return tuple(region.name for region in known if region.name in self.values)


@dataclass(frozen=True, slots=True)
class Note:
    """What a key's description says.

    Args:
        superseded_by: the version that replaces this key.
        until: when its grace ends; only `rotate --finish` ends the key.
    """

    scope: Scope
    superseded_by: str = ""
    until: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Note | None:
        """None when somebody else wrote it."""
        found = _NOTE.fullmatch(text)
        scope = Scope.parse(found["scope"]) if found else None
        if found is None or scope is None:
            return None
        try:
            until = datetime.fromisoformat(found["until"]) if found["until"] else None
        except ValueError:
            return None
        return cls(scope, found["by"] or "", until if until is None or until.tzinfo else None)

    def __str__(self) -> str:
        if self.until is None:
            return str(self.scope)
        return f"{self.scope}; superseded by {self.superseded_by} until {self.until.isoformat(timespec='seconds')}"
