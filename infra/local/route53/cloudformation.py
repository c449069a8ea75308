"""CloudFormation's Route 53 resources that ministack lacks: record set groups and health checks.

Runs on the engine's loop, as most of ministack's handlers do. A group is made of ministack's own record sets, a health check
by its API; so both are where its API shows them. A record of a group that cannot be made takes the others of the group back: Route 53 carries out a
batch of changes whole or not at all
(https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html; that CloudFormation sends a group
as one batch is unsure).
"""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from xml.etree import ElementTree

__all__ = ["HealthCheck", "RecordSetGroup", "handlers"]

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
Call = Callable[[str, str, bytes], tuple[int, bytes]]
"""(method, path, body) -> (status, body) of Route 53's API."""

_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_PATH = "/2013-04-01/healthcheck"
_LISTS = {"ChildHealthChecks": "ChildHealthCheck", "Regions": "Region"}
# UpdateHealthCheck does not take these: another value is another health check
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-route53-healthcheck.html).
_REPLACING = ("Type", "MeasureLatency", "RequestInterval", "RoutingControlArn")


class RecordSetGroup:
    """AWS::Route53::RecordSetGroup."""

    def __init__(self, theirs: Mapping[str, Any]) -> None:
        self._theirs = dict(theirs)

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        self._change(logical_id, [], _rows(props), stack_name)
        return f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}", {}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        self._change(physical_id, _rows(old), _rows(new), stack_name)
        return physical_id, {}

    def delete(self, physical_id: str, props: Properties) -> None:
        for row in _rows(props):
            self._theirs["delete"](str(row.get("Name", "")), row)

    def _change(self, logical_id: str, old: list[Properties], new: list[Properties], stack_name: str) -> None:
        before = {_key(row): row for row in old}
        after = {_key(row): row for row in new}
        undo: list[Callable[[], Any]] = []
        create, update, delete = (self._theirs[name] for name in ("create", "update", "delete"))
        try:
            for key, row in before.items():
                if key not in after:
                    delete(row["Name"], row)
                    undo.append(partial(create, logical_id, row, stack_name))
            for key, row in after.items():
                previous = before.get(key)
                if previous is None:
                    create(logical_id, row, stack_name)
                    undo.append(partial(delete, row["Name"], row))
                elif previous != row:
                    update(row["Name"], previous, row, stack_name)
                    undo.append(partial(update, row["Name"], row, previous, stack_name))
        except Exception:
            for step in reversed(undo):
                step()
            raise


def _rows(props: Properties) -> list[Properties]:
    """Each record with the zone of the group, as a record set of its own would have it."""
    zone = {name: props[name] for name in ("HostedZoneId", "HostedZoneName") if props.get(name)}
    return [{**zone, **row} for row in props.get("RecordSets") or ()]


def _key(row: Properties) -> tuple[str, str, str, str]:
    zone = row.get("HostedZoneId") or row.get("HostedZoneName") or ""
    return (
        str(zone),
        str(row.get("Name", "")).rstrip(".").lower(),
        str(row.get("Type")),
        str(row.get("SetIdentifier", "")),
    )


class HealthCheck:
    """AWS::Route53::HealthCheck; ``Ref`` is its id."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        root = ElementTree.Element("CreateHealthCheckRequest", xmlns=_NAMESPACE)
        ElementTree.SubElement(root, "CallerReference").text = f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12]}"
        root.append(_element("HealthCheckConfig", props.get("HealthCheckConfig") or {}))
        answer = ElementTree.fromstring(self._checked("POST", _PATH, root))  # noqa: S314 - our own process answers
        made = answer.findtext(".//{*}HealthCheck/{*}Id") or ""
        return made, {"HealthCheckId": made}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        before, after = old.get("HealthCheckConfig") or {}, new.get("HealthCheckConfig") or {}
        if any(before.get(name) != after.get(name) for name in _REPLACING):
            return self.create(physical_id, new, stack_name)
        if before != after:
            config = {name: value for name, value in after.items() if name not in _REPLACING}
            root = _element("UpdateHealthCheckRequest", config)
            self._checked("POST", f"{_PATH}/{physical_id}", root)
        return physical_id, {"HealthCheckId": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        self._call("DELETE", f"{_PATH}/{physical_id}", b"")

    def _checked(self, method: str, path: str, root: ElementTree.Element) -> bytes:
        status, body = self._call(method, path, ElementTree.tostring(root))
        if status >= 300:
            raise ValueError(f"route53 {method} {path}: {status}: {body[:300].decode('utf-8', 'replace')}")
        return body


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner) for key, inner in value.items() if inner is not None)
    elif isinstance(value, list):
        element.extend(_element(_LISTS.get(name, "member"), inner) for inner in value)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element


def handlers(theirs: Mapping[str, Mapping[str, Any]], call: Call) -> dict[str, RecordSetGroup | HealthCheck]:
    """The handlers to put into ministack's table.

    Args:
        theirs: ministack's table as it is now.
        call: Route 53's API.
    """
    return {
        "AWS::Route53::RecordSetGroup": RecordSetGroup(theirs["AWS::Route53::RecordSet"]),
        "AWS::Route53::HealthCheck": HealthCheck(call),
    }
