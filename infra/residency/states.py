"""Sets of health states, exact for any number of health checks: reduced ordered binary decision diagrams. Pure.

A state says of every check whether it is up. The 2^k states of k checks are not walked one by one: a set of them is a
node of a diagram, so that eight regions cost no more than two (Bryant 1986, "Graph-based algorithms for Boolean function
manipulation"). Checks that belong together are met together in a zone, which keeps the diagrams small; what grows beyond
the limits is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from infra.errors import Refused

__all__ = ["ALL", "NONE", "TARGET", "HealthStates"]

NONE, ALL = 0, 1
# Route 53 takes 100 records a name and three levels of aliases, and checks cost money: no real name comes near.
CHECKS_MAX = 256
NODES_MAX = 500_000
TARGET = "target "  # how the own health of an alias' target is named, which is no check of ours
_PRICE = 1 + CHECKS_MAX  # of a check that is down; so much that ties among all of them stay ties


class HealthStates:
    """The space of states of the checks that were met so far; sets are numbers that only this space understands."""

    def __init__(self) -> None:
        self.checks: list[str] = []
        self._index: dict[str, int] = {}
        self._nodes: list[tuple[int, int, int]] = [(CHECKS_MAX + 1, 0, 0), (CHECKS_MAX + 1, 1, 1)]
        self._known: dict[tuple[int, int, int], int] = {}
        self._cache: dict[tuple[int, int, int], int] = {}

    def up(self, check: str) -> int:
        """The states in which the check is up.

        Raises:
            Refused: more checks than the proof can take.
        """
        if check not in self._index:
            if len(self.checks) >= CHECKS_MAX:
                raise Refused(f"more than {CHECKS_MAX} health checks decide one answer: split the zone to prove it.")
            self._index[check] = len(self.checks)
            self.checks.append(check)
        return self._node(self._index[check], NONE, ALL)

    def other(self, a: int) -> int:
        """The states that are not in it."""
        return self._if(a, NONE, ALL)

    def both(self, a: int, b: int) -> int:
        return self._if(a, b, NONE)

    def either(self, a: int, b: int) -> int:
        return self._if(a, ALL, b)

    def at_least(self, wanted: int, sets: Sequence[int]) -> int:
        """The states that are in at least so many of the sets (a calculated health check)."""
        reached = [ALL, *[NONE] * max(wanted, 0)]
        for one in sets:
            for count in range(len(reached) - 1, 0, -1):
                reached[count] = self.either(reached[count], self.both(one, reached[count - 1]))
        return reached[-1] if wanted > 0 else ALL

    def holds(self, a: int, down: Collection[str]) -> bool:
        """Whether the state in which exactly these are down is in the set."""
        while a > ALL:
            check, low, high = self._nodes[a]
            a = low if self.checks[check] in down else high
        return a == ALL

    def count(self, a: int) -> int:
        """How many of the 2^k states are in the set."""
        k = len(self.checks)
        counts = {NONE: 0, ALL: 1}
        for node in self._below(a):
            check, low, high = self._nodes[node]
            counts[node] = sum(counts[n] << (min(self._nodes[n][0], k) - check - 1) for n in (low, high))
        return counts[a] << min(self._nodes[a][0], k)

    def fewest_down(self, a: int) -> tuple[str, ...] | None:
        """The state of the set with the fewest checks down; None for no state.

        Among equals a check is taken to fail rather than an alias' target: people know their checks.
        """
        if a == NONE:
            return None
        prices = [_PRICE + check.startswith(TARGET) for check in self.checks]
        never = (CHECKS_MAX + 1) * (_PRICE + 1)
        cost = {NONE: never, ALL: 0}
        for node in self._below(a):
            check, low, high = self._nodes[node]
            cost[node] = min(cost[high], cost[low] + prices[check])
        down: list[str] = []
        while a > ALL:
            check, low, high = self._nodes[a]
            if cost[high] <= cost[low] + prices[check]:
                a = high
            else:
                down.append(self.checks[check])
                a = low
        return tuple(down)

    def _below(self, a: int) -> list[int]:
        """The inner nodes under it, children before parents: a node is always younger than its children."""
        seen: set[int] = set()
        waiting = [a]
        while waiting:
            node = waiting.pop()
            if node > ALL and node not in seen:
                seen.add(node)
                waiting += self._nodes[node][1:]
        return sorted(seen)

    def _node(self, check: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (check, low, high)
        if key not in self._known:
            if len(self._nodes) > NODES_MAX:
                raise Refused("the health checks of this zone are too entangled to prove: share fewer between records.")
            self._known[key] = len(self._nodes)
            self._nodes.append(key)
        return self._known[key]

    def _if(self, a: int, then: int, otherwise: int) -> int:
        if a <= ALL:
            return then if a == ALL else otherwise
        if then == otherwise:
            return then
        key = (a, then, otherwise)
        if key not in self._cache:
            top = min(self._nodes[n][0] for n in key)
            low, high = ([self._branch(n, top, side) for n in key] for side in (1, 2))
            self._cache[key] = self._node(top, self._if(*low), self._if(*high))
        return self._cache[key]

    def _branch(self, node: int, check: int, side: int) -> int:
        entry = self._nodes[node]
        return entry[side] if entry[0] == check else node
