"""Pictures of a canary as SVG text: evidence over time, rates with their intervals, requests. Pure; colors are the page's."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10
from typing import NamedTuple

__all__ = ["Band", "Line", "chart"]

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 34


class Line(NamedTuple):
    """One series. `kind` is a class of the page's style: harm, baseline, canary, limit."""

    label: str
    kind: str
    points: Sequence[tuple[float, float]]


class Band(NamedTuple):
    """An interval around a series: (x, low, high)."""

    kind: str
    points: Sequence[tuple[float, float, float]]


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    bands: Sequence[Band] = (),
    log: bool = False,
    unit: str = "",
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """A chart over minutes.

    Args:
        log: the vertical axis is logarithmic.
        marks: (minute, text) of vertical lines.
    """
    xs = [x for line in lines for x, _ in line.points] or [0.0, 1.0]
    ys = [y for line in lines for _, y in line.points] + [y for band in bands for _, *two in band.points for y in two]
    scale = _Scale(max(max(xs), 1.0), ys or [0.0, 1.0], log=log)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<text class="title" x="{LEFT}" y="12">{escape(title)}</text>',
        _legend(lines),
    ]
    parts += [_grid(scale, value, unit) for value in scale.ticks()]
    parts += [_minute(scale, minute) for minute in scale.minutes()]
    parts += [_mark(scale, minute, text) for minute, text in marks]
    parts += [_band(scale, band) for band in bands if len(band.points) > 1]
    parts += [_line(scale, line) for line in lines if line.points]
    parts.append("</svg>")
    return "".join(parts)


class _Scale:
    """Values to places."""

    def __init__(self, last_minute: float, values: Sequence[float], *, log: bool) -> None:
        self.last, self.log = last_minute, log
        shown = [self._of(value) for value in values]
        self.low, self.high = min(shown), max(shown)
        if self.high - self.low < 1e-9:
            self.high = self.low + 1.0
        if not log:
            self.low = min(self.low, 0.0)

    def _of(self, value: float) -> float:
        return log10(max(value, 1e-3)) if self.log else value

    def x(self, minute: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * minute / self.last

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - self._of(value)) / (self.high - self.low)

    def ticks(self) -> list[float]:
        if self.log:
            every = max(1, round((self.high - self.low) / 4))
            return [10.0**power for power in range(int(self.low // 1), int(self.high) + 1, every) if power >= self.low]
        return [self.low + (self.high - self.low) * part / 4 for part in range(5)]

    def minutes(self) -> list[float]:
        """Whole ones, four at most, and the last; one that would stand in the last one's way is left out."""
        step = max(1, round(self.last / 4))
        return [float(minute) for minute in range(0, int(self.last), step) if self.last - minute > step / 2] + [
            self.last
        ]


def _grid(scale: _Scale, value: float, unit: str) -> str:
    y = scale.y(value)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y + 3:.1f}" text-anchor="end">{_number(value)}{escape(unit)}</text>'
    )


def _minute(scale: _Scale, minute: float) -> str:
    anchor = "end" if minute == scale.last else "middle"
    text = f"{minute:.0f} min" if minute == scale.last else f"{minute:.0f}"
    return (
        f'<text class="tick" x="{scale.x(minute):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="{anchor}">{text}</text>'
    )


def _mark(scale: _Scale, minute: float, text: str) -> str:
    x = scale.x(min(max(minute, 0.0), scale.last))
    anchor = "end" if x > WIDTH * 0.8 else "start"
    return (
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="tick" x="{x + (-3 if anchor == "end" else 3):.1f}" y="{HEIGHT - 4}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _line(scale: _Scale, line: Line) -> str:
    points = list(line.points)
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle class="dot {line.kind}" cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="3"/>'
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)
    return f'<polyline class="line {line.kind}" points="{path}"/>'


def _legend(lines: Sequence[Line]) -> str:
    """One row below the title, so that series which end in the same place do not write over each other."""
    names = "".join(f'<tspan class="{line.kind}" dx="10">{escape(line.label)}</tspan>' for line in lines)
    return f'<text class="label" x="{LEFT - 10}" y="25">{names}</text>'


def _band(scale: _Scale, band: Band) -> str:
    upper = [f"{scale.x(x):.1f},{scale.y(high):.1f}" for x, _, high in band.points]
    lower = [f"{scale.x(x):.1f},{scale.y(low):.1f}" for x, low, _ in reversed(band.points)]
    return f'<polygon class="band {band.kind}" points="{" ".join(upper + lower)}"/>'


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
