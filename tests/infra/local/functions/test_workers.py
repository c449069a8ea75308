from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.local.functions.workers import Workers
from infra.local.ports import FunctionNotFound, FunctionThrottled, Invocation
from tests.infra.local.functions.fakes import ACCOUNT, REGION, FakeLambda, FakeTelemetry, zipped


def decoded(done: Invocation) -> Any:
    return json.loads(done.payload)


async def test_a_handler_gets_the_event_and_its_result_comes_back(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("echo", zipped(app_py="def handler(event, context): return {'got': event, 'é': 1}"))
    done = await workers.invoke(arn, '{"a": [1, "ü"]}'.encode())
    assert (done.function_error, done.executed_version) == (None, "$LATEST")
    assert decoded(done) == {"got": {"a": [1, "ü"]}, "é": 1}


async def test_a_worker_is_used_again(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("count", zipped(app_py="n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n"))
    assert [decoded(await workers.invoke(arn, b"{}")) for _ in range(3)] == [1, 2, 3]
    assert len(control.calls) == 2  # GetFunction and the code, once


async def test_the_environment_is_lambdas_and_nothing_of_ours(
    workers: Workers, control: FakeLambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
    code = zipped(app_py="import os, boto3\ndef handler(e, c): return dict(os.environ)")
    arn = control.put("env", code, MemorySize=256, variables={"TABLE": "orders"})
    found = decoded(await workers.invoke(arn, b"{}", trace_id="Root=1-a-b"))
    assert "SECRET_OF_THE_SERVER" not in found
    assert "PYTHONPATH" not in found
    expected = {
        "TABLE": "orders",
        "AWS_LAMBDA_FUNCTION_NAME": "env",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/env",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4599",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "_HANDLER": "app.handler",
        "_X_AMZN_TRACE_ID": "Root=1-a-b",
        "TZ": ":UTC",
    }
    assert expected.items() <= found.items()
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found["AWS_LAMBDA_LOG_STREAM_NAME"])


async def test_the_context_has_what_is_documented(workers: Workers, control: FakeLambda) -> None:
    code = """
def handler(event, context):
    names = ("aws_request_id", "invoked_function_arn", "function_name", "function_version", "memory_limit_in_mb",
             "log_group_name", "log_stream_name")
    return {n: getattr(context, n) for n in names} | {
        "left": context.get_remaining_time_in_millis(), "client": context.client_context.custom,
        "identity": context.identity.cognito_identity_id}
"""
    arn = control.put("ctx", zipped(app_py=code), version="4", Timeout=7)
    found = decoded(await workers.invoke(arn, b"{}", client_context='{"custom": {"a": 1}}'))
    assert found["invoked_function_arn"] == arn
    assert (found["function_name"], found["function_version"], found["memory_limit_in_mb"]) == ("ctx", "4", "128")
    assert 6000 < found["left"] <= 7000
    assert (found["client"], found["identity"]) == ({"a": 1}, None)
    assert found["log_group_name"] == "/aws/lambda/ctx"
    assert "[4]" in found["log_stream_name"]


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        pytest.param("def handler(e, c): raise ValueError('no')", "app.handler", "ValueError", "^no$", id="exception"),
        pytest.param(
            "import not_there",
            "app.handler",
            "Runtime.ImportModuleError",
            "^Unable to import module 'app': No module named 'not_there'$",
            id="import error",
        ),
        pytest.param(
            "x = 1",
            "app.handler",
            "Runtime.HandlerNotFound",
            "^Handler 'handler' missing on module 'app'$",
            id="no handler",
        ),
        pytest.param(
            "x = 1", "handler", "Runtime.MalformedHandlerName", "^Bad handler 'handler': not enough", id="bad name"
        ),
        pytest.param(
            "def x(:", "app.handler", "Runtime.UserCodeSyntaxError", "^Syntax error in module 'app': ", id="syntax"
        ),
        pytest.param("1 / 0", "app.handler", "ZeroDivisionError", "^division by zero$", id="exception while loading"),
        pytest.param(
            "def handler(e, c): return {1, 2}",
            "app.handler",
            "Runtime.MarshalError",
            "^Unable to marshal response: Object of type set is not JSON serializable$",
            id="not serialisable",
        ),
        pytest.param(
            "import sys\ndef handler(e, c): sys.exit(3)",
            "app.handler",
            "Runtime.ExitError",
            "^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$",
            id="sys.exit",
        ),
        pytest.param(
            "import sys\nsys.exit(0)",
            "app.handler",
            "Runtime.ExitError",
            "^RequestId: [0-9a-f-]{36} Error: Runtime exited without providing a reason$",
            id="exit while loading",
        ),
        pytest.param(
            "import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.SIGKILL)",
            "app.handler",
            "Runtime.ExitError",
            "Runtime exited with error: signal: killed$",
            id="killed",
        ),
        pytest.param(
            "def handler(e, c): return 'x' * 6300000",
            "app.handler",
            "Function.ResponseSizeTooLarge",
            r"maximum allowed payload size \(6291556 bytes\)\.$",
            id="response too large",
        ),
    ],
)
async def test_failures_have_lambdas_shape(
    workers: Workers, control: FakeLambda, code: str, handler: str, kind: str, message: str
) -> None:
    arn = control.put("bad", zipped(app_py=code), Handler=handler)
    for _ in range(2):  # the second one meets whatever the first left behind
        done = await workers.invoke(arn, b"{}")
        error = decoded(done)
        assert done.function_error == "Unhandled"
        assert error["errorType"] == kind
        assert re.search(message, error["errorMessage"])
        if "requestId" in error:
            assert re.fullmatch(r"[0-9a-f-]{36}", error["requestId"])


async def test_a_stack_trace_shows_the_handler_under_var_task(workers: Workers, control: FakeLambda) -> None:
    code = "def deeper():\n    raise KeyError('a')\ndef handler(e, c):\n    deeper()\n"
    error = decoded(await workers.invoke(control.put("trace", zipped(app_py=code)), b"{}"))
    assert error["errorMessage"] == "'a'"
    assert error["stackTrace"] == [
        '  File "/var/task/app.py", line 4, in handler\n    deeper()\n',
        "  File \"/var/task/app.py\", line 2, in deeper\n    raise KeyError('a')\n",
    ]


async def test_a_timeout_kills_the_worker_and_the_next_request_gets_another(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    code = (
        "import os, time\ndef handler(e, c):\n    print('before')\n    time.sleep(e['sleep'])\n    return os.getpid()"
    )
    arn = control.put("slow", zipped(app_py=code), Timeout=0.3)
    first = decoded(await workers.invoke(arn, b'{"sleep": 0}'))
    done = await workers.invoke(arn, b'{"sleep": 30}')
    assert (done.timed_out, done.function_error) == (True, "Unhandled")
    assert decoded(done)["errorType"] == "Sandbox.Timedout"
    assert decoded(done)["errorMessage"].endswith("Error: Task timed out after 0.30 seconds")
    assert any("Task timed out after 0.30 seconds" in line for line in telemetry.lines)
    assert telemetry.lines.count("before") == 2
    assert decoded(await workers.invoke(arn, b'{"sleep": 0}')) != first


async def test_logs_have_start_end_report_and_every_kind_of_output(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    code = """
import logging, os, subprocess, sys
def handler(event, context):
    print("printed")
    print("to stderr", file=sys.stderr)
    sys.stdout.write("unfinished")
    logging.getLogger().warning("warned")
    return 1
"""
    done = await workers.invoke(control.put("logs", zipped(app_py=code)), b"{}")
    ((_, group, stream, lines),) = telemetry.logs
    texts = [text for _, text in lines]
    assert group == "/aws/lambda/logs"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert re.fullmatch(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST", texts[0])
    assert texts[1:3] == ["printed", "to stderr"]
    assert re.fullmatch(r"\[WARNING\]\t\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z\t[0-9a-f-]{36}\twarned", texts[3])
    assert texts[4] == "unfinished"
    assert texts[5].startswith("END RequestId: ")
    assert re.search(
        r"\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB"
        r"\tInit Duration: [\d.]+ ms\t$",
        texts[6],
    )
    assert b"printed\n" in done.log_tail


async def test_output_on_the_file_descriptor_does_not_disturb_the_answer(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    code = """
import os, subprocess, sys
def handler(event, context):
    os.write(1, b"raw\\n" * 30000)
    sys.stdout.buffer.write(b"bytes\\n")
    subprocess.run(["echo", "a child"], stdout=sys.stdout, check=True)
    return "fine"
"""
    arn = control.put("raw", zipped(app_py=code))
    assert decoded(await workers.invoke(arn, b"{}")) == "fine"
    await workers.invoke(arn, b"{}")
    assert telemetry.lines.count("raw") >= 30000
    assert {"bytes", "a child"} <= set(telemetry.lines)


async def test_metrics_count_invocations_errors_and_duration(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    arn = control.put("m", zipped(app_py="def handler(e, c):\n    if e: raise Exception('x')"))
    for event in (b"{}", b'{"fail": 1}', b"{}"):
        await workers.invoke(arn, event)
    assert (telemetry.total("Invocations"), telemetry.total("Errors")) == (3, 1)
    assert [name for name, _ in telemetry.metrics].count("Duration") == 3


async def test_a_version_keeps_its_code_when_latest_moves_on(workers: Workers, control: FakeLambda) -> None:
    """ministack's Code.Location serves $LATEST for every version: the digest tells, the version's own code runs."""
    control.location_serves = "latest"
    old, new = (zipped(app_py=f"def handler(e, c): return {answer}") for answer in ("'old'", "'new'"))
    control.put("f", new)
    version = control.put("f", old, version="1")
    assert decoded(await workers.invoke(version, b"{}")) == "old"


async def test_a_change_of_latest_is_seen_by_the_next_request(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("f", zipped(app_py="def handler(e, c): return 1"))
    assert decoded(await workers.invoke(arn, b"{}")) == 1
    control.put("f", zipped(app_py="def handler(e, c): return 2"))
    workers.changed(REGION, "f")
    assert decoded(await workers.invoke(arn, b"{}")) == 2
    control.put("f", zipped(app_py="def handler(e, c): return 3"))
    workers.changed(REGION)
    assert decoded(await workers.invoke(arn, b"{}")) == 3
    control.put("f", zipped(app_py="def handler(e, c): return 4"))
    workers.changed(REGION, arn.replace(":", "%3A"))
    assert decoded(await workers.invoke(arn, b"{}")) == 4
    assert len(workers._pools) == 1


async def test_an_alias_follows_its_version_and_its_weights(workers: Workers, control: FakeLambda) -> None:
    code = "import os\ndef handler(e, c): return c.invoked_function_arn.rsplit(':', 1)[1]"
    control.put("f", zipped(app_py=code))
    for version in ("1", "2"):
        control.put("f", zipped(app_py=code), version=version)
    control.aliases["f", "live"] = {
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}},
    }
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:f:live"
    resolution = await workers.catalog.resolve(arn)
    draws = iter([0.0, 0.2499, 0.25, 0.9999])
    assert [resolution.pick(lambda: next(draws)).version for _ in range(4)] == ["2", "2", "1", "1"]
    done = await workers.invoke(arn, b"{}")
    assert decoded(done) == "live"
    assert done.executed_version in ("1", "2")


@pytest.mark.parametrize("qualifier", ["", ":9", ":nope"], ids=["function", "version", "alias"])
async def test_what_is_not_there_is_not_found(workers: Workers, control: FakeLambda, qualifier: str) -> None:
    if qualifier:
        control.put("f", zipped(app_py=""))
    with pytest.raises(FunctionNotFound):
        await workers.invoke(f"arn:aws:lambda:{REGION}:123456789012:function:f{qualifier}", b"{}")


SLEEPER = "import os, time\ndef handler(e, c):\n    time.sleep(0.05)\n    return os.getpid()"


async def test_requests_at_once_get_workers_of_their_own(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("par", zipped(app_py=SLEEPER))
    done = await asyncio.gather(*(workers.invoke(arn, b"{}") for _ in range(4)))
    assert len({d.payload for d in done}) > 1
    assert all(d.function_error is None for d in done)


async def test_reserved_concurrency_throttles_at_once(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    arn = control.put("two", zipped(app_py=SLEEPER))
    control.reserved["two"] = 2
    await workers.invoke(arn, b"{}")
    done = await asyncio.gather(*(workers.invoke(arn, b"{}") for _ in range(5)), return_exceptions=True)
    assert [isinstance(d, FunctionThrottled) for d in done] == [False, False, True, True, True]
    assert telemetry.total("Throttles") == 3
    assert (await workers.invoke(arn, b"{}")).function_error is None


async def test_reserved_concurrency_of_zero_lets_nobody_in(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("off", zipped(app_py=SLEEPER))
    control.reserved["off"] = 0
    with pytest.raises(FunctionThrottled):
        await workers.invoke(arn, b"{}")


async def test_more_requests_than_workers_wait_their_turn(workers: Workers, control: FakeLambda) -> None:
    workers._max_workers = 2
    arn = control.put("queue", zipped(app_py="import os\ndef handler(e, c): return os.getpid()"))
    done = await asyncio.gather(*(workers.invoke(arn, b"{}") for _ in range(30)))
    assert len({d.payload for d in done}) <= 2


async def test_a_handler_runs_to_its_end_when_the_caller_leaves(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    code = "import os, time\ndef handler(e, c):\n    time.sleep(e['s'])\n    print('ended')\n    return os.getpid()"
    arn = control.put("left", zipped(app_py=code))
    first = decoded(await workers.invoke(arn, b'{"s": 0}'))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(workers.invoke(arn, b'{"s": 0.2}'), 0.03)
    assert workers._busy[REGION, "left"] == 1
    await asyncio.gather(*workers._detached)
    assert workers._busy[REGION, "left"] == 0
    assert telemetry.lines.count("ended") == 2
    assert decoded(await workers.invoke(arn, b'{"s": 0}')) == first


async def test_a_left_handler_still_times_out(workers: Workers, control: FakeLambda, telemetry: FakeTelemetry) -> None:
    arn = control.put("left", zipped(app_py="import time\ndef handler(e, c): time.sleep(e)"), Timeout=0.2)
    await workers.invoke(arn, b"0")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(workers.invoke(arn, b"30"), 0.03)
    await asyncio.gather(*workers._detached)
    assert any("Task timed out after 0.20 seconds" in line for line in telemetry.lines)
    assert (await workers.invoke(arn, b"0")).function_error is None


async def test_lines_printed_while_loading_come_before_start(
    workers: Workers, control: FakeLambda, telemetry: FakeTelemetry
) -> None:
    arn = control.put("init", zipped(app_py="print('loading')\ndef handler(e, c): print('running')"))
    await workers.invoke(arn, b"{}")
    assert telemetry.lines[0] == "loading"
    assert telemetry.lines[1].startswith("START ")
    assert telemetry.lines[2] == "running"


@pytest.mark.parametrize(
    "configuration",
    [{"Runtime": "java21"}, {"PackageType": "Image", "Runtime": ""}],
    ids=["other runtime", "container image"],
)
async def test_what_cannot_run_here_says_so(
    workers: Workers, control: FakeLambda, configuration: dict[str, str]
) -> None:
    done = await workers.invoke(control.put("j", zipped(app_py=""), **configuration), b"{}")
    assert decoded(done)["errorType"] == "Runtime.InvalidRuntime"


async def test_workers_end_when_their_pipe_ends(workers: Workers, control: FakeLambda) -> None:
    arn = control.put("end", zipped(app_py="def handler(e, c): return 1"))
    await workers.invoke(arn, b"{}")
    (pool,) = workers._pools.values()
    worker = pool._idle[0]
    pool.reap(float("inf"))
    assert worker.process is not None
    assert await asyncio.to_thread(worker.process.wait, 5) == 0
    assert pool.size == 0


def test_workers_run_on_uvloop_too(control: FakeLambda, telemetry: FakeTelemetry, tmp_path: Path) -> None:
    """The server runs on uvloop, whose transports are no asyncio.Transport."""
    uvloop = pytest.importorskip("uvloop")

    async def scenario() -> list[Any]:
        workers = Workers(
            control, telemetry=telemetry, endpoint="", account=ACCOUNT, state_folder=tmp_path, version_code=None
        )
        arn = control.put("f", zipped(app_py="def handler(e, c): return e['n'] and 1 / e['n']"))
        done = [decoded(await workers.invoke(arn, event)) for event in (b'{"n": 2}', b"{}", b'{"n": 4}')]
        await workers.close()
        return done

    first, second, third = uvloop.run(scenario())
    assert (first, second["errorType"], third) == (0.5, "KeyError", 0.25)
