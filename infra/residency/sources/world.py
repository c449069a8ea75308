"""`python -m infra.residency.sources.world ATLAS CODES`: the countries' outlines -> map/world.json.

ATLAS is the unpacked npm package `world-atlas` 2.0.2 (its `countries-50m.json` and `countries-10m.json` are TopoJSON of Natural
Earth, which is in the public domain); CODES is `codes.json` of the npm package `i18n-iso-countries` (ISO 3166-1: alpha-2, alpha-3,
numeric). Borders are shared arcs, so simplifying arcs keeps neighbours together. Projected by Natural Earth (Šavrič, Jenny, Patterson,
Petrovič, Hurni 2011, https://doi.org/10.1559/15230406384154), which leaves Europe some room. Reads three files, writes one.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from infra.residency.territory import table

__all__ = ["project", "simplified"]

TARGET = Path(__file__).parents[1] / "map" / "world.json"
WIDTH = 2000  # units of the drawing; a screen shows about half of them, so whole numbers are fine enough
TOLERANCE = 0.6  # of these units: a third of a pixel
RING_MIN_AREA = 3.0  # smaller islands are left out, unless a place has nothing larger
DOT_MAX_SIDE = 11.0  # a place whose outline is smaller than this gets a dot

Point = tuple[float, float]
_EQUATOR = 0.8707  # of the projection's width
_SCALE = WIDTH / (2 * math.pi * _EQUATOR)  # the equator is as long as the drawing is wide
_NORTH = 1.4223912  # y of the pole
_POLE = -89.0  # degrees; south of it Antarctica's ring runs along the edge of the map

# Natural Earth draws these inside another country; here they are places of their own: west, south, east, north in degrees.
_PARTS: dict[str, dict[str, tuple[float, float, float, float]]] = {
    "FR": {
        "GF": (-55, 2, -51, 6),
        "GP": (-62, 15.7, -60.9, 16.6),
        "MQ": (-61.3, 14.3, -60.7, 15),
        "RE": (55, -21.6, 56, -20.7),
        "YT": (44.8, -13.2, 45.5, -12.5),
    },
    "NO": {"SJ": (-10, 70.5, 35, 81.5)},
    "NL": {"BQ": (-69, 12, -62, 18)},
    "AU": {"CC": (96, -13, 97.5, -11.5)},
    "NZ": {"TK": (-173, -10, -171, -8)},
}
# Too small for the outlines, or in none of them (degrees, as any atlas gives them).
_KNOWN = {
    "BQ": (-68.3, 12.2),
    "CC": (96.8, -12.2),
    "GI": (-5.35, 36.14),
    "SJ": (18.0, 78.5),
    "TK": (-171.8, -9.2),
    "TV": (179.2, -8.5),
    "UM": (166.6, 19.3),
    "XK": (20.9, 42.6),
}
_UNCODED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}


def project(longitude: float, latitude: float) -> Point:
    """Degrees -> units of the drawing, from its top left corner."""
    phi = math.radians(latitude)
    p2, p4 = phi**2, phi**4
    x = _EQUATOR - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4))
    y = 1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4))
    return WIDTH / 2 + math.radians(longitude) * x * _SCALE, (_NORTH - phi * y) * _SCALE


def simplified(line: Sequence[Point], tolerance: float) -> list[Point]:
    """The line without points that are nearer than the tolerance to what is left (Douglas and Peucker 1973)."""
    keep = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        far, at = 0.0, 0
        for i in range(first + 1, last):
            distance = _distance(line[i], line[first], line[last])
            if distance > far:
                far, at = distance, i
        if far > tolerance:
            keep.add(at)
            waiting += [(first, at), (at, last)]
    return [line[i] for i in sorted(keep)]


def _distance(p: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
    return math.hypot(p[0] - a[0] - along * dx, p[1] - a[1] - along * dy)


class Atlas:
    """One TopoJSON file: the rings of its countries, in degrees and in the drawing's units."""

    def __init__(self, file: Path, codes: dict[str, str]) -> None:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        (sx, sy), (tx, ty) = data["transform"]["scale"], data["transform"]["translate"]
        self.codes = codes
        self.geometries: list[dict[str, Any]] = data["objects"]["countries"]["geometries"]
        self.degrees = [[(x * sx + tx, y * sy + ty) for x, y in _walked(arc)] for arc in data["arcs"]]
        self.drawn = [simplified([project(*point) for point in arc], TOLERANCE) for arc in self.degrees]

    def rings(self) -> Iterator[tuple[str, list[Point]]]:
        """Place and outline of every ring, holes too: filled by the even-odd rule, they stay open for who lies in them."""
        for geometry in self.geometries:
            code = self.codes.get(str(geometry.get("id", ""))) or _UNCODED.get(geometry["properties"]["name"], "")
            for polygon in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
                owner = _owner(code, _centre(_joined(self.degrees, polygon[0])))
                for ring in polygon:
                    yield from ((owner, part) for part in self._drawn(ring))

    def _drawn(self, ring: Sequence[int]) -> Iterator[list[Point]]:
        degrees = _joined(self.degrees, ring)
        if any(abs(a[0] - b[0]) > 180 and a[1] > _POLE for a, b in pairwise(degrees)):
            for part in halves(degrees):
                yield simplified([project(*point) for point in part], TOLERANCE)
        else:
            yield _joined(self.drawn, ring)


def halves(ring: Sequence[Point]) -> Iterator[list[Point]]:
    """A ring that crosses the 180th meridian, cut there; one around the pole is closed along the map's lower edge."""
    shift, line = 0.0, [ring[0]]
    for before, here in pairwise(ring):
        step = here[0] - before[0]
        shift += 360 if step < -180 else -360 if step > 180 else 0
        line.append((here[0] + shift, here[1]))
    if abs(line[-1][0] - line[0][0]) > 180:  # Antarctica: once around the pole
        at = next(i for i, (a, b) in enumerate(pairwise(ring)) if abs(a[0] - b[0]) > 180)
        around = [*ring[at + 1 :], *ring[1 : at + 1]]
        first, last = (180.0 if point[0] > 0 else -180.0 for point in (around[0], around[-1]))
        yield [
            (first, around[0][1]),
            *around,
            (last, around[-1][1]),
            (last, -90.0),
            (first, -90.0),
            (first, around[0][1]),
        ]
        return
    for turn in (-360, 0, 360):
        part = [(x + turn, y) for x, y in line]
        for side in (-180.0, 180.0):
            part = _clipped(part, side)
        if len(part) > 3:
            yield part


def _clipped(ring: Sequence[Point], side: float) -> list[Point]:
    """What lies on the inner side of a meridian (Sutherland and Hodgman 1974)."""
    found: list[Point] = []
    if not ring:
        return found
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        inside = [p[0] * side <= 180 * 180 for p in (a, b)]
        if inside[0]:
            found.append(a)
        if inside[0] != inside[1]:
            found.append((side, a[1] + (b[1] - a[1]) * (side - a[0]) / (b[0] - a[0])))
    return [*found, found[0]] if found else []


def _walked(arc: Iterable[Sequence[int]]) -> Iterator[tuple[int, int]]:
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield x, y


def _joined(arcs: Sequence[Sequence[Point]], ring: Sequence[int]) -> list[Point]:
    points: list[Point] = []
    for number in ring:
        line = list(arcs[number]) if number >= 0 else list(reversed(arcs[~number]))
        points += line[1:] if points else line
    return points


def _owner(code: str, centre: Point) -> str:
    for part, (west, south, east, north) in _PARTS.get(code, {}).items():
        if west <= centre[0] <= east and south <= centre[1] <= north:
            return part
    return code


def _centre(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def area(points: Sequence[Point]) -> float:
    """Of a closed ring (the shoelace formula)."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))) / 2


def path(rings: Iterable[Sequence[Point]]) -> str:
    """SVG's path in whole units, each step relative to the point before."""
    said = []
    for ring in rings:
        whole = [(round(x), round(y)) for x, y in ring]
        (x, y), steps = whole[0], []
        for nx, ny in whole[1:-1]:
            if (nx, ny) != (x, y):
                steps.append(f"{nx - x} {ny - y}")
                x, y = nx, ny
        if len(steps) > 1:
            said.append(f"M{whole[0][0]} {whole[0][1]}l{' '.join(steps)}z".replace(" -", "-"))
    return "".join(said)


def outlines(atlas: Atlas) -> tuple[dict[str, str], dict[str, Point]]:
    """Place -> path, and place -> where its dot goes if it needs one."""
    found: dict[str, list[list[Point]]] = {}
    for code, ring in atlas.rings():
        if code in table()["places"]:
            found.setdefault(code, []).append(ring)
    paths: dict[str, str] = {}
    dots: dict[str, Point] = {}
    for code, rings in found.items():
        rings.sort(key=area, reverse=True)
        kept = [ring for ring in rings if area(ring) >= RING_MIN_AREA]
        if text := path(kept):
            paths[code] = text
        xs, ys = zip(*rings[0], strict=True)
        if not text or max(max(xs) - min(xs), max(ys) - min(ys)) < DOT_MAX_SIDE:
            dots[code] = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    return paths, dots


def _window(north_west: Point, south_east: Point) -> list[int]:
    """Left, top, width and height of a part of the drawing."""
    left, top = project(*north_west)
    right, bottom = project(*south_east)
    left = min(left, project(north_west[0], south_east[1])[0])
    return [round(left), round(top), round(right - left), round(bottom - top)]


def main(atlas: Path, codes: Path) -> None:
    by_number = {number: alpha2 for alpha2, _, number, *_ in json.loads(codes.read_text(encoding="utf-8"))}
    paths, dots = outlines(Atlas(atlas / "countries-50m.json", by_number))
    _, finer = outlines(Atlas(atlas / "countries-10m.json", by_number))
    for code in table()["places"]:
        if code not in paths and code not in dots:
            dots[code] = finer[code] if code in finer else project(*_KNOWN[code])
    document = {
        "about": "Outlines of the places that Route 53 tells apart, for a drawing of 2000 x 1040 units; small ones have a dot.",
        "source": "Natural Earth 1:50m, by world-atlas 2.0.2",
        "licence": "Natural Earth: public domain (naturalearthdata.com)",
        "projection": "Natural Earth",
        "europe": _window((-25, 72), (46, 33)),
        "size": [WIDTH, round(2 * _NORTH * _SCALE)],
    }
    head = json.dumps(document, indent=1, ensure_ascii=False)[:-2]
    lines = ",\n".join(f'  "{code}": "{text}"' for code, text in sorted(paths.items()))
    points = ",\n".join(f'  "{code}": [{round(x)}, {round(y)}]' for code, (x, y) in sorted(dots.items()))
    TARGET.write_text(f'{head},\n "paths": {{\n{lines}\n }},\n "dots": {{\n{points}\n }}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
