"""An alarm's record as AWS describes alarms: nothing that was not asked for, everything that was. Pure.

ministack's records have members that AWS leaves out (a missing description as an empty text, ``missing`` where nothing was said of
missing data, a statistic beside an extended one) and lack others. Sources: API_MetricAlarm and API_CompositeAlarm of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/, and answers of real AWS that were recorded in 2023 and 2024 (alarms with and
without TreatMissingData, with an extended statistic, in a composite one).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["as_described"]

# Of an alarm over expressions, which has none of a plain alarm's metric.
_PLAIN = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
_KEPT_AS_ASKED = (
    "EvaluateLowSampleCountPercentile",
    "ThresholdMetricId",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
)
_STATE_SINCE = "StateTransitionedTimestamp"


def as_described(record: dict[str, Any], asked: Mapping[str, Any], *, before: Mapping[str, Any] | None = None) -> None:
    """Makes the stored record one that AWS would describe.

    Args:
        record: changed in place, because the engine has it under its name.
        asked: the parameters of PutMetricAlarm or PutCompositeAlarm.
        before: the record that this one replaced.
    """
    record.update({name: asked[name] for name in _KEPT_AS_ASKED if asked.get(name) not in (None, "")})
    unsaid = [name for name, value in record.items() if value is None or value == ""]
    if record.get("ExtendedStatistic"):
        unsaid.append("Statistic")
    if not asked.get("TreatMissingData"):
        unsaid.append("TreatMissingData")
    if asked.get("Metrics"):
        unsaid.extend(_PLAIN)
        record["Metrics"] = [dict(one) for one in asked["Metrics"]]
    if _STATE_SINCE not in record:
        record[_STATE_SINCE] = (before or {}).get(_STATE_SINCE, record["StateUpdatedTimestamp"])
    for name in unsaid:
        record.pop(name, None)
