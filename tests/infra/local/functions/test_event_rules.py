"""A rule's target runs in our workers, and an engine that meets another ministack says so."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from infra.errors import SeamChanged
from infra.local.functions.event_rules import install, publisher
from infra.local.ports import FunctionNotFound, Invocation


class Functions:
    def __init__(self, error: Exception | None = None, *, failed: str | None = None) -> None:
        self.called: list[tuple[str, bytes]] = []
        self.error, self.failed = error, failed

    async def invoke(self, arn: str, payload: bytes, *, trace_id: str | None = None) -> Invocation:
        self.called.append((arn, payload))
        if self.error is not None:
            raise self.error
        return Invocation(payload=b"null", function_error=self.failed)


def eventbridge() -> Any:
    def _dispatch_to_lambda(arn: str, payload: str) -> None:
        raise AssertionError("ministack's own")

    def _put_events(data: dict[str, Any], allow_aws_source: bool = False) -> None:
        module.put.append((data, allow_aws_source))

    module = SimpleNamespace(_dispatch_to_lambda=_dispatch_to_lambda, _put_events=_put_events, put=[])
    return module


@pytest.mark.parametrize(
    "functions",
    [
        pytest.param(Functions(), id="well"),
        pytest.param(Functions(FunctionNotFound("gone")), id="gone"),
        pytest.param(Functions(failed="Unhandled"), id="failing"),
    ],
)
def test_a_target_is_called_and_nobody_waits_or_fails(functions: Functions) -> None:
    module = eventbridge()

    async def dispatched() -> None:
        running = asyncio.get_running_loop()
        install(module, functions, lambda: running)
        module._dispatch_to_lambda("arn:one", '{"a": 1}')
        assert functions.called == [], "whoever changed the alarm does not wait"
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(dispatched())
    assert functions.called == [("arn:one", b'{"a": 1}')]


def test_before_the_engine_runs_nothing_is_called() -> None:
    module, functions = eventbridge(), Functions()
    install(module, functions, lambda: None)
    module._dispatch_to_lambda("arn:one", "{}")
    assert functions.called == []


def test_events_of_aws_itself_are_published() -> None:
    module = eventbridge()
    publisher(module)({"Source": "aws.cloudwatch"})
    assert module.put == [({"Entries": [{"Source": "aws.cloudwatch"}]}, True)]


@pytest.mark.parametrize("name", ["_dispatch_to_lambda", "_put_events"])
def test_another_ministack_is_noticed(name: str) -> None:
    module = eventbridge()
    setattr(module, name, lambda changed: changed)

    def both() -> None:
        install(module, Functions(), lambda: None)
        publisher(module)

    with pytest.raises(SeamChanged, match=name):
        both()
