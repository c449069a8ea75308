"""EU users: who reaches a region outside is told where to go, and the shop's own templates are proved."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

US, EU, NAME = "us-east-1", "eu-west-1", "api.shop.example"


def asked(shop: Checkout, target: str, country: str, host: str = "") -> tuple[int, Any]:
    endpoint = urlsplit(shop.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(endpoint.hostname or "", endpoint.port, timeout=60)
    headers = {"X-Viewer-Country": country, "X-Viewer-Address": "203.0.113.77"} | ({"Host": host} if host else {})
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


def region_path(shop: Checkout, region: str, path: str = "/api/checkout") -> str:
    outputs = shop.stack(region)
    return f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}{path}"


@pytest.mark.parametrize("country", ["DE", "RE", "NO"])
def test_who_must_be_answered_from_the_eu_is_refused_by_the_us(shop: Checkout, country: str) -> None:
    status, problem = asked(shop, region_path(shop, US), country)
    assert (status, problem["status"], problem["host"]) == (421, 421, f"eu.{NAME}")


@pytest.mark.parametrize(("region", "country"), [(US, "US"), (US, "BR"), (EU, "DE"), (EU, "US")])
def test_everybody_else_is_served(shop: Checkout, region: str, country: str) -> None:
    assert asked(shop, region_path(shop, region), country)[0] == 200


def test_the_host_in_the_answer_serves_them(shop: Checkout) -> None:
    _, problem = asked(shop, region_path(shop, US), "DE")
    assert asked(shop, "/api/checkout", "DE", host=problem["host"])[0] == 200


def test_the_refusals_are_counted_and_not_written_down(shop: Checkout) -> None:
    for _ in range(3):
        assert asked(shop, region_path(shop, US), "DE")[0] == 421
    logs = shop.client("logs").filter_log_events(logGroupName="aws-waf-logs-gatewright-shop")["events"]
    assert not [
        event for event in logs if "MisdirectedFromEU" in event["message"] or "203.0.113.77" in event["message"]
    ]
    assert blocked(shop) >= 3


def blocked(shop: Checkout) -> float:
    """The leak detector; metrics arrive a moment after the answer."""
    metrics = shop.client("cloudwatch")
    for _ in range(100):
        names = metrics.list_metrics(Namespace="AWS/WAFV2", MetricName="BlockedRequests")["Metrics"]
        rules = [one for one in names if {"Name": "Rule", "Value": "MisdirectedFromEU"} in one["Dimensions"]]
        now = time.time()
        total = sum(
            point["Sum"]
            for one in rules
            for point in metrics.get_metric_statistics(
                Namespace="AWS/WAFV2",
                MetricName="BlockedRequests",
                Dimensions=one["Dimensions"],
                StartTime=now - 3600,
                EndTime=now + 60,
                Period=3600,
                Statistics=["Sum"],
            )["Datapoints"]
        )
        if total >= 3:
            return float(total)
        time.sleep(0.05)
    return 0.0


def test_the_default_endpoint_is_closed(shop: Checkout) -> None:
    outputs = shop.stack(US)
    host = f"{outputs['RestApiId']}.execute-api.{US}.amazonaws.com"
    assert asked(shop, f"/{outputs['StageName']}/api/checkout", "US", host=host)[0] == 403


def probed(shop: Checkout, code: int, *options: str) -> Any:
    done = shop.run("residency", "probe", *options, "--output", "json")
    assert done.code == code, done.out + done.err
    return done.json()


def test_the_probe_agrees_until_somebody_moves_a_record(shop: Checkout) -> None:
    said = probed(shop, 0)
    assert said["agrees"]
    assert said["answered_by"]["dns"] == 2 * len(said["countries"])
    few = ("--country", "RE", "--country", "US", "--country", "unknown")
    route53 = shop.client("route53")
    zone = route53.list_hosted_zones_by_name(DNSName=NAME)["HostedZones"][0]["Id"]
    rows = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (mine,) = (row for row in rows if row.get("GeoLocation", {}).get("CountryCode") == "RE" and row["Type"] == "A")
    (theirs,) = (row for row in rows if row.get("GeoLocation", {}).get("ContinentCode") == "NA" and row["Type"] == "A")

    def put(row: dict[str, Any]) -> None:
        change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": row}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)

    put({**mine, "AliasTarget": theirs["AliasTarget"]})
    try:
        (row,) = probed(shop, 2, *few)["differences"]
    finally:
        put(mine)
    wanted = {"source": "dns", "country": "RE", "type": "A", "asked": NAME, "wanted": EU, "got": US, "leak": True}
    assert row == wanted
    assert probed(shop, 0, *few)["agrees"]


@pytest.fixture
def second_region(shop: Checkout) -> Iterator[Checkout]:
    """The same shop with a second region in the EU; not deployed."""
    file = shop.folder / "gateway.yaml"
    text = file.read_text(encoding="utf-8")
    line = "  eu-west-1: {jurisdiction: eu}\n"
    assert line in text
    file.write_text(text.replace(line, f"{line}  eu-central-1: {{jurisdiction: eu}}\n"), encoding="utf-8")
    yield shop
    file.write_text(text, encoding="utf-8")


def proved(shop: Checkout, folder: str) -> Any:
    synth = shop.cdk("synth", "--quiet", "--output", folder)
    assert synth.code == 0, synth.err
    templates = sorted(str(path) for path in (shop.folder / folder).glob("*.template.json"))
    done = shop.run("residency", "prove", *templates, "--output", "json")
    assert done.code == 0, done.out + done.err
    return done.json()


def test_the_shop_is_proved(shop: Checkout) -> None:
    said = proved(shop, "one.out")
    assert said["verdict"] == "PROVED"
    assert {name["name"]: name["health_states"] for name in said["names"]} == {NAME: 1, f"eu.{NAME}": 1}


def test_the_shop_with_a_second_region_is_proved(second_region: Checkout) -> None:
    said = proved(second_region, "two.out")
    assert said["verdict"] == "PROVED"
    states = {name["name"]: (name["health_states"], name["regions"]) for name in said["names"]}
    # Two checks, and the own health of the two endpoints that the failover records evaluate.
    assert states[NAME] == (16, ["eu-central-1", EU, US])
