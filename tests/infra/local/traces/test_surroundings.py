from __future__ import annotations

import pytest

from infra.local.traces.surroundings import traced

ENGINE, OURS = "http://127.0.0.1:4599", "http://127.0.0.1:4599/_gatewright/otlp"


def made(**given: str) -> dict[str, str]:
    return traced(given, region="eu-west-1", daemon="127.0.0.1:2000", engine=ENGINE)


def test_the_daemon_is_told_and_the_functions_own_word_wins() -> None:
    assert made()["AWS_XRAY_DAEMON_ADDRESS"] == "127.0.0.1:2000"
    assert made(AWS_XRAY_DAEMON_ADDRESS="127.0.0.1:1")["AWS_XRAY_DAEMON_ADDRESS"] == "127.0.0.1:1"
    assert "OTEL_RESOURCE_ATTRIBUTES" not in made()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("https://collector.example.com:4318", OURS, id="elsewhere"),
        pytest.param("http://169.254.1.1:4318", OURS, id="another address"),
        pytest.param("http://localhost.example.com", OURS, id="a name that only looks like it"),
        pytest.param("http://127.0.0.1:4318", "http://127.0.0.1:4318", id="127.0.0.1"),
        pytest.param("http://127.9.9.9:4318", "http://127.9.9.9:4318", id="of the loopback net"),
        pytest.param("http://[::1]:4318", "http://[::1]:4318", id="::1"),
        pytest.param("http://localhost:4318", "http://localhost:4318", id="localhost"),
        pytest.param("http://[nonsense", OURS, id="no address"),
    ],
)
def test_a_collector_elsewhere_is_replaced_by_ours(given: str, expected: str) -> None:
    found = made(OTEL_EXPORTER_OTLP_ENDPOINT=given)
    assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == expected
    assert found["OTEL_RESOURCE_ATTRIBUTES"] == "cloud.region=eu-west-1"


def test_the_address_for_traces_alone_is_replaced_whole() -> None:
    found = made(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="https://c.example/v1/traces", OTEL_RESOURCE_ATTRIBUTES="a=b")
    assert found["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] == f"{OURS}/v1/traces"
    assert found["OTEL_RESOURCE_ATTRIBUTES"] == "a=b,cloud.region=eu-west-1"
    assert "cloud.region=eu-west-1" not in made(OTEL_RESOURCE_ATTRIBUTES="cloud.region=x")["OTEL_RESOURCE_ATTRIBUTES"]
