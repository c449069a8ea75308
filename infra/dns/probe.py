"""What Route 53 and the guards said, against what the templates promise -> the differences. Pure.

Two kinds of questions: which region a name is answered from (by country and address type), and what the guard of a region does with a
country. One that could not be asked is listed apart: it is neither agreement nor difference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.residency.ask import ask
from infra.residency.outage import Outage
from infra.residency.territory import UNPLACEABLE, Place, Territory, place_of
from infra.residency.zone import Zone

__all__ = ["Difference", "Report", "Unasked", "compare_dns", "promised", "sample_places"]

NOBODY = "no answer"
# Large countries of every continent, and Europe outside the EU: who may be answered from anywhere.
_OUTSIDE = ("US", "BR", "ZA", "IN", "AU", "GB", "CH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One answer that is not the promised one.

    Args:
        source: ``dns``, ``guard`` (the rules of the firewall), or ``request`` (a real one).
        kind: the address type, or the method of the request; "" for a guard.
        leak: who must stay in the EU is answered from outside.
    """

    source: str
    country: str
    kind: str
    asked: str
    wanted: str
    got: str
    leak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """What could not be asked, and why."""

    what: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a set of questions.

    Args:
        asked: how many were answered.
    """

    asked: int = 0
    differences: tuple[Difference, ...] = ()
    unasked: tuple[Unasked, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(
            asked=self.asked + other.asked,
            differences=self.differences + other.differences,
            unasked=self.unasked + other.unasked,
        )

    @property
    def exit_code(self) -> int:
        """2 for a difference, whatever else could not be asked; 1 when something could not; else 0."""
        return 2 if self.differences else int(bool(self.unasked))

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "agrees": self.exit_code == 0,
            "answered": self.asked,
            "differences": [_row(one) for one in self.differences],
            "unasked": [asdict(one) for one in self.unasked],
        }


def sample_places(territory: Territory) -> tuple[Place, ...]:
    """Who cannot be placed, every country of the territory, and some outside it."""
    codes = dict.fromkeys([*territory.codes, *_OUTSIDE])
    return (UNPLACEABLE, *(place_of(code) for code in codes))


def promised(zone: Zone, name: str, kind: str, place: Place, down: Outage) -> frozenset[str]:
    """The regions that the records may answer, in this state of health."""
    return frozenset(_named(way.answer.region) for way in ask(zone, name, kind, place, down))


def compare_dns(
    *,
    name: str,
    places: Sequence[Place],
    kinds: Sequence[str],
    wanted: Callable[[Place, str], frozenset[str]],
    got: Callable[[Place, str], Iterable[str] | Unasked],
    territory: Territory,
    allowed: Collection[str],
) -> Report:
    """Each place and type: the regions that answered must be promised ones, and allowed ones where that matters.

    Args:
        got: the regions of an answer ("" for an address of nobody known); none means that nobody answers.
    """
    report = Report()
    for place in places:
        for kind in kinds:
            found = got(place, kind)
            if isinstance(found, Unasked):
                report += Report(unasked=(found,))
                continue
            regions = frozenset(_named(region) for region in found) or frozenset({NOBODY})
            hopes = wanted(place, kind)
            leaks = territory.protects(place) and bool(regions - set(allowed) - {NOBODY})
            report += Report(asked=1)
            if leaks or not regions <= hopes:
                report += Report(differences=(_differs(name, place, kind, hopes, regions, leak=leaks),))
    return report


def _row(one: Difference) -> dict[str, Any]:
    fields = asdict(one)
    fields["type"] = fields.pop("kind")
    return fields


def _differs(
    name: str, place: Place, kind: str, wanted: Collection[str], got: Collection[str], *, leak: bool
) -> Difference:
    return Difference(
        source="dns",
        country=place.code,
        kind=kind,
        asked=name,
        wanted=" or ".join(sorted(wanted)),
        got=", ".join(sorted(got)),
        leak=leak,
    )


def _named(region: str | None) -> str:
    if region is None:
        return NOBODY
    return region or "an unknown place"
