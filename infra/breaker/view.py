"""The breaker of one service in one region, as an operator sees it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.breaker.circuit.rules import Rates, Rules
from lambdas.breaker.circuit.states import FORCED, Circuit, State, Totals
from lambdas.breaker.circuit.store import Stored
from lambdas.breaker.circuit.transitions import advance

__all__ = ["Breaker", "iso"]

RESILIENCE4J, NO_CALLS = Rules(), Totals()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is so now.

    Args:
        stored: as the table has it; None when no call was made yet and nobody forced anything.
        rules: those that the proxy wrote down.
        window: calls that the window shows, of all containers.
        audit: what operators did, newest first.
    """

    region: str
    service: str
    now_ms: int
    stored: Stored | None = None
    rules: Rules = RESILIENCE4J
    window: Totals = NO_CALLS
    audit: tuple[dict[str, str], ...] = ()

    @property
    def circuit(self) -> Circuit:
        """With the timers that are due, though no call has made them happen yet."""
        circuit = self.stored.circuit if self.stored else Circuit()
        steps = list(advance(self.rules, circuit, self.now_ms))
        return steps[-1][1] if steps else circuit

    @property
    def totals(self) -> Totals:
        circuit = self.circuit
        if self.stored is None or circuit.window == self.stored.circuit.window != 0:
            return self.window
        return circuit.probes

    @property
    def rates(self) -> Rates:
        minimum = self.rules.minimum if self.circuit.window else self.rules.half_open_minimum
        return self.rules.rates(self.totals, minimum)

    def row(self) -> dict[str, Any]:
        """For a table; a rate below the minimum of calls is empty."""
        circuit, totals, rates = self.circuit, self.totals, self.rates
        return {
            "region": self.region,
            "service": self.service,
            "state": circuit.state.value,
            "since": iso(circuit.since_ms) if circuit.since_ms else "",
            "calls": totals.total,
            "failed": _percent(rates.failure),
            "slow": _percent(rates.slow),
            "permits": circuit.permits if circuit.state is State.HALF_OPEN else "",
            "until": self._until(circuit),
            "by": circuit.by if self.stored else "",
            "why": circuit.why,
        }

    def document(self) -> dict[str, Any]:
        """For JSON: the row, in full."""
        circuit, totals, rates = self.circuit, self.totals, self.rates
        return {
            **self.row(),
            "failed": totals.failed,
            "slow": totals.slow,
            "failure_percent": rates.failure if rates.failure >= 0 else None,
            "slow_percent": rates.slow if rates.slow >= 0 else None,
            "generation": circuit.generation,
            "attempt": circuit.attempt,
            "rules": self.rules._asdict(),
            "changes": [
                {"at": iso(c.at_ms), "from": c.before, "to": c.after, "by": c.by, "why": c.why}
                for c in reversed(self.stored.changes if self.stored else ())
            ],
            "audit": list(self.audit),
        }

    @staticmethod
    def _until(circuit: Circuit) -> str:
        if circuit.state in FORCED:
            return iso(circuit.until_ms) if circuit.until_ms else "for ever"
        return iso(circuit.retry_after_ms) if circuit.state is State.OPEN else ""


def iso(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds")


def _percent(rate: float) -> str:
    return f"{rate:.0f} %" if rate >= 0 else ""
