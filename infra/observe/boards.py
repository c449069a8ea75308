"""The dashboards of a gateway: one for each region, and one over all of them. Pure.

Over all regions there are lines side by side and no sums: each region's numbers stay its own, and what crosses a border is a
number over many requests, never a request (aggregates only).
"""

from __future__ import annotations

from infra.config.model import Gateway, Jurisdiction, Region
from infra.observe import services, surroundings
from infra.observe.graphs import Board, Graph, Section
from infra.observe.metrics import Line, Math
from infra.observe.promql import Asking
from infra.observe.sources import Sources
from infra.signals import prometheus as named

__all__ = ["board_name", "boards", "home_of_the_whole", "over_all", "region_board"]


def board_name(gateway: str, region: str) -> str:
    """Of a region; "" is the one over all."""
    return f"gatewright-{gateway}-{region}" if region else f"gatewright-{gateway}"


def home_of_the_whole(gateway: Gateway) -> str | None:
    """The region whose stack has the dashboard over all regions: one in the EU if there is one; None with a single region.

    A dashboard holds names of metrics, no data: the reader's browser asks each region. Should somebody add a widget of log
    lines later, it is in the EU from the start.
    """
    if len(gateway.regions) < 2:
        return None
    first_eu = (region.name for region in gateway.regions if region.jurisdiction is Jurisdiction.EU)
    return next(first_eu, gateway.regions[0].name)


def boards(gateway: Gateway) -> tuple[Board, ...]:
    """All of them."""
    whole = (over_all(gateway),) if len(gateway.regions) > 1 else ()
    return (*whole, *(region_board(gateway, region) for region in gateway.regions))


def region_board(gateway: Gateway, region: Region) -> Board:
    """Everything about one region, what matters most on top."""
    sources = Sources(gateway=gateway.name, stage=gateway.release.stage)
    ask = Asking(gateway.name, region.name)
    sections: tuple[Section | None, ...] = (
        services.promises(gateway, sources, ask),
        services.traffic(gateway, sources, ask),
        services.latency(gateway, sources, ask),
        services.overhead(gateway, sources, ask),
        services.canary(gateway, sources, ask),
        surroundings.breakers(gateway, sources, ask),
        surroundings.limits(gateway, sources, ask, region),
        surroundings.residency(gateway, sources, ask, region),
        surroundings.functions(gateway, sources, ask),
        surroundings.authorizer(gateway, sources, ask),
    )
    return Board(
        name=board_name(gateway.name, region.name),
        title=f"Gateway {gateway.name} in {region.name}",
        region=region.name,
        sections=tuple(section for section in sections if section is not None),
    )


def over_all(gateway: Gateway) -> Board:
    """The stage's own metrics of each region: free, and enough to see which region to look at."""
    ask = Asking(gateway.name)

    def each(name: str, stat: str, expression: str = "") -> tuple[Line, ...]:
        found: list[Line] = []
        for n, region in enumerate(gateway.regions):
            at = Sources(gateway=gateway.name, stage=gateway.release.stage, region=region.name)
            found.append(at.stage_metric(f"m{n}", name, stat, "" if expression else region.name))
            if expression:
                found.append(Math(id=f"e{n}", expression=expression.format(f"m{n}"), label=region.name))
        return tuple(found)

    graphs = (
        Graph(
            question="Which region has the traffic?",
            answer="Requests a minute.",
            lines=each("Count", "SampleCount"),
            prometheus=(ask.query(ask.rate(named.REQUESTS), "requests"),),
        ),
        Graph(
            question="Which region fails its callers?",
            answer="5xx in percent of the region's requests.",
            lines=each("5XXError", "Average", "100 * {}"),
            prometheus=(ask.query(ask.share(named.REQUESTS, named.REQUESTS, code_class="5xx"), "5xx"),),
            unit="%",
        ),
        Graph(
            question="In which region do callers make mistakes?",
            answer="4xx in percent of the region's requests; a jump after a release is ours after all.",
            lines=each("4XXError", "Average", "100 * {}"),
            prometheus=(ask.query(ask.share(named.REQUESTS, named.REQUESTS, code_class="4xx"), "4xx"),),
            unit="%",
        ),
        *(_waits(ask, each(name="Latency", stat=f"p{p}"), p) for p in (50, 99)),
        Graph(
            question="In which region is the backend slow?",
            answer="All but one in a hundred backends' answers came within this time.",
            lines=each("IntegrationLatency", "p99"),
            prometheus=(ask.query(ask.quantile_ms(named.INTEGRATION_DURATION, 0.99), "p99"),),
            unit="ms",
        ),
    )
    return Board(
        name=board_name(gateway.name, ""),
        title=f"Gateway {gateway.name} in all regions",
        region="",
        sections=(Section(title="Which region needs a look?", graphs=graphs),),
    )


def _waits(ask: Asking, lines: tuple[Line, ...], percentile: int) -> Graph:
    most = "half of the callers" if percentile == 50 else "one caller in a hundred"
    return Graph(
        question=f"In which region does {most} wait?" if percentile != 50 else f"In which region do {most} wait?",
        answer=f"p{percentile} of the time to the answer.",
        lines=lines,
        prometheus=(ask.query(ask.quantile_ms(named.DURATION, percentile / 100), f"p{percentile}"),),
        unit="ms",
    )
