"""What is counted of requests, metrics and log lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.meter.counts import Counts, Key, merged, percentile
from infra.local.meter.listening import Counted
from infra.local.ports import RequestRecord
from tests.infra.local.telemetry.fakes import record

US = "us-east-1"


@dataclass
class Passed:
    """A telemetry that notes what comes."""

    seen: list[tuple[object, ...]] = field(default_factory=list)

    def request(self, record: RequestRecord) -> None:
        self.seen.append(("request", record))

    def log(self, region: str, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        self.seen.append(("log", group, len(lines)))

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None:
        self.seen.append(("metric", namespace, name, value))

    async def flush(self) -> None:
        self.seen.append(("flush",))


@pytest.mark.parametrize(
    ("changes", "arm"),
    [
        pytest.param({}, "none", id="no canary on the stage"),
        pytest.param({"stage_has_canary": True}, "baseline", id="the other arm"),
        pytest.param({"stage_has_canary": True, "is_canary": True}, "canary", id="the canary"),
    ],
)
def test_requests_are_told_apart_by_arm_and_class(changes, arm):
    counts = Counts()
    counts.take(record(**changes, status=204, latency_ms=12.6))
    counts.take(record(**changes, status=503, latency_ms=12.4, integration_latency_ms=None))
    found = counts.requests()
    assert set(found) == {
        Key(US, "shop", "/api/users/{id}", arm, "2xx"),
        Key(US, "shop", "/api/users/{id}", arm, "5xx"),
    }
    good, bad = (found[Key(US, "shop", "/api/users/{id}", arm, code)] for code in ("2xx", "5xx"))
    assert (good.latency, good.latency_ms, good.integration) == (Counter({13: 1}), 12.6, Counter({9: 1}))
    assert (bad.latency, bad.integration) == (Counter({12: 1}), Counter())


@pytest.mark.parametrize(
    ("status", "reason", "throttled", "residency", "authorizer"),
    [
        pytest.param(429, "QUOTA_EXCEEDED", 1, 0, 0, id="quota"),
        pytest.param(429, None, 1, 0, 0, id="the backend's own 429"),
        pytest.param(421, "WAF_FILTERED", 0, 1, 0, id="another region's caller"),
        pytest.param(500, "AUTHORIZER_FAILURE", 0, 0, 1, id="the authorizer failed"),
        pytest.param(401, "UNAUTHORIZED", 0, 0, 0, id="the authorizer said no"),
        pytest.param(200, None, 0, 0, 0, id="a good answer"),
    ],
)
def test_what_ended_a_request(status, reason, throttled, residency, authorizer):
    counts = Counts()
    counts.take(record(status=status, context={"error.responseType": reason} if reason else {}))
    assert counts.throttled == (Counter({(US, "shop", reason or "-"): 1}) if throttled else Counter())
    assert counts.residency_refused == (Counter({(US, "shop"): 1}) if residency else Counter())
    assert counts.authorizer_failures == (Counter({(US, "shop"): 1}) if authorizer else Counter())


async def test_everything_goes_on_and_what_matters_is_counted():
    passed, counts = Passed(), Counts()
    told = Counted(passed, counts)
    told.request(record())
    told.metric(US, "AWS/Lambda", "Invocations", {"FunctionName": "f"}, 1.0, "Count")
    told.metric(US, "AWS/Lambda", "Errors", {"FunctionName": "f"}, 0.0, "Count")
    told.metric(US, "AWS/Lambda", "Duration", {"FunctionName": "f"}, 12.0, "Milliseconds")
    told.metric(US, "AWS/WAFV2", "BlockedRequests", {"WebACL": "gatewright-shop", "Rule": "PerAddress"}, 1.0, "Count")
    told.metric(US, "AWS/WAFV2", "BlockedRequests", {"WebACL": "gatewright-shop", "Rule": "ALL"}, 1.0, "Count")
    told.metric(US, "AWS/WAFV2", "AllowedRequests", {"WebACL": "gatewright-shop", "Rule": "ALL"}, 1.0, "Count")
    await told.flush()
    assert len(passed.seen) == 8
    assert counts.functions == Counter({(US, "f", "Invocations"): 1})
    assert counts.firewall == Counter({(US, "gatewright-shop", "PerAddress"): 1})


@pytest.mark.parametrize(
    ("group", "last", "cold"),
    [
        pytest.param("/aws/lambda/f", "REPORT RequestId: 1\tDuration: 2 ms\tInit Duration: 30 ms\t", 1, id="cold"),
        pytest.param("/aws/lambda/f", "REPORT RequestId: 1\tDuration: 2 ms\t", 0, id="warm"),
        pytest.param("/aws/lambda/f", '{"type":"platform.report","record":{"metrics":{"initDurationMs":3}}}', 1, id="json"),
        pytest.param("/somebody/else", "REPORT RequestId: 1\tInit Duration: 30 ms\t", 0, id="no function"),
    ],
)  # fmt: skip
def test_cold_starts_are_read_from_the_report(group, last, cold):
    counts = Counts()
    Counted(Passed(), counts).log(
        US, group, "s", [(1, "START"), (2, "Init Duration in what the handler wrote"), (3, last)]
    )
    assert counts.cold_starts == (Counter({(US, "f"): 1}) if cold else Counter())


def test_a_breakers_lines_are_metrics():
    line = json.dumps(
        {
            "_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "Gatewright/shop", "Dimensions": [["service", "to"]],
                                                            "Metrics": [{"Name": "BreakerTransition", "Unit": "Count"}]}]},
            "service": "orders", "to": "OPEN", "BreakerTransition": 1,
        }
    )  # fmt: skip
    counts = Counts()
    told = Counted(Passed(), counts)
    told.log(US, "/aws/lambda/gatewright-shop-orders_cb", "s", [(1, "START"), (2, line), (3, "REPORT")])
    told.log(US, "/aws/lambda/gatewright-shop-orders", "s", [(1, line)])
    assert counts.breaker == Counter({(US, "shop", "BreakerTransition", "orders", "OPEN"): 1})


@given(st.lists(st.integers(0, 29_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_a_value_that_enough_do_not_exceed(values, share):
    found = percentile(Counter(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_has_no_percentile_and_parts_are_added():
    assert percentile({}, 0.5) is None
    assert merged([{1: 2}, {1: 1, 3: 4}]) == Counter({1: 3, 3: 4})
