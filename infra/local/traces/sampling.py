"""X-Ray's default sampling rule: the first request of each second, and 5 % of the rest. Memory of one number a region.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

__all__ = ["FIXED_RATE", "RESERVOIR", "Sampler", "default_rule"]

RESERVOIR = 1  # requests a second
FIXED_RATE = 0.05


class Sampler:
    """Decides for requests that nobody upstream has decided for. Args: draw: uniform in [0, 1); clock: epoch seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.time, draw: Callable[[], float] = random.random) -> None:
        self._clock, self._draw = clock, draw
        self._seconds: dict[str, int] = {}

    def decide(self, region: str) -> bool:
        """Whether this request is recorded."""
        second = int(self._clock())
        if self._seconds.get(region) != second:
            self._seconds[region] = second
            return True
        return self._draw() < FIXED_RATE


def default_rule(region: str, account: str) -> dict[str, Any]:
    """The rule as GetSamplingRules shows it."""
    return {
        "RuleName": "Default",
        "RuleARN": f"arn:aws:xray:{region}:{account}:sampling-rule/Default",
        "ResourceARN": "*",
        "Priority": 10000,
        "FixedRate": FIXED_RATE,
        "ReservoirSize": RESERVOIR,
        "ServiceName": "*",
        "ServiceType": "*",
        "Host": "*",
        "HTTPMethod": "*",
        "URLPath": "*",
        "Version": 1,
        "Attributes": {},
    }
