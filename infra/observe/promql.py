"""The same questions in PromQL, from the names of `infra.signals.prometheus`. Pure.

``$__rate_interval`` is Grafana's own (at least four scrapes); everything else is plain PromQL.
https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
"""

from __future__ import annotations

from infra.observe.graphs import Query
from infra.signals.prometheus import Named

__all__ = ["RATE_WINDOW", "Asking"]

RATE_WINDOW = "$__rate_interval"


class Asking:
    """Queries about one gateway, in one region or, with "", in all of them."""

    def __init__(self, gateway: str, region: str = "") -> None:
        self._labels = [("gateway", gateway), *([("region", region)] if region else [])]
        # Over all regions, each has a line of its own.
        self._by = () if region else ("region",)

    def rate(self, metric: Named, *by: str, suffix: str = "", per: float = 60, **labels: str) -> str:
        """Events a minute (``per`` seconds), by these labels."""
        rate = f"rate({self.series(metric, suffix=suffix, **labels)}[{RATE_WINDOW}])"
        return f"{_sum(rate, (*by, *self._by))} * {per:g}" if per != 1 else _sum(rate, (*by, *self._by))

    def share(self, metric: Named, of: Named, *by: str, **labels: str) -> str:
        """Percent of the requests; 0 while there are requests and none of these, and nothing without requests."""
        part = _sum(f"rate({self.series(metric, **labels)}[{RATE_WINDOW}])", (*by, *self._by))
        kept = {name: value for name, value in labels.items() if name in of.labels and name != "code_class"}
        whole = _sum(f"rate({self.series(of, **kept)}[{RATE_WINDOW}])", (*by, *self._by))
        return f"100 * ({part} or {whole} * 0) / {whole}"

    def quantile_ms(self, metric: Named, q: float, *by: str, **labels: str) -> str:
        """Of a histogram, interpolated within a bucket."""
        rate = f"rate({self.series(metric, suffix='_bucket', **labels)}[{RATE_WINDOW}])"
        return f"1000 * histogram_quantile({q:g}, {_sum(rate, ('le', *by, *self._by))})"

    def mean_ms(self, metric: Named, over: Named, *by: str, **labels: str) -> str:
        """Time a request, over the requests of another histogram."""
        total = _sum(f"rate({self.series(metric, suffix='_sum', **labels)}[{RATE_WINDOW}])", (*by, *self._by))
        count = _sum(f"rate({self.series(over, suffix='_count', **labels)}[{RATE_WINDOW}])", (*by, *self._by))
        return f"1000 * {total} / {count}"

    def highest(self, metric: Named, *by: str, **labels: str) -> str:
        labelled = (*by, *self._by)
        return f"max by ({', '.join(labelled)}) ({self.series(metric, **labels)})"

    def series(self, metric: Named, *, suffix: str = "", **labels: str) -> str:
        """The selector; a value that begins with ``~`` is a regular expression."""
        pairs = [*self._labels, *labels.items()]
        return f"{metric.name}{suffix}{{{', '.join(_matcher(name, value) for name, value in pairs)}}}"

    def query(self, expression: str, legend: str) -> Query:
        return Query(expression=expression, legend=f"{legend} {{{{region}}}}" if self._by else legend)


def _matcher(name: str, value: str) -> str:
    return f'{name}=~"{value[1:]}"' if value.startswith("~") else f'{name}="{value}"'


def _sum(expression: str, by: tuple[str, ...]) -> str:
    return f"sum by ({', '.join(by)}) ({expression})" if by else f"sum({expression})"
