"""Questions about services: what callers get, how fast, and whose time it is. Pure."""

from __future__ import annotations

from infra.config.model import Gateway, Service
from infra.evidence.names import BASELINE, CANARY
from infra.observe.graphs import Graph, Promised, Query, Section
from infra.observe.metrics import Line, Math
from infra.observe.promql import Asking
from infra.observe.sources import Sources
from infra.signals import prometheus as named

__all__ = ["canary", "latency", "overhead", "promises", "traffic"]

IDLE = "a service without requests has no points"


def _ids(services: tuple[Service, ...]) -> list[tuple[int, str]]:
    return [(number, service.name) for number, service in enumerate(services)]


def _each(services: tuple[Service, ...], sources: Sources, name: str, stat: str) -> tuple[Line, ...]:
    return tuple(sources.service(f"m{n}", service, name, stat, service) for n, service in _ids(services))


def promises(gateway: Gateway, sources: Sources, ask: Asking) -> Section:
    """Objectives, and what is left of them."""
    kept = _kept(gateway.services, sources, "errors5xx", "Sum")
    in_time = _in_time(gateway.services, sources)
    return Section(
        title="Do callers get what was promised?",
        graphs=(
            Graph(
                question="Do requests end well?",
                answer="Share of requests without a 5xx, by service and five minutes. The line is the strictest promise.",
                lines=kept,
                prometheus=(
                    ask.query(
                        f"100 - {ask.share(named.REQUESTS, named.REQUESTS, 'service', code_class='5xx')}", "{{service}}"
                    ),
                ),
                unit="%",
                limits=(_strictest(gateway, "availability_percent"),),
                period_seconds=300,
            ),
            Graph(
                question="Are they answered in time?",
                answer="Share of requests within the service's own latency objective, by five minutes. Points near the edge are interpolated.",
                lines=in_time,
                prometheus=(
                    ask.query(f"100 - {ask.share(named.OBJECTIVE_DURATION, named.REQUESTS, 'service')}", "{{service}}"),
                ),
                unit="%",
                limits=(_strictest(gateway, "latency_share_percent"),),
                period_seconds=300,
            ),
        ),
    )


def _kept(services: tuple[Service, ...], sources: Sources, bad: str, stat: str) -> tuple[Line, ...]:
    return tuple(
        line
        for n, service in _ids(services)
        for line in (
            sources.service(f"r{n}", service, "latency", "SampleCount"),
            sources.service(f"b{n}", service, bad, stat),
            Math(id=f"e{n}", expression=f"100 - 100 * FILL(b{n}, 0) / r{n}", label=service),
        )
    )


def _in_time(services: tuple[Service, ...], sources: Sources) -> tuple[Line, ...]:
    lines: list[Line] = []
    for n, service in enumerate(services):
        lines += [
            sources.service(f"r{n}", service.name, "latency", "SampleCount"),
            sources.service(f"b{n}", service.name, "latency", f"TC({service.objectives.latency_ms}:)"),
            Math(id=f"e{n}", expression=f"100 - 100 * FILL(b{n}, 0) / r{n}", label=service.name),
        ]
    return tuple(lines)


def _strictest(gateway: Gateway, attribute: str) -> Promised:
    value = max(float(getattr(service.objectives, attribute)) for service in gateway.services)
    return Promised(value=value, label=f"promised: {value:g} %")


def traffic(gateway: Gateway, sources: Sources, ask: Asking) -> Section:
    """How much, and what kind of answer."""
    stage = sources.stage_metric
    return Section(
        title="What comes in, and what goes wrong?",
        graphs=(
            Graph(
                question="How much traffic is there, and for which service?",
                answer="Requests a minute. What the firewall or an unknown path ended belongs to no service.",
                lines=_each(gateway.services, sources, "latency", "SampleCount"),
                prometheus=(ask.query(ask.rate(named.REQUESTS, "service"), "{{service}}"),),
            ),
            Graph(
                question="Do requests fail because of us or because of the caller?",
                answer="5xx is ours, 4xx the caller's; both in percent of all requests of the stage.",
                lines=(
                    stage("ours", "5XXError", "Average"),
                    stage("theirs", "4XXError", "Average"),
                    Math(id="p5", expression="100 * ours", label="5xx: ours"),
                    Math(id="p4", expression="100 * theirs", label="4xx: the caller's"),
                ),
                prometheus=(
                    ask.query(ask.share(named.REQUESTS, named.REQUESTS, code_class="5xx"), "5xx: ours"),
                    ask.query(ask.share(named.REQUESTS, named.REQUESTS, code_class="4xx"), "4xx: the caller's"),
                ),
                unit="%",
            ),
            Graph(
                question="Which service fails?",
                answer="Requests a minute that ended in a 5xx, by service.",
                lines=_each(gateway.services, sources, "errors5xx", "Sum"),
                prometheus=(ask.query(ask.rate(named.REQUESTS, "service", code_class="5xx"), "{{service}}"),),
                quiet="nothing failed",
            ),
        ),
    )


def latency(gateway: Gateway, sources: Sources, ask: Asking) -> Section:
    """How long callers wait."""
    percentiles = (50, 90, 99)
    return Section(
        title="How long do callers wait?",
        graphs=(
            Graph(
                question="How long do callers wait?",
                answer="Half, nine in ten and 99 in 100 requests of the whole stage are answered within this time.",
                lines=tuple(sources.stage_metric(f"p{p}", "Latency", f"p{p}", f"p{p}") for p in percentiles),
                prometheus=tuple(ask.query(ask.quantile_ms(named.DURATION, p / 100), f"p{p}") for p in percentiles),
                unit="ms",
            ),
            Graph(
                question="Which service is slow for most?",
                answer="Half of the requests are answered within this time, by service.",
                lines=_each(gateway.services, sources, "latency", "p50"),
                prometheus=(ask.query(ask.quantile_ms(named.DURATION, 0.5, "service"), "{{service}}"),),
                unit="ms",
            ),
            Graph(
                question="Which service is slow for some?",
                answer="All but one in a hundred are answered within this time, by service.",
                lines=_each(gateway.services, sources, "latency", "p99"),
                prometheus=(ask.query(ask.quantile_ms(named.DURATION, 0.99, "service"), "{{service}}"),),
                unit="ms",
            ),
        ),
    )


def overhead(gateway: Gateway, sources: Sources, ask: Asking) -> Section:
    """Gateway overhead = latency - integration latency. Of means that is exact; of percentiles there is none."""
    return Section(
        title="Is the gateway slow, or the service behind it?",
        graphs=(
            Graph(
                question="How much of a request's time is the gateway's own?",
                answer="Mean time a request that was not spent waiting for the backend: authorizer, mapping, network. Exact: means may be subtracted.",
                lines=_overhead_lines(gateway.services, sources),
                prometheus=(_overhead_query(ask),),
                unit="ms",
            ),
            Graph(
                question="How slow is the service behind the gateway?",
                answer="All but one in a hundred backends' answers came within this time. Compare with the callers' p99 above: the distance is not the p99 of the gateway's time.",
                lines=_each(gateway.services, sources, "integrationLatency", "p99"),
                prometheus=(ask.query(ask.quantile_ms(named.INTEGRATION_DURATION, 0.99, "service"), "{{service}}"),),
                unit="ms",
            ),
        ),
    )


def _overhead_lines(services: tuple[Service, ...], sources: Sources) -> tuple[Line, ...]:
    return tuple(
        line
        for n, service in _ids(services)
        for line in (
            sources.service(f"l{n}", service, "latency", "Sum"),
            sources.service(f"i{n}", service, "integrationLatency", "Sum"),
            sources.service(f"r{n}", service, "latency", "SampleCount"),
            Math(id=f"e{n}", expression=f"(l{n} - FILL(i{n}, 0)) / r{n}", label=service),
        )
    )


def _overhead_query(ask: Asking) -> Query:
    waited = ask.mean_ms(named.INTEGRATION_DURATION, named.DURATION, "service")
    return ask.query(f"{ask.mean_ms(named.DURATION, named.DURATION, 'service')} - ({waited})", "{{service}}")


ARMS = ((BASELINE, "baseline", "a"), (CANARY, "canary", "c"))
NO_CANARY_RUNS = "no canary runs"
EITHER = "~baseline|canary"


def canary(gateway: Gateway, sources: Sources, ask: Asking) -> Section:
    """Both arms side by side. The verdict (gatewright canary judge) reads the same metrics and knows about chance; eyes do not."""
    found = _ids(gateway.services)
    return Section(
        title="Is the canary worse than the baseline?",
        graphs=(
            _canary_failures(found, sources, ask),
            _canary_latency(found, sources, ask),
            _share(found, sources, ask),
        ),
    )


def _canary_failures(found: list[tuple[int, str]], sources: Sources, ask: Asking) -> Graph:
    lines: list[Line] = []
    for n, service in found:
        for arm, says, letter in ARMS:
            key = f"{letter}{n}"
            lines += [
                sources.arm(f"r{key}", service, "requests", "Sum", arm),
                sources.arm(f"b{key}", service, "errors5xx", "Sum", arm),
                Math(id=f"e{key}", expression=f"100 * FILL(b{key}, 0) / r{key}", label=f"{service}, {says}"),
            ]
    failed = ask.share(named.REQUESTS, named.REQUESTS, "service", "arm", code_class="5xx", arm=EITHER)
    return Graph(
        question="Does the canary fail more often?",
        answer="Share of requests that end in a 5xx. A few requests say little: the verdict is gatewright canary judge.",
        lines=tuple(lines),
        prometheus=(ask.query(failed, "{{service}}, {{arm}}"),),
        unit="%",
        quiet=NO_CANARY_RUNS,
    )


def _canary_latency(found: list[tuple[int, str]], sources: Sources, ask: Asking) -> Graph:
    p99 = ask.quantile_ms(named.DURATION, 0.99, "service", "arm", arm=EITHER)
    return Graph(
        question="Is the canary slower?",
        answer="All but one in a hundred requests of each arm are answered within this time.",
        lines=tuple(
            sources.arm(f"{letter}{n}", service, "latency", "p99", arm, f"{service}, {says}")
            for n, service in found
            for arm, says, letter in ARMS
        ),
        prometheus=(ask.query(p99, "{{service}}, {{arm}}"),),
        unit="ms",
        quiet=NO_CANARY_RUNS,
    )


def _share(found: list[tuple[int, str]], sources: Sources, ask: Asking) -> Graph:
    lines: list[Line] = []
    for n, service in found:
        lines += [
            sources.arm(f"a{n}", service, "requests", "Sum", BASELINE),
            sources.arm(f"c{n}", service, "requests", "Sum", CANARY),
            Math(id=f"e{n}", expression=f"100 * c{n} / (c{n} + FILL(a{n}, 0))", label=service),
        ]
    rate = ask.rate(named.REQUESTS, "service", per=1, arm="canary")
    of = ask.rate(named.REQUESTS, "service", per=1, arm=EITHER)
    return Graph(
        question="What share of the traffic does the canary really get?",
        answer="In percent of the requests of the service; the split is by chance for each request.",
        lines=tuple(lines),
        prometheus=(ask.query(f"100 * {rate} / {of}", "{{service}}"),),
        unit="%",
        quiet=NO_CANARY_RUNS,
    )
