"""A proof as lines for people, as a JSON document, and as the certificate that CI keeps. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.residency.proof import Leak, NameProof, Proof
from infra.residency.records import Policy, Record
from infra.residency.resolver import Step
from infra.residency.side_paths import SidePath
from infra.residency.territory import UNPLACEABLE, Place, place_of, table

__all__ = ["certificate", "document", "leak_lines", "leaks_alike", "lines"]

NAMED_MAX = 3  # places of a leak that are named in full on their line


def lines(proof: Proof, side: Sequence[SidePath] = (), labels: Mapping[str, str] | None = None) -> list[str]:
    """PROVED with what was tried, or every leak by its shortest path.

    Args:
        labels: health check -> what people call it, for example the region it probes.
    """
    told = labels or {}
    bad = [path for path in side if path.leaks]
    proved = proof.proved and not bad
    found: list[str] = [_verdict(proof, proved, len(bad))]
    for name in proof.names:
        found += ["", *_name_lines(name, told)]
    if proof.internal:
        found += ["", "Not proved, because clients are not given them:"]
        found += [f"  {name}: {why}" for name, why in sorted(proof.internal.items())]
    if side:
        found += ["", "Side paths in the templates:"]
        found += [f"  {'LEAK' if path.leaks else 'note'}  {path}" for path in side]
    found += ["", f"Territory: {_territory_line(proof)}"]
    return found


def _verdict(proof: Proof, proved: bool, side_leaks: int) -> str:
    who = f"the {len(proof.territory.codes)} codes of the {proof.territory.reading} territory"
    if proved:
        return f"PROVED: nobody in {who}, and nobody who cannot be placed, is answered from outside the EU"
    counts = [f"{len({place for leak in proof.leaks for place in leak.places})} places leak"] if proof.leaks else []
    gaps = sum(len(name.gaps) for name in proof.names)
    counts += [f"{gaps} gaps"] if gaps else []
    counts += [f"{side_leaks} side paths leak"] if side_leaks else []
    return f"NOT PROVED: {', '.join(counts) or 'there is nothing to prove'} ({who}, and who cannot be placed)"


def _name_lines(name: NameProof, told: Mapping[str, str]) -> list[str]:
    states = 1 << len(name.checks)
    types = " and ".join(name.types)
    tried = f"{name.places} places x {states:,} health states x {types} = {name.questions:,} questions"
    found = [f"{name.name}: {tried}, {name.leaking_questions:,} leak"]
    found += [f"  answered from {', '.join(name.regions)}"] if name.regions else []
    for gap in name.gaps:
        found.append(f"  GAP   {gap.problem}. {gap.advice}.")
    for group in leaks_alike(name.leaks):
        found += leak_lines(group, told)
    for kind, places in name.unanswered.items():
        found.append(f"  note  {kind}: {_places(places)} may get no answer: not a leak, and not a service")
    return found


def leaks_alike(leaks: Iterable[Leak]) -> list[list[Leak]]:
    """A and AAAA of one kind, and countries that are pinned in the same way, together."""
    found: defaultdict[tuple[object, ...], list[Leak]] = defaultdict(list)
    for leak in leaks:
        ways = tuple(_way(leak, step) for step in leak.steps)
        found[leak.down, ways, leak.answer].append(leak)
    return list(found.values())


def _way(leak: Leak, step: Step) -> tuple[str, str, tuple[str, ...]]:
    own = {place.country for place in leak.places}
    keys = ["its own country" if record.key in own else record.key for record in (step.record, *step.passed)]
    return step.record.name, step.record.policy, tuple(keys)


def leak_lines(group: Sequence[Leak], told: Mapping[str, str]) -> list[str]:
    """Leaks of one kind by the shortest path of their first place."""
    leak = group[0]
    types = ", ".join(dict.fromkeys(one.type for one in group))
    places = tuple(dict.fromkeys(place for one in group for place in one.places))
    health = f"with {', '.join(told.get(check, check) for check in leak.down)} down" if leak.down else "when all is up"
    found = [f"  LEAK  {_places(places)}: {types}, {health}"]
    found += (
        [f"        the path of {leak.places[0].code}, the others' are alike:"]
        if len(group) > len({one.type for one in group})
        else []
    )
    for step in leak.steps:
        found += [f"          {record} is down" for record in _worth_saying(step)]
        found.append(f"        -> {step.record}{_at(step.record)}")
    return [*found, f"        -> {leak.answer}"]


def _worth_saying(step: Step) -> tuple[Record, ...]:
    return step.passed[-4:]


def _at(record: Record) -> str:
    notes = ["no health check"] if record.policy is Policy.FAILOVER and not record.health_check else []
    notes += [f"weight {record.weight}"] if record.policy is Policy.WEIGHTED else []
    notes += [record.origin] if record.origin else []
    return f"  ({', '.join(notes)})" if notes else ""


def _places(places: Sequence[Place]) -> str:
    if len(places) <= NAMED_MAX:
        return ", ".join(p.name if p is UNPLACEABLE else f"{p.code} {p.name}" for p in places)
    return f"{len(places)} places ({' '.join(place.code for place in places)})"


def _territory_line(proof: Proof) -> str:
    territory = proof.territory
    text = f"{territory.reading}, {' '.join(territory.codes)}"
    text += f"; added: {' '.join(territory.additions)}" if territory.additions else ""
    waived = ", ".join(f"{code} ({why})" for code, why in territory.waivers.items())
    return text + (f"; WAIVED: {waived}" if waived else "")


def document(proof: Proof, side: Sequence[SidePath] = ()) -> dict[str, Any]:
    """The same as one JSON document; every leaking place on its own."""
    proved = proof.proved and not any(path.leaks for path in side)
    return {
        "verdict": "PROVED" if proved else "NOT PROVED",
        "proved": proved,
        "territory": _territory(proof),
        "allowed_regions": list(proof.allowed),
        "names": [_name(name) for name in proof.names],
        "not_proved_names": dict(proof.internal),
        "leaks": [row for leak in proof.leaks for row in _rows(leak)],
        "side_paths": [path.as_json() for path in side],
    }


def certificate(proof: Proof, side: Sequence[SidePath], inputs: Mapping[str, str], version: str) -> dict[str, Any]:
    """What CI keeps: the verdict, what was tried, on which files (SHA-256), under which reading of the law."""
    said = document(proof, side)
    sources = {
        name: {"meaning": entry["meaning"], "source": entry["source"], "date": entry["date"]}
        for name, entry in table()["standings"].items()
        if name in {table()["places"][code]["standing"] for code in proof.territory.codes}
    }
    return {
        "certificate": "gatewright residency 1",
        "tool": f"gatewright {version}",
        "inputs": [{"file": file, "sha256": digest} for file, digest in sorted(inputs.items())],
        "geography": table()["geography"],
        "standings": sources,
        **said,
    }


def _territory(proof: Proof) -> dict[str, Any]:
    territory = proof.territory
    return {
        "reading": territory.reading.value,
        "codes": list(territory.codes),
        "additions": list(territory.additions),
        "waivers": dict(territory.waivers),
    }


def _name(name: NameProof) -> dict[str, Any]:
    return {
        "name": name.name,
        "types": list(name.types),
        "places": name.places,
        "health_checks": list(name.checks),
        "health_states": 1 << len(name.checks),
        "questions": name.questions,
        "leaking_questions": name.leaking_questions,
        "regions": list(name.regions),
        "gaps": [{"problem": gap.problem, "advice": gap.advice} for gap in name.gaps],
        "unanswered": {kind: [place.code for place in places] for kind, places in name.unanswered.items()},
    }


def _rows(leak: Leak) -> Iterable[dict[str, Any]]:
    for place in leak.places:
        yield {
            "name": leak.name,
            "type": leak.type,
            "place": place.code,
            "place_name": place.name if place is UNPLACEABLE else place_of(place.code).name,
            "down": list(leak.down),
            "records": [
                {"record": str(s.record), "at": s.record.origin, "passed": [str(record) for record in s.passed]}
                for s in leak.steps
            ],
            "answer": {"region": leak.answer.region, "where": leak.answer.where},
            "leaking_states": leak.states,
        }
