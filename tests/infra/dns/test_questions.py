"""The questions: what Route 53 is asked, and what happens when somebody does not answer."""

from __future__ import annotations

from typing import Any

import pytest

from infra.dns.probe import Unasked
from infra.dns.questions import DnsQuestions, ask_guard
from infra.dns.ranges import Ranges, read_ranges
from infra.errors import CloudError, NotFound
from infra.limits.web_acl import web_acl
from infra.residency.territory import UNPLACEABLE, place_of
from tests.infra.dns.fake_route53 import aws
from tests.infra.residency.zones import EU, NAME, US, endpoint, gateway

GATEWAY = gateway(US, EU)
LIST = (
    '{"prefixes": [{"ip_prefix": "3.0.0.0/8", "region": "eu-west-1", "service": "API_GATEWAY"}], "ipv6_prefixes": []}'
)


class Answering:
    def __init__(self, *data: str, code: str = "NOERROR") -> None:
        self.data, self.code, self.asked = data, code, list[dict[str, Any]]()

    def test_dns_answer(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"ResponseCode": self.code, "RecordData": list(self.data)}


def questions(fake: Any, ranges: Any = lambda: read_ranges(LIST, "list"), **more: Any) -> DnsQuestions:
    return DnsQuestions(aws=aws(fake), zone_id="Z1", name=NAME, ranges=ranges, **more)


def test_the_subnet_of_the_country_is_handed_on() -> None:
    fake = Answering("3.1.1.1", "3.1.1.2")
    assert questions(fake).regions(UNPLACEABLE, "AAAA") == (EU,)
    wanted = {"HostedZoneId": "Z1", "RecordName": NAME, "RecordType": "AAAA"}
    assert fake.asked == [{**wanted, "EDNS0ClientSubnetIP": "192.0.2.1", "EDNS0ClientSubnetMask": "24"}]


@pytest.mark.parametrize(
    ("data", "regions"), [((), ()), ((endpoint(US),), (US,)), (("198.51.100.7",), ("",)), (("mine.example",), (US,))],
    ids=["nobody", "a-name-of-aws", "an-address-of-nobody", "the-owners-word"],
)  # fmt: skip
def test_answers_become_regions(data: tuple[str, ...], regions: tuple[str, ...]) -> None:
    asked = questions(Answering(*data), endpoints={"mine.example": US})
    assert asked.regions(place_of("DE"), "A") == regions


def test_a_list_that_does_not_come_is_fetched_once_and_said() -> None:
    calls = []

    def away() -> Ranges:
        calls.append(1)
        raise CloudError("away")

    asked = questions(Answering("3.1.1.1"), away)
    for code in ("DE", "RE"):
        found = asked.regions(place_of(code), "A")
        assert isinstance(found, Unasked)
        assert (found.problem, code in found.what) == ("away", True)
    assert calls == [1]


def test_a_server_failure_is_no_answer() -> None:
    found = questions(Answering(code="SERVFAIL")).regions(place_of("DE"), "A")
    assert isinstance(found, Unasked)
    assert "SERVFAIL" in found.problem


class Stacks:
    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        return {"Stacks": [{"StackName": StackName, "StackStatus": "CREATE_COMPLETE", "Outputs": self.outputs}]}


class Firewalls:
    def __init__(self, acl: Any) -> None:
        self.acl, self.asked = acl, ""

    def get_web_acl_for_resource(self, ResourceArn: str) -> Any:  # noqa: N803
        self.asked = ResourceArn
        if isinstance(self.acl, Exception):
            raise self.acl
        return {"WebACL": self.acl} if self.acl else {}


@pytest.mark.parametrize(
    ("acl", "code"), [(web_acl(GATEWAY, GATEWAY.regions[0]), 0), (None, 2), (NotFound("gone"), 1)],
    ids=["guarded", "bare", "no-answer"],
)  # fmt: skip
def test_the_web_acl_of_the_stage_is_read(acl: Any, code: int) -> None:
    firewalls = Firewalls(acl)
    client = aws(None, cloudformation=Stacks({"RestApiId": "a1", "StageName": "live"}), wafv2=firewalls)
    report = ask_guard(client, GATEWAY, GATEWAY.regions[0], [place_of("DE")], whole=False)
    assert report.exit_code == code
    assert firewalls.asked == "arn:aws:apigateway:us-east-1::/restapis/a1/stages/live"


def test_a_region_without_the_gateway_is_said() -> None:
    report = ask_guard(aws(None, cloudformation=Stacks({})), GATEWAY, GATEWAY.regions[0], [place_of("DE")], whole=False)
    assert report.exit_code == 1
    assert US in report.unasked[0].what
