"""Laws of joining a prefix and a path below it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.config.syntax import segments
from infra.openapi.integrations import join

PARTS = st.lists(st.from_regex(r"[a-z0-9.-]{1,6}|\{[a-z]{1,5}\}", fullmatch=True), max_size=4)


def path(parts: list[str]) -> str:
    return "/" + "/".join(parts)


@given(PARTS, PARTS)
def test_the_segments_are_those_of_both_in_order(prefix: list[str], below: list[str]) -> None:
    assert segments(join(path(prefix), path(below))) == (*prefix, *below)


@given(PARTS, PARTS)
def test_a_path_joined_to_a_path_is_a_path(prefix: list[str], below: list[str]) -> None:
    joined = join(path(prefix), path(below))
    assert joined == path([*prefix, *below])
    assert "//" not in joined


@given(PARTS)
def test_the_root_below_changes_nothing(prefix: list[str]) -> None:
    assert join(path(prefix), "/") == path(prefix)


@given(PARTS, PARTS)
def test_a_slash_at_the_end_of_a_url_changes_nothing_below_it(base: list[str], below: list[str]) -> None:
    url = "https://h.example" + path(base).rstrip("/")
    assert join(url + "/", path([*below, "x"])) == join(url, path([*below, "x"]))
