"""What Route 53 answers: for one question, every answer that is possible, and in which health states. Pure.

The rules, from https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html,
dns-failover-complex-configs.html and resource-record-sets-values-geo.html beside it:

- A record without a check is healthy. An alias that evaluates its target is healthy when any record that the target could
  answer with is healthy; with a check of its own as well, both must be.
- Geolocation: state, country, continent, default; an unhealthy record hands over to the next larger place; when all that
  apply are unhealthy the smallest answers; when none applies there is no answer.
- Failover: the primary unless it is down and the secondary is up.
- Weighted: members of weight 0 only when all others are unhealthy. Which member, which latency, which network: by chance as
  far as we know, so every healthy one is possible; when none is healthy, all are.

Where the documentation is silent the side is taken on which a leak would show: an alias that evaluates a target without any
answer for the asker counts as unhealthy, and a target outside the zone may be up or down by itself (AWS says that for API
Gateway the setting "provides no operational benefit").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from infra.residency.endpoints import NO_ANSWER, Answer, answer_of
from infra.residency.health import states_of
from infra.residency.records import Policy, Record, dns_name
from infra.residency.states import ALL, NONE, TARGET, HealthStates
from infra.residency.territory import Place
from infra.residency.zone import Group, Zone

__all__ = ["Choice", "Resolver", "Step", "resolve"]

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A record that may be taken, in these states, and those that stood before it and were down."""

    record: Record
    states: int
    passed: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A record taken on the way to an answer, and those that were passed over because they were down."""

    record: Record
    passed: tuple[Record, ...] = ()


class Resolver:
    """Answers questions to one zone; remembers what it found, so one resolver serves many questions."""

    def __init__(self, zone: Zone, states: HealthStates | None = None) -> None:
        self.zone = zone
        self.states = states or HealthStates()
        self._answers: dict[tuple[str, str, Keys], dict[Answer, int]] = {}
        self._healthy: dict[tuple[str, str, Keys], int] = {}
        self._choices: dict[tuple[str, str, Keys], list[Choice]] = {}

    def answers(self, name: str, kind: str, keys: Keys) -> dict[Answer, int]:
        """Every possible answer -> the states in which it is possible.

        Args:
            keys: the asker's locations, `Place.keys`, or those of them that the zone tells apart.
        """
        found: dict[Answer, int] = {}
        if self.zone.delegation(name) is not None:
            return {_unseen(name, "other name servers answer for it"): ALL}
        group = self.zone.find(name, kind)
        if group is None:
            return {NO_ANSWER: ALL}
        known = self._answers.get((group.name, kind, keys))
        if known is not None:
            return known
        choices = self.choices(group, keys)
        if not choices:
            found[NO_ANSWER] = ALL
        for choice in choices:
            for answer, states in self._beyond(choice.record, kind, keys):
                both = self.states.both(choice.states, states)
                if both != NONE:
                    found[answer] = self.states.either(found.get(answer, NONE), both)
        self._answers[group.name, kind, keys] = found
        return found

    def choices(self, group: Group, keys: Keys) -> list[Choice]:
        """The records of the group that may be taken; empty when none is for this asker."""
        key = (group.name, group.type, keys)
        if key not in self._choices:
            rule: Callable[[Group, Keys], list[Choice]] = {
                Policy.SIMPLE: self._simple,
                Policy.GEOLOCATION: self._geolocation,
                Policy.FAILOVER: self._failover,
            }.get(group.policy, self._pool)
            self._choices[key] = [choice for choice in rule(group, keys) if choice.states != NONE]
        return self._choices[key]

    def trace(
        self, name: str, kind: str, keys: Keys, down: Collection[str]
    ) -> Iterator[tuple[tuple[Step, ...], Answer]]:
        """Every way to an answer in one health state, the shortest first; each name is entered once."""
        # Names to enter and answers to give wait in one line: an answer may not overtake a shorter way that ends in a name.
        waiting: list[tuple[str | Answer, tuple[Step, ...]]] = [(name, ())]
        entered = set()
        while waiting:
            at, steps = waiting.pop(0)
            if isinstance(at, Answer):
                yield steps, at
                continue
            if at in entered:
                continue
            entered.add(at)
            if self.zone.delegation(at) is not None:
                yield steps, _unseen(at, "other name servers answer for it")
                continue
            group = self.zone.find(at, kind)
            taken = [c for c in self.choices(group, keys) if self.states.holds(c.states, down)] if group else []
            if not taken:
                yield steps, NO_ANSWER
            for choice in taken:
                way = (*steps, Step(choice.record, choice.passed))
                for target in _targets(choice.record):
                    inside = self._inside(target, choice.record)
                    waiting.append((target if inside else answer_of(target, self.zone.endpoints), way))

    def _beyond(self, record: Record, kind: str, keys: Keys) -> Iterator[tuple[Answer, int]]:
        for target in _targets(record):
            if self._inside(target, record):
                yield from self.answers(target, kind, keys).items()
            else:
                yield answer_of(target, self.zone.endpoints), ALL

    def _inside(self, target: str, record: Record) -> bool:
        return (record.alias is not None or record.type == "CNAME") and self.zone.has(target)

    def healthy(self, record: Record, keys: Keys) -> int:
        """The states in which Route 53 considers the record healthy for this asker."""
        healthy = ALL
        if record.health_check is not None:
            healthy = states_of(record.health_check, self.zone.checks, self.states)
        if record.alias is not None and record.evaluates_target:
            healthy = self.states.both(healthy, self._target_healthy(record.alias, record.type, keys))
        return healthy

    def _target_healthy(self, target: str, kind: str, keys: Keys) -> int:
        if not self.zone.has(target):
            return self.states.up(f"{TARGET}{target}")
        group = self.zone.find(target, kind)
        if group is None:
            return NONE
        key = (group.name, group.type, keys)
        if key not in self._healthy:
            found = NONE
            for record in self._applicable(group, keys):
                found = self.states.either(found, self.healthy(record, keys))
            self._healthy[key] = found
        return self._healthy[key]

    def _applicable(self, group: Group, keys: Keys) -> list[Record]:
        if group.policy is not Policy.GEOLOCATION:
            return list(group.records)
        by_key = {record.key: record for record in group.records}
        return [by_key[key] for key in keys if key in by_key]

    def _simple(self, group: Group, _: Keys) -> list[Choice]:
        # One record: when it is unhealthy all are, so all are treated as healthy.
        return [Choice(group.records[0], ALL)]

    def _geolocation(self, group: Group, keys: Keys) -> list[Choice]:
        applicable = self._applicable(group, keys)
        return self._first_healthy(applicable, keys)

    def _failover(self, group: Group, keys: Keys) -> list[Choice]:
        return self._first_healthy(sorted(group.records, key=lambda record: record.key), keys)  # PRIMARY < SECONDARY

    def _first_healthy(self, records: list[Record], keys: Keys) -> list[Choice]:
        """The first healthy one; the very first when none is."""
        none_yet, choices = ALL, []
        for number, record in enumerate(records):
            healthy = self.healthy(record, keys)
            choices.append(Choice(record, self.states.both(none_yet, healthy), tuple(records[:number])))
            none_yet = self.states.both(none_yet, self.states.other(healthy))
        if choices and none_yet != NONE:
            choices.insert(1, Choice(records[0], none_yet))
        return choices

    def _pool(self, group: Group, keys: Keys) -> list[Choice]:
        health = {record.key: self.healthy(record, keys) for record in group.records}
        weighty = [record for record in group.records if record.weight > 0]
        idle = [record for record in group.records if record.weight == 0]
        none_weighty = self._all_down([health[record.key] for record in weighty])
        none_at_all = self.states.both(none_weighty, self._all_down([health[record.key] for record in idle]))
        choices = [Choice(record, self.states.either(health[record.key], none_at_all)) for record in weighty]
        passed = tuple(weighty)
        for record in idle:
            chosen = self.states.both(none_weighty, health[record.key])
            if not weighty:
                chosen = self.states.either(chosen, none_at_all)
            choices.append(Choice(record, chosen, passed))
        return choices

    def _all_down(self, healthy: list[int]) -> int:
        down = ALL
        for one in healthy:
            down = self.states.both(down, self.states.other(one))
        return down


def resolve(zone: Zone, name: str, kind: str, place: Place, *, down: Collection[str] = ()) -> frozenset[Answer]:
    """The possible answers to one question in one health state.

    Args:
        kind: ``A`` or ``AAAA``.
        down: ids of the health checks that fail, and ``target <name>`` for an alias' target that is down by itself.
    """
    resolver = Resolver(zone)
    found = resolver.answers(dns_name(name), kind, place.keys)
    return frozenset(answer for answer, states in found.items() if resolver.states.holds(states, down))


def _targets(record: Record) -> tuple[str, ...]:
    if record.alias is not None:
        return (record.alias,)
    return tuple(map(dns_name, record.values)) if record.type == "CNAME" else record.values


def _unseen(name: str, why: str) -> Answer:
    return Answer("", f"{name}: {why}")
