"""Counts become the metrics of `infra.signals.prometheus`."""

from __future__ import annotations

from collections import Counter

from infra.local.meter.counts import Counts
from infra.local.meter.exposition import Family
from infra.local.meter.series import Around, families
from infra.local.meter.services import Service
from infra.signals import prometheus as named
from tests.infra.local.telemetry.fakes import record

US = "us-east-1"
USERS = Service(gateway="shop", name="users", path="/api/users", objective_ms=100)


def service_of(region: str, gateway: str, route: str) -> Service | None:
    return USERS if gateway == "shop" and USERS.has(route) else None


def made(counts: Counts, **around: object) -> dict[str, Family]:
    return {one.metric.name: one for one in families(counts, Around(service_of=service_of, **around))}  # type: ignore[arg-type]


def test_every_metric_is_made_once_and_with_its_labels():
    counts = Counts()
    counts.take(record())
    found = families(counts, Around(service_of=service_of))
    assert [one.metric for one in found] == list(named.METRICS)
    for one in found:
        for labels in (*one.samples, *one.histograms):
            assert len(labels) == len(one.metric.labels)


def test_routes_of_a_service_are_one_and_strangers_have_none():
    counts = Counts()
    for route, ms in (("/api/users", 50), ("/api/users/{id}", 150), ("/api/usersx", 500), (None, 1)):
        counts.take(record(resource_path=route, latency_ms=ms, integration_latency_ms=None))
    found = made(counts)
    assert found[named.REQUESTS.name].samples == {
        ("shop", US, "users", "none", "2xx"): 2,
        ("shop", US, "-", "none", "2xx"): 2,
    }
    assert found[named.OBJECTIVE_DURATION.name].samples == {("shop", US, "users", "none"): 1}
    mine = found[named.DURATION.name].histograms["shop", US, "users", "none"]
    assert (mine.counts, mine.total) == (Counter({50: 1, 150: 1}), 0.2)
    assert found[named.INTEGRATION_DURATION.name].histograms == {}


def test_a_breaker_is_in_one_state():
    found = made(Counts(), breakers={(US, "shop", "users"): "HALF_OPEN"})[named.BREAKER_STATE.name].samples
    assert sum(found.values()) == 1
    assert found["shop", US, "users", "HALF_OPEN"] == 1
    assert len(found) == 6


def test_what_breakers_published():
    counts = Counts()
    counts.breaker_published(US, "Gatewright/shop", "BreakerTransition", {"service": "users", "to": "OPEN"}, 1)
    counts.breaker_published(US, "Gatewright/shop", "BreakerRefused", {"service": "users"}, 7)
    counts.breaker_published(US, "Gatewright/shop", "BreakerStoreFailed", {"service": "users"}, 1)
    found = made(counts)
    assert found[named.BREAKER_TRANSITIONS.name].samples == {("shop", US, "users", "OPEN"): 1}
    assert found[named.BREAKER_REFUSED.name].samples == {("shop", US, "users"): 7}


def test_functions_by_outcome_and_the_gateway_they_belong_to():
    counts = Counts()
    for name, value in (("Invocations", 1.0), ("Invocations", 1.0), ("Errors", 1.0), ("Throttles", 1.0)):
        counts.published(US, "AWS/Lambda", name, {"FunctionName": "gatewright-shop-eu-users"}, value)
    counts.started_cold(US, "gatewright-shop-eu-users")
    gateways = frozenset({"shop", "shop-eu"})
    found = made(counts, gateways=gateways, busy={(US, "gatewright-shop-eu-users"): 3})
    key = ("shop-eu", US, "gatewright-shop-eu-users")
    assert found[named.INVOCATIONS.name].samples == {(*key, "ok"): 1, (*key, "error"): 1, (*key, "throttled"): 1}
    assert found[named.CONCURRENT.name].samples == {key: 3}
    assert found[named.COLD_STARTS.name].samples == {key: 1}


def test_the_firewall_is_the_gateways():
    counts = Counts()
    counts.published(US, "AWS/WAFV2", "BlockedRequests", {"WebACL": "gatewright-shop", "Rule": "PerAddress"}, 1)
    assert made(counts)[named.FIREWALL_BLOCKED.name].samples == {("shop", US, "PerAddress"): 1}
