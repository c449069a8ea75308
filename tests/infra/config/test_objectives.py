"""Objectives in gateway.yaml: what is inherited, what is refused, every finding with its place."""

from __future__ import annotations

import pytest
import yaml
from jsonschema import Draft202012Validator

from infra.config import parse, schema
from infra.config.model import Gateway, Notify, Objectives
from infra.errors import ConfigError, Finding

TOPIC = "arn:aws:sns:eu-west-1:111122223333:oncall"
HEAD = "gateway: g\nregions:\n  us-east-1: {jurisdiction: us}\n  eu-west-1: {jurisdiction: eu}\n"


def text(objectives: str, service: str = "") -> str:
    promised = f", objectives: {service}" if service else ""
    head = f"{HEAD}services:\n  orders: {{path: /o, lambda: l, timeout: 3s{promised}}}\n"
    return f"{head}objectives: {objectives}\n" if objectives else head


def accepted(objectives: str, service: str = "") -> Gateway:
    return parse(text(objectives, service), file="gateway.yaml", folder=None)


def findings(objectives: str, service: str = "") -> dict[str, Finding]:
    with pytest.raises(ConfigError) as caught:
        accepted(objectives, service)
    return {finding.path: finding for finding in caught.value.findings}


def objectives_of(gateway: Gateway) -> tuple[float, int, float]:
    promised = gateway.services[0].objectives
    return promised.availability_percent, promised.latency_ms, promised.latency_share_percent


@pytest.mark.parametrize(
    ("gateway", "service", "promised"),
    [
        ("", "", (99.9, 1000, 99.0)),
        ("{availability: 99.95%}", "", (99.95, 1000, 99.0)),
        ("{latency: {under: 250ms, share: 95%}}", "", (99.9, 250, 95.0)),
        ("{latency: {under: 250ms}}", "", (99.9, 250, 99.0)),
        ("{availability: 99.95%}", "{availability: 99%}", (99.0, 1000, 99.0)),
        ("{latency: {under: 500ms, share: 90%}}", "{latency: {under: 2s}}", (99.9, 2000, 90.0)),
        ("{latency: {under: 500ms}}", "{}", (99.9, 500, 99.0)),
    ],
    ids=[
        "defaults",
        "gateway's",
        "gateway's latency",
        "half a latency",
        "service's own",
        "service's half",
        "empty inherits",
    ],
)
def test_what_a_service_promises(gateway: str, service: str, promised: tuple[float, int, float]) -> None:
    assert objectives_of(accepted(gateway, service)) == promised


def test_who_is_told() -> None:
    gateway = accepted(f"{{notify: {{eu-west-1: '{TOPIC}', us-east-1: on-call@shop.example}}}}")
    assert gateway.notify == Notify(topics={"eu-west-1": TOPIC}, addresses={"us-east-1": "on-call@shop.example"})
    assert accepted("").notify == Notify()


@pytest.mark.parametrize(
    ("objectives", "service", "path", "problem"),
    [
        ("{availability: 99.9}", "", "objectives.availability", "has no unit"),
        ("{availability: 100%}", "", "objectives.availability", "out of range"),
        ("{availability: 50%}", "", "objectives.availability", "out of range"),
        ("{latency: {share: 100%}}", "", "objectives.latency.share", "out of range"),
        ("{latency: {under: 0ms}}", "", "objectives.latency.under", "out of range"),
        ("{latency: 1s}", "", "objectives.latency", "is not a mapping"),
        ("{latency: {below: 1s}}", "", "objectives.latency.below", "unknown key"),
        ("{availabilty: 99%}", "", "objectives.availabilty", "unknown key"),
        ("", "{notify: {}}", "services.orders.objectives.notify", "unknown key"),
        ("", "{latency: {under: 4s}}", "services.orders.objectives.latency.under", "timeout of 3000 ms"),
        (
            "{notify: {eu-central-1: a@b.example}}",
            "",
            "objectives.notify.eu-central-1",
            "does not run in eu-central-1",
        ),
        (f"{{notify: {{us-east-1: '{TOPIC}'}}}}", "", "objectives.notify.us-east-1", "is not in us-east-1"),
        ("{notify: {eu-west-1: nobody}}", "", "objectives.notify.eu-west-1", "is not accepted"),
    ],
)
def test_what_is_refused(objectives: str, service: str, path: str, problem: str) -> None:
    found = findings(objectives, service)
    assert list(found) == [path]
    assert problem in found[path].problem
    assert found[path].line > 0


def test_all_findings_come_at_once() -> None:
    found = findings("{availability: 100%, latency: {under: soon}, notify: {mars: x}}", "{latency: {under: 4s}}")
    assert {"objectives.availability", "objectives.latency.under", "services.orders.objectives.latency.under"} < set(
        found
    )
    assert len(found) == 4


def test_a_time_equal_to_the_timeout_is_a_promise() -> None:
    assert objectives_of(accepted("", "{latency: {under: 3s}}"))[1] == 3000


@pytest.mark.parametrize("value", ["{availability: 99.9%, latency: {under: 1s, share: 99%}}", "{notify: {}}"])
def test_the_schema_agrees(value: str) -> None:
    assert not list(Draft202012Validator(schema()).iter_errors(yaml.safe_load(text(value))))


def test_the_defaults_are_the_models() -> None:
    assert Objectives() == accepted("").services[0].objectives
