"""A hundred requests a minute for each client address, as the shop's gateway.yaml says, on both regions."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e


def statuses(shop: Checkout, region: str, viewer: str, requests: int) -> list[tuple[int, str | None, bytes]]:
    outputs = shop.stack(region)
    endpoint = urlsplit(shop.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(endpoint.hostname or "", endpoint.port, timeout=60)
    path = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}/api/users/1"
    found = []
    for _ in range(requests):
        connection.request("GET", path, headers={"X-Viewer-Address": viewer})
        answer = connection.getresponse()
        found.append((answer.status, answer.getheader("Retry-After"), answer.read()))
    connection.close()
    return found


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_hundred_and_first_is_too_many_and_another_address_passes(shop: Checkout, region: str) -> None:
    found = statuses(shop, region, "203.0.113.10", 101)
    assert {status for status, _, _ in found[:100]} == {200}
    status, retry_after, body = found[100]
    assert (status, retry_after) == (429, "60")
    assert b'"type":"urn:gatewright:problem:too-many-requests"' in body
    assert statuses(shop, region, "203.0.113.11", 1)[0][0] == 200


def test_the_stack_s_web_acl_is_on_the_stage_and_logs(shop: Checkout) -> None:
    outputs = shop.stack("us-east-1")
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{outputs['RestApiId']}/stages/{outputs['StageName']}"
    waf = shop.client("wafv2")
    acl = waf.get_web_acl_for_resource(ResourceArn=arn)["WebACL"]
    assert [rule["Name"] for rule in acl["Rules"]] == ["MisdirectedFromEU", "PerAddress", "KnownBadInputs", "Common"]
    logging = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
    assert logging["LogDestinationConfigs"][0].endswith(":log-group:aws-waf-logs-gatewright-shop")
