"""The map as one HTML file: no script, no address of anybody, nothing to load. Pure.

Every place is an outline or a dot with its answer as a title; below each map the same as a table, which is also what a screen reader gets.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from infra.residency.map.answers import Answered, Scene, unplaceable
from infra.residency.map.style import style
from infra.residency.territory import UNPLACEABLE

__all__ = ["page"]

_DOT_RADIUS = 7
_CLOSER = 0.42  # a dot in the picture of Europe, which is drawn some three times as large
_BOX = (30, 900)  # left, top of who is nowhere on a map


@cache
def world() -> Mapping[str, Any]:
    """The outlines; licence and source are in the file."""
    data: Mapping[str, Any] = json.loads(
        resources.files("infra.residency.map").joinpath("world.json").read_text(encoding="utf-8")
    )
    return data


def page(scenes: Sequence[Scene], *, name: str, source: str, allowed: Collection[str], first: int = 0) -> str:
    """The file.

    Args:
        source: where the records are from, for the reader.
        allowed: the regions that may answer the territory.
        first: the scene that is shown at first.
    """
    regions = sorted({region for scene in scenes for row in scene.rows for region in row.regions})
    classes = {region: f"r{number}" for number, region in enumerate(regions)}
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Who answers {escape(name)}</title>",
        f"<style>{style(regions, list(allowed), len(scenes))}</style></head><body>",
        f"<h1>Who is answered from where: {escape(name)}</h1>",
        f'<p class="soft">By {escape(source)}, as Route 53 documents its answers. Route 53 sees a resolver or a part of an address, not a '
        "person: this is routing, not enforcement. Outlined in ink: answered from the EU only.</p>",
        _outlines(),
    ]
    for number, _ in enumerate(scenes):
        checked = " checked" if number == first else ""
        parts.append(f'<input class="pick" type="radio" name="scene" id="pick{number}"{checked}>')
    labels = "".join(f'<label for="pick{n}">{escape(scene.title)}</label>' for n, scene in enumerate(scenes))
    parts.append(f'<div class="tabs">{labels}</div>')
    parts += [_section(number, scene, classes, allowed) for number, scene in enumerate(scenes)]
    about = world()
    parts.append(
        f'<p class="soft">Outlines: {escape(about["source"])}. {escape(about["licence"])}. {about["projection"]} projection.</p>'
    )
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _outlines() -> str:
    """Drawn once, used by every map; with the patterns."""
    paths = "".join(f'<path id="p{code}" d="{text}"/>' for code, text in world()["paths"].items())
    patterns = (
        '<pattern id="leak" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="5" height="10" fill="#000"/><rect x="5" width="5" height="10" fill="#fff" fill-opacity=".55"/></pattern>'
        '<pattern id="unreachable" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
        '<rect width="3" height="9" fill="#000" fill-opacity=".6"/></pattern>'
    )
    return (
        f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{paths}{patterns}</defs></svg>'
    )


def _section(number: int, scene: Scene, classes: Mapping[str, str], allowed: Collection[str]) -> str:
    return "\n".join(
        (
            f'<section class="scene" id="scene{number}"><h2>{escape(scene.title)}</h2>',
            _verdict(scene),
            _map(scene, classes),
            _legend(scene, classes, allowed),
            _table(scene),
            "</section>",
        )
    )


def _verdict(scene: Scene) -> str:
    must = [row for row in scene.rows if row.protected]
    if scene.leaks:
        codes = ", ".join(row.place.code for row in scene.leaks)
        return f'<p class="alarm">{len(scene.leaks)} of {len(must)} places that must be answered from the EU may be answered from outside: {codes}</p>'
    lost = [row for row in must if not row.reachable]
    said = f"All {len(must)} places that must be answered from the EU are."
    if lost:
        said = f"{len(lost)} of the {len(must)} places that must be answered from the EU reach nobody; none is answered from outside."
    return f"<p>{said}</p>"


def _map(scene: Scene, classes: Mapping[str, str]) -> str:
    width, height = world()["size"]
    rows = scene.by_code
    shapes = "".join(_shape(row, classes) for code, row in rows.items() if code in world()["paths"])
    summary = escape(f"{scene.title}. The table below says the same.", quote=True)
    left, top, across, down = world()["europe"]
    return (
        f'<svg class="map" viewBox="0 0 {width} {height}" role="img" aria-label="World map, {summary}">'
        f"{shapes}{_dots(scene, classes, _DOT_RADIUS)}{_nowhere(unplaceable(scene), classes)}</svg>"
        f'<div class="near"><figure><svg class="map" viewBox="{left} {top} {across} {down}" role="img" aria-label="Europe, {summary}">'
        f"{shapes}{_dots(scene, classes, _DOT_RADIUS * _CLOSER)}</svg><figcaption>Europe</figcaption></figure>{_far(scene, classes)}</div>"
    )


def _dots(scene: Scene, classes: Mapping[str, str], radius: float) -> str:
    return "".join(_dot(row, classes, radius) for code, row in scene.by_code.items() if code in world()["dots"])


def _far(scene: Scene, classes: Mapping[str, str]) -> str:
    """Who must stay and lies outside of the picture of Europe: easily overlooked, and what zones forget."""
    far = [row for row in scene.rows if row.protected and place_key(row) != "EU"]
    items = "".join(f"<li>{_swatch(*_pair(row, classes))}{_said(row)}</li>" for row in far)
    return f'<div><h3>Must be answered from the EU, and lies elsewhere</h3><ul class="legend tall">{items}</ul></div>'


def place_key(row: Answered) -> str:
    """The continent's code; "" for nowhere."""
    return next((key.removeprefix("continent ") for key in row.place.keys if key.startswith("continent ")), "")


def _pair(row: Answered, classes: Mapping[str, str]) -> tuple[str, str]:
    colour, *pattern = _layers(row, classes)
    return colour, "".join(pattern)


def _said(row: Answered) -> str:
    answer = " or ".join(row.regions) or "nobody"
    who = row.place.name if row.place is UNPLACEABLE else f"{row.place.code} {row.place.name}"
    notes = [" (nobody listens there now)" if row.regions and not row.reachable else "", ": LEAK" if row.leak else ""]
    return escape(f"{who}: {answer}{''.join(notes)}")


def _layers(row: Answered, classes: Mapping[str, str]) -> Iterator[str]:
    """A colour, and a pattern over it where colour alone would have to say it."""
    yield classes[row.regions[0]] if row.regions else "none"
    if row.leak:
        yield "leak"
    elif row.regions and not row.reachable:
        yield "hatch"


def _group(row: Answered, drawn: str) -> str:
    protected = ' class="protected"' if row.protected else ""
    return f'<g id="" data-place="{row.place.code}"{protected}><title>{_said(row)}</title>{drawn}</g>'.replace(
        ' id=""', ""
    )


def _shape(row: Answered, classes: Mapping[str, str]) -> str:
    return _group(row, "".join(f'<use href="#p{row.place.code}" class="{layer}"/>' for layer in _layers(row, classes)))


def _dot(row: Answered, classes: Mapping[str, str], radius: float) -> str:
    x, y = world()["dots"][row.place.code]
    return _group(
        row,
        "".join(f'<circle cx="{x}" cy="{y}" r="{radius:g}" class="{layer}"/>' for layer in _layers(row, classes)),
    )


def _nowhere(row: Answered, classes: Mapping[str, str]) -> str:
    x, y = _BOX
    boxes = "".join(
        f'<rect class="box {layer}" x="{x}" y="{y}" width="44" height="30"/>' for layer in _layers(row, classes)
    )
    return _group(row, f'{boxes}<text x="{x + 58}" y="{y + 22}">An address that cannot be placed</text>')


def _legend(scene: Scene, classes: Mapping[str, str], allowed: Collection[str]) -> str:
    rows = []
    for region, name in classes.items():
        count = sum(region in row.regions for row in scene.rows)
        side = "in the EU" if region in allowed else "outside"
        state = ", down" if region in scene.down else ""
        if count:
            rows.append((name, "", f"{region} ({side}{state}): {count} places"))
    if scene.leaks:
        rows.append(("none", "leak", "must be answered from the EU, and is not"))
    if any(row.regions and not row.reachable and not row.leak for row in scene.rows):
        rows.append(("none", "hatch", "answered with a region that is down"))
    if any(not row.regions for row in scene.rows):
        rows.append(("none", "", "no answer"))
    items = "".join(f"<li>{_swatch(colour, pattern)}{escape(text)}</li>" for colour, pattern, text in rows)
    return f'<ul class="legend">{items}</ul>'


def _swatch(colour: str, pattern: str) -> str:
    over = f'<rect width="30" height="20" class="{pattern}"/>' if pattern else ""
    return f'<svg viewBox="0 0 30 20" aria-hidden="true"><rect width="30" height="20" class="{colour}"/>{over}</svg>'


def _table(scene: Scene) -> str:
    """Who must stay first, then the rest."""
    rows = sorted(
        scene.rows, key=lambda row: (not row.leak, not row.protected, row.place is not UNPLACEABLE, row.place.code)
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Place", "", "Answered from", "", "Why"))
    body = "".join(_row(row) for row in rows)
    return (
        f'<details><summary>The same as a table: {len(rows)} places</summary><div class="wide"><table>'
        f"<caption>{escape(scene.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _row(row: Answered) -> str:
    state = "LEAK" if row.leak else "must stay in the EU" if row.protected else ""
    reach = "" if row.reachable or not row.regions else " (down)"
    code = "–" if row.place is UNPLACEABLE else row.place.code
    cells = (f"{code} {row.place.name}", state, (" or ".join(row.regions) or "nobody") + reach, row.note, row.why)
    first, *rest = (escape(cell) for cell in cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
