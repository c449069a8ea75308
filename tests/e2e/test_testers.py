"""Pinned testers on the shop's own domain: a header gets the canary, others get their share of it, and nothing is left afterwards.

One story, each test begins where the one before ended. It leaves the shop's baseline alone, and a dark release behind.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

US, DOMAIN, PERCENT = "us-east-1", "api.shop.example", 20
TESTER = {"X-Release": "canary"}
_CLIENTS = count()


@pytest.fixture(scope="module")
def before(shop: Checkout) -> dict[str, Any]:
    """The stack's own part of the gateway, before anything of this story."""
    return own(shop)


def own(shop: Checkout) -> dict[str, Any]:
    """What the template made and pins touch."""
    control, outputs = shop.client("apigateway"), shop.stack(US)
    api, stage = outputs["RestApiId"], outputs["StageName"]
    plans = control.get_usage_plans()["items"]
    return {
        "stages": [one["stageName"] for one in control.get_stages(restApiId=api)["item"]],
        "plans": {one["name"]: [s["stage"] for s in one["apiStages"] if s["apiId"] == api] for one in plans},
        "modes": {
            one["domainName"]: one.get("routingMode", "BASE_PATH_MAPPING_ONLY")
            for one in control.get_domain_names()["items"]
        },
        "firewall": shop.stage(US).get("webAclArn"),
        "stage": stage,
    }


def template(shop: Checkout) -> Any:
    found = shop.client("cloudformation").get_template(StackName=f"Gatewright-shop-{US}")
    return found["TemplateBody"], shop.stack(US)


def ask(shop: Checkout, requests: int, **headers: str) -> Counter[str]:
    """Requests by the domain, each of a client of its own in the US; which release answered."""
    parts = urlsplit(shop.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    seen: Counter[str] = Counter()
    for _ in range(requests):
        number = next(_CLIENTS)
        client = {"X-Viewer-Country": "US", "X-Viewer-Address": f"198.19.{number // 256 % 256}.{number % 256}"}
        connection.request("GET", "/api/checkout", headers={"Host": DOMAIN, **client, **headers})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        seen[json.loads(body)["release"]] += 1
    connection.close()
    return seen


def evidence(shop: Checkout) -> int:
    """The checkout's requests of both arms and of no arm, which the verdict takes for what was so before the canary."""
    cloudwatch, now = shop.client("cloudwatch"), time.time()
    return sum(
        round(one["Sum"])
        for arm in ("true", "false", "-")
        for one in cloudwatch.get_metric_statistics(
            Namespace="Gatewright/shop",
            MetricName="checkout.requests",
            Dimensions=[{"Name": "canary", "Value": arm}],
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
    )


def logged(shop: Checkout, stage: str, since_ms: int) -> int:
    """The lines of a stage in the access log: what the on-call looks at."""
    pages = shop.client("logs").get_paginator("filter_log_events")
    name = shop.stage(US)["accessLogSettings"]["destinationArn"].rpartition(":log-group:")[2]
    found = pages.paginate(logGroupName=name, startTime=since_ms, filterPattern=f'{{ $.stage = "{stage}" }}')
    return sum(len(page["events"]) for page in found)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_1_testers_get_the_canary_and_all_others_their_share(shop: Checkout, before: dict[str, Any]) -> None:
    (file,) = [one for one in (shop.folder / "lambdas" / "checkout").glob("*.py") if "RELEASE = " in one.read_text()]
    file.write_text(re.sub(r'RELEASE = "\w+"', 'RELEASE = "tested"', file.read_text()))
    for arguments in (("deploy", "--yes"), ("canary", "start", "--percent", str(PERCENT), "--yes")):
        done = shop.run(*arguments, "--region", US)
        assert done.code == 0, done.out + done.err
    pin = shop.run("canary", "pin", "--header", "X-Release: canary", "--region", US)
    assert pin.code == 0, pin.out + pin.err
    assert ask(shop, 30, **TESTER) == {"tested": 30}
    seen = ask(shop, 100)
    assert 0 < seen["tested"] < 60, seen  # 20 of 100: outside once in 10^9 runs
    assert set(own(shop)["plans"]["free"]) == {before["stage"], f"{before['stage']}-pinned"}
    shown = shop.run("canary", "status", "--region", US).out
    assert re.search(r"us-east-1: testers: X-Release: canary, since \S+, [12] domains?: release \w+, the canary", shown)


def test_2_testers_are_in_the_log_and_in_no_arm_of_the_evidence(shop: Checkout, before: dict[str, Any]) -> None:
    since = int(time.time() * 1000)
    live, pinned = before["stage"], f"{before['stage']}-pinned"
    ask(shop, 1)
    until(lambda: logged(shop, live, since) >= 1)
    start = evidence(shop)
    ask(shop, 30, **TESTER)
    ask(shop, 7)
    until(lambda: logged(shop, pinned, since) == 30 and logged(shop, live, since) == 8)
    until(lambda: evidence(shop) >= start + 7)
    assert evidence(shop) == start + 7


def test_3_after_unpin_a_tester_is_like_all_others_and_nothing_is_left(shop: Checkout, before: dict[str, Any]) -> None:
    deployed = template(shop)
    unpin = shop.run("canary", "unpin", "--region", US)
    assert unpin.code == 0, unpin.out + unpin.err
    assert template(shop) == deployed
    assert ask(shop, 30, **TESTER)["tested"] < 30  # all of them once in 10^20 runs
    assert own(shop) == before
    entries = shop.run("canary", "history", "--region", US, "--limit", "2", "--output", "json").json()["decisions"]
    assert [(one["operation"], one["header"]) for one in entries] == [
        ("unpin testers", "X-Release: canary"),
        ("pin testers", "X-Release: canary"),
    ]


def test_4_a_rollback_takes_testers_back_too(shop: Checkout, before: dict[str, Any]) -> None:
    deployed = template(shop)
    assert shop.run("canary", "pin", "--header", "X-Release: canary", "--region", US).code == 0
    assert template(shop) == deployed
    done = shop.run("canary", "rollback", "--region", US)
    assert done.code == 0, done.out + done.err
    assert "tested" not in ask(shop, 30, **TESTER)
    assert own(shop) == before
