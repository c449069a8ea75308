"""The `dns` and `residency` sections of gateway.yaml: their shape, and what they mean. Pure.

What needs more than one value (a waiver of a country that nobody protects, certificates for every region) is in
`dns_rules.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config import model
from infra.config.places import country
from infra.config.regions import region_name
from infra.config.section import Section
from infra.config.units import Text

__all__ = ["DnsEntry", "ResidencyEntry", "to_dns", "to_residency"]

# ResourceId of the Route 53 API: at most 32 characters. https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
_ZONE = Text(
    r"create|none|Z[A-Z0-9]{5,31}",
    "'create', 'none', or the id of a hosted zone, for example Z0123456789ABCDEFGHIJ",
    32,
)
_CERTIFICATE = Text(
    r"arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+",
    "The ARN of a certificate, arn:aws:acm:<region>:<account>:certificate/<id>",
    200,
)
Country = Annotated[str, country]


class DnsEntry(Section):
    """Where the records of `domain` are, and the certificates of its names."""

    zone: Annotated[str, _ZONE] = model.ZONE_DEFAULT
    """The public hosted zone that has `domain`: its id, `create` for a zone of its own that you delegate, or `none` for no
    records, no names and no certificates. Default: create."""
    certificates: dict[Annotated[str, region_name], Annotated[str, _CERTIFICATE]] = Field(default_factory=dict)
    """Region -> ARN of an issued certificate for `domain` and `*.domain`, for every region. Default: ACM makes and renews them."""


class ResidencyEntry(Section):
    """Whose requests stay in the EU."""

    territory: Literal["strict", "cautious"] = "strict"
    """`strict`: where the GDPR is law. `cautious`: the United Kingdom, Switzerland and overseas lands too. Default: strict."""
    add: tuple[Country, ...] = ()
    """Further countries, by code or English name."""
    waive: dict[Country, Annotated[str, Field(min_length=1, max_length=500)]] = Field(default_factory=dict)
    """Country -> why it may be answered from anywhere; certificates of the proof carry the reason."""
    allow: tuple[Annotated[str, region_name], ...] = ()
    """Regions outside the EU that may answer all the same, for example eu-west-2. Default: none."""


def to_dns(entry: DnsEntry) -> model.Dns:
    """What the section means."""
    return model.Dns(zone=entry.zone, certificates=dict(entry.certificates))


def to_residency(entry: ResidencyEntry) -> model.Residency:
    """What the section means."""
    return model.Residency(
        territory=entry.territory, add=tuple(sorted(entry.add)), waive=dict(entry.waive), allow=entry.allow
    )
