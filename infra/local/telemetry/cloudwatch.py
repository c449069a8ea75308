"""Teaches ministack's CloudWatch metric math, and alarms as AWS evaluates them. Touches ministack's module in this process.

ministack keeps metrics, alarms, composite alarms, their history and dashboards, and sends to SNS; it answers no expression, drops an
alarm's ``Metrics``, mixes a metric without dimensions with those that have some, and evaluates by the latest values alone. Its functions for
that are replaced by ours, after a look whether they are what this version knows.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from infra.errors import SeamChanged
from infra.local.telemetry.alarms import Alarms, Scope, check_metrics
from infra.local.telemetry.math_syntax import InvalidExpression
from infra.local.telemetry.metric_data import metric_data, metric_statistics
from infra.local.telemetry.metric_store import MetricStore

__all__ = ["CloudWatch"]

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
EVICT_SECONDS = 60.0

_NEEDED: dict[str, tuple[str, ...]] = {
    "_get_metric_data": ("params", "cbor_data", "is_cbor", "is_json"),
    "_get_metric_statistics": ("params", "cbor_data", "is_cbor", "is_json"),
    "_put_metric_alarm": ("params", "cbor_data", "is_cbor", "is_json"),
    "_put_composite_alarm": ("params", "cbor_data", "is_cbor", "is_json"),
    "_delete_alarms": ("params", "cbor_data", "is_cbor", "is_json"),
    "_evaluate_alarm": ("alarm",),
    "_evaluate_all_alarms": (),
    "_evict_old_metrics": (),
    "_evaluate_parent_alarms": ("child",),
    "_dispatch_alarm_actions": ("alarm", "old_state", "new_state", "reason"),
    "_record_history": ("alarm_name", "old_state", "new_state", "reason"),
    "_calc_stats": ("points",),
    "_dims_key": ("dims",),
    "_stat_value": ("stats", "stat_name", "points"),
}
_STORES = (
    "_metrics",
    "_alarms",
    "_composite_alarms",
    "get_account_id",
    "get_region",
    "_cbor_ok",
    "_json_ok",
    "_error",
    "_cbor_datapoint",
    "_cbor_metric_data_result",
    "_ts_iso",
    "_parse_ts",
)
_WRAPPED = (
    "_get_metric_data",
    "_get_metric_statistics",
    "_put_metric_alarm",
    "_evict_old_metrics",
    "_evaluate_alarm",
    "_evaluate_all_alarms",
)
# Of an alarm over expressions, which has none of a plain alarm's metric.
_PLAIN = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


class CloudWatch:
    """What we add.

    Args:
        module: ``ministack.services.cloudwatch``.
        clock: epoch seconds.
        scope: a context that is one of an account and a region.

    Raises:
        SeamChanged: the module is not what this version knows.
    """

    def __init__(self, module: Any, *, clock: Callable[[], float], scope: Scope) -> None:
        _check(module)
        self._module, self._clock = module, clock
        self._store = MetricStore(module)
        self._task: asyncio.Task[None] | None = None
        self.alarms = Alarms(module, self._store, clock=clock, scope=scope)

    def install(self) -> None:
        """Puts our functions in ministack's place."""
        module = self._module
        theirs = {name: _original(getattr(module, name)) for name in _WRAPPED}
        ours: dict[str, Callable[..., Any]] = {
            "_get_metric_data": self._reading(self._get_metric_data, theirs["_get_metric_data"]),
            "_get_metric_statistics": self._reading(self._get_metric_statistics, theirs["_get_metric_statistics"]),
            "_put_metric_alarm": self._putting(theirs["_put_metric_alarm"]),
            "_evict_old_metrics": self._seldom(theirs["_evict_old_metrics"]),
            "_evaluate_alarm": self.alarms.evaluate,
            "_evaluate_all_alarms": _nothing,
        }
        for name, function in ours.items():
            setattr(module, name, _Replaced(function, theirs[name]))

    def _reading(self, ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
        def read(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
            if not is_cbor and not is_json:  # the Query protocol, which current SDKs no longer speak
                return theirs(params, data, is_cbor, is_json)
            return ours(data, is_cbor=is_cbor)

        return read

    def _putting(self, theirs: Callable[..., Any]) -> Callable[..., Any]:
        def put_metric_alarm(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
            refusal = self._refusal(data)
            if refusal is not None:
                return self._module._error("ValidationError", refusal, 400, use_json=is_json, use_cbor=is_cbor)
            answer = theirs(params, data, is_cbor, is_json)
            if data.get("Metrics") and answer[0] < 300:
                self.complete(str(data["AlarmName"]), data["Metrics"])
            return answer

        return put_metric_alarm

    def _seldom(self, evict: Callable[[], object]) -> Callable[[], None]:
        """ministack goes through every value of every metric at every call; two weeks are not over any second."""
        evicted_at = -EVICT_SECONDS

        def evict_seldom() -> None:
            nonlocal evicted_at
            if self._clock() - evicted_at >= EVICT_SECONDS:
                evicted_at = self._clock()
                evict()

        return evict_seldom

    def complete(self, name: str, metrics: list[Mapping[str, Any]]) -> None:
        """Gives an alarm that was stored as a plain one the expressions that it watches, and evaluates it."""
        record = self._module._alarms[name]
        for attribute in _PLAIN:
            record.pop(attribute, None)
        record["Metrics"] = [dict(one) for one in metrics]
        self.alarms.evaluate(record)

    def start(self) -> None:
        """Evaluates alarms beside everything else, until `stop`."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                self.alarms.evaluate_all()
            except Exception:  # one bad alarm must not end all the others
                _log.exception("alarms were not evaluated")

    def _refusal(self, data: Mapping[str, Any]) -> str | None:
        if not data.get("Metrics"):
            return None
        try:
            check_metrics(data["Metrics"])
        except (InvalidExpression, KeyError, TypeError) as problem:
            return f"Invalid metrics list: {problem}"
        return None

    def _get_metric_data(self, data: Mapping[str, Any], *, is_cbor: bool) -> Any:
        module = self._module
        try:
            results = metric_data(
                self._store,
                (module.get_account_id(), module.get_region()),
                data.get("MetricDataQueries") or (),
                start=float(module._parse_ts(data["StartTime"])),
                end=float(module._parse_ts(data["EndTime"])),
                newest_first=data.get("ScanBy", "TimestampDescending") != "TimestampAscending",
            )
        except (InvalidExpression, KeyError, TypeError) as problem:
            return module._error(
                "ValidationError", f"Error in the queries: {problem}", 400, use_json=True, use_cbor=is_cbor
            )
        for result in results:
            result["Timestamps"] = [module._ts_iso(at) for at in result["Timestamps"]]
        if is_cbor:
            return module._cbor_ok({"MetricDataResults": [module._cbor_metric_data_result(one) for one in results]})
        return module._json_ok({"MetricDataResults": results})

    def _get_metric_statistics(self, data: Mapping[str, Any], *, is_cbor: bool) -> Any:
        module = self._module
        start, end = (float(module._parse_ts(data[name])) for name in ("StartTime", "EndTime"))
        place = (module.get_account_id(), module.get_region())
        found = metric_statistics(self._store, place, data, start=start, end=end)
        points = [{**point, "Timestamp": module._ts_iso(point["Timestamp"])} for point in found]
        label = data.get("MetricName")
        if is_cbor:
            return module._cbor_ok({"Datapoints": [module._cbor_datapoint(one) for one in points], "Label": label})
        return module._json_ok({"Datapoints": points, "Label": label})


class _Replaced:
    """Our function, and the one it stands for: a second engine in one process must not build on the first one's."""

    def __init__(self, ours: Callable[..., Any], original: Callable[..., Any]) -> None:
        self._ours, self.original = ours, original

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._ours(*arguments, **named)


def _nothing() -> None:
    """Alarms have a clock of their own; one request that brings values need not look at all of them."""


def _original(function: Any) -> Callable[..., Any]:
    return function.original if isinstance(function, _Replaced) else function


def _check(module: Any) -> None:
    missing = [name for name in _STORES if not hasattr(module, name)]
    for name, parameters in _NEEDED.items():
        function = _original(getattr(module, name, None))
        if not callable(function) or tuple(inspect.signature(function).parameters)[: len(parameters)] != parameters:
            missing.append(name)
    if missing:
        raise SeamChanged(
            f"ministack: its CloudWatch has changed ({', '.join(missing)}). Run `make setup` to install the version that "
            "this one was built for."
        )
