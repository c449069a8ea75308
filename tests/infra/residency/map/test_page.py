"""The page: complete by itself, the same in words, and looked at in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from infra.residency.map.answers import scenes
from infra.residency.map.page import page, world
from infra.residency.map.style import INSIDE, OUTSIDE
from infra.residency.outage import outage
from infra.residency.proof import allowed_regions
from infra.residency.territory import Territory, all_places
from infra.residency.zone import Zone
from tests.infra.residency.map.png import Colour, colours
from tests.infra.residency.zones import EU, EU2, NAME, naive, row, safe, zone

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SAFE, NAIVE = zone(safe().records), zone(naive())


def written(found: Zone, *down: str, source: str = "a test") -> str:
    out = outage(found, down)
    drawn = scenes(found, NAME, territory=Territory(), allowed=allowed_regions(), down=out)
    first = next(n for n, scene in enumerate(drawn) if set(scene.down) == set(down))
    return page(drawn, name=NAME, source=source, allowed=allowed_regions(), first=first)


class Tags(HTMLParser):
    """Which elements there are, and that each that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "action", "data")]
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text() -> str:
    return written(NAIVE, EU)


def test_it_needs_nothing_else(text: str) -> None:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.found["script"] == tags.found["link"] == tags.found["img"] == 0
    assert all(link.startswith("#p") for link in tags.links)
    assert "http" not in text.replace("http-equiv", "")
    assert "@import" not in text
    assert "url(#" in text
    assert not re.search(r"url\((?!#)", text)


def test_every_place_is_drawn_and_told(text: str) -> None:
    drawn = set(re.findall(r'data-place="([A-Za-z-]+)"', text))
    assert drawn == {place.code for place in all_places() if "-" not in place.code}
    assert drawn - {"unplaceable"} == set(world()["paths"]) | set(world()["dots"])
    assert text.count("<tr>") == 3 * (len(drawn) + 1)


@pytest.mark.parametrize("code", ["RE", "GP", "MQ", "YT", "MF", "AX", "LI", "MT", "GI", "VA"])
def test_small_places_have_a_dot(code: str) -> None:
    assert code in world()["dots"]


def test_words_say_what_colours_say(text: str) -> None:
    assert "<title>RE Réunion: us-east-1: LEAK</title>" in text
    assert "<title>US United States: us-east-1</title>" in text
    assert "38 of 38 places that must be answered from the EU may be answered from outside" in text
    assert "All 38 places that must be answered from the EU are." in written(SAFE, EU)
    assert "reach nobody; none is answered from outside" in written(SAFE, EU, EU2)


def test_what_a_user_names_is_not_markup() -> None:
    assert "<b>" not in written(SAFE, source="<b>zone</b>.json")
    found = zone([row(to="shop.<i>.example")])
    assert "<i>" not in written(found)


def test_the_same_twice() -> None:
    assert written(SAFE, EU) == written(SAFE, EU)


def test_the_outlines_are_small_and_say_where_they_are_from() -> None:
    file = Path(page.__code__.co_filename).with_name("world.json")
    assert file.stat().st_size <= 150_000
    assert "public domain" in world()["licence"]
    assert "Natural Earth" in written(SAFE)


def rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def looked_at(folder: Path, text: str) -> Counter[Colour]:
    file, picture = folder / "map.html", folder / "map.png"
    file.write_text(text, encoding="utf-8")
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=500,900",
    ]
    command += [f"--user-data-dir={folder / 'profile'}", f"--screenshot={picture}", file.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return colours(picture.read_bytes())


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine to look at the map with")
def test_a_browser_shows_one_state_and_its_colours(tmp_path: Path) -> None:
    inside, outside = rgb(INSIDE[0]), rgb(OUTSIDE[0])
    up = looked_at(tmp_path, written(NAIVE))
    down = looked_at(tmp_path, written(NAIVE, EU))
    assert up[outside] > 12_000
    assert up[inside] > 3_000, "Europe and its inset"
    assert down[inside] == 0, "one state is shown, not all of them"
    assert down[outside] > up[outside]
    assert down[0, 0, 0] > up[0, 0, 0] * 3, "leaks are hatched"
