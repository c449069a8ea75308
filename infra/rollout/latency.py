"""Percentiles from latency histograms, for people: the verdict itself goes by the histograms. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["edges_of", "percentile_ms", "together"]


def edges_of(start: Mapping[str, Any]) -> tuple[float, ...]:
    """The bounds of the buckets in ms, of a stream's first line; the last is infinite."""
    return tuple(float(edge) for edge in start.get("bucket_edges_ms", ()))


def together(histograms: Iterable[Sequence[int]]) -> list[int]:
    """Their sum, bucket by bucket; intervals without a histogram add nothing."""
    known = [one for one in histograms if one]
    return [sum(counts) for counts in zip(*known, strict=True)]


def percentile_ms(hist: Sequence[int], edges: Sequence[float], share: float) -> float | None:
    """The time within which a share of the requests were answered; None without requests.

    Within a bucket requests are taken to be spread evenly; of the last, which has no end, its beginning is known.

    Args:
        share: above 0, at most 1.
    """
    total = sum(hist)
    if not total or len(edges) != len(hist) + 1:
        return None
    wanted, below = share * total, 0
    for count, low, high in zip(hist, edges[:-1], edges[1:], strict=True):
        if below + count >= wanted:
            return low if high == float("inf") else low + (high - low) * (wanted - below) / count
        below += count
    return edges[-2]
