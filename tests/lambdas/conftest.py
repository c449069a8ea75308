"""Loads a service the way Lambda does: its folder on the path, `handler.handler` by name, a cold start each time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

LAMBDAS = Path(__file__).parents[2] / "lambdas"
SERVICES = ("users", "products", "orders", "checkout")
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Context:
    function_version = "7"


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in ("handler", "logic", "models", "shop_runtime")]:
        del sys.modules[name]


@pytest.fixture
def cold_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Handler]]:
    def start(service: str, environment: Mapping[str, str] | None = None) -> Handler:
        _forget()
        monkeypatch.syspath_prepend(str(LAMBDAS / service))
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        return importlib.import_module("handler").handler  # type: ignore[no-any-return]

    yield start
    _forget()


def event(method: str, resource: str, **changes: Any) -> dict[str, Any]:
    """A REST proxy event, version 1.0, cut down to what a handler may read; `resource` holds the mount path."""
    path = resource
    for name, value in (changes.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", value)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": None,
        "queryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"path": f"/live{path}", "stage": "live", "resourcePath": resource},
        "body": None,
        "isBase64Encoded": False,
        **changes,
    }


class Fragment:
    """A service's openapi.yaml, as the judge of its answers."""

    def __init__(self, service: str) -> None:
        self.document: dict[str, Any] = yaml.safe_load((LAMBDAS / service / "openapi.yaml").read_text())

    def check(self, method: str, template: str, answer: Mapping[str, Any], body: Any) -> None:
        """Fails unless this status, media type and body are declared for the operation."""
        responses = self.document["paths"][template][method.lower()]["responses"]
        declared = responses[str(answer["statusCode"])]
        media_type = answer["headers"]["Content-Type"]
        schema = {**declared["content"][media_type]["schema"], "components": self.document["components"]}
        Draft4Validator(schema).validate(body)
        for name in declared.get("headers", {}):
            assert name in answer["headers"]


@pytest.fixture
def fragment() -> Callable[[str], Fragment]:
    return Fragment
