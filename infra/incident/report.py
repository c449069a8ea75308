"""The findings of all regions as lines, as Markdown for a ticket, and as one JSON document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.incident.callers import spoken_span
from infra.incident.chain import Chain, chain
from infra.incident.examine import examine
from infra.incident.facts import Facts
from infra.incident.finding import Finding, Weight, clock, ms, percent
from infra.incident.trouble import trouble

__all__ = ["Region", "document", "lines", "look", "markdown"]

_MARKS = {Weight.BAD: "!!", Weight.WATCH: " !", Weight.NOTE: "  "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region, examined."""

    facts: Facts
    findings: tuple[Finding, ...]
    chain: Chain

    @property
    def headline(self) -> str:
        if self.facts.problem:
            return "no answer"
        worst = next((one for one in self.findings if one.weight is not Weight.NOTE), None)
        return worst.says if worst else "nothing stands out"


def look(facts: Facts) -> Region:
    return Region(facts=facts, findings=examine(facts), chain=chain(facts, spoken_span(facts)[0]))


def figures(facts: Facts) -> list[tuple[str, str, str]]:
    """(what, in the window, before it)."""
    n = facts.numbers
    rows = []
    for span in (n.window, n.before):
        requests = n.total("requests", span)
        if not requests:
            rows.append(("0", *("-" for _ in range(6))))
            continue
        rows.append(
            (
                f"{requests:.0f} ({requests / span.minutes:.1f} a minute)",
                percent(n.total("failed", span), requests),
                percent(sum(n.total(f"{arm}.refused", span) for arm in ("baseline", "canary", "none")), requests),
                percent(n.total("late", span), requests),
                ms(n.mean("ms", "requests", span)),
                ms(n.highest("p99", span)),
                ms(max(n.mean("ms", "requests", span) - n.total("waited_ms", span) / requests, 0)),
            )
        )
    names = (
        "requests",
        "5xx",
        "4xx",
        f"slower than {ms(facts.objective_ms)}",
        "mean",
        "p99, worst minute",
        "gateway's own",
    )
    return [(name, now, before) for name, now, before in zip(names, *rows, strict=True)]


def lines(service: str, regions: Sequence[Region], *, minutes: int) -> list[str]:
    told = [f"{service}: the last {minutes} minutes beside the {minutes} before"]
    for region in regions:
        told += ["", f"{region.facts.region}: {region.headline}"]
        if region.facts.problem:
            told.append(f"  {region.facts.problem}")
            continue
        told += [f"  {_MARKS[one.weight]} {one.says}{_indented(one.detail)}" for one in region.findings]
        if _had_requests(region.facts):
            told += ["", *_table(region.facts), *_chain_lines(region)]
        told += [f"  not read: {gap}" for gap in region.facts.gaps]
        if region.facts.traces is None:
            told.append("  traces: no tracer was asked")
    commands = _commands(regions)
    return [*told, *(["", "Next:", *(f"  {one}" for one in commands)] if commands else [])]


def _had_requests(facts: Facts) -> bool:
    return any(facts.numbers.total("requests", span) for span in (facts.numbers.window, facts.numbers.before))


def _indented(detail: str) -> str:
    return f"\n       {detail}" if detail else ""


def _table(facts: Facts) -> list[str]:
    rows = [("", "now", "before"), *figures(facts)]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return [
        "     " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _chain_lines(region: Region) -> list[str]:
    if not region.chain.parts:
        return []
    when = spoken_span(region.facts)[1]
    told = ["", f"     where the time of a request goes, {when} ({ms(region.chain.total_ms)} on average)"]
    width = max(len(part.name) for part in region.chain.parts)
    for part in region.chain.parts:
        bar = "#" * round(40 * min(part.share, 1.0))
        told.append(
            f"       {part.name.ljust(width)}  {ms(part.ms).rjust(7)}  {100 * part.share:3.0f} %  {bar}".rstrip()
        )
    return told


def _commands(regions: Sequence[Region]) -> list[str]:
    """Each once, those of the worst findings first."""
    found = [
        (list(Weight).index(one.weight), command)
        for region in regions
        for one in region.findings
        for command in one.next
    ]
    return list(dict.fromkeys(command for _, command in sorted(found, key=lambda pair: pair[0])))


def markdown(service: str, regions: Sequence[Region], *, minutes: int) -> list[str]:
    at = clock(max(region.facts.now for region in regions))
    told = [f"# {service}: what stood out at {at}", "", f"The last {minutes} minutes, beside the {minutes} before."]
    for region in regions:
        told += ["", f"## {region.facts.region}: {_escaped(region.headline)}", ""]
        if region.facts.problem:
            told.append(_escaped(region.facts.problem))
            continue
        for one in region.findings:
            detail = f" {_escaped(one.detail)}" if one.detail else ""
            told.append(f"- **{one.weight.value}** {_escaped(one.says)}.{detail}")
        if _had_requests(region.facts):
            told += ["", "| | now | before |", "| --- | --- | --- |"]
            told += [f"| {what} | {now} | {before} |" for what, now, before in figures(region.facts)]
        if region.chain.parts:
            told += ["", "| part of a request | mean | share |", "| --- | --- | --- |"]
            told += [f"| {part.name} | {ms(part.ms)} | {100 * part.share:.0f} % |" for part in region.chain.parts]
        told += [f"\nNot read: {_escaped(gap)}" for gap in region.facts.gaps]
    commands = _commands(regions)
    return [*told, *(["", "Next:", "", "```console", *commands, "```"] if commands else [])]


def _escaped(text: str) -> str:
    """What others wrote (a reason, a release's name) must stay text."""
    for sign in "\\`*_<>|[]":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def document(service: str, regions: Sequence[Region], *, minutes: int) -> dict[str, Any]:
    return {
        "service": service,
        "minutes": minutes,
        "regions": [_region(region) for region in regions],
        "next": _commands(regions),
    }


def _region(region: Region) -> dict[str, Any]:
    facts = region.facts
    found = trouble(facts) if not facts.problem else None
    return {
        "region": facts.region,
        "headline": region.headline,
        "problem": facts.problem,
        "began": found.start if found else None,
        "findings": [asdict(one) for one in region.findings],
        "figures": [{"what": what, "now": now, "before": before} for what, now, before in figures(facts)],
        "chain": {"total_ms": region.chain.total_ms, "parts": [asdict(part) for part in region.chain.parts]},
        "breaker": facts.breaker,
        "canary": asdict(facts.canary) if facts.canary else None,
        "serving": facts.serving,
        "changes": [asdict(one) for one in facts.changes],
        "traces": None if facts.traces is None else [asdict(one) for one in facts.traces],
        "alarms": list(facts.alarms),
        "gaps": list(facts.gaps),
    }
