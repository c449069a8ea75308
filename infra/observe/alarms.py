"""The alarms of a gateway in one region, as data: what they watch, when they fire, what their text tells to do first. Pure.

Nothing notifies but two composite alarms, ``page`` and ``ticket``: an incident makes many alarms fire and one message. Below
``page`` each service has a composite of its own, so the message's triggering alarm says whose incident it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.config.model import Gateway, Region, Service
from infra.limits import MISDIRECTED_METRIC, misdirected
from infra.observe.burn import LEAST_BAD_REQUESTS, LEVELS, Level
from infra.observe.metrics import Line, Math
from infra.observe.runbooks import Runbook
from infra.observe.sources import Sources
from infra.openapi import needs_authorizer
from infra.signals import AUTHORIZER_FAILURES, CANARY_REQUESTS

__all__ = ["Alarm", "Alarms", "Composite", "alarms_of", "left_alone_hours"]

HOUR, FIVE_MINUTES = 3600, 300
TEXT_MAX = 1024  # AlarmDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric alarm.

    Args:
        key: names it within the gateway, ``orders-availability-fast-long``.
        value: id of the line that is compared; above ``threshold`` is bad, ``at_least`` counts the threshold itself.
        of: periods that are looked at; all of them must be bad.
    """

    key: str
    text: str
    runbook: Runbook
    lines: tuple[Line, ...]
    value: str
    threshold: float
    period_seconds: int
    of: int = 1
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """An alarm over alarms: fires when every alarm of any group does.

    Args:
        groups: keys of alarms and composites; any group, all of its members.
        notifies: whether it sends to the topic, when it fires and when it is over.
    """

    key: str
    text: str
    groups: tuple[tuple[str, ...], ...]
    notifies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """All of one region; a composite stands behind what it is made of."""

    metric: tuple[Alarm, ...]
    composite: tuple[Composite, ...]


@dataclass(slots=True)
class _Gathered:
    metric: list[Alarm] = field(default_factory=list)
    pages: list[tuple[str, ...]] = field(default_factory=list)
    tickets: list[tuple[str, ...]] = field(default_factory=list)


def alarms_of(gateway: Gateway, region: Region) -> Alarms:
    """What watches the gateway in this region."""
    sources = Sources(gateway=gateway.name, stage=gateway.release.stage)
    whole, services = _Gathered(), []
    for service in gateway.services:
        mine = _Gathered()
        _objectives(sources, service, mine)
        _breaker(sources, service, mine)
        whole.metric += mine.metric
        whole.tickets += mine.tickets
        services.append(_incident(service, mine))
    whole.pages += [(one.key,) for one in services]
    _gateway(sources, gateway, whole)
    _residency(sources, gateway, region, whole)
    return Alarms(metric=tuple(whole.metric), composite=(*services, *_ends(gateway, whole)))


def _incident(service: Service, found: _Gathered) -> Composite:
    text = (
        f"{service.name} fails its callers: an objective is being missed fast enough to matter, or its breaker is open. "
        f"First: gatewright canary status; if a canary runs, gatewright canary rollback. Then {Runbook.AVAILABILITY.path} "
        f"or {Runbook.LATENCY.path}, as the alarm below it says."
    )
    return Composite(key=f"{service.name}-incident", text=text, groups=tuple(found.pages))


def _ends(gateway: Gateway, found: _Gathered) -> Iterator[Composite]:
    """Page and ticket: what notifies."""
    yield Composite(
        key="page",
        text=(
            f"Gateway {gateway.name} needs somebody now. First: look which alarm below this one fires; it names the service and "
            f"the page of docs/runbooks to open. One message for the whole incident; a second one says that it is over."
        ),
        groups=tuple(found.pages),
        notifies=True,
    )
    yield Composite(
        key="ticket",
        text=(
            f"Gateway {gateway.name} needs somebody in working hours. First: look which alarm below this one fires; its text "
            "names the page of docs/runbooks to open."
        ),
        groups=tuple(found.tickets),
        notifies=True,
    )


def _objectives(sources: Sources, service: Service, found: _Gathered) -> None:
    promised = service.objectives
    requests = sources.service("requests", service.name, "latency", "SampleCount")
    failed = sources.service("bad", service.name, "errors5xx", "Sum")
    slow = sources.service("bad", service.name, "latency", f"TC({promised.latency_ms}:)")
    for level in LEVELS:
        for kind, bad, percent, runbook, means in (
            ("availability", failed, promised.availability_percent, Runbook.AVAILABILITY, "end in a 5xx"),
            (
                "latency",
                slow,
                promised.latency_share_percent,
                Runbook.LATENCY,
                f"take longer than {promised.latency_ms} ms",
            ),
        ):
            pair = tuple(_window(service, level, kind, (requests, bad), percent, runbook, means))
            found.metric += pair
            (found.pages if level.page else found.tickets).append(tuple(alarm.key for alarm in pair))


def _window(
    service: Service,
    level: Level,
    kind: str,
    inputs: tuple[Line, Line],
    percent: float,
    runbook: Runbook,
    means: str,
) -> Iterator[Alarm]:
    """The long and the short window of one level."""
    share = "100 * FILL(bad, 0) / requests"
    limit = level.threshold_percent(percent)
    for window, seconds, expression in (
        ("long", level.long_seconds, f"IF(FILL(bad, 0) >= {LEAST_BAD_REQUESTS}, {share}, 0)"),
        ("short", level.short_seconds, share),
    ):
        yield Alarm(
            key=f"{service.name}-{kind}-{level.name}-{window}",
            text=(
                f"More than {limit:g} % of the requests of {service.name} {means}, over {_length(seconds)}: at this rate "
                f"{level.says} ({percent:g} % promised). Fires for people only together with its other window. "
                f"First: {runbook.first.format(service=service.name)} Runbook: {runbook.path}"
            ),
            runbook=runbook,
            lines=(*inputs, Math(id="share", expression=expression)),
            value="share",
            threshold=limit,
            period_seconds=seconds,
        )


def _length(seconds: int) -> str:
    for unit, length in (("day", 24 * HOUR), ("hour", HOUR), ("minute", 60)):
        if seconds % length == 0 and seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


def _simple(
    key: str,
    text: str,
    runbook: Runbook,
    lines: tuple[Line, ...],
    threshold: float,
    period: int,
    *,
    of: int = 1,
    service: str = "",
) -> Alarm:
    """Counts that are bad from the threshold on; the last line is the value."""
    first = f" First: {runbook.first.format(service=service)} Runbook: {runbook.path}"
    return Alarm(
        key=key,
        text=text + first,
        runbook=runbook,
        lines=lines,
        value=lines[-1].id,
        threshold=threshold,
        period_seconds=period,
        of=of,
        at_least=True,
    )


def _breaker(sources: Sources, service: Service, found: _Gathered) -> None:
    if service.breaker is None:
        return
    # An open breaker tries again after each wait, so while its backend is down it enters OPEN again and again. FORCED_OPEN is
    # somebody's decision and wakes nobody.
    opened = sources.breaker("opened", service.name, "BreakerTransition", to="OPEN")
    text = (
        f"The breaker of {service.name} has opened: callers get its fallback, because the backend failed or was slow."
    )
    page = _simple(
        f"{service.name}-breaker-open", text, Runbook.BREAKER, (opened,), 1, FIVE_MINUTES, service=service.name
    )
    lost = sources.breaker("lost", service.name, "BreakerStoreFailed")
    text = f"The breakers of {service.name} cannot reach their shared state and each decide alone."
    ticket = _simple(
        f"{service.name}-breaker-alone",
        text,
        Runbook.BREAKER_STORE,
        (lost,),
        1,
        FIVE_MINUTES,
        of=3,
        service=service.name,
    )
    found.metric += [page, ticket]
    found.pages.append((page.key,))
    found.tickets.append((ticket.key,))


def _gateway(sources: Sources, gateway: Gateway, found: _Gathered) -> None:
    """What no single service answers for."""
    if needs_authorizer(gateway):
        failures = sources.whole("failures", AUTHORIZER_FAILURES, "Sum")
        text = "The authorizer itself fails: callers with a good token get a 500. It never does so for a bad token."
        page = _simple("authorizer", text, Runbook.AUTHORIZER, (failures,), LEAST_BAD_REQUESTS, FIVE_MINUTES)
        found.metric.append(page)
        found.pages.append((page.key,))
    hours = left_alone_hours(gateway)
    canary = sources.whole("canary", CANARY_REQUESTS, "Sum")
    text = f"A canary has had traffic in every one of the last {hours} hours: longer than its rollout takes."
    ticket = _simple("canary-left-alone", text, Runbook.CANARY, (canary,), 1, HOUR, of=hours)
    found.metric.append(ticket)
    found.tickets.append((ticket.key,))


def _residency(sources: Sources, gateway: Gateway, region: Region, found: _Gathered) -> None:
    """The leak detector, where there is a guard. Single requests are travellers and VPNs; one in a hundred is DNS."""
    if misdirected(gateway, region) is None:
        return
    hits = sources.firewall("hits", MISDIRECTED_METRIC, region=region.name)
    passed = sources.firewall("passed", "ALL", name="AllowedRequests", region=region.name)
    share = f"IF(hits >= {LEAST_BAD_REQUESTS}, 100 * hits / (hits + FILL(passed, 0)), 0)"
    text = f"More than one in a hundred requests to {region.name} came from the EU's territory and were refused: DNS leaks."
    lines = (hits, passed, Math(id="share", expression=share))
    page = _simple("residency-leak", text, Runbook.RESIDENCY, lines, 1, HOUR)
    found.metric.append(page)
    found.pages.append((page.key,))


def left_alone_hours(gateway: Gateway) -> int:
    """Twice the time of a rollout over all regions, a day at least and a week (CloudWatch's limit) at most."""
    steps = len(gateway.release.steps_percent) + 1
    rollout_seconds = steps * gateway.release.bake_seconds * len(gateway.regions)
    return max(24, min(168, -(-2 * rollout_seconds // HOUR)))
