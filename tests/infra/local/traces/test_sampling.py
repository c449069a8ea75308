from __future__ import annotations

from infra.local.traces.sampling import Sampler


def test_the_first_of_each_second_of_each_region_and_a_share_of_the_rest() -> None:
    now, drawn = [100.0], [0.5]
    sampler = Sampler(clock=lambda: now[0], draw=lambda: drawn[0])
    assert [sampler.decide("a"), sampler.decide("a"), sampler.decide("b"), sampler.decide("b")] == [True, False] * 2
    now[0] = 100.99
    assert not sampler.decide("a")
    drawn[0] = 0.0499
    assert sampler.decide("a")
    drawn[0] = 0.05
    assert not sampler.decide("a")
    now[0] = 101.0
    assert sampler.decide("a")
