"""What callers notice: failures, slowness, refusals, silence; and whose time it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from infra.incident.asked import REASONS
from infra.incident.chain import chain
from infra.incident.facts import Facts, Span
from infra.incident.finding import Finding, Weight, clock, ms, percent
from infra.incident.trouble import is_going_on, trouble

__all__ = ["failing", "refused", "silent", "slow", "whose_time"]

_LONGER = 3.0  # so many times the time before is told even when every promise is kept
_NOTICED_MS = 100.0
_MOST_OF_IT = 0.5


def spoken_span(facts: Facts) -> tuple[Span, str]:
    """The minutes to judge by, and how to say them."""
    found = trouble(facts)
    if found is None:
        return facts.numbers.window, f"in the last {facts.numbers.window.minutes:.0f} minutes"
    if is_going_on(facts, found):
        return found, f"since {clock(found.start)}"
    return found, f"from {clock(found.start)} to {clock(found.end)}"


def failing(facts: Facts) -> Iterator[Finding]:
    n, (span, when) = facts.numbers, spoken_span(facts)
    requests, failed = n.total("requests", span), n.total("failed", span)
    if not requests or 100 * failed <= facts.failed_percent * requests:
        return
    before = percent(n.total("failed", n.before), n.total("requests", n.before))
    function_failed = n.total("function.failed", span)
    detail = f"{before} in the {n.before.minutes:.0f} minutes before."
    if function_failed:
        detail += f" {function_failed:.0f} calls of {facts.backend} ended in an error or a timeout."
    yield Finding(
        about="failing",
        weight=Weight.BAD,
        says=f"{percent(failed, requests)} of {requests:.0f} requests ended in a 5xx {when} "
        f"(promised: at most {facts.failed_percent:g} %)",
        detail=detail,
        numbers={"requests": requests, "failed": failed, "function_errors": function_failed},
        next=(logs_of(facts),) if facts.is_function else (),
    )


def slow(facts: Facts) -> Iterator[Finding]:
    n, (span, when) = facts.numbers, spoken_span(facts)
    requests, late = n.total("requests", span), n.total("late", span)
    now, then = n.mean("ms", "requests", span), n.mean("ms", "requests", n.before)
    numbers = {"requests": requests, "late": late, "mean_ms": now, "mean_ms_before": then}
    numbers["p99_ms"] = n.highest("p99", span)
    if requests and 100 * late > facts.late_percent * requests:
        compared = f"{ms(then)} in the {n.before.minutes:.0f} minutes before" if then else "no requests before"
        yield Finding(
            about="slow",
            weight=Weight.BAD,
            says=f"{percent(late, requests)} of {requests:.0f} requests took longer than {ms(facts.objective_ms)} {when} "
            f"(promised: at most {facts.late_percent:g} %)",
            detail=f"A request takes {ms(now)} on average, {compared}; p99 is up to {ms(numbers['p99_ms'])}.",
            numbers=numbers,
        )
    elif then and now > _LONGER * then and now - then > _NOTICED_MS:
        yield Finding(
            about="slow",
            weight=Weight.WATCH,
            says=f"a request takes {ms(now)} on average {when}, {ms(then)} in the {n.before.minutes:.0f} minutes before",
            detail="What is promised is kept.",
            numbers=numbers,
        )


def whose_time(facts: Facts) -> Iterator[Finding]:
    """Names the part of the chain that the time goes into, when there is too much of it."""
    if not any(slow(facts)):
        return
    span, when = spoken_span(facts)
    found = chain(facts, span)
    longest = found.longest
    if longest is None or longest.share < _MOST_OF_IT:
        return
    backend = longest.name == facts.backend
    yield Finding(
        about="whose-time",
        weight=Weight.BAD,
        says=f"the time goes into {longest.name}: {ms(longest.ms)} of {ms(found.total_ms)} a request ({100 * longest.share:.0f} %)",
        detail=_inside(facts, longest.what, when),
        numbers={f"{part.name}_ms": round(part.ms, 1) for part in found.parts},
        next=(*(_against(facts) if backend else ()), *_to_see(facts)),
    )


def _inside(facts: Facts, what: str, when: str) -> str:
    said = f"{what[0].upper()}{what[1:]}, {when}."
    if not facts.traces:
        return f"{said} What it waits for itself, only a trace shows."
    slowest = facts.traces[0]
    parts = ", ".join(f"{name} {ms(took)}" for name, took in slowest.parts[:3])
    return f"{said} The slowest request ({ms(slowest.duration_ms)}, trace {slowest.id}) spent it in {parts}."


def _to_see(facts: Facts) -> Iterator[str]:
    if facts.traces:
        yield f"gatewright trace {facts.traces[0].id} --region {facts.region}"


def _against(facts: Facts) -> Iterator[str]:
    if facts.protected and (facts.breaker or {}).get("state") not in ("OPEN", "FORCED_OPEN"):
        yield (
            f'gatewright breaker open {facts.service} --region {facts.region} --reason "{facts.backend} is slow" --for 30m'
        )
    if facts.is_function:
        yield logs_of(facts)


def logs_of(facts: Facts) -> str:
    return (
        f"aws logs tail /aws/lambda/{facts.backend} --region {facts.region} --since {facts.numbers.window.minutes:.0f}m"
    )


def refused(facts: Facts) -> Iterator[Finding]:
    """Requests of the whole gateway that were turned away, and authorizers that failed."""
    n, span = facts.numbers, facts.numbers.window
    by_reason = {reason: n.total(f"throttled.{reason}", span) for reason in REASONS}
    many = sum(by_reason.values())
    if many:
        told = ", ".join(f"{count:.0f} {reason}" for reason, count in by_reason.items() if count)
        yield Finding(
            about="throttled",
            weight=Weight.WATCH,
            says=f"{many:.0f} requests of the whole gateway were answered with 429: {told}",
            detail="THROTTLED: too fast for plan or stage. QUOTA_EXCEEDED: the quota is used up. -: the backend's own.",
            numbers=by_reason,
            next=("gatewright usage",),
        )
    failed = n.total("authorizer.failed", span)
    if failed:
        yield Finding(
            about="authorizer",
            weight=Weight.BAD,
            says=f"the authorizer itself failed {failed:.0f} times: those callers got a 500, whatever their token",
            numbers={"authorizer_failures": failed},
            next=(
                f"aws logs tail /aws/lambda/gatewright-{facts.gateway}-authorizer --region {facts.region} --since 30m",
            ),
        )
    throttles = n.total("function.throttled", span)
    if throttles:
        yield Finding(
            about="concurrency",
            weight=Weight.BAD,
            says=f"Lambda refused {throttles:.0f} calls of {facts.backend}: no concurrency was left",
            numbers={"function_throttles": throttles},
        )


def silent(facts: Facts) -> Iterator[Finding]:
    """No traffic is no proof of health."""
    n = facts.numbers
    now, then = n.total("requests", n.window), n.total("requests", n.before)
    if now:
        return
    if then:
        yield Finding(
            about="silent",
            weight=Weight.BAD,
            says=f"no request for {n.window.minutes:.0f} minutes, {then:.0f} in the {n.before.minutes:.0f} minutes before",
            detail="Nobody reaches this service here: look at DNS, the firewall, and what was deployed.",
            next=("gatewright resolve --live", f"gatewright status --region {facts.region}"),
        )
    else:
        yield Finding(
            about="silent",
            weight=Weight.NOTE,
            says=f"no request in the last {2 * n.window.minutes:.0f} minutes: nothing can be said of speed and failures",
        )
