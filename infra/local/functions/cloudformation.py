"""CloudFormation's Lambda resources: ministack's handlers, with what they leave out.

Runs in ministack's worker threads. It adds: reserved concurrency, an error when the code is not where the template
says, and word to the workers that a function changed. Versions are ministack's: they freeze configuration and code,
``Ref`` is the version's ARN, and a changed property publishes a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from infra.local.functions import records

__all__ = ["handlers"]

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
TYPES = ("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias")


class Changes(Protocol):
    """Who wants to know of changed functions: the workers."""

    def changed(self, region: str, function_name: str | None = None) -> None: ...


class Wrapped:
    """A resource type as ministack makes it; afterwards the workers are told."""

    def __init__(self, theirs: Mapping[str, Any], workers: Changes, *, region: Callable[[], str]) -> None:
        self._theirs = dict(theirs)
        self._workers = workers
        self._region = region

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        try:
            made: Made = self._theirs["create"](logical_id, props, stack_name)
            return made
        finally:
            self._workers.changed(self._region())

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        try:
            made: Made = self._theirs["update"](physical_id, old, new, stack_name)
            return made
        finally:
            self._workers.changed(self._region())

    def delete(self, physical_id: str, props: Properties) -> None:
        try:
            self._theirs["delete"](physical_id, props)
        finally:
            self._workers.changed(self._region())


class Function(Wrapped):
    """AWS::Lambda::Function, with ReservedConcurrentExecutions."""

    def __init__(
        self,
        theirs: Mapping[str, Any],
        workers: Changes,
        *,
        region: Callable[[], str],
        account: Callable[[], str],
    ) -> None:
        super().__init__(theirs, workers, region=region)
        self._account = account

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        name, attributes = super().create(logical_id, props, stack_name)
        self._require_code(name, props)
        self._reserve(name, props)
        return name, attributes

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        # ministack derives an unnamed function's name from the logical id, which the seam does not pass on.
        # A changed FunctionName never gets here: that is a replacement.
        named = {"FunctionName": physical_id}
        name, attributes = super().update(physical_id, {**old, **named}, {**new, **named}, stack_name)
        if "ReservedConcurrentExecutions" in old or "ReservedConcurrentExecutions" in new:
            self._reserve(name, new)  # one that was set through the API is left alone
        return name, attributes

    def _require_code(self, name: str, props: Properties) -> None:
        code = props.get("Code") or {}
        if code.get("S3Key") and records.published_code(self._account(), self._region(), name, "$LATEST") is None:
            super().delete(name, props)
            raise ValueError(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does "
                f"not exist. (s3://{code.get('S3Bucket')}/{code['S3Key']})"
            )

    def _reserve(self, name: str, props: Properties) -> None:
        wanted = props.get("ReservedConcurrentExecutions")
        records.reserve(self._account(), self._region(), name, int(wanted) if wanted or wanted == 0 else None)
        self._workers.changed(self._region(), name)


def handlers(
    theirs: Mapping[str, Mapping[str, Any]],
    workers: Changes,
    *,
    region: Callable[[], str],
    account: Callable[[], str] | None = None,
) -> dict[str, Wrapped]:
    """The handlers to put into ministack's table.

    Args:
        theirs: ministack's table as it is now.
        region: the region of the CloudFormation operation that runs in this thread.
        account: its account; the default asks ministack.
    """
    if account is None:
        from ministack.core.responses import get_account_id

        account = get_account_id
    made: dict[str, Wrapped] = {name: Wrapped(theirs[name], workers, region=region) for name in TYPES[1:]}
    made[TYPES[0]] = Function(theirs[TYPES[0]], workers, region=region, account=account)
    return made
