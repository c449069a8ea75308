"""The report of a rollout: one HTML file that needs nothing else, with pictures and the evidence for a replay in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from infra.rollout.latency import edges_of, percentile_ms, together
from infra.rollout.pictures import Band, Line, chart
from infra.rollout.replayed import answers_again, stream_lines
from infra.rollout.state import RegionState, Rollout

__all__ = ["report"]

_NAMES = {"5xx": "5xx", "4xx": "4xx", "slow": "slower than promised", "tail": "in the slowest hundredth"}
_PERCENTILES = ((0.5, "half answered within"), (0.99, "99 of 100 answered within"))
_ARMS = ("baseline", "canary")
_CSS = """
:root{--ink:#1c2430;--soft:#5b6675;--paper:#fff;--rule:#dfe3e8;--canary:#b45309;--baseline:#2563a8;--harm:#b91c1c;--good:#15803d}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#9aa5b4;--paper:#14181e;--rule:#2c343f;--canary:#f0a04b;--baseline:#6aa9e9;
--harm:#f07171;--good:#5cc98a}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1360px;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem;border-top:1px solid var(--rule);padding-top:1.2rem}
p{margin:.3rem 0}.soft{color:var(--soft)}.outcome{font-weight:600}.promoted{color:var(--good)}.rolled{color:var(--harm)}.undecided{color:var(--canary)}
table{border-collapse:collapse;margin:.8rem 0;font-variant-numeric:tabular-nums}th,td{text-align:right;padding:.25rem .8rem;border-bottom:1px solid
var(--rule)}th{font-weight:600;color:var(--soft)}th:first-child,td:first-child{text-align:left;padding-left:0}.left td{text-align:left}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:1rem}svg{width:100%;height:auto}
.title{font-size:12px;font-weight:600;fill:var(--ink)}.tick{font-size:10px;fill:var(--soft)}.label{font-size:10px;stroke:none}
.grid{stroke:var(--rule)}.mark{stroke:var(--soft);stroke-dasharray:2 3}.line{fill:none;stroke-width:1.6}.band{opacity:.16}
.line.harm{stroke:var(--harm)}.line.canary{stroke:var(--canary)}.line.baseline{stroke:var(--baseline)}.line.limit{stroke:var(--soft);stroke-dasharray:5 4}
.line.good{stroke:var(--good)}tspan.harm,.dot.harm{fill:var(--harm)}tspan.canary,.band.canary,.dot.canary{fill:var(--canary)}
tspan.baseline,.band.baseline,.dot.baseline{fill:var(--baseline)}tspan.limit{fill:var(--soft)}tspan.good,.dot.good{fill:var(--good)}
"""

Answers = Sequence[Mapping[str, Any]]


def report(rollout: Rollout, intervals: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The whole page.

    Args:
        intervals: what was kept, by region.
    """
    lines = [line for name, state in rollout.regions.items() for line in stream_lines(state, intervals.get(name, ()))]
    body = [_head(rollout)]
    body += [_region(rollout, state, intervals.get(name, ())) for name, state in rollout.regions.items()]
    body.append(_events(rollout))
    data = json.dumps(lines).replace("<", "\\u003c")  # no text in it can end the element
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(rollout.release)}: {escape(rollout.outcome.value)}</title><style>{_CSS}</style></head><body>"
        f'{"".join(body)}<script type="application/json" id="intervals">{data}</script></body></html>\n'
    )


def _head(rollout: Rollout) -> str:
    strategy = rollout.strategy
    style = {"promoted": "promoted", "rolled back": "rolled"}.get(rollout.outcome.value, "undecided")
    steps = ", ".join(f"{step:g} %" for step in strategy.steps_percent)
    hurry = (
        ""
        if strategy.minute_seconds == 60
        else f" Tried with minutes of {strategy.minute_seconds} s on an embedded AWS."
    )
    return (
        f"<h1>{escape(strategy.gateway)}: release {escape(rollout.release)} in place of {escape(rollout.baseline_release)}</h1>"
        f'<p class="outcome {style}">{escape(rollout.outcome.value)}{escape(f": {rollout.reason}" if rollout.reason else "")}</p>'
        f'<p class="soft">Begun {datetime.fromisoformat(rollout.started).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC by {escape(rollout.owner)}. Judged: '
        f"{escape(', '.join(strategy.objectives_ms))}. Steps {steps}. A release that is no worse is rolled back with probability at most "
        f"{strategy.alpha:.2%}; one that is worse by {strategy.tolerances[0]:.2%} of 5xx, {strategy.tolerances[1]:.2%} of 4xx or "
        f"{strategy.tolerances[2]:.2%} of slow requests is promoted with probability at most {strategy.beta:.2%}; at any number of "
        f"looks.{escape(hurry)}</p>"
    )


def _region(rollout: Rollout, state: RegionState, intervals: Sequence[Mapping[str, Any]]) -> str:
    answers = answers_again(state, intervals)
    reason = f" {state.held}" if state.held else ""
    head = f"<h2>{escape(state.region)}: {escape(state.phase.value)}</h2><p class='soft'>{escape(reason.strip())}</p>"
    if not answers:
        told = "It never saw the release." if not state.canary_since else "No interval of its canary was complete."
        return f"{head}<p>{told}</p>"
    marks = _steps(rollout, state)
    judged = [one for one in intervals if "left_out" not in one]
    edges = edges_of(state.start or {})
    pictures = [
        _harm(answers, marks),
        _safety(answers, marks),
        *_latency(judged, edges),
        *_rates(answers),
        _requests(intervals),
    ]
    return f'{head}{_table(answers[-1], _latency_rows(answers[-1], judged, edges))}<div class="charts">{"".join(pictures)}</div>'


def _steps(rollout: Rollout, state: RegionState) -> list[tuple[float, str]]:
    """When the share changed, in minutes of the canary."""
    start = float((state.feed or {}).get("start", state.canary_since))
    minute = rollout.strategy.minute_seconds
    return [
        ((at - start) / minute, text.partition(" %")[0] + " %")
        for at, region, text in rollout.events
        if region == state.region and " % now" in text
    ]


def _minute(answer: Mapping[str, Any]) -> float:
    return float(answer["elapsed_s"]) / 60


def _harm(answers: Answers, marks: Sequence[tuple[float, str]]) -> str:
    points = [(_minute(a), max(float(a["e_value"]), 0.01)) for a in answers]
    line = float(answers[-1]["rollback_at"])
    limit = [(0.0, line), (points[-1][0], line)]
    shown = [Line("evidence", "harm", points), Line(f"rolls back at {line:g}", "limit", limit)]
    return chart("Evidence that the canary is worse (e-value)", shown, log=True, marks=marks)


def _safety(answers: Answers, marks: Sequence[tuple[float, str]]) -> str:
    names = list(answers[-1]["safety"])
    kinds = ("good", "baseline", "canary", "harm")
    lines = [
        Line(
            name,
            kinds[number % 4],
            [(_minute(a), min(max(float(a["safety"].get(name, 1.0)), 0.01), 1e6)) for a in answers],
        )
        for number, name in enumerate(names)
    ]
    at = float(answers[-1]["promote_at"])
    lines.append(Line(f"shown at {at:g}", "limit", [(0.0, at), (_minute(answers[-1]), at)]))
    return chart("Evidence that it is not worse by the tolerance", lines, log=True, marks=marks)


def _rates(answers: Answers) -> list[str]:
    pictures = []
    for name in answers[-1].get("rates", {}):
        seen = [a for a in answers if name in a.get("rates", {}) and a["canary_requests"]]
        lines, bands = [], []
        for arm in _ARMS:
            points = [(_minute(a), [100 * value for value in a["rates"][name][arm]]) for a in seen]
            lines.append(Line(arm, arm, [(x, measured) for x, (_, measured, _) in points]))
            bands.append(Band(arm, [(x, low, min(high, 4 * measured + 5)) for x, (low, measured, high) in points]))
        if seen:
            pictures.append(
                chart(f"{_NAMES.get(name, name)}: share of requests, 95 % at every look", lines, bands=bands, unit=" %")
            )
    return pictures


def _requests(intervals: Sequence[Mapping[str, Any]]) -> str:
    lines = [Line(arm, arm, [(float(one["i"]), float(one[arm].get("n", 0))) for one in intervals]) for arm in _ARMS]
    return chart("Requests a minute", lines)


def _latency(intervals: Answers, edges: Sequence[float]) -> list[str]:
    """Percentiles of each minute; the verdict goes by the whole histogram."""
    pictures = []
    for share, name in _PERCENTILES:
        lines = []
        for arm in _ARMS:
            taken = [(float(one["i"]), percentile_ms(one[arm].get("hist") or (), edges, share)) for one in intervals]
            lines.append(Line(arm, arm, [(minute, ms) for minute, ms in taken if ms is not None]))
        if all(line.points for line in lines):
            pictures.append(chart(f"Latency: {name}, minute by minute", lines, unit=" ms"))
    return pictures


def _latency_rows(answer: Mapping[str, Any], intervals: Answers, edges: Sequence[float]) -> list[list[str]]:
    """Of all minutes together. The evidence of harm is one number for the whole histogram, and stands in the first row."""
    rows: list[list[str]] = []
    for share, name in _PERCENTILES:
        taken = [
            percentile_ms(together(one[arm].get("hist") or () for one in intervals), edges, share) for arm in _ARMS
        ]
        before, after = taken
        if before is not None and after is not None:
            harm = answer["harm"].get("latency")
            told = "" if harm is None or rows else f"{harm:.3g}"
            rows.append([name, f"{before:.0f} ms", f"{after:.0f} ms", f"{after - before:+.0f} ms", told, ""])
    return rows


def _table(answer: Mapping[str, Any], latency: Sequence[Sequence[str]]) -> str:
    rows = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in latency]
    for name, rates in answer.get("rates", {}).items():
        harm = answer["harm"].get(name)
        cells = [
            _NAMES.get(name, name),
            *(_rate(rates[arm]) for arm in _ARMS),
            _rate(rates["difference"], sign="+"),
        ]
        cells += [
            "" if harm is None else f"{harm:.3g}",
            f"{answer['safety'].get(name, 1.0):.3g} of {answer['promote_at']:g}",
        ]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(
        f"<th>{text}</th>" for text in ("metric", "baseline", "canary", "difference (95 %)", "harm", "safety")
    )
    return (
        f"<table><tr>{head}</tr>{''.join(rows)}</table><p>{answer['canary_requests']:,} canary and {answer['baseline_requests']:,} baseline "
        f"requests were evidence. Evidence of harm {answer['e_value']:.3g}, rolled back at {answer['rollback_at']:g}. "
        f"The last word: {escape(str(answer['verdict']))}, {escape(str(answer['reason']))}.</p>"
    )


def _rate(three: Sequence[float], sign: str = "") -> str:
    low, measured, high = (100 * value for value in three)
    return f"{measured:{sign}.2f} % [{low:{sign}.2f}, {high:{sign}.2f}]"


def _events(rollout: Rollout) -> str:
    rows = "".join(
        f"<tr><td>{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}</td><td>{escape(region)}</td><td>{escape(text)}</td></tr>"
        for at, region, text in rollout.events
    )
    return f'<h2>What happened (UTC)</h2><table class="left">{rows}</table>'
