from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.local.functions.runtimes import node_path
from infra.local.functions.workers import Workers
from tests.infra.local.functions.fakes import FakeLambda, FakeTelemetry, zipped

pytestmark = pytest.mark.skipif(node_path() is None, reason="node is not installed")


async def run(workers: Workers, control: FakeLambda, event: Any = None, **files: str) -> tuple[Any, str | None]:
    configuration = {"Runtime": "nodejs22.x", "Handler": "index.handler"}
    done = await workers.invoke(control.put("n", zipped(**files), **configuration), json.dumps(event).encode())
    return json.loads(done.payload), done.function_error


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("index_mjs", "export const handler = async (event, context) => ({ got: event, name: context.functionName })"),
        ("index_js", "exports.handler = async (event, context) => ({ got: event, name: context.functionName })"),
        ("index_js", "exports.handler = (e, c, callback) => callback(null, { got: e, name: c.functionName })"),
        ("index_cjs", "exports.handler = (e, c) => { c.succeed({ got: e, name: c.functionName }) }"),
    ],
    ids=["module", "async", "callback", "succeed"],
)
async def test_every_kind_of_handler(workers: Workers, control: FakeLambda, name: str, code: str) -> None:
    assert await run(workers, control, ["ü"], **{name: code}) == ({"got": ["ü"], "name": "n"}, None)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("exports.handler = async () => { throw new TypeError('no') }", "TypeError", "no"),
        ("exports.handler = (e, c, callback) => callback(new Error('cb'))", "Error", "cb"),
        ("require('./gone')", "Runtime.ImportModuleError", "Error: Cannot find module './gone'"),
        ("exports.other = 1", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ("exports.handler = async () => process.exit(2)", "Runtime.ExitError", "exit status 2"),
    ],
    ids=["throws", "calls back an error", "no module", "no handler", "exits"],
)
async def test_failures(workers: Workers, control: FakeLambda, code: str, kind: str, message: str) -> None:
    for _ in range(2):
        error, function_error = await run(workers, control, index_js=code)
        assert (error["errorType"], function_error) == (kind, "Unhandled")
        assert message in error["errorMessage"]


async def test_console_lines_are_log_events(workers: Workers, control: FakeLambda, telemetry: FakeTelemetry) -> None:
    await run(workers, control, index_js="exports.handler = async () => { console.error('a %d', 1); return 1 }")
    (line,) = [line for line in telemetry.lines if "\tERROR\t" in line]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z\t[0-9a-f-]{36}\tERROR\ta 1", line)


async def test_the_worker_is_used_again(workers: Workers, control: FakeLambda) -> None:
    arn = control.put(
        "n",
        zipped(index_js="let n = 0; exports.handler = async () => ++n"),
        Runtime="nodejs22.x",
        Handler="index.handler",
    )
    assert [(await workers.invoke(arn, b"{}")).payload for _ in range(3)] == [b"1", b"2", b"3"]
