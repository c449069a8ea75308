"""The main job from an empty machine to a released canary, by the commands of the README, in the order a person types them.

The tests of this module are one story on one engine: each begins where the one before ended.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

US, EU = "us-east-1", "eu-west-1"
REQUESTS = 4000


def within_binomial(seen: int, requests: int, share: float) -> bool:
    """Whether ``seen`` lies within five standard deviations: a correct split fails once in 1.7 million runs."""
    return abs(seen - requests * share) <= 5 * math.sqrt(requests * share * (1 - share))


@pytest.fixture(scope="module")
def token(shop: Checkout) -> str:
    """Of somebody who may read and write orders."""
    return shop.token("orders:read", "orders:write")


@pytest.mark.parametrize("region", [US, EU])
@pytest.mark.parametrize(
    ("path", "key"),
    [
        pytest.param("/api/users/1", None, id="a user"),
        pytest.param("/api/products", None, id="products"),
        pytest.param("/api/orders", None, id="orders"),
        pytest.param("/api/checkout", "release", id="checkout"),
    ],
)
def test_01_every_service_answers_in_every_region(
    shop: Checkout, token: str, region: str, path: str, key: str | None
) -> None:
    status, answer = shop.get(region, path, token=token)
    assert status == 200, answer
    assert isinstance(answer, dict | list)
    assert key is None or key in answer


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/nothing/here", None, 404, id="no such route"),
        pytest.param("POST", "/api/orders", b"{broken", 400, id="malformed JSON"),
        pytest.param("POST", "/api/orders", b"{}", 400, id="an empty order"),
        pytest.param("POST", "/api/orders", b"x" * (11 * 1024 * 1024), 413, id="11 MB"),
        pytest.param("DELETE", "/api/users", None, 404, id="a method nobody declared"),
    ],
)
def test_02_bad_requests_get_problem_json(
    shop: Checkout, token: str, method: str, path: str, body: bytes | None, status: int
) -> None:
    answered, problem = shop.get(US, path, method=method, body=body, token=token)
    assert (answered, problem["status"]) == (status, status)
    assert problem["title"]


def test_03_the_status_shows_one_release_live_in_both_regions(shop: Checkout) -> None:
    done = shop.run("status", "--output", "json")
    assert done.code == 0, done.err
    assert US in done.out
    assert EU in done.out


def test_04_plain_cdk_synth_and_diff_find_nothing_to_do(shop: Checkout) -> None:
    assert shop.cdk("synth", "--quiet").code == 0
    diff = shop.cdk("diff", "--fail")
    assert diff.code == 0, diff.out + diff.err


def test_05_promotion_without_a_canary_is_refused(shop: Checkout) -> None:
    done = shop.run("canary", "promote", "--region", US, "--yes")
    assert done.code == 2
    assert "no canary" in done.err


def test_06_a_canary_of_the_same_release_is_refused(shop: Checkout) -> None:
    done = shop.run("canary", "start", "--region", US, "--percent", "10", "--yes")
    assert done.code == 2
    assert "two different releases" in done.err


def test_07_a_changed_checkout_deploys_dark(shop: Checkout) -> None:
    shop.change_checkout('RELEASE = "v1"', 'RELEASE = "v2"')
    done = shop.run("deploy", "--yes")
    assert done.code == 0, done.out + done.err
    for region in (US, EU):
        assert shop.releases_seen(region, 50) == {"v1": 50}


@pytest.mark.parametrize("percent", ["0", "-1", "101", "nan", "ten"])
def test_08_a_percent_outside_the_range_is_refused(shop: Checkout, percent: str) -> None:
    done = shop.run("canary", "start", "--region", US, f"--percent={percent}", "--yes")
    assert done.code == 2, done.out + done.err
    assert "canarySettings" not in shop.stage(US)


def test_09_a_dry_run_prints_the_plan_and_changes_nothing(shop: Checkout) -> None:
    before = shop.stage(US), shop.stack(US)
    done = shop.run("canary", "start", "--region", US, "--percent", "10", "--dry-run", "--output", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)
    assert (shop.stage(US), shop.stack(US)) == before


def test_10_a_canary_at_ten_percent_gets_ten_percent(shop: Checkout) -> None:
    done = shop.run("canary", "start", "--region", US, "--percent", "10", "--yes")
    assert done.code == 0, done.out + done.err
    seen = shop.releases_seen(US, REQUESTS)
    assert within_binomial(seen["v2"], REQUESTS, 0.1), seen
    assert shop.releases_seen(EU, 100) == {"v1": 100}


def test_11_a_deploy_while_a_canary_runs_is_refused_with_the_way_out(shop: Checkout) -> None:
    done = shop.run("deploy", "--region", US, "--yes")
    assert done.code == 2
    assert "canary promote" in done.err or "canary" in done.err


def test_12_a_step_changes_the_share(shop: Checkout) -> None:
    assert shop.run("canary", "step", "--region", US, "--percent", "50", "--yes").code == 0
    seen = shop.releases_seen(US, 1000)
    assert within_binomial(seen["v2"], 1000, 0.5), seen


def test_13_rollback_leaves_the_baseline_alone_and_takes_all_traffic_back(shop: Checkout) -> None:
    assert shop.run("canary", "rollback", "--region", US, "--yes").code == 0
    assert shop.releases_seen(US, 200) == {"v1": 200}
    assert "canarySettings" not in shop.stage(US)
    assert float(shop.stack(US)["CanaryPercent"]) == 0


def test_14_promotion_gives_the_canary_everything_and_cdk_finds_nothing(shop: Checkout) -> None:
    assert shop.run("canary", "start", "--region", US, "--percent", "10", "--yes").code == 0
    done = shop.run("canary", "promote", "--region", US, "--yes")
    assert done.code == 0, done.out + done.err
    assert shop.releases_seen(US, 200) == {"v2": 200}
    assert shop.releases_seen(EU, 200) == {"v1": 200}
    stage, stack = shop.stage(US), shop.stack(US)
    assert "canarySettings" not in stage
    assert stage["deploymentId"] == stack["BaselineDeployment"] == stack["ReleaseDeployment"]
    diff = shop.cdk("diff", "--fail")
    assert diff.code == 0, diff.out + diff.err


def test_15_the_next_deploy_after_a_promotion_changes_no_traffic(shop: Checkout) -> None:
    assert shop.run("deploy", "--region", US, "--yes").code == 0
    assert shop.releases_seen(US, 100) == {"v2": 100}


def test_16_the_history_has_every_decision(shop: Checkout) -> None:
    done = shop.run("canary", "history", "--region", US, "--output", "json")
    assert done.code == 0, done.err
    text = done.out
    for operation in ("start", "step", "rollback", "promote"):
        assert operation in text


def test_17_an_earlier_release_takes_the_stage_back(shop: Checkout) -> None:
    done = shop.run("release", "rollback", "--region", US, "--yes")
    assert done.code == 0, done.out + done.err
    assert shop.releases_seen(US, 100) == {"v1": 100}


def test_18_prune_never_touches_what_is_in_use(shop: Checkout) -> None:
    done = shop.run("release", "prune", "--keep", "1", "--region", US, "--yes")
    assert done.code == 0, done.out + done.err
    assert shop.releases_seen(US, 50) == {"v1": 50}


def _metric(shop: Checkout, namespace: str, name: str) -> float:
    client = shop.client("cloudwatch", US)
    total = 0.0
    for metric in client.list_metrics(Namespace=namespace, MetricName=name)["Metrics"]:
        points: list[dict[str, Any]] = client.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=metric["Dimensions"],
            StartTime=0,
            EndTime="2100-01-01T00:00:00Z",
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        total += sum(point["Sum"] for point in points)
    return total


def test_19_requests_are_in_the_metrics_that_the_cli_reads(shop: Checkout) -> None:
    assert _metric(shop, "AWS/ApiGateway", "Count") > REQUESTS
    listed = shop.client("cloudwatch", US).list_metrics(Namespace="Gatewright/shop")["Metrics"]
    names = {metric["MetricName"].lower() for metric in listed}
    assert any("request" in name for name in names), names


def test_20_access_logs_hold_json_and_no_personal_data(shop: Checkout) -> None:
    logs = shop.client("logs", US)
    groups = [
        g["logGroupName"] for g in logs.describe_log_groups()["logGroups"] if "access" in g["logGroupName"].lower()
    ]
    assert groups
    events = [e for group in groups for e in logs.filter_log_events(logGroupName=group, limit=50)["events"]]
    assert events
    for event in events:
        line = json.loads(event["message"])
        assert "status" in line
        assert "127.0.0.1" not in event["message"]
