"""The rollout in the home region's ledger: its state, and every interval that it was judged by. Touches DynamoDB, through the ledger.

The state is one item with a revision: of two drivers that start from the same one, only one can go on. Intervals are items of their
own, written before the verdict on them is kept; a driver that dies in between writes the same ones again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import NotFound, Refused
from infra.release.ledger import Ledger
from infra.rollout.state import Rollout

__all__ = ["Store"]

_CURRENT = ("rollout", "current")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Of one gateway; `ledger` is the home region's."""

    ledger: Ledger
    clock: Callable[[], float]

    def load(self) -> Rollout | None:
        """The latest rollout, ended or not; None before the first, and where nothing was deployed."""
        try:
            found = self.ledger.document(*_CURRENT)
        except NotFound:
            return None
        if found is None:
            return None
        rollout = Rollout.from_json(found[0])
        rollout.revision = found[1]
        return rollout

    def save(self, rollout: Rollout) -> None:
        """Write the next revision.

        Raises:
            Refused: somebody else goes on with it, or began another.
        """
        rollout.seen = self.clock()
        if not self.ledger.write_document(*_CURRENT, rollout.to_json(), replaces=rollout.revision):
            raise Refused(
                f"{rollout.strategy.gateway}: another run goes on with this rollout, so this one has stopped; nothing was lost. "
                "Look with `gatewright canary progress`."
            )
        rollout.revision += 1

    def keep(self, rollout: Rollout, region: str, interval: Mapping[str, Any]) -> None:
        """An interval, once more when it was kept already."""
        self.ledger.write_document(self._evidence(rollout), f"{region}#{interval['i']:07d}", interval, replaces=None)

    def intervals(self, rollout: Rollout) -> dict[str, list[dict[str, Any]]]:
        """Every kept interval by region, in order."""
        found: dict[str, list[dict[str, Any]]] = {region: [] for region in rollout.regions}
        for key, interval in self.ledger.documents(self._evidence(rollout)):
            found.setdefault(key.partition("#")[0], []).append(interval)
        return found

    @staticmethod
    def _evidence(rollout: Rollout) -> str:
        return f"evidence#{rollout.id}"
