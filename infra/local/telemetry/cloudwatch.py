"""Teaches ministack's CloudWatch metric math, and alarms as AWS evaluates them. Touches ministack's module in this process.

ministack keeps metrics, alarms, composite alarms, their history and dashboards, and sends to SNS; it answers no expression, drops an
alarm's ``Metrics``, mixes a metric without dimensions with those that have some, evaluates by the latest values alone, and describes less of
an alarm in the Query protocol than in the others. Its functions for that are replaced by ours, after a look whether they are what
this version knows; a Query is read and written by the service's model and answered like any other request.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from infra.errors import SeamChanged
from infra.local.telemetry import query_protocol
from infra.local.telemetry.alarm_events import entry
from infra.local.telemetry.alarm_record import as_described
from infra.local.telemetry.alarms import Alarms, Scope, check_metrics
from infra.local.telemetry.math_syntax import InvalidExpression
from infra.local.telemetry.metric_data import metric_data, metric_statistics
from infra.local.telemetry.metric_store import MetricStore

__all__ = ["CloudWatch"]

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
EVICT_SECONDS = 60.0

# What answers each operation, in any protocol.
_OPERATIONS = {
    "_put_metric_data": "PutMetricData",
    "_get_metric_statistics": "GetMetricStatistics",
    "_get_metric_data": "GetMetricData",
    "_list_metrics": "ListMetrics",
    "_put_metric_alarm": "PutMetricAlarm",
    "_put_composite_alarm": "PutCompositeAlarm",
    "_describe_alarms": "DescribeAlarms",
    "_describe_alarms_for_metric": "DescribeAlarmsForMetric",
    "_describe_alarm_history": "DescribeAlarmHistory",
    "_delete_alarms": "DeleteAlarms",
    "_enable_alarm_actions": "EnableAlarmActions",
    "_disable_alarm_actions": "DisableAlarmActions",
    "_set_alarm_state": "SetAlarmState",
    "_tag_resource": "TagResource",
    "_untag_resource": "UntagResource",
    "_list_tags_for_resource": "ListTagsForResource",
    "_put_dashboard": "PutDashboard",
    "_get_dashboard": "GetDashboard",
    "_delete_dashboards": "DeleteDashboards",
    "_list_dashboards": "ListDashboards",
}
_NEEDED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_OPERATIONS, ("params", "cbor_data", "is_cbor", "is_json")),
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
    "_xml",
    "_cbor_datapoint",
    "_cbor_metric_data_result",
    "_ts_iso",
    "_parse_ts",
)
_WRAPPED = (*_OPERATIONS, "_evict_old_metrics", "_evaluate_alarm", "_evaluate_all_alarms", "_record_history")
Answer = tuple[int, Any, bytes]


class CloudWatch:
    """What we add.

    Args:
        module: ``ministack.services.cloudwatch``.
        clock: epoch seconds.
        scope: a context that is one of an account and a region.
        tell: EventBridge, in the account and region of the alarm.

    Raises:
        SeamChanged: the module is not what this version knows.
    """

    def __init__(
        self,
        module: Any,
        *,
        clock: Callable[[], float],
        scope: Scope,
        tell: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        _check(module)
        self._module, self._clock, self._tell = module, clock, tell
        self._store = MetricStore(module)
        self._task: asyncio.Task[None] | None = None
        self.alarms = Alarms(module, self._store, clock=clock, scope=scope)

    def install(self) -> None:
        """Puts our functions in ministack's place."""
        module = self._module
        theirs = {name: _original(getattr(module, name)) for name in _WRAPPED}
        ours: dict[str, Callable[..., Any]] = {
            **{name: theirs[name] for name in _OPERATIONS},
            "_get_metric_data": self._reading(self._get_metric_data),
            "_get_metric_statistics": self._reading(self._get_metric_statistics),
            "_put_metric_alarm": self._putting(theirs["_put_metric_alarm"], "_alarms"),
            "_put_composite_alarm": self._putting(theirs["_put_composite_alarm"], "_composite_alarms"),
        }
        ours = {name: self._in_every_protocol(_OPERATIONS[name], function) for name, function in ours.items()} | {
            "_evict_old_metrics": self._seldom(theirs["_evict_old_metrics"]),
            "_evaluate_alarm": self.alarms.evaluate,
            "_evaluate_all_alarms": _nothing,
            "_record_history": self._recording(theirs["_record_history"]),
        }
        for name, function in ours.items():
            setattr(module, name, _Replaced(function, theirs[name]))

    def _in_every_protocol(self, operation: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        """A Query becomes the JSON request that says the same, and its answer XML."""
        module = self._module

        def answer_in_its_protocol(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
            if is_cbor or is_json:
                return answer(params, data, is_cbor, is_json)
            try:
                asked = query_protocol.read_request(operation, params)
            except query_protocol.Malformed as problem:
                return module._error("MalformedInput", str(problem), 400)
            status, _, body = answer({}, asked, False, True)
            found = json.loads(body) if body else {}
            if status >= 300:
                return module._error(found["__type"], found["message"], status)
            return module._xml(status, f"{operation}Response", query_protocol.result(operation, found))

        return answer_in_its_protocol

    @staticmethod
    def _reading(ours: Callable[..., Any]) -> Callable[..., Any]:
        def read(_params: Any, data: Any, is_cbor: bool, _is_json: bool = False) -> Any:
            return ours(data, is_cbor=is_cbor)

        return read

    def _putting(self, theirs: Callable[..., Any], store: str) -> Callable[..., Any]:
        def put_alarm(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
            refusal = self._refusal(data)
            if refusal is not None:
                return self._module._error("ValidationError", refusal, 400, use_json=is_json, use_cbor=is_cbor)
            kept = getattr(self._module, store)
            before = kept.get(data.get("AlarmName"))
            answer: Answer = theirs(params, data, is_cbor, is_json)
            if answer[0] < 300:
                self._describe(kept[data.get("AlarmName", "")], data, before)
            return answer

        return put_alarm

    def _describe(self, record: Any, asked: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
        as_described(record, asked, before=before)
        if record.get("Metrics"):  # it was evaluated as a plain one
            self.alarms.evaluate(record)

    def _recording(self, record: Callable[..., None]) -> Callable[..., None]:
        """Every change of every alarm is written into the history, so whoever wants to hear of changes listens here."""

        def record_history(
            alarm_name: str, old_state: str, new_state: str, reason: str, *more: Any, **named: Any
        ) -> None:
            record(alarm_name, old_state, new_state, reason, *more, **named)
            module = self._module
            alarm = module._alarms.get(alarm_name) or module._composite_alarms.get(alarm_name)
            if self._tell is not None and alarm is not None and old_state != new_state:
                self._tell(entry(alarm, before=old_state, now=new_state, reason=reason, at=self._clock()))

        return record_history

    def _seldom(self, evict: Callable[[], object]) -> Callable[[], None]:
        """ministack goes through every value of every metric at every call; two weeks are not over any second."""
        evicted_at = -EVICT_SECONDS

        def evict_seldom() -> None:
            nonlocal evicted_at
            if self._clock() - evicted_at >= EVICT_SECONDS:
                evicted_at = self._clock()
                evict()

        return evict_seldom

    def complete(self, name: str, asked: Mapping[str, Any]) -> None:
        """Makes an alarm that CloudFormation stored what PutMetricAlarm would have made, and evaluates its expressions."""
        self._describe(self._module._alarms[name], asked, None)

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
