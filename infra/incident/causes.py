"""What may be behind it, or stands around it: breaker, canary, changes, alarms, a region that is off. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from infra.incident.facts import Facts
from infra.incident.finding import Finding, Weight, clock, percent
from infra.incident.trouble import trouble
from infra.judge.intervals import rate_interval

__all__ = ["alarming", "breaker", "canary", "changed", "switched_off"]

_SHORTLY_SECONDS = 900  # a change that comes so long before the trouble is named with it
_OPEN = ("OPEN", "FORCED_OPEN")


def breaker(facts: Facts) -> Iterator[Finding]:
    seen, n = facts.breaker or {}, facts.numbers
    state, refusals = str(seen.get("state", "")), n.total("breaker.refused", n.window)
    numbers = {
        "refused": refusals,
        **{s: n.total(f"breaker.to.{s}", n.window) for s in ("OPEN", "HALF_OPEN", "CLOSED")},
    }
    if state in _OPEN:
        forced = (
            f"forced open by {seen.get('by')}: {seen.get('why')}" if state == "FORCED_OPEN" else "open by its rates"
        )
        until = f" until {seen.get('until')}" if seen.get("until") else ""
        ending = "auto" if state == "FORCED_OPEN" else "close"
        yield Finding(
            about="breaker",
            weight=Weight.BAD,
            says=f"the breaker is {forced}{until}; {refusals:.0f} callers got the fallback",
            detail="While it is open the backend gets no calls, so the numbers say nothing of whether it is well again.",
            numbers=numbers,
            next=(f'gatewright breaker {ending} {facts.service} --region {facts.region} --reason "it is well again"',),
        )
    elif state in ("HALF_OPEN", "DISABLED", "METRICS_ONLY") or refusals or numbers["OPEN"]:
        moved = f"it opened {numbers['OPEN']:.0f} times and refused {refusals:.0f} calls"
        yield Finding(
            about="breaker",
            weight=Weight.WATCH,
            says=f"the breaker is {state or 'CLOSED'}; {moved} in the last {n.window.minutes:.0f} minutes",
            numbers=numbers,
            next=(f"gatewright breaker status {facts.service} --region {facts.region}",),
        )
    alone = n.total("breaker.alone", n.window)
    if alone:
        yield Finding(
            about="breaker-store",
            weight=Weight.WATCH,
            says=f"the breakers' table failed {alone:.0f} times: meanwhile each container decides alone",
            numbers={"store_failures": alone},
        )


def canary(facts: Facts) -> Iterator[Finding]:
    """Worse beyond chance, by intervals that hold at every look; what decides is the verdict."""
    if facts.canary is None:
        return
    n, one = facts.numbers, facts.canary
    arms = {
        arm: (n.total(f"{arm}.requests", n.window), n.total(f"{arm}.failed", n.window))
        for arm in ("baseline", "canary")
    }
    (base_n, base_bad), (n_canary, bad) = arms["baseline"], arms["canary"]
    late = {arm: n.total(f"{arm}.late", n.window) for arm in arms}
    worse = _worse(bad, n_canary, base_bad, base_n) or _worse(late["canary"], n_canary, late["baseline"], base_n)
    verdict = "it is worse than the baseline, beyond chance" if worse else "no difference beyond chance is seen"
    yield Finding(
        about="canary",
        weight=Weight.BAD if worse else Weight.WATCH,
        says=f"a canary runs: {one.release} gets {one.percent:g} %; {verdict}",
        detail=f"5xx: canary {percent(bad, n_canary)} of {n_canary:.0f}, baseline {percent(base_bad, base_n)} of {base_n:.0f}; "
        f"late: {percent(late['canary'], n_canary)} and {percent(late['baseline'], base_n)}.",
        numbers={
            "canary_requests": n_canary,
            "canary_failed": bad,
            "baseline_requests": base_n,
            "baseline_failed": base_bad,
        },
        next=(f"gatewright canary rollback --region {facts.region}",) if worse else ("gatewright canary status",),
    )


def _worse(bad: float, requests: float, base_bad: float, base_requests: float) -> bool:
    """Whether the interval of the canary's rate lies above that of the baseline's."""
    bad, base_bad = min(bad, requests), min(base_bad, base_requests)
    return rate_interval(round(bad), round(requests))[0] > rate_interval(round(base_bad), round(base_requests))[2]


def changed(facts: Facts) -> Iterator[Finding]:
    """What was done in the window, and above all what was done shortly before the trouble began."""
    n, found = facts.numbers, trouble(facts)
    recent = [one for one in facts.changes if one.at >= n.window.start]
    suspects = [
        one
        for one in facts.changes
        if found is not None and one.live and 0 <= found.start + n.period_seconds - one.at <= _SHORTLY_SECONDS
    ]
    if suspects and found is not None:
        one = suspects[0]
        back = "gatewright canary rollback" if facts.canary is not None else "gatewright release rollback"
        yield Finding(
            about="change",
            weight=Weight.WATCH,
            says=f"it began at {clock(found.start)}, and at {clock(one.at)} this was done: {one.what}",
            detail=f"By {one.by}. " if one.by else "",
            next=(f"{back} --region {facts.region}",),
        )
        recent = [other for other in recent if other is not one]
    if recent:
        told = "; ".join(f"{clock(one.at)} {one.what}" for one in recent[:5])
        yield Finding(
            about="change", weight=Weight.NOTE, says=f"done in the last {n.window.minutes:.0f} minutes: {told}"
        )


def alarming(facts: Facts) -> Iterator[Finding]:
    if facts.alarms:
        more = f" and {len(facts.alarms) - 6} more" if len(facts.alarms) > 6 else ""
        yield Finding(
            about="alarms",
            weight=Weight.WATCH,
            says=f"{len(facts.alarms)} alarms fire: {', '.join(facts.alarms[:6])}{more}",
        )


def switched_off(facts: Facts) -> Iterator[Finding]:
    if facts.off:
        yield Finding(
            about="region",
            weight=Weight.BAD,
            says=f"{facts.region} is switched off on this machine: its gateways answer nobody",
            next=(f"gatewright region up {facts.region}",),
        )
