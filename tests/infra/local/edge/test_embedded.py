"""The edge in the whole engine: boto3 makes the records, HTTP asks for the domain, regions are switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.dns.live import live_zone
from infra.local.edge.answers import address_in
from infra.residency.addresses import UNPLACED, sample
from infra.residency.ask import ask
from infra.residency.outage import outage
from infra.residency.territory import all_places, place_of
from tests.infra.dns.fake_route53 import aws
from tests.infra.local.edge.engine import REGIONS, Engine, deploy, running
from tests.infra.residency.zones import EU, EU2, US

pytestmark = pytest.mark.embedded

TWO_EU, ONE_EU = "api.pair.example", "api.single.example"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("edge")) as engine:
        engine.client("apigateway")
        deploy(engine, TWO_EU, *REGIONS)
        deploy(engine, ONE_EU, US, EU)
        yield engine


@pytest.fixture
def engine(whole: Engine) -> Iterator[Engine]:
    yield whole
    whole.all_up()


@pytest.mark.parametrize("country", ["DE", "re", "AX", "", "XX", "BV"], ids=["DE", "RE", "AX", "none", "no-code", "unnameable"])  # fmt: skip
def test_who_must_stay_is_answered_from_the_eu_or_not_at_all(engine: Engine, country: str) -> None:
    answer = engine.get(TWO_EU, country)
    assert (answer.status, answer.region, answer.body) == (200, EU, EU)
    engine.switch(EU, "down")
    answer = engine.get(TWO_EU, country)
    assert (answer.status, answer.region, answer.body) == (200, EU2, EU2)
    assert "the primary is down, the secondary is healthy" in answer.route
    engine.switch(EU2, "down")
    answer = engine.get(TWO_EU, country)
    assert (answer.status, answer.region) == (503, EU)
    assert answer.body["title"] == "No region answers"


@pytest.mark.parametrize("country", ["DE", "RE", ""], ids=["DE", "RE", "none"])
def test_with_one_eu_region_there_is_no_answer_rather_than_a_foreign_one(engine: Engine, country: str) -> None:
    engine.switch(EU, "down")
    answer = engine.get(ONE_EU, country)
    assert (answer.status, answer.region) == (503, EU)
    assert "gatewright region up eu-west-1" in answer.body["detail"]


def test_others_go_to_their_region_and_stay_there(engine: Engine) -> None:
    for country in ("US", "BR", "JP"):
        assert engine.get(TWO_EU, country).body == US
    engine.switch(US, "down")
    assert engine.get(TWO_EU, "BR").status == 503


def test_the_eu_host_is_for_everybody(engine: Engine) -> None:
    assert engine.get(f"eu.{TWO_EU}", "US").body == EU
    assert "X-Gatewright-Route".lower() in engine.get(f"eu.{TWO_EU}", "US").headers


def test_a_region_that_is_off_answers_on_no_road(engine: Engine) -> None:
    control = engine.client("apigateway", EU)
    api = control.get_base_path_mapping(domainName=ONE_EU, basePath="(none)")["restApiId"]
    path = f"/_aws/execute-api/{api}/live/x"
    assert engine.request("GET", path).status == 200
    engine.switch(EU, "down")
    refused = engine.request("GET", path)
    assert (refused.status, refused.region) == (503, EU)
    assert control.get_rest_api(restApiId=api)["id"] == api, "its control plane goes on"
    engine.switch(EU, "up")
    assert engine.request("GET", path).status == 200


def test_every_place_is_answered_as_the_resolver_says(engine: Engine) -> None:
    live = live_zone(aws(engine.client("route53")), TWO_EU)
    for down in ((), (EU,)):
        for region in down:
            engine.switch(region, "down")
        for place in all_places():
            (way,) = ask(live.zone, TWO_EU, "A", place, outage(live.zone, down))
            if "-" not in place.code:
                country = "" if place.code == "unplaceable" else place.code
                assert engine.get(TWO_EU, country).region == way.answer.region, place.code


def test_a_changed_record_counts_at_once(engine: Engine) -> None:
    route53 = engine.client("route53")
    (zone_id,) = [z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "single.example."]
    rows = route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    (brazil,) = [one for one in rows if one.get("SetIdentifier") == "continent-SA" and one["Type"] == "A"]
    assert engine.get(ONE_EU, "BR").body == US
    change = {"Action": "DELETE", "ResourceRecordSet": brazil}
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [change]})
    assert engine.get(ONE_EU, "BR").body == EU, "the default"
    change["Action"] = "CREATE"
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [change]})
    assert engine.get(ONE_EU, "BR").body == US


def test_a_check_that_probes_what_is_not_there_fails(engine: Engine) -> None:
    control = engine.client("apigateway", EU)
    name = f"{EU}.{TWO_EU}"
    api = control.get_base_path_mapping(domainName=name, basePath="(none)")["restApiId"]
    kept = control.get_domain_name(domainName=name)
    control.delete_domain_name(domainName=name)
    assert engine.get(TWO_EU, "DE").body == EU2
    control.create_domain_name(domainName=name, endpointConfiguration={"types": kept["endpointConfiguration"]["types"]})
    control.create_base_path_mapping(domainName=name, restApiId=api, stage="live")
    assert engine.get(TWO_EU, "DE").body == EU


def test_a_domain_without_records_goes_to_the_first_region_that_has_it(engine: Engine) -> None:
    control = engine.client("apigateway", EU2)
    api = control.get_base_path_mapping(domainName=TWO_EU, basePath="(none)")["restApiId"]
    control.create_domain_name(domainName="typed.in.example", endpointConfiguration={"types": ["REGIONAL"]})
    assert engine.get("typed.in.example").status == 403, "no mapping yet"
    control.create_base_path_mapping(domainName="typed.in.example", restApiId=api, stage="live")
    answer = engine.get("typed.in.example", "DE")
    assert (answer.body, answer.region) == (EU2, EU2)
    assert "no record" in answer.route


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_gatewright/regions", b"", 200),
        ("PUT", "/_gatewright/regions/eu-wst-1", b'{"health": "down"}', 400),
        ("PUT", "/_gatewright/regions/eu-west-1", b'{"health": "ill"}', 400),
        ("PUT", "/_gatewright/regions/eu-west-1", b"down", 400),
        ("POST", "/_gatewright/regions/eu-west-1", b'{"health": "down"}', 405),
        ("PUT", "/_gatewright/regions", b'{"health": "down"}', 405),
        ("GET", "/_gatewright/nothing", b"", 404),
    ],
    ids=["shown", "no-region", "no-health", "no-json", "method", "which", "elsewhere"],
)
def test_the_switches_over_http(engine: Engine, method: str, path: str, body: bytes, status: int) -> None:
    assert engine.request(method, path, body).status == status
    assert engine.request("GET", "/_gatewright/regions").body == {"down": []}


def test_switching_twice_changes_nothing(engine: Engine) -> None:
    assert engine.switch(EU, "down").body == {"down": [EU], "changed": True}
    assert engine.switch(EU, "down").body == {"down": [EU], "changed": False}
    assert engine.request("GET", "/_gatewright/health").body["down"] == [EU]


# What Route 53's API says of the present


def asked(engine: Engine, address: str, kind: str = "A", name: str = TWO_EU) -> Any:
    zone_id = engine.zone_ids[0]
    return engine.client("route53").test_dns_answer(
        HostedZoneId=zone_id, RecordName=name, RecordType=kind, ResolverIP=address, EDNS0ClientSubnetIP=address
    )


@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize("code", ["DE", "RE", "GF", "US"])
def test_dns_answers_as_if_from_a_country(engine: Engine, code: str, kind: str) -> None:
    answer = asked(engine, str(sample(place_of(code))), kind)
    home = US if code == "US" else EU
    assert (answer["ResponseCode"], answer["RecordData"]) == ("NOERROR", [address_in(home, kind)])
    engine.switch(EU, "down")
    expected = US if code == "US" else EU2
    assert asked(engine, str(sample(place_of(code))), kind)["RecordData"] == [address_in(expected, kind)]


def test_dns_answers_for_who_cannot_be_placed_and_for_no_name(engine: Engine) -> None:
    assert asked(engine, UNPLACED["A"])["RecordData"] == [address_in(EU, "A")]
    nothing = asked(engine, UNPLACED["A"], name="nobody.pair.example")
    assert (nothing["ResponseCode"], nothing["RecordData"]) == ("NXDOMAIN", [])


def test_dns_refuses_what_it_does_not_know(engine: Engine) -> None:
    route53 = engine.client("route53")
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        route53.test_dns_answer(HostedZoneId="ZNONE", RecordName=TWO_EU, RecordType="A")
    with pytest.raises(ClientError, match="InvalidInput"):
        asked(engine, "1.2.3")
    with pytest.raises(ClientError, match="NoSuchHealthCheck"):
        route53.get_health_check_status(HealthCheckId="none")


def test_addresses_name_their_region_in_the_form_of_aws(engine: Engine) -> None:
    import ipaddress

    ranges = engine.request("GET", "/_gatewright/ip-ranges.json").body
    for kind, member, prefix in (("A", "prefixes", "ip_prefix"), ("AAAA", "ipv6_prefixes", "ipv6_prefix")):
        for region in REGIONS:
            address = ipaddress.ip_address(address_in(region, kind))
            inside = [one["region"] for one in ranges[member] if address in ipaddress.ip_network(one[prefix])]
            assert inside == [region]


def test_health_as_the_checkers_report_it(engine: Engine) -> None:
    live = live_zone(aws(engine.client("route53")), TWO_EU)
    assert live.failing == frozenset()
    engine.switch(EU, "down")
    (check,) = live_zone(aws(engine.client("route53")), TWO_EU).failing
    assert EU in live.zone.checks[check].probes


def test_records_and_checks_of_a_stack_count_and_do_not_stop_the_engine(engine: Engine) -> None:
    """CloudFormation's handlers run on the engine's own loop: one that waits for that loop would wait for ever."""
    import json

    config = {"Type": "HTTPS", "FullyQualifiedDomainName": f"{EU}.{TWO_EU}", "EnableSNI": True}
    top = "stack.example."
    record = {"Name": f"api.{top}", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.7"]}
    records = {"HostedZoneId": {"Ref": "Zone"}, "RecordSets": [record]}
    resources = {
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": top}},
        "Check": {"Type": "AWS::Route53::HealthCheck", "Properties": {"HealthCheckConfig": config}},
        "Records": {"Type": "AWS::Route53::RecordSetGroup", "Properties": records},
    }
    cloud = engine.client("cloudformation")
    cloud.create_stack(StackName="dns", TemplateBody=json.dumps({"Resources": resources}))
    (made,) = cloud.describe_stacks(StackName="dns")["Stacks"]
    assert made["StackStatus"] in ("CREATE_COMPLETE", "CREATE_IN_PROGRESS")
    cloud.get_waiter("stack_create_complete").wait(StackName="dns", WaiterConfig={"Delay": 0, "MaxAttempts": 200})
    zone_id = cloud.describe_stack_resource(StackName="dns", LogicalResourceId="Zone")["StackResourceDetail"]
    answer = engine.client("route53").test_dns_answer(
        HostedZoneId=zone_id["PhysicalResourceId"], RecordName=f"api.{top}", RecordType="A"
    )
    assert answer["RecordData"] == ["192.0.2.7"]
