"""The probe's questions to the world: Route 53's TestDNSAnswer, the web ACLs of the stages, and on a laptop real requests.

Touches AWS, reading only. Costs one call for each country and address type (Route 53 takes five a second from an account), two or
three for each region. https://docs.aws.amazon.com/Route53/latest/APIReference/API_TestDNSAnswer.html
"""

from __future__ import annotations

import http.client
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from infra.config.model import Gateway, Region
from infra.dns.guards import PASSES, compare_guard, effects, outcome
from infra.dns.probe import Difference, Report, Unasked
from infra.dns.ranges import Ranges
from infra.errors import GatewrightError
from infra.limits.web_acl import web_acl
from infra.release.awsclient import AwsClient
from infra.release.observe import stack_name
from infra.residency.addresses import sample
from infra.residency.endpoints import address, answer_of
from infra.residency.territory import UNPLACEABLE, Place

__all__ = ["DnsQuestions", "ask_guard"]

PAUSE_SECONDS = 0.21  # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html: five a second
# No service's: API Gateway answers it itself, and the firewall stands before that.
_PATH = "/gatewright-residency-probe"
_TIMEOUT_SECONDS = 10


@dataclass(slots=True, kw_only=True)
class DnsQuestions:
    """Asks one zone for one name.

    Args:
        ranges: reads AWS's list of addresses; called once, when an answer is an address.
        pause_seconds: between questions.
    """

    aws: AwsClient
    zone_id: str
    name: str
    ranges: Callable[[], Ranges]
    endpoints: Mapping[str, str] = field(default_factory=dict)
    pause_seconds: float = PAUSE_SECONDS
    _ranges: Ranges | GatewrightError | None = field(default=None, init=False)

    def regions(self, place: Place, kind: str) -> tuple[str, ...] | Unasked:
        """Where the name is answered from for an asker of this place."""
        what = f"Route 53, {self.name} {kind} from {place.code}"
        client = sample(place)
        if client is None:
            return Unasked(what=what, problem=f"no sample address of {place.code} is known")
        try:
            if self.pause_seconds:
                self.aws.sleep(self.pause_seconds)
            answer = self.aws.call(
                "route53",
                "test_dns_answer",
                HostedZoneId=self.zone_id,
                RecordName=self.name,
                RecordType=kind,
                EDNS0ClientSubnetIP=client,
                EDNS0ClientSubnetMask="24" if ipaddress.ip_address(client).version == 4 else "64",
            )
            if answer.get("ResponseCode") not in ("NOERROR", "NXDOMAIN"):
                return Unasked(what=what, problem=f"Route 53 answers {answer.get('ResponseCode')}")
            return tuple(dict.fromkeys(self._region(value) for value in answer.get("RecordData") or ()))
        except GatewrightError as error:
            return Unasked(what=what, problem=str(error))

    def _region(self, value: str) -> str:
        told = answer_of(value, self.endpoints).region
        if told or not address(value):
            return told or ""
        if self._ranges is None:
            try:
                self._ranges = self.ranges()
            except GatewrightError as error:
                self._ranges = error
        if isinstance(self._ranges, GatewrightError):
            raise self._ranges
        return self._ranges.region(address(value))


def ask_guard(
    aws: AwsClient, gateway: Gateway, region: Region, places: Sequence[Place], *, whole: bool, engine: str | None = None
) -> Report:
    """The region's guard by its rules, and by real requests to an embedded AWS at this address; whole: see `compare_guard`."""
    try:
        outputs = aws.stack(stack_name(gateway.name, region.name)).outputs
        if "RestApiId" not in outputs:
            problem = "the gateway is not deployed here by CloudFormation: `gatewright status` shows what is"
            return Report(unasked=(Unasked(what=f"the guard of {region.name}", problem=problem),))
        stage = f"{outputs['RestApiId']}/stages/{outputs.get('StageName', '')}"
        arn = f"arn:aws:apigateway:{region.name}::/restapis/{stage}"
        acl = aws.call("wafv2", "get_web_acl_for_resource", ResourceArn=arn).get("WebACL")
    except GatewrightError as error:
        return Report(unasked=(Unasked(what=f"the guard of {region.name}", problem=str(error)),))
    report = compare_guard(gateway, region, acl, places, whole=whole)
    if engine is None:
        return report
    base = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs.get('StageName', '')}"
    return report + _requests(engine, f"{base}{_PATH}", gateway, region, places)


def _requests(endpoint: str, path: str, gateway: Gateway, region: Region, places: Sequence[Place]) -> Report:
    wanted = effects(web_acl(gateway, region))
    report = Report()
    for place in places:
        what = f"a request from {place.code} to {region.name}"
        hope = wanted.get(place.country, PASSES)
        try:
            status, body = _get(endpoint, path, place)
        except (OSError, http.client.HTTPException) as error:
            report += Report(unasked=(Unasked(what=what, problem=str(error)),))
            continue
        if status >= 500 or status == 429:
            report += Report(unasked=(Unasked(what=what, problem=f"the region answers {status}"),))
            continue
        got = outcome(status, body) if status == 421 else PASSES
        report += Report(asked=1)
        if got != hope:
            leak = hope != PASSES and got == PASSES
            row = Difference(
                source="request", country=place.code, kind="GET", asked=region.name, wanted=hope, got=got, leak=leak
            )
            report += Report(differences=(row,))
    return report


def _get(endpoint: str, path: str, place: Place) -> tuple[int, Any]:
    """From an address of that country, so that the limit of one address does not count the others."""
    headers = {"X-Viewer-Address": sample(place) or ""}
    if place is not UNPLACEABLE:
        headers["X-Viewer-Country"] = place.country
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
