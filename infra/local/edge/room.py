"""The edge of the laptop in one piece: custom domains by DNS, the regions' switches, and what Route 53 lacks.

May touch: ministack's table of CloudFormation handlers, of which those of Route 53 are watched, and the file of the switches.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from infra.local.addresses import Target
from infra.local.control.store import RegionState, Store
from infra.local.edge.answers import Answers, ip_ranges
from infra.local.edge.regions import Regions
from infra.local.edge.route import Edge, Routed, off_answer, with_headers
from infra.local.edge.zones import Zones
from infra.local.ports import Cloud, HttpRequest, HttpResponse

__all__ = ["EdgeRoom"]

_REGIONS, _RANGES = "/_gatewright/regions", "/_gatewright/ip-ranges.json"
_READS = ("GET", "HEAD")
_KINDS = "AWS::Route53::"


class EdgeRoom:
    """Args: mapped, choose: see `Edge`."""

    def __init__(
        self,
        cloud: Cloud,
        store: Store,
        regions: Regions,
        *,
        mapped: Callable[[RegionState, str, str], Target | None],
        choose: Callable[[int], int],
    ) -> None:
        self._regions, self._zones = regions, Zones(cloud)
        self._edge = Edge(store, self._zones, regions, mapped=mapped, choose=choose)
        self._answers = Answers(self._zones, self._edge)

    @property
    def down(self) -> frozenset[str]:
        """The regions that are switched off."""
        return self._regions.down

    def serves(self, host: str) -> bool:
        """Whether a region has this custom domain."""
        return self._edge.serves(host)

    async def route(self, host: str, raw_path: str, country: str) -> Routed:
        """Where a request for a custom domain goes."""
        return await self._edge.route(host, raw_path, country)

    def refusal(self, region: str) -> HttpResponse | None:
        """The answer of a region that is switched off, for a client that came by another road than DNS."""
        if region not in self._regions.down:
            return None
        routed = off_answer(region, "the request named this region itself")
        return with_headers(routed.response, routed.headers) if routed.response is not None else None

    async def route53(self, request: HttpRequest, forward: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse:
        """A call to Route 53: ours, or ministack's, of which changes are noted."""
        if self._answers.knows(request.method, request.path):
            return await self._answers.answer(request)
        response = await forward()
        if request.method not in _READS:
            self._zones.changed()
        return response

    def watch(self, table: MutableMapping[str, dict[str, Any]]) -> None:
        """Hear of what CloudFormation does to Route 53."""
        for name, entry in table.items():
            if name.startswith(_KINDS):
                table[name] = {action: self._heard(handler) for action, handler in entry.items()}

    def _heard(self, handler: Any) -> Any:
        if not callable(handler):
            return handler

        def watched(*arguments: Any, **named: Any) -> Any:
            try:
                return handler(*arguments, **named)
            finally:
                self._zones.changed()

        watched.__signature__ = _signature(handler)  # type: ignore[attr-defined]
        return watched

    def own(self, request: HttpRequest) -> HttpResponse | None:
        """Routes of ours: the switches, and whose addresses are whose. None for any other path."""
        if request.path == _RANGES:
            return _json(200, ip_ranges())
        if request.path != _REGIONS and not request.path.startswith(f"{_REGIONS}/"):
            return None
        region = request.path.removeprefix(_REGIONS).strip("/")
        if request.method == "GET" and not region:
            return self._shown()
        if request.method != "PUT" or not region:
            return _json(405, {"message": f"GET {_REGIONS}, or PUT {_REGIONS}/eu-west-1 with health up or down"})
        return self._switched(region, request.body)

    def _switched(self, region: str, body: bytes) -> HttpResponse:
        try:
            health = json.loads(body)["health"]
        except (ValueError, TypeError, KeyError):
            health = None
        if health not in ("up", "down"):
            return _json(400, {"message": 'give {"health": "up"} or {"health": "down"}'})
        try:
            changed = self._regions.switch(region, up=health == "up")
        except ValueError as error:
            return _json(400, {"message": str(error)})
        return self._shown(changed=changed)

    def _shown(self, **more: object) -> HttpResponse:
        return _json(200, {"down": sorted(self._regions.down), **more})


def _signature(handler: Any) -> Any:
    import inspect

    return inspect.signature(handler)  # ministack looks at how many arguments a handler takes


def _json(status: int, document: object) -> HttpResponse:
    headers = [("Content-Type", "application/json")]
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())
