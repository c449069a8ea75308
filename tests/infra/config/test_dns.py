"""The `dns` and `residency` sections: what they mean, and every finding at once."""

from __future__ import annotations

import pytest

from infra.config import Gateway, parse
from infra.errors import ConfigError

HEAD = """
gateway: shop
domain: api.shop.example
regions: {us-east-1: {jurisdiction: us}, eu-west-2: {jurisdiction: other}, eu-west-1: {jurisdiction: eu}}
services: {legacy: {path: /legacy, url: "https://legacy.example/base"}}
"""
ARN = "arn:aws:acm:{}:123456789012:certificate/0a1b2c"


def gateway(text: str = "", head: str = HEAD) -> Gateway:
    return parse(head + text, file="gateway.yaml", folder=None)


def problems(text: str, head: str = HEAD) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        gateway(text, head)
    return [(finding.path, finding.problem) for finding in caught.value.findings]


def test_a_domain_alone_gets_a_zone_of_its_own_in_the_first_eu_region() -> None:
    found = gateway()
    assert (found.dns.zone, found.dns.certificates, found.dns_region) == ("create", {}, "eu-west-1")
    assert (found.residency.territory, found.residency.add, found.residency.waive) == ("strict", (), {})


def test_an_allowed_region_keeps_who_must_stay() -> None:
    found = gateway("residency: {allow: [eu-west-2]}")
    assert [region.name for region in found.regions if found.keeps(region)] == ["eu-west-2", "eu-west-1"]
    assert found.dns_region == "eu-west-2"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(HEAD + "dns: {zone: none}\n", id="none"),
        pytest.param(HEAD.replace("domain: api.shop.example\n", ""), id="no-domain"),
        pytest.param(HEAD.replace(", eu-west-1: {jurisdiction: eu}", ""), id="no-eu-region"),
    ],
)
def test_what_has_no_dns_of_ours(head: str) -> None:
    assert gateway("", head).dns_region is None


def test_countries_are_named_by_code_or_by_name() -> None:
    found = gateway("residency: {add: [reunion island of mine]}".replace("reunion island of mine", "switzerland, GB"))
    assert found.residency.add == ("CH", "GB")
    assert gateway("residency: {waive: {Réunion: no customers}}").residency.waive == {"RE": "no customers"}
    assert gateway("residency: {waive: {Reunion: no customers}}").residency.waive == {"RE": "no customers"}


def test_an_existing_zone_and_certificates() -> None:
    arns = ", ".join(f'{r}: "{ARN.format(r)}"' for r in ("us-east-1", "eu-west-1", "eu-west-2"))
    found = gateway(f"dns: {{zone: Z0123456789ABCDEFGHIJ, certificates: {{{arns}}}}}")
    assert found.dns.zone == "Z0123456789ABCDEFGHIJ"
    assert set(found.dns.certificates) == {"us-east-1", "eu-west-1", "eu-west-2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "residency: {add: [XX, UK, Swizerland, CH, Switzerland, DE]}",
            [
                ("residency.add[0]", "'XX' is no country that Route 53 can place"),
                ("residency.add[1]", "'UK' is not an ISO 3166-1 code"),
                ("residency.add[2]", "'Swizerland' is no country that Route 53 can place"),
                ("residency.add[4]", "CH is listed twice"),
                ("residency.add[5]", "DE is in the strict territory already"),
            ],
            id="added",
        ),
        pytest.param(
            "residency: {territory: cautious, add: [JP], waive: {GF: ' ', French Guiana: x, JP: x, US: x, CH: x}}",
            [
                ("residency.waive.GF", "waived without a reason"),
                ("residency.waive.French Guiana", "GF is waived twice"),
                ("residency.waive.JP", "JP is added and waived"),
                ("residency.waive.US", "US is not in the cautious territory"),
            ],
            id="waived",
        ),
        pytest.param(
            "residency: {allow: [eu-west-1, eu-west-2, eu-west-2, moon-1]}",
            [
                ("residency.allow[0]", "eu-west-1 lies in the EU and may answer"),
                ("residency.allow[2]", "eu-west-2 is listed twice"),
                ("residency.allow[3]", "'moon-1' is not an AWS region"),
            ],
            id="allowed",
        ),
        pytest.param(
            f'dns: {{zone: zone, certificates: {{us-east-1: "{ARN.format("eu-west-1")}", us-west-1: x}}}}',
            [
                ("dns.zone", "'zone' is not accepted"),
                ("dns.certificates", "eu-west-2 has no certificate"),
                ("dns.certificates", "eu-west-1 has no certificate"),
                (
                    "dns.certificates.us-east-1",
                    "'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c' is not in us-east-1",
                ),
                ("dns.certificates.us-west-1", "'x' is not accepted"),
                ("dns.certificates.us-west-1", "the gateway does not run in us-west-1"),
            ],
            id="dns",
        ),
    ],
)
def test_every_finding_at_once(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(problems(text)) == sorted(expected)


def test_dns_without_a_domain() -> None:
    head = HEAD.replace("domain: api.shop.example\n", "")
    assert problems("dns: {zone: create}", head) == [("dns", "there is no 'domain' whose records these are")]


@pytest.mark.parametrize(
    ("length", "says"), [(65, "ACM takes 64"), (239, "names are made in front of it")], ids=["certificate", "names"]
)
def test_a_domain_that_is_too_long(length: int, says: str) -> None:
    labels = ("a" * 60 + ".") * 4
    head = HEAD.replace("api.shop.example", labels[: length - 8] + "x.exampl")
    ((path, problem),) = problems("", head)
    assert path == "domain"
    assert says in problem
    assert gateway("dns: {zone: none}", head).dns_region is None


def test_more_countries_than_one_name_has_records() -> None:
    from infra.config.places import standing_set, table

    others = [code for code in table()["places"] if standing_set(code) != "strict"][:56]
    assert problems(f"residency: {{add: {others}}}".replace("'", '"')) == [
        ("residency.add", "93 countries are protected")
    ]
    assert gateway(f"residency: {{add: {others[:-1]}}}".replace("'", '"'))
