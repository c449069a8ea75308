"""The traffic generator: what it accepts, how fast it is, and that it stops."""

from __future__ import annotations

import asyncio

import pytest

from infra.local.console.traffic import MOST_AT_ONCE, Asked, Settings, Traffic, settings_of

GOOD = {"per_second": 40, "paths": ["/api/users"], "countries": ["de", ""], "addresses": 10, "token": ""}


def test_what_the_page_sends_is_understood():
    assert settings_of(GOOD) == Settings(per_second=40, paths=("/api/users",), countries=("DE", ""), addresses=10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_second", 0), ("per_second", 501), ("per_second", 1.5), ("per_second", True), ("per_second", "9"),
        ("paths", []), ("paths", ["api"]), ("paths", ["/a b"]), ("paths", ["/a\r\nHost: x"]), ("paths", "/api"),
        ("countries", ["DEU"]), ("countries", [1]), ("addresses", 0), ("token", "a\r\nb"), ("token", 7), ("token", "x" * 9000),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        settings_of({**GOOD, name: value})


async def test_the_rate_is_kept_and_stop_stops():
    sent: list[Asked] = []
    ticks = [0]

    async def send(asked: Asked) -> tuple[int, str]:
        sent.append(asked)
        return 200, "eu-west-1"

    async def sleep(_: float) -> None:
        ticks[0] += 1
        await asyncio.sleep(0)
        if ticks[0] >= 20:  # one second of ticks
            await asyncio.Event().wait()

    traffic = Traffic(send, draw=lambda: 0.0, sleep=sleep)
    traffic.start(settings_of({**GOOD, "token": "secret"}))
    while ticks[0] < 20:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(sent) == 40
    assert sent[0] == Asked(path="/api/users", country="DE", address="198.18.0.1", token="secret")
    shown = traffic.shown()
    assert (shown["running"], shown["statuses"], shown["roads"]) == (True, {"200": 40}, {"DE": {"eu-west-1": 40}})
    assert shown["token"] is True, "the token itself is not shown"
    await traffic.stop()
    assert not traffic.running


async def test_no_more_are_under_way_than_allowed():
    under_way = [0]

    async def send(asked: Asked) -> tuple[int, str]:
        under_way[0] += 1
        await asyncio.Event().wait()
        return 200, ""

    ticks = [0]

    async def sleep(_: float) -> None:
        ticks[0] += 1
        await asyncio.sleep(0)

    traffic = Traffic(send, sleep=sleep)
    traffic.start(settings_of({**GOOD, "per_second": 500}))
    while ticks[0] < 60:
        await asyncio.sleep(0)
    await traffic.stop()
    assert under_way[0] == MOST_AT_ONCE
