"""How a rollout looks in a terminal: a table of rates and a plot of the evidence, as plain lines or redrawn in place. Writes to stdout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from math import log10
from typing import TYPE_CHECKING, Any

from infra.cli.options import Format
from infra.cli.terminal import colors_wanted, say, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from infra.rollout.driver import Heard
    from infra.rollout.state import RegionState, Rollout

__all__ = ["JsonLines", "Plain", "Redrawn", "screen", "view_for"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_PLOT_WIDTH = 72
_COLUMNS = ("metric", "baseline", "canary", "difference (95 %)", "harm", "safe")


class Plain:
    """What happens, a line at a time: for logs and for terminals that cannot be redrawn."""

    def show(self, rollout: Rollout, heard: Heard, now: float) -> None:  # noqa: ARG002
        clock = f"{datetime.fromtimestamp(now, UTC):%H:%M:%S}"
        for region, answers in heard.answers.items():
            for answer in answers:
                say(f"{clock} {region}: {line_of(answer)}")
        for region, text in heard.events:
            say(f"{clock} {f'{region}: ' if region else ''}{text}")

    def end(self, rollout: Rollout, report: str) -> None:
        say(_last_line(rollout, report))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While somebody is asked."""
        yield


class JsonLines(Plain):
    """One JSON document a tick, flushed, and one at the end."""

    def show(self, rollout: Rollout, heard: Heard, now: float) -> None:
        regions = {
            name: {
                "phase": state.phase.value,
                "percent": percent_of(rollout, state),
                "held": state.held,
                "look": state.look,
            }
            for name, state in rollout.regions.items()
        }
        events = [{"region": region, "text": text} for region, text in heard.events]
        self._say({"type": "tick", "at": now, "outcome": rollout.outcome.value, "regions": regions, "events": events})

    def end(self, rollout: Rollout, report: str) -> None:
        document = {"outcome": rollout.outcome.value, "reason": rollout.reason, "report": report, "rollout": rollout.id}
        self._say({"type": "end", **document})

    @staticmethod
    def _say(document: dict[str, Any]) -> None:
        say(json.dumps(document))


class Redrawn(Plain):
    """A picture of now, redrawn in place; what happened scrolls above it."""

    def __init__(self, live: Live, console: Console) -> None:
        self._live, self._console = live, console
        self._plots: dict[str, list[float]] = {}

    def show(self, rollout: Rollout, heard: Heard, now: float) -> None:
        from rich.text import Text

        for region, answers in heard.answers.items():
            self._plots.setdefault(region, []).extend(float(answer["e_value"]) for answer in answers)
        for region, text in heard.events:
            if not text.startswith("holds"):
                self._console.print(Text(f"{datetime.fromtimestamp(now, UTC):%H:%M:%S} {region} {text}"))
        picture = Text()
        for line, style in screen(rollout, self._plots):
            picture.append(line + "\n", style=style)
        self._live.update(picture, refresh=True)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without it the picture would be drawn over the question."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()


@contextmanager
def view_for(output: Format) -> Iterator[Plain]:
    """The view that fits: JSON lines when asked for, redrawn on a terminal, plain lines elsewhere."""
    import sys

    if output is Format.JSON:
        yield JsonLines()
    elif not sys.stdout.isatty():
        yield Plain()
    else:
        from rich.console import Console
        from rich.live import Live

        console = Console(no_color=not colors_wanted(), highlight=False)
        with Live(console=console, auto_refresh=False) as live:
            yield Redrawn(live, console)


def percent_of(rollout: Rollout, state: RegionState) -> float:
    """The canary's share now."""
    return rollout.strategy.steps_percent[state.step] if state.phase.value == "baking" else 0.0


def line_of(answer: Mapping[str, Any]) -> str:
    """One look in a line."""
    left = answer.get("left_to_promote")
    needs = f", some {left:,} canary requests to go" if left else ""
    share = answer.get("share")
    realised = f", {share:.1%} of the requests" if share is not None else ""
    told = answer["skipped"] or answer["reason"]
    return (
        f"minute {answer['elapsed_s'] / 60:.0f}{realised}: harm {answer['e_value']:.3g} of "
        f"{answer['rollback_at']:g}, {answer['canary_requests']:,} canary requests{needs}: {told}"
    )


def screen(rollout: Rollout, plots: Mapping[str, Sequence[float]]) -> list[tuple[str, str]]:
    """Every line of the picture with its style."""
    strategy = rollout.strategy
    lines = [
        (f"{strategy.gateway}: release {rollout.release} in place of {rollout.baseline_release}", "bold"),
        ("", ""),
    ]
    for name, state in rollout.regions.items():
        lines.append((_headline(rollout, state), _style(state)))
        if state.held:
            lines.append((f"  holds: {state.held}", "yellow"))
        if state.phase.value == "baking" and state.look:
            lines += [(f"  {line}", "") for line in table(rate_rows(state.look), columns=_COLUMNS)]
            lines.append((f"  {_requests_line(state.look)}", ""))
            lines.append((f"  harm  {plot(plots.get(name, ()), state.look['rollback_at'])}", "red"))
        lines.append(("", ""))
    return lines


def _headline(rollout: Rollout, state: RegionState) -> str:
    strategy, wave = rollout.strategy, rollout.strategy.wave_of(state.region) + 1
    text = f"{state.region}  wave {wave} of {len(strategy.waves)}  {state.phase.value}"
    if state.phase.value == "baking":
        baked = max(0, state.interval - state.step_interval)
        step = f"step {state.step + 1} of {len(strategy.steps_percent)}"
        text += f" at {percent_of(rollout, state):g} % ({step}), {baked} of {strategy.bake_minutes(state.region):g} min"
    return text


def _style(state: RegionState) -> str:
    return {"promoted": "green", "rolled back": "red", "taking back": "red", "undecided": "yellow"}.get(
        state.phase.value, "cyan"
    )


def rate_rows(look: Mapping[str, Any]) -> list[dict[str, object]]:
    """Rates in percent with what is known of their difference."""
    rows = []
    for name, rates in look.get("rates", {}).items():
        low, measured, high = (100 * value for value in rates["difference"])
        harm = look["harm"].get(name)
        safe = look["safety"].get(name, 0.0)
        rows.append(
            {
                "metric": name,
                "baseline": f"{100 * rates['baseline'][1]:.2f} %",
                "canary": f"{100 * rates['canary'][1]:.2f} %",
                "difference (95 %)": f"{measured:+.2f} [{low:+.2f}, {high:+.2f}]",
                "harm": "" if harm is None else f"{harm:.3g}",
                "safe": "shown" if safe >= look["promote_at"] else f"{safe:.3g} of {look['promote_at']:g}",
            }
        )
    if "latency" in look["harm"]:
        rows.append({"metric": "latency", "harm": f"{look['harm']['latency']:.3g}"})
    return rows


def _requests_line(look: Mapping[str, Any]) -> str:
    share = look.get("share")
    got = f" ({share:.1%} of the last minute)" if share is not None else ""
    left = look.get("left_to_promote")
    needs = f"; some {left:,} more to be sure" if left else ""
    return f"{look['canary_requests']:,} canary requests{got}, {look['baseline_requests']:,} baseline{needs}: {look['reason']}"


def plot(values: Sequence[float], line: float) -> str:
    """Evidence on a logarithmic scale from 0.1 to the line at which it is rolled back; the newest at the right."""
    shown = values[-_PLOT_WIDTH:]
    top = log10(line) + 1
    bars = "".join(_BLOCKS[min(7, max(0, int(8 * (log10(max(value, 0.1)) + 1) / top)))] for value in shown)
    now = f"{shown[-1]:.3g}" if shown else "-"
    return f"{bars} {now} of {line:g}"


def _last_line(rollout: Rollout, report: str) -> str:
    told = f": {rollout.reason}" if rollout.reason else ""
    return f"{rollout.strategy.gateway}: {rollout.outcome.value}{told.rstrip('.')}. Report: {report}"
