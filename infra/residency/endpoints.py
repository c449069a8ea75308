"""A DNS name or address that an answer holds -> the AWS region that serves it, or nothing. Pure.

AWS writes the region into the names of regional endpoints. Only names under AWS's own suffixes are believed: whoever
owns another domain can put any label into it. Everything else needs the owner's word in the ``endpoints`` map.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from infra.config.regions import known_regions
from infra.residency.records import dns_name

__all__ = ["ANYWHERE", "NO_ANSWER", "Answer", "answer_of", "region_in_name"]

ANYWHERE = "anywhere"  # an anycast or CDN endpoint: the edge that is nearest to the asker, in any country
_REGIONAL = (".amazonaws.com", ".on.aws", ".awsapprunner.com", ".elasticbeanstalk.com", ".api.aws")
_GLOBAL = (".cloudfront.net", ".awsglobalaccelerator.com")


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What the asker gets in the end.

    Args:
        region: an AWS region, ``anywhere``, "" when nobody can tell, or None for no answer at all.
        where: the name or address that says so.
    """

    region: str | None
    where: str

    def __str__(self) -> str:
        if self.region is None:
            return "no answer"
        return f"{self.region or 'an unknown place'} ({self.where})"


NO_ANSWER = Answer(None, "no answer")


def region_in_name(name: str) -> str:
    """The region in an AWS endpoint's name; ``anywhere`` for CDN names; "" if the name does not tell."""
    name = dns_name(name)
    if name.endswith(_GLOBAL):
        return ANYWHERE
    if not name.endswith(_REGIONAL):
        return ""
    labels = [label.removeprefix("s3-website-").removeprefix("s3-") for label in name.split(".")]
    found = {label for label in labels if label in known_regions()}
    return found.pop() if len(found) == 1 else ""


def answer_of(where: str, endpoints: Mapping[str, str]) -> Answer:
    """The answer that this name or address is, by the owner's map first."""
    name = address(where) or dns_name(where)
    return Answer(endpoints.get(name) or region_in_name(name), name)


def address(text: str) -> str:
    """The address in its one spelling, or "" for a name."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""
