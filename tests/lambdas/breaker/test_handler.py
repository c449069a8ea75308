"""The zip on its own: what a cold start imports, and that a wrong setting ends it by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lambdas
from tests.lambdas.breaker.test_proxy import ENVIRONMENT

FOLDER = Path(lambdas.__file__).parent / "breaker"
HEAVY = ("boto3", "botocore", "urllib3", "asyncio", "dataclasses", "logging", "cryptography")


def cold(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(FOLDER)!r}); {code}"],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
    )


def test_a_start_loads_nothing_heavy() -> None:
    done = cold(f"import handler; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert done.stdout == "[]\n", done.stderr


def test_without_table_and_service_a_request_is_a_problem_and_no_exception() -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    code = "import handler; print(handler.handler({'httpMethod': 'GET', 'path': '/'}, None)['statusCode'])"
    done = cold(code, **nowhere)
    assert done.stdout.splitlines()[-1] == "502", done.stderr
    assert done.stdout.count('"BreakerStoreFailed":1') == 1  # a second ask is left out within the pause


def test_a_wrong_setting_ends_the_start_by_its_name() -> None:
    done = cold("import handler", GATEWRIGHT_BREAKER_WINDOW="soon")
    assert done.returncode != 0
    assert "GATEWRIGHT_BREAKER_WINDOW" in done.stderr
