"""The projection and the cutting of outlines, on shapes small enough to check by eye."""

from __future__ import annotations

import pytest

from infra.residency.sources.addresses import largest, network
from infra.residency.sources.world import WIDTH, area, halves, path, project, simplified


def test_the_equator_is_as_long_as_the_drawing_and_the_poles_are_its_edges() -> None:
    assert project(-180, 0)[0] == pytest.approx(0, abs=1e-6)
    assert project(180, 0)[0] == pytest.approx(WIDTH)
    assert project(0, 90)[1] == pytest.approx(0, abs=0.01)
    assert project(0, 0) == (WIDTH / 2, pytest.approx(project(0, -90)[1] / 2, abs=0.01))


@pytest.mark.parametrize("latitude", [-60, -10, 25, 70])
def test_east_is_right_and_north_is_up(latitude: float) -> None:
    assert project(10, latitude)[0] < project(11, latitude)[0]
    assert project(10, latitude)[1] > project(10, latitude + 1)[1]


def test_what_hardly_bends_is_straight_and_what_bends_stays() -> None:
    assert simplified([(0, 0), (5, 0.1), (10, 0)], 0.5) == [(0, 0), (10, 0)]
    assert simplified([(0, 0), (5, 3), (10, 0)], 0.5) == [(0, 0), (5, 3), (10, 0)]


def test_a_ring_over_the_180th_meridian_becomes_two_that_do_not_cross_the_map() -> None:
    ring = [(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]
    parts = list(halves(ring))
    assert len(parts) == 2
    assert sorted(round(area(part)) for part in parts) == [100, 100]
    for part in parts:
        assert max(x for x, _ in part) - min(x for x, _ in part) == 10


def test_a_ring_around_the_pole_is_closed_below() -> None:
    ring = [(0.0, -80.0), (90.0, -80.0), (180.0, -80.0), (-90.0, -80.0), (0.0, -80.0)]
    (part,) = halves(ring)
    assert area(part) == pytest.approx(360 * 10)


def test_paths_are_relative_and_whole() -> None:
    assert path([[(1, 1), (5.4, 1), (5.4, 4.6), (1, 1)]]) == "M1 1l4 0 0 4z"
    assert path([[(1, 1), (1.2, 1), (1, 1)]]) == ""


def test_the_largest_range_of_a_country_and_the_network_in_its_middle() -> None:
    rows = [["1.0.0.0", "1.0.0.255", "AU"], ["1.0.4.0", "1.0.7.255", "AU"], ["2001:db8::", "2001:db8::ff", "DE"]]
    spans = largest(rows)
    assert network(spans["AU"], 4) == "1.0.5.0/24"
    assert network(spans["DE"], 6) == "2001:db8::/64"
