"""Questions about what stands around the services: breakers, limits, functions, the authorizer. Pure."""

from __future__ import annotations

from infra.blueprint.names import function
from infra.config.model import Gateway, Region
from infra.limits import MISDIRECTED_METRIC, misdirected, web_acl
from infra.observe.graphs import Graph, Section
from infra.observe.metrics import Line
from infra.observe.promql import Asking
from infra.observe.sources import Sources
from infra.openapi import needs_authorizer
from infra.signals import AUTHORIZER_FAILURES, REASON_DIMENSION, THROTTLED, prometheus

__all__ = ["authorizer", "breakers", "firewall_rules", "functions", "limits", "residency"]

STATES = ("OPEN", "HALF_OPEN", "CLOSED", "FORCED_OPEN")
REASONS = (("THROTTLED", "too fast for plan or stage"), ("QUOTA_EXCEEDED", "quota used up"), ("-", "the backend's own"))
NOT_MOVED = "no breaker has moved"


def breakers(gateway: Gateway, sources: Sources, ask: Asking) -> Section | None:
    """None without breakers."""
    protected = [service.name for service in gateway.services if service.breaker is not None]
    if not protected:
        return None
    moves = tuple(
        sources.breaker(f"t{n}{s}", name, "BreakerTransition", f"{name} to {state}", to=state)
        for n, name in enumerate(protected)
        for s, state in enumerate(STATES)
    )
    refused = tuple(sources.breaker(f"m{n}", name, "BreakerRefused", name) for n, name in enumerate(protected))
    alone = tuple(sources.breaker(f"m{n}", name, "BreakerStoreFailed", name) for n, name in enumerate(protected))
    state = ask.highest(prometheus.BREAKER_STATE, "service", "state")
    return Section(
        title="Which breakers are open?",
        graphs=(
            Graph(
                question="Which breaker has opened or closed?",
                answer="Changes of state a minute. OPEN again and again means that trial calls fail; now: gatewright breaker status.",
                lines=moves,
                prometheus=(ask.query(f"{state} > 0", "{{service}} is {{state}}"),),
                quiet=NOT_MOVED,
            ),
            Graph(
                question="How many callers get the fallback?",
                answer="Calls a minute that an open breaker refused, by service.",
                lines=refused,
                prometheus=(ask.query(ask.rate(prometheus.BREAKER_REFUSED, "service"), "{{service}}"),),
                quiet=NOT_MOVED,
            ),
            Graph(
                question="Do the breakers still share their state?",
                answer="Failures of the shared table a minute; while there are any, each container decides alone.",
                lines=alone,
                quiet="the table answers",
            ),
        ),
    )


def firewall_rules(gateway: Gateway, region: Region) -> tuple[str, ...]:
    """Rules of the web ACL by their metric's name, but for the guard of residency; none without one."""
    acl = web_acl(gateway, region)
    rules = [rule["VisibilityConfig"]["MetricName"] for rule in acl["Rules"]] if acl else []
    return tuple(name for name in rules if name != MISDIRECTED_METRIC)


def residency(gateway: Gateway, sources: Sources, ask: Asking, region: Region) -> Section | None:
    """None where the region may answer everybody."""
    if misdirected(gateway, region) is None:
        return None
    return Section(
        title="Do people of the EU come to the wrong place?",
        graphs=(
            Graph(
                question="How many are told to go to the EU?",
                answer="Requests a minute from the territory, answered with 421. More than travellers and VPNs means that DNS leaks.",
                lines=(sources.firewall("hits", MISDIRECTED_METRIC, "refused with 421", region=region.name),),
                prometheus=(ask.query(ask.rate(prometheus.RESIDENCY_REFUSED), "refused with 421"),),
                quiet="nobody came to the wrong place",
            ),
        ),
    )


def limits(gateway: Gateway, sources: Sources, ask: Asking, region: Region) -> Section:
    """Who is turned away. Which plan a key belongs to is in no log line of API Gateway's."""
    throttled = tuple(
        sources.whole(f"m{n}", THROTTLED, "Sum", says, ((REASON_DIMENSION, reason),))
        for n, (reason, says) in enumerate(REASONS)
    )
    graphs = [
        Graph(
            question="Who is turned away by a plan or a limit?",
            answer="Requests a minute answered with 429, by reason. API Gateway logs no plan: gatewright usage has keys and plans.",
            lines=throttled,
            prometheus=(ask.query(ask.rate(prometheus.THROTTLED, "reason"), "{{reason}}"),),
            quiet="nobody was throttled",
        )
    ]
    if rules := firewall_rules(gateway, region):
        lines: tuple[Line, ...] = tuple(
            sources.firewall(f"m{n}", rule, rule, region=region.name) for n, rule in enumerate(rules)
        )
        graphs.append(
            Graph(
                question="Whom does the firewall stop?",
                answer="Requests a minute that it ended, by rule; PerAddress is the limit of one address.",
                lines=lines,
                prometheus=(ask.query(ask.rate(prometheus.FIREWALL_BLOCKED, "rule"), "{{rule}}"),),
                quiet="the firewall stopped nobody",
            )
        )
    return Section(title="Who is turned away?", graphs=tuple(graphs))


def functions(gateway: Gateway, sources: Sources, ask: Asking) -> Section | None:
    """None when every backend is an endpoint."""
    names = [service.name for service in gateway.services if service.lambda_folder is not None]
    if not names:
        return None

    def each(name: str, stat: str) -> tuple[Line, ...]:
        return tuple(
            sources.function(f"m{n}", function(gateway.name, service), name, stat, service)
            for n, service in enumerate(names)
        )

    cold = tuple(sources.service(f"m{n}", name, "coldStarts", "Sum", name) for n, name in enumerate(names))
    return Section(
        title="Do the functions keep up?",
        graphs=(
            Graph(
                question="How many calls run at once?",
                answer="The highest number in a minute, by function. An account has 1,000 a region unless it asked for more.",
                lines=each("ConcurrentExecutions", "Maximum"),
                prometheus=(ask.query(ask.highest(prometheus.CONCURRENT, "function"), "{{function}}"),),
            ),
            Graph(
                question="How many callers wait for a cold start?",
                answer="Invocations a minute whose function had to start first, by service.",
                lines=cold,
                prometheus=(ask.query(ask.rate(prometheus.COLD_STARTS, "function"), "{{function}}"),),
                quiet="every call found a warm function",
            ),
            Graph(
                question="Do functions fail?",
                answer="Invocations a minute that ended in an error or a timeout, by function.",
                lines=each("Errors", "Sum"),
                prometheus=(ask.query(ask.rate(prometheus.INVOCATIONS, "function", outcome="error"), "{{function}}"),),
                quiet="no function failed",
            ),
            Graph(
                question="Are functions throttled?",
                answer="Invocations a minute that Lambda refused because no concurrency was left, by function.",
                lines=each("Throttles", "Sum"),
                prometheus=(
                    ask.query(ask.rate(prometheus.INVOCATIONS, "function", outcome="throttled"), "{{function}}"),
                ),
                quiet="no function was throttled",
            ),
        ),
    )


def authorizer(gateway: Gateway, sources: Sources, ask: Asking) -> Section | None:
    """None when no token is checked by our own function."""
    if not needs_authorizer(gateway):
        return None
    mine = function(gateway.name, "authorizer")
    return Section(
        title="Are tokens checked well?",
        graphs=(
            Graph(
                question="Does the authorizer itself fail?",
                answer="Requests a minute that ended because it failed or answered nonsense. A token that it refuses is not counted here.",
                lines=(sources.whole("failures", AUTHORIZER_FAILURES, "Sum", "failed"),),
                prometheus=(ask.query(ask.rate(prometheus.AUTHORIZER_FAILURES), "failed"),),
                quiet="it has not failed",
            ),
            Graph(
                question="How long does checking a token take?",
                answer="Of the calls that API Gateway did not answer from its cache.",
                lines=tuple(sources.function(f"p{p}", mine, "Duration", f"p{p}", f"p{p}") for p in (50, 99)),
                unit="ms",
                quiet="every answer came from the cache",
            ),
        ),
    )
