"""A traffic generator inside the engine: requests from countries and addresses, with or without a token, at a bounded rate.

They take the road of every request (DNS, firewall, data plane) without a socket. At most `MOST_AT_ONCE` are under way: when the
engine cannot keep up, fewer are sent than asked for, and that is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["MOST_A_SECOND", "Asked", "Send", "Settings", "Traffic", "settings_of"]

_log = logging.getLogger(__name__)
MOST_A_SECOND = 500
MOST_AT_ONCE = 64
_MOST_ADDRESSES = 5000
_TICK_SECONDS = 0.05
_MOST_TOKEN = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. Args: country: "" for an address that cannot be placed."""

    path: str
    country: str
    address: str
    token: str


Send = Callable[[Asked], Awaitable[tuple[int, str]]]
"""Sends it; the status, and the region that answered or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Args: addresses: so many different clients; token: as it is sent, "" for none."""

    per_second: int = 20
    paths: tuple[str, ...] = ()
    countries: tuple[str, ...] = ("DE", "US")
    addresses: int = 200
    token: str = ""


def settings_of(given: Mapping[str, Any]) -> Settings:
    """What the page sent.

    Raises:
        ValueError: a value is out of its range or of another kind; says which.
    """
    rate, addresses, token = given.get("per_second", 20), given.get("addresses", 200), given.get("token", "")
    if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= MOST_A_SECOND:
        raise ValueError(f"per_second: give a whole number from 1 to {MOST_A_SECOND}")
    if isinstance(addresses, bool) or not isinstance(addresses, int) or not 1 <= addresses <= _MOST_ADDRESSES:
        raise ValueError(f"addresses: give a whole number from 1 to {_MOST_ADDRESSES}")
    if not isinstance(token, str) or len(token) > _MOST_TOKEN or not token.isprintable() or not token.isascii():
        raise ValueError("token: give one line of text, as gatewright token prints it")
    countries = _texts(given.get("countries", ["DE", "US"]), "countries")
    if any(len(code) not in (0, 2) or not code.isascii() for code in countries):
        raise ValueError("countries: give codes of two letters; an empty one cannot be placed")
    paths = _texts(given.get("paths", []), "paths")
    if not paths or any(not path.startswith("/") or not path.isprintable() or " " in path for path in paths):
        raise ValueError("paths: give at least one; each begins with a slash")
    return Settings(
        per_second=rate,
        paths=paths,
        countries=tuple(code.upper() for code in countries),
        addresses=addresses,
        token=token,
    )


def _texts(given: Any, name: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not 1 <= len(given) <= 50 or not all(isinstance(one, str) for one in given):
        raise ValueError(f"{name}: give a list of at least one text and at most 50")
    return tuple(given)


class Traffic:
    """Args: draw: a float in [0, 1); sleep: how a tick is waited for."""

    def __init__(
        self,
        send: Send,
        *,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._send, self._draw, self._sleep = send, draw, sleep
        self.settings = Settings()
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._statuses: Counter[str] = Counter()
        self._roads: Counter[tuple[str, str]] = Counter()

    @property
    def running(self) -> bool:
        return self._task is not None

    def start(self, settings: Settings) -> None:
        """Begin, or go on with other settings; the counts begin anew."""
        self.settings = settings
        self._statuses.clear()
        self._roads.clear()
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def shown(self) -> dict[str, Any]:
        """For the page; the token itself is not shown again."""
        roads: dict[str, dict[str, int]] = {}
        for (country, region), many in self._roads.items():
            roads.setdefault(country, {})[region] = many
        settings = {**asdict(self.settings), "token": bool(self.settings.token)}
        return {"running": self.running, **settings, "statuses": dict(self._statuses), "roads": roads}

    async def _run(self) -> None:
        owed = 0.0
        while True:
            owed = min(owed + self.settings.per_second * _TICK_SECONDS, self.settings.per_second)
            while owed >= 1 and len(self._under_way) < MOST_AT_ONCE:
                owed -= 1
                task = asyncio.ensure_future(self._one())
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            await self._sleep(_TICK_SECONDS)

    async def _one(self) -> None:
        settings, number = self.settings, int(self._draw() * self.settings.addresses)
        # RFC 2544's range for tests of networks; nobody's address is in it.
        address = f"198.{18 + number // 62_500 % 2}.{number // 250 % 250}.{number % 250 + 1}"
        asked = Asked(
            path=settings.paths[int(self._draw() * len(settings.paths))],
            country=settings.countries[int(self._draw() * len(settings.countries))],
            address=address,
            token=settings.token,
        )
        try:
            status, region = await self._send(asked)
        except Exception:  # a defect of the engine is for its log, and must not end the traffic
            _log.exception("traffic: %s", asked.path)
            status, region = 500, ""
        self._statuses[str(status)] += 1
        self._roads[asked.country, region] += 1
