"""Which names tell their region, and which only pretend to."""

from __future__ import annotations

import pytest

from infra.residency.endpoints import ANYWHERE, answer_of, region_in_name


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("d-abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1"),
        ("D-ABC.execute-api.EU-WEST-1.amazonaws.com.", "eu-west-1"),
        ("dualstack.my-lb-1.us-east-1.elb.amazonaws.com", "us-east-1"),
        ("s3-website-us-east-1.amazonaws.com", "us-east-1"),
        ("s3-website.eu-central-1.amazonaws.com", "eu-central-1"),
        ("x.lambda-url.eu-north-1.on.aws", "eu-north-1"),
        ("d111.cloudfront.net", ANYWHERE),
        ("a1.awsglobalaccelerator.com", ANYWHERE),
        ("d-abc.execute-api.eu-west-1.amazonaws.com.evil.example", ""),
        ("eu-west-1.shop.example", ""),
        ("eu-west-1.us-east-1.elb.amazonaws.com", ""),
        ("d-abc.execute-api.cn-north-1.amazonaws.com.cn", ""),
        ("amazonaws.com", ""),
    ],
)
def test_region_in_name(name: str, region: str) -> None:
    assert region_in_name(name) == region


def test_the_owners_map_is_asked_first_and_addresses_have_one_spelling() -> None:
    assert answer_of("2001:DB8::0:1", {"2001:db8::1": "eu-west-1"}).region == "eu-west-1"
    assert answer_of("backend.example.", {"backend.example": "eu-west-1"}).region == "eu-west-1"
    assert answer_of("192.0.2.1", {}).region == ""
