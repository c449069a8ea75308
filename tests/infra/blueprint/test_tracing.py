"""What functions are told of traces, held against the code that reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.blueprint.access import function_policies
from infra.blueprint.breaker import breaker_captured, breaker_policies
from infra.blueprint.functions import service_captured
from infra.blueprint.rollout import rollout_captured
from infra.blueprint.tracing import tracing_environment, tracing_mode
from infra.config import parse
from infra.config.model import Gateway
from infra.config.tracing_model import Tracing
from lambdas.tracer.settings import Sampler, Settings

TEXT = """
gateway: shop
regions:
  eu-west-1: {jurisdiction: eu}
services:
  orders: {path: /o, lambda: l, breaker: "on", environment: {OTEL_TRACES_SAMPLER_ARG: "1"}}
"""


def gateway(tracing: str) -> Gateway:
    return parse(f"{TEXT}tracing: {tracing}\n", file="gateway.yaml", folder=None)


OTLP = "{otlp: 'https://c.example:4318', sample: 5%}"


@pytest.mark.parametrize(
    ("tracing", "mode", "variables", "traced"),
    [("xray", "Active", 0, True), ("off", "PassThrough", 0, False), (OTLP, "PassThrough", 4, False)],
    ids=["xray", "off", "otlp"],
)
def test_modes(tracing: str, mode: str, variables: int, traced: bool) -> None:
    shop = gateway(tracing)
    (service,) = shop.services
    assert tracing_mode(shop) == mode
    assert len(tracing_environment(shop, "orders")) == variables
    captured = [service_captured(shop, service), breaker_captured(shop, service, target="t"), rollout_captured(shop)]
    assert {one["tracing_config"]["mode"] for one in captured} == {mode}
    allowed = [*function_policies("Logs", shop.tracing), *breaker_policies(shop, service, log_group="Logs", table="t")]
    assert ("xray:PutTraceSegments" in str(allowed)) is traced


def test_what_the_functions_read() -> None:
    shop = gateway(OTLP)
    (service,) = shop.services
    breaker = breaker_captured(shop, service, target="t")["environment"]["variables"]
    read = Settings.from_environment(breaker)
    assert read == ("https://c.example:4318/v1/traces", "", Sampler.of(0.05), "shop-orders_cb", (), False)
    own = service_captured(shop, service)["environment"]["variables"]
    assert own["OTEL_TRACES_SAMPLER_ARG"] == "1", "what the file says of a service wins"
    assert list(own) == sorted(own)


def test_off_is_told_to_breakers_alone() -> None:
    for tracing in ("xray", "off", OTLP):
        shop = gateway(tracing)
        (service,) = shop.services
        breaker = breaker_captured(shop, service, target="t")["environment"]["variables"]
        assert Settings.from_environment(breaker).disabled is (tracing == "off")
        assert "OTEL_SDK_DISABLED" not in service_captured(shop, service)["environment"]["variables"]


@given(st.integers(0, 100_000_000))
def test_every_share_is_read_as_it_is_written(millionths: int) -> None:
    percent = millionths / 1_000_000
    shop = gateway("off").model_copy(
        update={"tracing": Tracing(mode="otlp", endpoint="https://c", sample_percent=percent)}
    )
    written = tracing_environment(shop, "orders")
    read = Settings.from_environment(written)
    assert read.problems == ()
    assert abs(read.sampler.bound / 2**64 - percent / 100) < 1e-12
    assert "e" not in written["OTEL_TRACES_SAMPLER_ARG"]
