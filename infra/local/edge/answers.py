"""What ministack's Route 53 lacks: TestDNSAnswer and GetHealthCheckStatus, and the addresses they speak of. Memory only.

An alias of an API Gateway domain is answered by addresses, as on AWS. Here each region has a block of its own, out of 198.18.0.0/15 (RFC 2544) and
2001:db8::/32 (RFC 3849), and `/_gatewright/ip-ranges.json` says which, in the form of AWS's own ip-ranges.json.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_TestDNSAnswer.html
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from infra.config.regions import known_regions
from infra.local.edge.route import Edge
from infra.local.edge.zones import Zones
from infra.local.ports import HttpRequest, HttpResponse
from infra.residency.addresses import place_at
from infra.residency.endpoints import Answer
from infra.residency.records import ADDRESS_TYPES, dns_name
from infra.residency.territory import Place, place_of

__all__ = ["Answers", "address_in", "ip_ranges"]

_XMLNS = "https://route53.amazonaws.com/doc/2013-04-01/"
_NAMESERVER = "ns-1.awsdns-01.org"
_TEST, _CHECK, _STATUS = "/2013-04-01/testdnsanswer", "/2013-04-01/healthcheck/", "/status"
# Where Route 53's checkers run (HealthCheckRegion in its API).
_CHECKERS = ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1")  # fmt: skip


def address_in(region: str, kind: str) -> str:
    """The address of a region's endpoints on this machine."""
    number = list(known_regions()).index(region)
    return f"198.19.{number}.1" if kind == "A" else f"2001:db8:{number:x}::1"


def ip_ranges() -> dict[str, Any]:
    """https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html: the members that clients read."""
    common = [
        {"region": region, "service": "API_GATEWAY", "network_border_group": region} for region in known_regions()
    ]
    return {
        "syncToken": "0",
        "createDate": "1970-01-01-00-00-00",
        "prefixes": [{"ip_prefix": _block(one["region"], "A", 24), **one} for one in common],
        "ipv6_prefixes": [{"ipv6_prefix": _block(one["region"], "AAAA", 48), **one} for one in common],
    }


def _block(region: str, kind: str, bits: int) -> str:
    return str(ipaddress.ip_network(f"{address_in(region, kind)}/{bits}", strict=False))


class Answers:
    """Route 53's operations that are about the present."""

    def __init__(self, zones: Zones, edge: Edge) -> None:
        self._zones, self._edge = zones, edge

    def knows(self, method: str, path: str) -> bool:
        return method == "GET" and (path == _TEST or (path.startswith(_CHECK) and path.endswith(_STATUS)))

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Raises nothing that a client can cause."""
        if request.path == _TEST:
            query = {name: values[0] for name, values in parse_qs(request.query).items()}
            return await self._test(query)
        return await self._status(request.path.removeprefix(_CHECK).removesuffix(_STATUS))

    async def _test(self, query: dict[str, str]) -> HttpResponse:
        hosted = await self._zones.by_id(query.get("hostedzoneid", "").rpartition("/")[2])
        if hosted is None or hosted.zone is None:
            return _error(404, "NoSuchHostedZone", f"No hosted zone found with ID: {query.get('hostedzoneid', '')}")
        try:
            place = _asker(query)
        except ValueError as error:
            return _error(400, "InvalidInput", str(error))
        name, kind = dns_name(query.get("recordname", "")), query.get("recordtype", "").upper()
        if not name or not kind:
            return _error(400, "InvalidInput", "recordname and recordtype are needed")
        ways = self._edge.ways(hosted, hosted.zone, name, kind, place)
        data = [_data(way.answer, kind) for way in ways if way.answer.region is not None]
        exists = hosted.zone.has(name) or bool(data)
        return _xml("TestDNSAnswerResponse", _answer(name, kind, data, "NOERROR" if exists else "NXDOMAIN"))

    async def _status(self, check: str) -> HttpResponse:
        zones = [hosted.zone for hosted in (await self._zones.all()).values() if hosted.zone is not None]
        if any(check in zone.checks for zone in zones):
            # The zone whose records carry the check knows where it belongs.
            failing = any(check in self._edge.down(zone).checks for zone in zones)
            return _xml("GetHealthCheckStatusResponse", _observations(healthy=not failing))
        return _error(404, "NoSuchHealthCheck", f"No health check exists with the specified ID {check}")


def _asker(query: dict[str, str]) -> Place:
    """Where Route 53 takes the question to come from: the client's subnet before the resolver.

    Without both it asks from us-east-1; which country that resolver counts as is not documented (unsure): the United States here.
    """
    for name in ("edns0clientsubnetip", "resolverip"):
        if query.get(name):
            return place_at(query[name])
    return place_of("US")


def _data(answer: Answer, kind: str) -> str:
    """The address of a region of ours; what stands outside of AWS is its own answer."""
    if kind in ADDRESS_TYPES and answer.region in known_regions():
        return address_in(str(answer.region), kind)
    return answer.where


def _answer(name: str, kind: str, data: list[str], code: str) -> str:
    entries = "".join(f"<RecordDataEntry>{escape(one)}</RecordDataEntry>" for one in data)
    return (
        f"<Nameserver>{_NAMESERVER}</Nameserver><RecordName>{escape(name)}</RecordName><RecordType>{escape(kind)}</RecordType>"
        f"<RecordData>{entries}</RecordData><ResponseCode>{code}</ResponseCode><Protocol>UDP</Protocol>"
    )


def _observations(*, healthy: bool) -> str:
    status = "Success: HTTP Status Code 200, OK" if healthy else "Failure: Connection timed out."
    rows = "".join(
        f"<HealthCheckObservation><Region>{region}</Region><IPAddress>127.0.0.1</IPAddress><StatusReport>"
        f"<Status>{status}</Status><CheckedTime>1970-01-01T00:00:00Z</CheckedTime></StatusReport></HealthCheckObservation>"
        for region in _CHECKERS
    )
    return f"<HealthCheckObservations>{rows}</HealthCheckObservations>"


def _xml(root: str, inner: str, status: int = 200) -> HttpResponse:
    body = f'<?xml version="1.0"?>\n<{root} xmlns="{_XMLNS}">{inner}</{root}>'.encode()
    return HttpResponse(status=status, headers=[("Content-Type", "text/xml")], body=body)


def _error(status: int, code: str, message: str) -> HttpResponse:
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return _xml("ErrorResponse", f"{inner}<RequestId>local</RequestId>", status)
