"""Latency and errors on purpose, for a canary or a breaker to notice. Reads settings once, at cold start.

| variable | meaning | default |
| --- | --- | --- |
| FAULT_LATENCY_MS | extra milliseconds for an affected request, 0 to 60000 | 0 |
| FAULT_LATENCY_PERCENT | how many requests are slow, 0 to 100 | 100 |
| FAULT_ERROR_PERCENT | how many requests fail, 0 to 100 | 0 |
| FAULT_ERROR_STATUS | the status of a failed request, 400 to 599 | 503 |
| FAULT_CHOICE | `random`, or `counter`: spread evenly, the same at every run | random |

A bad setting ends the cold start with its name, so a wrong experiment fails at once and not as odd numbers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from .messages import Problem

__all__ = ["BadSetting", "FaultSettings", "Faults"]

_LONGEST_MS = 60_000  # longer than any integration timeout we allow


class BadSetting(ValueError):
    """An environment variable of a service cannot be used."""


@dataclass(frozen=True)
class FaultSettings:
    latency_ms: float = 0
    latency_percent: float = 100
    error_percent: float = 0
    error_status: int = 503
    choice: str = "random"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> FaultSettings:
        """Raises BadSetting with the variable, the rule and the value."""

        def number(name: str, default: float, low: float, high: float) -> float:
            text = environment.get(name, "")
            try:
                value = float(text) if text else default
            except ValueError:
                value = float("nan")
            if not low <= value <= high:  # also refuses nan
                raise BadSetting(f"{name}: a number from {low:g} to {high:g} is needed, got {text!r}")
            return value

        status = number("FAULT_ERROR_STATUS", cls.error_status, 400, 599)
        if status not in set(HTTPStatus):
            raise BadSetting(f"FAULT_ERROR_STATUS: {status:g} is not a known HTTP status")
        choice = environment.get("FAULT_CHOICE") or cls.choice
        if choice not in ("random", "counter"):
            raise BadSetting(f"FAULT_CHOICE: 'random' or 'counter' is needed, got {choice!r}")
        return cls(
            latency_ms=number("FAULT_LATENCY_MS", cls.latency_ms, 0, _LONGEST_MS),
            latency_percent=number("FAULT_LATENCY_PERCENT", cls.latency_percent, 0, 100),
            error_percent=number("FAULT_ERROR_PERCENT", cls.error_percent, 0, 100),
            error_status=int(status),
            choice=choice,
        )


class Faults:
    """Decides for each request. One per container; Lambda runs one request at a time in it, so no lock is needed."""

    def __init__(
        self,
        settings: FaultSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._settings, self._sleep, self._draw, self._seen = settings, sleep, draw, 0

    def strike(self) -> None:
        """Waits, or raises the configured Problem, or does nothing."""
        settings = self._settings
        self._seen += 1
        if settings.latency_ms and self._hit(settings.latency_percent):
            self._sleep(settings.latency_ms / 1000)
        if self._hit(settings.error_percent):
            raise Problem(settings.error_status, "An error injected by FAULT_ERROR_PERCENT.")

    def _hit(self, percent: float) -> bool:
        if self._settings.choice == "random":
            return self._draw() * 100 < percent
        # Bresenham: after n requests exactly floor(n * percent / 100) were hit, evenly spread.
        return int(self._seen * percent / 100) > int((self._seen - 1) * percent / 100)
