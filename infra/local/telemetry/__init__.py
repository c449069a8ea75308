"""Logs and metrics of the embedded AWS: access logs, metric filters, what CloudWatch would have got from the services.

May touch: the embedded Logs and CloudWatch, through the in-process cloud. Costs one batch a second.
"""

from __future__ import annotations

from infra.local.telemetry.delivery import Delivery
from infra.local.telemetry.filtered import filter_events

__all__ = ["Delivery", "filter_events"]
