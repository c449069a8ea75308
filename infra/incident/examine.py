"""All rules over the facts of one region: what stands out, the worst first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.incident import callers, causes
from infra.incident.facts import Facts
from infra.incident.finding import Finding, Weight

__all__ = ["RULES", "examine"]

Rule = Callable[[Facts], Iterator[Finding]]

# In the order in which a reader asks: what is wrong, where, why, what else.
RULES: tuple[Rule, ...] = (
    causes.switched_off,
    callers.silent,
    callers.failing,
    callers.slow,
    callers.whose_time,
    causes.breaker,
    callers.refused,
    causes.canary,
    causes.changed,
    causes.alarming,
)
_ORDER = list(Weight)


def examine(facts: Facts) -> tuple[Finding, ...]:
    """Nothing for a region of which nothing is known."""
    if facts.problem:
        return ()
    found = [finding for rule in RULES for finding in rule(facts)]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.weight)))
