"""The access log and its metrics: no personal data, lines that are JSON, filters that count each request once."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.config.model import Objectives, Service
from infra.local.telemetry.filter_pattern import Event, compile_pattern
from infra.signals import ACCESS_LOG_FIELDS, MOST_SERVICES, access_log_format, signals
from tests.stacks.conftest import Assembly, only, resources

PERSONAL = re.compile(
    r"identity\.|authorizer|\.path\b|principal|claims|caller|userAgent|sourceIp|apiKey|user\b|domainName", re.IGNORECASE
)


def test_no_field_is_personal_data() -> None:
    assert not PERSONAL.search(access_log_format())
    assert "$context.resourcePath" in access_log_format()


def test_a_line_is_json_with_numbers_to_compare(shop: Assembly) -> None:
    text = only(shop.template(), "AWS::ApiGateway::Stage")["Properties"]["AccessLogSetting"]["Format"]
    line = json.loads(re.sub(r"\$context\.[\w.]+", "200", text))
    assert set(line) == set(ACCESS_LOG_FIELDS)
    assert (line["status"], line["responseLatency"]) == (200, 200)
    # What a request without an integration prints as "-" must stay inside quotes.
    assert isinstance(json.loads(re.sub(r"\$context\.[\w.]+", "0", text))["integrationLatency"], str)
    assert "\n" not in text


def test_the_log_goes_to_the_group_without_its_stream_suffix(shop: Assembly) -> None:
    destination = only(shop.template(), "AWS::ApiGateway::Stage")["Properties"]["AccessLogSetting"]["DestinationArn"]
    assert destination["Fn::Sub"].endswith(":log-group:${AccessLogs}")


def test_the_canary_group_is_the_access_group_with_the_suffix_of_api_gateway(shop: Assembly) -> None:
    groups = resources(shop.template(), "AWS::Logs::LogGroup")
    name = groups["AccessLogs"]["Properties"]["LogGroupName"]
    assert groups["CanaryLogs"]["Properties"]["LogGroupName"] == f"{name}/Canary"


def test_filters_read_one_group_only(shop: Assembly) -> None:
    found = resources(shop.template(), "AWS::Logs::MetricFilter")
    filters = {name: one for name, one in found.items() if not name.endswith("ColdStarts")}
    assert len(filters) == 4 * 8 + 3
    for one in filters.values():
        assert one["Properties"]["LogGroupName"] == {"Ref": "AccessLogs"}
        (metric,) = one["Properties"]["MetricTransformations"]
        assert metric["MetricNamespace"] == "Gatewright/shop"
        # A default value is refused by CloudWatch Logs when there are dimensions.
        assert "DefaultValue" not in metric
        for dimension in metric.get("Dimensions", ()):
            assert dimension["Value"].removeprefix("$.") in ACCESS_LOG_FIELDS


def _counted(shop: Assembly, stage: str, arm: str) -> set[str]:
    """The filters that count a slow, failed request of the checkout, as the engine reads their patterns."""
    values = {"stage": stage, "isCanaryRequest": arm, "resourcePath": "/api/checkout", "status": "500"}
    values |= {"responseLatency": "2500", "requestTimeEpoch": "1700000000000", "integration.latency": "9"}
    line = re.sub(r"\$context\.([\w.]+)", lambda found: values.get(found[1], "-"), access_log_format())
    filters = resources(shop.template(), "AWS::Logs::MetricFilter").values()
    return {
        one["Properties"]["FilterName"]
        for one in filters
        if one["Properties"]["LogGroupName"] == {"Ref": "AccessLogs"}
        and compile_pattern(one["Properties"]["FilterPattern"])(Event(line))
    }


@pytest.mark.parametrize("arm", ["false", "-", "true"])
def test_pinned_testers_are_evidence_of_neither_arm(shop: Assembly, arm: str) -> None:
    live = _counted(shop, "live", arm)
    assert {"checkout.requests", "checkout.errors5xx", "checkout.overSlo", "checkout.latency"} <= live
    assert not {name for name in _counted(shop, "live-pinned", arm) if "." in name}


def test_no_two_filters_have_one_name(shop: Assembly) -> None:
    filters = resources(shop.template(), "AWS::Logs::MetricFilter").values()
    assert len({one["Properties"]["FilterName"] for one in filters}) == len(filters)


def test_the_objective_of_a_service_is_the_edge_of_its_slow_requests() -> None:
    promised = Objectives(latency_ms=250)
    found = signals([Service(name="users", path="/users", url="https://u.example", objectives=promised)])
    (slow,) = [signal for signal in found if signal.name == "overSlo"]
    assert "($.responseLatency > 250)" in slow.pattern


def test_the_most_services_fit_a_log_group() -> None:
    services = [Service(name=f"s{n}", path=f"/s{n}", url="https://u.example") for n in range(MOST_SERVICES + 1)]
    assert len(signals(services[:-1])) <= 100 < len(signals(services))


def test_the_stage_that_is_counted_is_the_one_of_the_file(changed_shop: Any) -> None:
    made = changed_shop(lambda document: document.setdefault("release", {}).update(stage="prod"))
    assert "checkout.requests" in _counted(made, "prod", "false")
    assert "checkout.requests" not in _counted(made, "live", "false")


@pytest.mark.parametrize(
    ("prefix", "path", "counts"),
    [
        ("/api/users", "/api/users", True),
        ("/api/users", "/api/users/{userId}", True),
        ("/api/users", "/api/users/{proxy+}", True),
        ("/api/users", "/api/users-archive", False),
        ("/api/users", "-", False),
        ("/", "/", True),
        ("/", "/anything", True),
        ("/", "-", False),
    ],
)
def test_a_request_counts_for_the_service_of_its_path(prefix: str, path: str, counts: bool) -> None:
    (requests, *_) = signals([Service(name="users", path=prefix, url="https://u.example")])
    wanted = re.findall(r'\$\.resourcePath = "([^"]+)"', requests.pattern)
    assert any(fnmatchcase(path, pattern) for pattern in wanted) is counts
