"""Task states call functions through the workers; what fails is what Step Functions says of it."""

from __future__ import annotations

import asyncio
import json
import types
from typing import Any

import pytest

from infra.errors import SeamChanged
from infra.local.functions.step_functions import install
from infra.local.ports import FunctionNotFound, FunctionThrottled, Invocation


class Failed(Exception):
    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


class Workers:
    def __init__(self, answer: Invocation | Exception) -> None:
        self.answer, self.calls = answer, []  # type: ignore[var-annotated]

    async def invoke(self, arn: str, payload: bytes, **_: Any) -> Invocation:
        self.calls.append((arn, json.loads(payload)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def module() -> types.SimpleNamespace:
    return types.SimpleNamespace(_call_lambda=lambda func_ref, event: None, _ExecutionError=Failed)


async def called(answer: Invocation | Exception) -> Any:
    states, workers, loop = module(), Workers(answer), asyncio.get_running_loop()
    install(states, workers, lambda: loop)
    found = await asyncio.to_thread(states._call_lambda, "arn:aws:lambda:x:1:function:tick", {"ticks": 1})
    assert workers.calls == [("arn:aws:lambda:x:1:function:tick", {"ticks": 1})]
    return found


async def test_the_answer_is_the_functions() -> None:
    assert await called(Invocation(payload=b'{"running":true}')) == {"running": True}
    assert await called(Invocation(payload=b"")) is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Invocation(payload=b'{"errorType":"KeyError","errorMessage":"x"}', function_error="Unhandled"), "KeyError"),
        (FunctionNotFound("none"), "Lambda.ResourceNotFoundException"),
        (FunctionThrottled("full"), "Lambda.TooManyRequestsException"),
    ],
    ids=["raised", "not there", "throttled"],
)
async def test_what_fails_has_its_name(answer: Invocation | Exception, error: str) -> None:
    with pytest.raises(Failed) as caught:
        await called(answer)
    assert caught.value.error == error


def test_another_ministack_is_refused() -> None:
    with pytest.raises(SeamChanged):
        install(types.SimpleNamespace(), Workers(FunctionNotFound("x")), lambda: None)
    from ministack.services import stepfunctions

    states = types.SimpleNamespace(
        _call_lambda=stepfunctions._call_lambda, _ExecutionError=stepfunctions._ExecutionError
    )
    install(states, Workers(FunctionNotFound("x")), lambda: None)
    with pytest.raises(stepfunctions._ExecutionError, match="not started"):
        states._call_lambda("f", {})
