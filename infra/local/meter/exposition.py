"""Samples -> Prometheus' text format 0.0.4. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format : families with HELP and TYPE, label values with
backslash, quote and line feed escaped, buckets cumulative and ended by ``+Inf``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.signals.prometheus import Named

__all__ = ["CONTENT_TYPE", "Family", "Histogram", "text"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]
"""Values, in the order of the metric's labels."""


@dataclass(slots=True, kw_only=True)
class Histogram:
    """Args: counts: by value, in the metric's unit times ``scale``; total: in the metric's unit."""

    counts: Mapping[int, int]
    total: float
    bounds: Sequence[float]
    scale: float = 1.0


@dataclass(slots=True, kw_only=True)
class Family:
    """One metric with its samples."""

    metric: Named
    samples: dict[Labels, float] = field(default_factory=dict)
    histograms: dict[Labels, Histogram] = field(default_factory=dict)

    def add(self, value: float, *labels: str) -> None:
        self.samples[labels] = self.samples.get(labels, 0.0) + value


def text(families: Iterable[Family]) -> str:
    """The document; it ends with a line feed, as it must."""
    return "".join(line + "\n" for family in families for line in _family(family))


def _family(family: Family) -> Iterator[str]:
    metric = family.metric
    yield f"# HELP {metric.name} {_escaped(metric.help, quote=False)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in sorted(family.samples.items()):
        yield f"{metric.name}{_labels(metric.labels, labels)} {_number(value)}"
    for labels, histogram in sorted(family.histograms.items(), key=lambda pair: pair[0]):
        yield from _histogram(metric, labels, histogram)


def _histogram(metric: Named, labels: Labels, histogram: Histogram) -> Iterator[str]:
    names = (*metric.labels, "le")
    count = sum(histogram.counts.values())
    for bound in histogram.bounds:
        edge = bound * histogram.scale
        below = sum(many for value, many in histogram.counts.items() if value <= edge)
        yield f"{metric.name}_bucket{_labels(names, (*labels, _number(bound)))} {below}"
    yield f"{metric.name}_bucket{_labels(names, (*labels, '+Inf'))} {count}"
    yield f"{metric.name}_sum{_labels(metric.labels, labels)} {_number(histogram.total)}"
    yield f"{metric.name}_count{_labels(metric.labels, labels)} {count}"


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str, *, quote: bool = True) -> str:
    value = value.replace("\\", "\\\\").replace("\n", "\\n")
    return value.replace('"', '\\"') if quote else value


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
