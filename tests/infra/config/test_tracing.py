"""Traces in gateway.yaml: what is meant, what is refused, every finding with its place."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from infra.config import parse, schema
from infra.config.tracing_model import Tracing
from infra.errors import ConfigError, Finding

HEAD = "gateway: g\nregions:\n  eu-west-1: {jurisdiction: eu}\n"
COLLECTOR = "https://collector.example.com:4318"


def text(tracing: str, environment: str = "") -> str:
    own = f", environment: {environment}" if environment else ""
    head = f"{HEAD}services:\n  orders: {{path: /o, lambda: l{own}}}\n"
    return f"{head}tracing: {tracing}\n" if tracing else head


def read(tracing: str) -> Tracing:
    return parse(text(tracing), file="gateway.yaml", folder=None).tracing


def findings(tracing: str, environment: str = "") -> dict[str, Finding]:
    with pytest.raises(ConfigError) as caught:
        parse(text(tracing, environment), file="gateway.yaml", folder=None)
    return {finding.path: finding for finding in caught.value.findings}


def schema_takes(tracing: str) -> bool:
    document: Any = yaml.load(text(tracing), Loader=yaml.BaseLoader)  # noqa: S506 (all scalars are text)
    return not list(Draft202012Validator(schema()).iter_errors(document))


@pytest.mark.parametrize(
    ("tracing", "meant"),
    [
        pytest.param("", Tracing(), id="nothing"),
        pytest.param("xray", Tracing(mode="xray"), id="xray"),
        pytest.param("off", Tracing(mode="off"), id="off"),
        pytest.param(
            f"{{otlp: {COLLECTOR}}}",
            Tracing(mode="otlp", endpoint=COLLECTOR, sample_percent=5),
            id="a-collector",
        ),
        pytest.param(
            f"{{otlp: {COLLECTOR}/base/, sample: 0.5%}}",
            Tracing(mode="otlp", endpoint=f"{COLLECTOR}/base", sample_percent=0.5),
            id="a-base-and-a-share",
        ),
        pytest.param(
            "{otlp: 'http://127.0.0.1:4318', sample: 100%}",
            Tracing(mode="otlp", endpoint="http://127.0.0.1:4318", sample_percent=100),
            id="of-this-machine",
        ),
        pytest.param(
            "{otlp: 'http://[::1]:4318', sample: 0%}",
            Tracing(mode="otlp", endpoint="http://[::1]:4318", sample_percent=0),
            id="none-of-ours",
        ),
    ],
)
def test_what_is_meant(tracing: str, meant: Tracing) -> None:
    assert read(tracing) == meant
    assert schema_takes(tracing)


def test_only_x_ray_is_of_aws() -> None:
    assert [read(word).xray for word in ("xray", "off", f"{{otlp: {COLLECTOR}}}")] == [True, False, False]


@pytest.mark.parametrize(
    ("tracing", "path", "said"),
    [
        pytest.param("zipkin", "tracing", "'zipkin' is not accepted", id="another-word"),
        pytest.param("true", "tracing", "True is not accepted", id="a-truth-value"),
        pytest.param("otlp", "tracing", "'otlp' is not accepted", id="a-word-without-an-address"),
        pytest.param("[xray]", "tracing", "['xray'] is not accepted", id="a-list"),
        pytest.param("{sample: 5%}", "tracing.otlp", "is missing", id="a-share-of-nothing"),
        pytest.param(f"{{otlp: {COLLECTOR}, sample: 5}}", "tracing.sample", "has no unit", id="no-unit"),
        pytest.param(f"{{otlp: {COLLECTOR}, sample: 101%}}", "tracing.sample", "out of range", id="too-many"),
        pytest.param(f"{{otlp: {COLLECTOR}, ratio: 5%}}", "tracing.ratio", "unknown key", id="another-key"),
        pytest.param("{otlp: 'http://collector:4318'}", "tracing.otlp", "in clear", id="in-clear"),
        pytest.param("{otlp: 'collector:4318'}", "tracing.otlp", "is not accepted", id="no-scheme"),
        pytest.param("{otlp: 'grpc://collector:4317'}", "tracing.otlp", "is not accepted", id="another-protocol"),
        pytest.param(f"{{otlp: '{COLLECTOR}?key=1'}}", "tracing.otlp", "is not accepted", id="a-query"),
        pytest.param(f"{{otlp: {COLLECTOR}/v1/traces}}", "tracing.otlp", "/v1/traces is appended", id="the-whole-path"),
        pytest.param("{otlp: 'https://c:99999'}", "tracing.otlp", "ort", id="no-port"),
    ],
)
def test_what_is_refused(tracing: str, path: str, said: str) -> None:
    found = findings(tracing)
    assert list(found) == [path]
    assert said in found[path].problem
    assert found[path].advice
    assert found[path].line == 6


def test_a_password_is_not_repeated() -> None:
    finding = findings("{otlp: 'https://me:hunter2@collector.example.com'}")["tracing.otlp"]
    assert "hunter2" not in str(finding)
    assert "password" in finding.problem


def test_all_findings_at_once() -> None:
    assert set(findings("{otlp: 'http://collector', sample: 200%, more: 1}")) == {
        "tracing.otlp",
        "tracing.sample",
        "tracing.more",
    }


@pytest.mark.parametrize(("size", "refused"), [(3600, False), (3950, True)])
def test_the_variables_share_lambdas_room(size: int, refused: bool) -> None:
    tracing, environment = f"{{otlp: {COLLECTOR}}}", f"{{AB: {'x' * size}}}"
    if refused:
        assert "take up to" in findings(tracing, environment)["services.orders.environment"].problem
        assert parse(text("off", environment), file="gateway.yaml", folder=None)
    else:
        assert parse(text(tracing, environment), file="gateway.yaml", folder=None)


@pytest.mark.parametrize("tracing", ["zipkin", "{sample: 5%}", f"{{otlp: {COLLECTOR}, ratio: 5%}}"])
def test_the_schema_refuses_too(tracing: str) -> None:
    assert not schema_takes(tracing)
