"""A second resolver, as plain as can be: one question, one health state, a set of answers. For comparison only."""

from __future__ import annotations

from infra.residency.endpoints import region_in_name
from infra.residency.records import Record


def answers(records: list[Record], name: str, kind: str, keys: tuple[str, ...], down: set[str]) -> set[str | None]:
    """Regions that may answer; None is no answer."""
    group = [r for r in records if r.name == name and r.type == kind]
    chosen = choose(records, group, keys, down)
    if not chosen:
        return {None}
    found: set[str | None] = set()
    for record in chosen:
        assert record.alias is not None
        if any(r.name == record.alias for r in records):
            found |= answers(records, record.alias, kind, keys, down)
        else:
            found.add(region_in_name(record.alias))
    return found


def is_up(records: list[Record], record: Record, keys: tuple[str, ...], down: set[str]) -> bool:
    if record.health_check in down:
        return False
    if not record.evaluates_target:
        return True
    if not any(r.name == record.alias for r in records):
        return f"target {record.alias}" not in down
    group = [r for r in records if r.name == record.alias and r.type == record.type]
    if group and group[0].policy == "geolocation":
        group = [r for r in group if r.key in keys]
    return any(is_up(records, r, keys, down) for r in group)


def choose(records: list[Record], group: list[Record], keys: tuple[str, ...], down: set[str]) -> list[Record]:
    if not group or group[0].policy == "simple":
        return group
    healthy = [r for r in group if is_up(records, r, keys, down)]
    if group[0].policy == "geolocation":
        return by_place(group, healthy, keys)
    if group[0].policy == "failover":
        return by_role(group, healthy)
    weighty = [r for r in healthy if r.weight > 0]
    if weighty:
        return weighty
    if healthy:
        return healthy
    return [r for r in group if r.weight > 0] or group


def by_place(group: list[Record], healthy: list[Record], keys: tuple[str, ...]) -> list[Record]:
    for candidates in (healthy, group):
        for key in keys:
            for record in candidates:
                if record.key == key:
                    return [record]
    return []


def by_role(group: list[Record], healthy: list[Record]) -> list[Record]:
    primary = [r for r in group if r.key == "PRIMARY"]
    secondary = [r for r in group if r.key == "SECONDARY"]
    if primary and (primary[0] in healthy or not secondary):
        return primary
    if secondary and (secondary[0] in healthy or not primary):
        return secondary
    return primary
