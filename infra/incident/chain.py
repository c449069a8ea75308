"""Where the time of a request goes, part by part, from the means of what each part measured. Pure.

Means can be subtracted and percentiles cannot. The parts: the gateway's own (authorizer, mapping, network), then the breaker's own, then
the backend; what is left between a caller's and a function's clock is Lambda's (start and transport).
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.incident.facts import Facts, Span

__all__ = ["Chain", "Part", "chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Args: name: of the thing; ms: of a request, on average; share: of the whole, 0 to 1."""

    name: str
    what: str
    ms: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One request on average; the parts add up to the total."""

    total_ms: float = 0.0
    parts: tuple[Part, ...] = ()

    @property
    def longest(self) -> Part | None:
        return max(self.parts, key=lambda part: part.ms, default=None)


def chain(facts: Facts, span: Span) -> Chain:
    """Of the requests in the span; empty without any."""
    n, whole = facts.numbers, facts.numbers.total("requests", span)
    if whole < 1:  # counts are whole
        return Chain()

    def mean(name: str) -> float:
        return n.total(name, span) / whole

    total, waited = mean("ms"), mean("waited_ms")
    found = [("gateway", "API Gateway itself: authorizer, mapping, network", max(total - waited, 0.0))]
    left = waited
    if facts.protected:
        inner = mean("function.ms") if facts.is_function else 0.0
        measured = min(mean("breaker.ms"), left)
        if facts.is_function:
            found += [("breaker", "the circuit breaker's own work", max(measured - inner, 0.0))]
            found += [(facts.backend, "the service's function", min(inner, measured))]
        else:
            found += [(facts.backend, "the service's address, called by the breaker", measured)]
        left -= measured
    elif facts.is_function:
        inner = min(mean("function.ms"), left)
        found += [(facts.backend, "the service's function", inner)]
        left -= inner
    else:
        found += [(facts.backend, "the service's address", left)]
        left = 0.0
    if left > 0.5:
        found += [("Lambda", "start of functions, and the way to them", left)]
    total = max(total, 0.001)
    parts = [Part(name=name, what=what, ms=ms, share=ms / total) for name, what, ms in found]
    return Chain(total_ms=total, parts=tuple(parts))
