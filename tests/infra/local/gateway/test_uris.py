from __future__ import annotations

import pytest

from infra.local.gateway.compiled import function_of
from infra.local.gateway.uris import render_path, render_stage_variables
from tests.infra.local.gateway.fakes import FUNCTION, lambda_uri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        pytest.param("http://${stageVariables.host}/x", "http://a.test/x", id="set"),
        pytest.param("http://x/${stageVariables.none}", "http://x/", id="not set"),
        pytest.param("http://x/$stageVariables.host", "http://x/$stageVariables.host", id="braces are needed"),
    ],
)
def test_stage_variables(uri: str, expected: str) -> None:
    assert render_stage_variables(uri, {"host": "a.test"}) == expected


def test_path() -> None:
    assert render_path("http://x/{a}/{b}", {"a": "1"}) == "http://x/1/{b}"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        pytest.param(lambda_uri(), FUNCTION, id="function"),
        pytest.param(
            lambda_uri(FUNCTION + ":${stageVariables.alias}"), FUNCTION + ":${stageVariables.alias}", id="variable"
        ),
        pytest.param("arn:aws:apigateway:r:dynamodb:action/PutItem", None, id="another service"),
        pytest.param("http://x/functions/y/invocations", None, id="an address"),
    ],
)
def test_function_of(uri: str, expected: str | None) -> None:
    assert function_of(uri) == expected
