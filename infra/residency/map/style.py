"""Colours and layout of the map. Pure text.

Okabe and Ito's palette (2008) tells regions apart for every kind of colour vision, blue for the EU and orange for the rest; a leak and an answer
that nobody can reach are hatched as well, so no meaning is in colour alone. Without scripts: radio buttons choose the scene.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["INSIDE", "OUTSIDE", "style"]

INSIDE = ("#0072b2", "#56b4e9", "#009e73", "#44aa99")
OUTSIDE = ("#e69f00", "#cc79a7", "#f0e442", "#999933")

_BASE = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --sea: #eef3f7;
  --nobody: #9aa4ae; --edge: #ffffff; --alarm: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1419; --ink: #e6e9ed; --soft: #a3adb8; --line: #343d47; --sea: #18202a;
  --nobody: #5b6672; --edge: #0f1419; --alarm: #ff8a80; } }
body { margin: 0 auto; max-width: 76rem; padding: 1.25rem; background: var(--page); color: var(--ink);
  font: 1rem/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: .5rem 0; } p { margin: .25rem 0; }
.soft { color: var(--soft); font-size: .9rem; } .alarm { color: var(--alarm); font-weight: 600; }
.pick { position: absolute; opacity: 0; }
.tabs { display: flex; flex-wrap: wrap; gap: .4rem; margin: 1rem 0 .5rem; }
.tabs label { border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .7rem; cursor: pointer; }
.scene { display: none; }
svg.map { display: block; width: 100%; height: auto; background: var(--sea); border: 1px solid var(--line); border-radius: .5rem; }
svg path { fill-rule: evenodd; }
svg path, svg.map circle { vector-effect: non-scaling-stroke; }
svg.map use { stroke: var(--edge); stroke-width: .6; }
svg.map .protected use, svg.map .protected circle { stroke: var(--ink); stroke-width: 1.2; }
svg.map circle { stroke: var(--edge); stroke-width: 1; }
svg.map text { fill: var(--ink); font: 22px system-ui, sans-serif; }
svg.map rect.box { stroke: var(--ink); stroke-width: 2; }
.none { fill: var(--nobody); } .hatch { fill: url(#unreachable); stroke: none; } .leak { fill: url(#leak); stroke: none; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.2rem; list-style: none; margin: .6rem 0; padding: 0; font-size: .92rem; }
.legend svg { width: 1.5em; height: 1em; vertical-align: -.12em; margin-right: .4em; }
.legend.tall { flex-direction: column; }
.near { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1rem; margin-top: .8rem; }
.near figure { margin: 0; } .near h3 { font-size: .95rem; margin: 0; }
figcaption { color: var(--soft); font-size: .9rem; }
@media (max-width: 50rem) { .near { grid-template-columns: 1fr; } }
details { margin: .8rem 0; } summary { cursor: pointer; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
caption { text-align: left; padding: .4rem 0; color: var(--soft); }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { position: sticky; top: 0; background: var(--page); }
@media print { .tabs, .pick { display: none; } .scene { display: block !important; break-after: page; } }
"""


def style(regions: Sequence[str], inside: Sequence[str], scenes: int) -> str:
    """The sheet: a colour for each region, and which scene each button shows."""
    lines = [_BASE]
    shown = {"in": 0, "out": 0}
    for number, region in enumerate(regions):
        side, palette = ("in", INSIDE) if region in inside else ("out", OUTSIDE)
        lines.append(f".r{number} {{ fill: {palette[shown[side] % len(palette)]}; }}")
        shown[side] += 1
    for number in range(scenes):
        lines.append(f"#pick{number}:checked ~ #scene{number} {{ display: block; }}")
        lines.append(
            f'#pick{number}:checked ~ .tabs label[for="pick{number}"] {{ background: var(--ink); color: var(--page); }}'
        )
        lines.append(f'#pick{number}:focus-visible ~ .tabs label[for="pick{number}"] {{ outline: 3px solid #56b4e9; }}')
    return "\n".join(lines)
