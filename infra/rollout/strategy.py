"""How one rollout goes, fixed when it begins and kept in the ledger as JSON. Pure.

Durations are in minutes of `minute_seconds`. That is 60, but on an embedded AWS a minute may be told to pass faster: every duration and
CloudWatch's period shrink alike, so a rollout of an hour can be tried in a few minutes and takes the same decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from infra.evidence.names import edges_ms, objective_edge

if TYPE_CHECKING:
    from infra.config.model import Gateway

__all__ = ["Strategy", "Window", "strategy_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When nothing is promoted: from a minute of each of the days (Monday is 0), for so many minutes, in a time zone."""

    days: tuple[int, ...]
    from_minute: int
    to_minute: int
    zone: str = "UTC"

    def holds(self, epoch_seconds: float) -> bool:
        """Whether this moment lies in it; a window whose end is not after its beginning ends on the next day."""
        here = datetime.fromtimestamp(epoch_seconds, ZoneInfo(self.zone))
        minute, today = here.hour * 60 + here.minute, here.weekday()
        yesterday = (here - timedelta(days=1)).weekday()
        if self.to_minute > self.from_minute:
            return today in self.days and self.from_minute <= minute < self.to_minute
        began_today = today in self.days and minute >= self.from_minute
        return began_today or (yesterday in self.days and minute < self.to_minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One rollout's rules; see `infra.config.model.Release` for what each means.

    Args:
        waves: regions, wave after wave.
        objectives_ms: the services that are judged, together, with what each promises.
        tolerances: of 5xx, 4xx and slow requests, as shares.
    """

    gateway: str
    waves: tuple[tuple[str, ...], ...]
    objectives_ms: Mapping[str, int]
    steps_percent: tuple[float, ...]
    bake_seconds: float
    later_bake_seconds: float
    pause_seconds: float
    warmup_seconds: float
    horizon_seconds: float
    tolerances: tuple[float, float, float] = (0.005, 0.02, 0.005)
    alpha: float = 0.01
    beta: float = 0.05
    windows: tuple[Window, ...] = ()
    automatic: bool = True
    alarms: tuple[str, ...] = ()
    minute_seconds: int = 60

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(region for wave in self.waves for region in wave)

    @property
    def home(self) -> str:
        """The region whose ledger keeps the rollout."""
        return self.waves[0][0]

    @property
    def objective_ms(self) -> int:
        return max(self.objectives_ms.values())

    def wave_of(self, region: str) -> int:
        return next(number for number, wave in enumerate(self.waves) if region in wave)

    def bake_minutes(self, region: str) -> float:
        """At each step; shorter in the waves after the first."""
        return (self.later_bake_seconds if self.wave_of(region) else self.bake_seconds) / 60

    def real_seconds(self, seconds: float) -> float:
        """A duration of the rules on the clock of the wall."""
        return seconds * self.minute_seconds / 60

    def frozen(self, epoch_seconds: float) -> bool:
        return any(window.holds(epoch_seconds) for window in self.windows)

    def judge_config(self, region: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """The start line of the region's canary; `before` is its hour before."""
        edges = edges_ms(self.objective_ms)
        errors, client_errors, slow = self.tolerances
        return {
            "interval_s": 60,
            "share": self.steps_percent[0] / 100,
            "horizon_intervals": max(1, round(self.horizon_seconds / 60)),
            "slo_ms": self.objective_ms,
            "alpha": self.alpha,
            "beta": self.beta,
            "tol_error": errors,
            "tol_4xx": client_errors,
            "tol_slow": slow,
            "bucket_edges_ms": [*edges[:-1], "inf"],
            "slo_edge": objective_edge(self.objective_ms),
            "min_bake_s": self.bake_minutes(region) * 60 * len(self.steps_percent),
            "warmup_s": self.warmup_seconds,
            "pre": dict(before),
        }

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Strategy:
        """Of `to_json`; what a newer version added is left out."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in document.items() if name in known}
        values["waves"] = tuple(tuple(wave) for wave in values["waves"])
        values["windows"] = tuple(Window(**{**one, "days": tuple(one["days"])}) for one in values["windows"])
        for name in ("steps_percent", "tolerances", "alarms"):
            values[name] = tuple(values[name])
        return cls(**values)


def strategy_of(
    gateway: Gateway,
    *,
    services: Sequence[str],
    regions: Sequence[str] = (),
    ask: bool = False,
    minute_seconds: int = 60,
) -> Strategy:
    """The rules of `gateway.yaml`.

    Args:
        services: that are judged.
        regions: only these; empty is all.
        ask: a person agrees to each promotion, whatever the file says.
    """
    release = gateway.release
    names = [region.name for region in gateway.regions]
    waves = release.waves or tuple((name,) for name in names)
    kept = tuple(tuple(name for name in wave if not regions or name in regions) for wave in waves)
    later = release.later_bake_seconds
    tolerances = release.tolerances
    return Strategy(
        gateway=gateway.name,
        waves=tuple(wave for wave in kept if wave),
        objectives_ms={one.name: one.objectives.latency_ms for one in gateway.services if one.name in services},
        steps_percent=release.steps_percent,
        bake_seconds=release.bake_seconds,
        later_bake_seconds=release.bake_seconds / 2 if later is None else later,
        pause_seconds=release.pause_seconds,
        warmup_seconds=release.warmup_seconds,
        horizon_seconds=release.horizon_seconds,
        tolerances=(
            tolerances.errors_percent / 100,
            tolerances.client_errors_percent / 100,
            tolerances.slow_percent / 100,
        ),
        alpha=release.rollback_risk_percent / 100,
        beta=release.promotion_risk_percent / 100,
        windows=tuple(
            Window(days=one.days, from_minute=one.from_minute, to_minute=one.to_minute, zone=one.zone)
            for one in release.freeze
        ),
        automatic=release.automatic and not ask,
        alarms=release.alarms,
        minute_seconds=minute_seconds,
    )
