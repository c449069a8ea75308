"""CloudFormation's alarms: ministack's plain one with the expressions that it refuses, and the composite one that it lacks.

Runs in ministack's worker threads.
"""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.telemetry.alarms import check_metrics
from infra.local.telemetry.cloudwatch import CloudWatch

__all__ = ["CompositeAlarm", "MetricAlarm", "handlers"]

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
_FOR_THE_MOMENT = {"MetricName": "-", "Namespace": "-"}


class MetricAlarm:
    """AWS::CloudWatch::Alarm."""

    def __init__(self, theirs: Mapping[str, Any], cloudwatch: CloudWatch) -> None:
        self._theirs, self._cloudwatch = dict(theirs), cloudwatch

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        return self._completed(props, lambda plain: self._theirs["create"](logical_id, plain, stack_name))

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        # An unnamed alarm keeps the name that was made of its logical id, which the seam does not pass on.
        named = {"AlarmName": physical_id}
        before = {**named, **_plain(old)}
        return self._completed(
            {**named, **new}, lambda plain: self._theirs["update"](physical_id, before, plain, stack_name)
        )

    def delete(self, physical_id: str, props: Properties) -> None:
        self._theirs["delete"](physical_id, props)

    def _completed(self, props: Properties, make: Callable[[Properties], Made]) -> Made:
        metrics = props.get("Metrics")
        if metrics:
            check_metrics(metrics)
        name, attributes = make(_plain(props))
        self._cloudwatch.complete(name, props)
        return name, attributes


def _plain(props: Properties) -> Properties:
    """What ministack takes."""
    if not props.get("Metrics"):
        return props
    return {**{key: value for key, value in props.items() if key != "Metrics"}, **_FOR_THE_MOMENT}


class CompositeAlarm:
    """AWS::CloudWatch::CompositeAlarm. Another name means replacement; everything else is changed in place."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        return self._put(str(props.get("AlarmName") or f"{stack_name}-{logical_id}"), props)

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        return self._put(str(new.get("AlarmName") or physical_id), new)

    def delete(self, physical_id: str, props: Properties) -> None:
        _accepted(self._module._delete_alarms({}, {"AlarmNames": [physical_id]}, False, True))

    def _put(self, name: str, props: Properties) -> Made:
        enabled = str(props.get("ActionsEnabled", True)).lower() != "false"
        parameters = {**props, "AlarmName": name, "ActionsEnabled": enabled}
        _accepted(self._module._put_composite_alarm({}, parameters, False, True))
        return name, {"Arn": self._module._composite_alarms[name]["AlarmArn"]}


def _accepted(answer: tuple[int, Any, bytes]) -> None:
    """Raises ValueError with CloudWatch's reason."""
    status, _, body = answer
    if status >= 300:
        raise ValueError(str(json.loads(body).get("message", "refused")))


def handlers(table: Mapping[str, Any], cloudwatch: CloudWatch, module: Any) -> dict[str, Any]:
    """For the seam."""
    return {
        "AWS::CloudWatch::Alarm": MetricAlarm(table["AWS::CloudWatch::Alarm"], cloudwatch),
        "AWS::CloudWatch::CompositeAlarm": CompositeAlarm(module),
    }
