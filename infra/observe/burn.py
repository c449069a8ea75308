"""How fast an error budget is spent, and which speeds are worth waking somebody. Pure.

A budget is what an objective leaves: 0.1 % of the requests of 30 days for 99.9 %. A burn rate of 1 spends it in exactly 30 days.
Each level looks through two windows: the long one says that it matters, the short one that it still goes on, so that an alarm
ends soon after its cause. Factors and windows are those of The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate
Alerts" (https://sre.google/workbook/alerting-on-slos/): 2 % of the budget in an hour and 5 % in six hours are a page, 10 % in three
days a ticket.

CloudWatch's own limit is seven days for an alarm's period times its evaluations
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html), and an alarm is evaluated every minute
over the window that ends then, so one period of the window's length is a sliding window.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LEAST_BAD_REQUESTS", "LEVELS", "Level"]

HOUR = 3600
# With few requests one bad one is a large share. Nobody is woken for fewer than five in the long window.
LEAST_BAD_REQUESTS = 5
# A share of bad requests that fires whatever the factor says: an objective of 90 % times 14.4 would be more than all requests.
_MOST_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One speed.

    Args:
        name: in the alarm's name.
        factor: the burn rate.
        page: whether somebody is woken; else it is work for the next day.
        says: how much of the budget, in words.
    """

    name: str
    factor: float
    long_seconds: int
    short_seconds: int
    page: bool
    says: str

    def threshold_percent(self, objective_percent: float) -> float:
        """The share of bad requests, in percent, above which both windows fire."""
        budget = 100.0 - objective_percent
        return round(min(self.factor * budget, 100.0 * _MOST_SHARE), 6)


LEVELS = (
    Level(
        name="fast",
        factor=14.4,
        long_seconds=HOUR,
        short_seconds=HOUR // 12,
        page=True,
        says="2 % of the month's budget in an hour",
    ),
    Level(
        name="steady",
        factor=6.0,
        long_seconds=6 * HOUR,
        short_seconds=HOUR // 2,
        page=True,
        says="5 % of the month's budget in six hours",
    ),
    Level(
        name="slow",
        factor=1.0,
        long_seconds=72 * HOUR,
        short_seconds=6 * HOUR,
        page=False,
        says="10 % of the month's budget in three days",
    ),
)
