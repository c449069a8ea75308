"""Who is refused outside the EU and what they are told, evaluated by the embedded firewall and checked by WAF's own model."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra.config.model import Dns, ForwardedAddress, Gateway, Jurisdiction, Limits, PerIp, Region, Residency
from infra.limits import logging_configuration, misdirected, web_acl
from infra.limits.territory_guard import LABEL, METRIC
from infra.local.waf.cloudformation import as_stored
from infra.local.waf.decision import Decision
from infra.local.waf.log_line import is_kept
from infra.residency.territory import Reading, Territory, table
from tests.infra.local.waf.requests import ARN, compiled, inspected

US = Region(name="us-east-1", jurisdiction=Jurisdiction.US)
LONDON = Region(name="eu-west-2", jurisdiction=Jurisdiction.OTHER)
EU = Region(name="eu-west-1", jurisdiction=Jurisdiction.EU)
NAME = "api.shop.example"


def gateway(**changes: Any) -> Gateway:
    return Gateway(name="shop", services=(), **{"domain": NAME, "regions": (US, LONDON, EU), **changes})


def decided(acl: dict[str, Any] | None, path: str = "/live/api/users", **headers: str) -> Decision:
    assert acl is not None
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return compiled(as_stored({**acl, "Name": "acl", "ARN": ARN})).evaluate(inspected(uri=path, headers=sent))


def status(decision: Decision) -> int:
    return decision.response.status if decision.blocked and decision.response else 200


@pytest.mark.parametrize("reading", ["strict", "cautious"])
def test_exactly_the_territory_is_refused(reading: Any) -> None:
    acl = web_acl(gateway(residency=Residency(territory=reading)), US)
    told = {code: status(decided(acl, x_viewer_country=code)) for code in table()["places"]}
    assert {code for code, one in told.items() if one == 421} == set(Territory(reading=Reading(reading)).codes)
    assert set(told.values()) == {200, 421}


def test_the_owner_s_additions_and_waivers_count() -> None:
    acl = web_acl(gateway(residency=Residency(add=("GB",), waive={"YT": "no customers there"})), US)
    assert [status(decided(acl, x_viewer_country=code)) for code in ("GB", "YT", "DE")] == [421, 200, 421]


def test_the_answer_is_a_problem_that_names_the_host() -> None:
    response = decided(web_acl(gateway(), US), x_viewer_country="DE").response
    assert response is not None
    problem = json.loads(response.body)
    assert (problem["status"], problem["host"]) == (421, f"eu.{NAME}")
    assert f"https://eu.{NAME}" in problem["detail"]
    assert problem["type"].startswith("urn:gatewright:problem:")


def test_who_cannot_be_placed_passes() -> None:
    assert status(decided(web_acl(gateway(), US))) == 200


@pytest.mark.parametrize(("path", "expected"), [("/ping", 200), ("/ping/x", 421), ("/pingx", 421), ("/live/ping", 421)])
def test_a_probe_from_ireland_finds_the_region(path: str, expected: int) -> None:
    assert status(decided(web_acl(gateway(), US), path, x_viewer_country="IE")) == expected


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        pytest.param({}, EU, id="in the EU"),
        pytest.param({"residency": Residency(allow=("eu-west-2",))}, LONDON, id="allowed"),
        pytest.param({"domain": None}, US, id="no domain"),
        pytest.param({"dns": Dns(zone="none")}, US, id="no DNS of ours"),
        pytest.param({"regions": (US,)}, US, id="no region in the EU"),
    ],
)
def test_where_nobody_is_refused(changes: dict[str, Any], region: Region) -> None:
    assert misdirected(gateway(**changes), region) is None
    assert web_acl(gateway(**changes), region) is None


def test_it_comes_before_the_limit_and_has_a_metric_of_its_own() -> None:
    acl = web_acl(gateway(limits=Limits(per_ip=PerIp(requests=100))), US)
    assert acl is not None
    first, second, *_ = acl["Rules"]
    assert [first["Name"], second["Name"]] == [METRIC, "PerAddress"]
    assert first["VisibilityConfig"] == {
        "CloudWatchMetricsEnabled": True,
        "MetricName": METRIC,
        "SampledRequestsEnabled": False,
    }
    assert [rule["Priority"] for rule in acl["Rules"]] == list(range(len(acl["Rules"])))


BEHIND = Limits(per_ip=PerIp(requests=100, forwarded=ForwardedAddress(header="X-Client")))


def test_behind_a_cdn_without_its_header_the_connection_s_country_counts() -> None:
    acl = web_acl(gateway(limits=BEHIND), US)
    assert status(decided(acl, x_viewer_country="DE")) == 421
    assert status(decided(acl, x_viewer_country="US")) == 200
    # A header without an address is no way round it: the fallback of the limit, which is to match.
    assert status(decided(acl, x_viewer_country="US", x_client="nobody")) == 421


def test_their_addresses_are_not_written_down() -> None:
    acl = web_acl(gateway(limits=Limits(per_ip=PerIp(requests=100))), US)
    configuration = logging_configuration(label_namespace="awswaf:000000000000:webacl:acl:")
    refused = decided(acl, x_viewer_country="DE")
    assert f"awswaf:000000000000:webacl:acl:{LABEL}" in refused.labels
    assert not is_kept(configuration, refused)
    assert is_kept(logging_configuration(), refused), (
        "the default filter would keep it: this is what the first one is for"
    )


@pytest.mark.parametrize("limits", [Limits(), BEHIND], ids=["plain", "behind-a-cdn"])
@pytest.mark.parametrize("reading", ["strict", "cautious"])
def test_waf_itself_takes_it(limits: Limits, reading: Any) -> None:
    model = botocore.session.get_session().get_service_model("wafv2")
    acl = web_acl(gateway(limits=limits, residency=Residency(territory=reading)), US)
    assert acl is not None
    shape = model.operation_model("CreateWebACL").input_shape
    assert ParamValidator().validate({**acl, "Name": "n"}, shape).generate_report() == ""
    countries = json.dumps(acl)
    assert all(f'"{code}"' in countries for code in Territory(reading=Reading(reading)).codes)
    configuration = {
        "ResourceArn": "arn:" * 5,
        "LogDestinationConfigs": ["arn:" * 5],
        **logging_configuration(label_namespace="awswaf:1:webacl:n:"),
    }
    put = model.operation_model("PutLoggingConfiguration").input_shape
    assert ParamValidator().validate({"LoggingConfiguration": configuration}, put).generate_report() == ""
