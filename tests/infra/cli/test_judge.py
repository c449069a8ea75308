"""`canary judge --stream`: the pipe itself. What is judged is tested with the judge."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.traffic import Canary, seeded
from tests.infra.cli.conftest import Shop

START = json.dumps({"type": "start", "config": Canary().config(seeded(1))}).encode() + b"\n"
INTERVALS = [json.dumps(message).encode() + b"\n" for message in Canary().intervals(seeded(2), 3)]
COMMAND = [sys.executable, "-m", "infra.cli", "canary", "judge", "--stream"]


def test_without_stream_it_says_what_to_do() -> None:
    assert "Give --stream" in Shop().run("canary", "judge", code=2).stderr


@pytest.fixture
def pipe():  # type: ignore[no-untyped-def]
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_each_answer_comes_while_the_stream_is_open(pipe: subprocess.Popen[bytes]) -> None:
    assert pipe.stdin is not None
    assert pipe.stdout is not None
    pipe.stdin.write(START)
    for number, line in enumerate(INTERVALS, start=1):
        pipe.stdin.write(line)
        pipe.stdin.flush()
        assert json.loads(pipe.stdout.readline())["i"] == number
    pipe.stdin.close()
    assert pipe.wait(10) == 0


def test_a_reader_that_leaves_is_no_failure() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(START + b"".join(INTERVALS))
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 0


def test_neither_aws_nor_numbers_are_imported() -> None:
    """What the command imports is what its start costs."""
    code = f"import sys; sys.argv={['gatewright', *COMMAND[3:]]!r}\ntry:\n from infra.cli.main import main; main()\nfinally:\n print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], input=START, capture_output=True, check=False, timeout=20)
    modules = done.stdout.decode()
    assert "infra.judge" in modules
    assert not [name for name in ("aws_cdk", "boto3", "botocore", "numpy") if f"'{name}'" in modules]
