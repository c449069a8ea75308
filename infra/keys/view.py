"""What the planners see: the keys of every region, with fingerprints in place of values. Pure data.

Values become fingerprints in the seam to AWS, so nothing that plans, prints or logs ever holds one that exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from infra.config.model import Gateway
from infra.errors import GatewrightError, Refused
from infra.keys.names import KeyName, Note, Scope
from infra.keys.secret import Secret
from infra.keys.value import fingerprint, key_value

__all__ = ["Holder", "Key", "RegionKeys", "View", "right_fingerprint", "value_of"]

Holder = tuple[str, str]  # plan, customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One API key in one region.

    Args:
        fingerprint: of its value; empty when values were not asked for.
        attached: whether the usage plan that its name says has it.
        note: what its description says; None when somebody else wrote it.
    """

    id: str
    name: KeyName
    fingerprint: str
    enabled: bool
    attached: bool
    created: datetime
    note: Note | None

    @property
    def works(self) -> bool:
        return self.enabled and self.attached


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionKeys:
    """One region: its usage plans by name, its copy of the secret, its keys.

    An account has up to 10 000 keys in a region, hence the index.
    """

    region: str
    plans: Mapping[str, str]
    secret: Secret | None
    keys: tuple[Key, ...]
    _by_holder: dict[Holder, tuple[Key, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[Holder, tuple[Key, ...]] = {}
        for key in sorted(self.keys, key=lambda k: k.name.number):
            index[key.name.holder] = (*index.get(key.name.holder, ()), key)
        object.__setattr__(self, "_by_holder", index)  # frozen for everybody else

    def key(self, name: KeyName) -> Key | None:
        return next((key for key in self.of(name.holder) if key.name == name), None)

    def of(self, holder: Holder) -> tuple[Key, ...]:
        """A holder's keys, oldest version first."""
        return self._by_holder.get(holder, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Every region that answered, in the order of the file.

    Args:
        secret: merged from the regions; None when no region has one.
        silent: the regions that did not answer, or have no gateway, and why.
    """

    gateway: Gateway
    regions: tuple[RegionKeys, ...]
    secret: Secret | None
    silent: Mapping[str, GatewrightError] = field(default_factory=dict)

    def region(self, name: str) -> RegionKeys:
        """A region that a command needs.

        Raises:
            GatewrightError: why it is not there.
        """
        if name in self.silent:
            raise self.silent[name]
        return next(seen for seen in self.regions if seen.region == name)

    def name(self, holder: Holder, version: str) -> KeyName:
        return KeyName(gateway=self.gateway.name, plan=holder[0], customer=holder[1], version=version)

    def holders(self, *, enabled: bool = True) -> tuple[Holder, ...]:
        """Everybody who has a key anywhere."""
        found = {k.name.holder for seen in self.regions for k in seen.keys if k.enabled or not enabled}
        return tuple(sorted(found))

    def versions(self, holder: Holder, *, enabled: bool = True) -> tuple[str, ...]:
        """The versions of a holder's keys in any region, oldest first."""
        found = {k.name for seen in self.regions for k in seen.of(holder) if k.enabled or not enabled}
        return tuple(name.version for name in sorted(found, key=lambda name: name.number))

    def scope(self, holder: Holder) -> Scope | None:
        """Where a holder may be served, as the keys say; None when nobody said.

        Raises:
            Refused: the keys say different things.
        """
        found = {k.note.scope for seen in self.regions for k in seen.of(holder) if k.note}
        if len(found) > 1:
            raise Refused(
                f"{self.gateway.name}: the keys of plan {holder[0]}, customer {holder[1]} say different things about where "
                f"they belong: {'; '.join(sorted(str(scope) for scope in found))}. Say which: `gatewright keys create "
                "--plan ... --customer ... --regions ...` (or --residency)."
            )
        return found.pop() if found else None

    def expected(self, holder: Holder) -> tuple[str, ...]:
        """The regions where a holder's keys belong; where nobody said, those where they are."""
        scope = self.scope(holder)
        if scope is not None:
            return scope.regions(self.gateway.regions)
        return tuple(seen.region for seen in self.regions if seen.of(holder))

    def complete(self, holder: Holder, version: str) -> bool:
        """Whether a version's key works wherever it belongs."""
        name = self.name(holder, version)
        seen = {seen.region: seen.key(name) for seen in self.regions}
        keys = [seen.get(region) for region in self.expected(holder)]
        return all(key is not None and key.works for key in keys)


def right_fingerprint(secret: Secret | None, name: KeyName) -> str:
    """The fingerprint of the value that a key must have; empty when the secret has not (or no longer) its version."""
    if secret is None or name.version not in secret.versions:
        return ""
    return fingerprint(value_of(secret, name))


def value_of(secret: Secret, name: KeyName) -> str:
    return key_value(secret.versions[name.version], gateway=name.gateway, plan=name.plan, customer=name.customer)
