"""The console in one piece: its page, its state, and the three things that it changes.

May touch: breakers and the regions' switches of this engine, and traffic that it makes itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from infra.errors import GatewrightError
from infra.local.addresses import Target
from infra.local.console.actions import VERBS, act
from infra.local.console.dashboards import Dashboards
from infra.local.console.guard import refusal
from infra.local.console.state import canaries_of, document
from infra.local.console.traces import TracePages
from infra.local.console.traffic import Asked, Traffic, settings_of
from infra.local.console.window import Window
from infra.local.control.store import RestApi, Store
from infra.local.edge.room import EdgeRoom
from infra.local.meter.room import Meter
from infra.local.ports import Cloud, HttpRequest, HttpResponse
from infra.local.traces.store import TraceStore

__all__ = ["PATH", "Console"]

PATH = "/_gatewright/console"
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json"}
_ASSETS = {
    "": "index.html",
    "dashboards": "dashboards.html",
    "traces": "traces.html",
    "elements.js": "elements.js",
    **{f"{page}.{kind}": f"{page}.{kind}" for page in ("console", "dashboards", "traces") for kind in ("css", "js")},
}
_SAFE = [
    ("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]  # fmt: skip
_TICK_SECONDS = 1.0
DataPlane = Callable[[HttpRequest, Target], Awaitable[HttpResponse]]


class Console:
    """Args: data_plane: answers a request to a stage."""

    def __init__(
        self, cloud: Cloud, store: Store, meter: Meter, edge: EdgeRoom, data_plane: DataPlane, *, traces: TraceStore
    ) -> None:
        self._cloud, self._store, self._meter, self._edge = cloud, store, meter, edge
        self._data_plane = data_plane
        self._window = Window(meter.counts)
        self._dashboards = Dashboards(cloud, time.time)
        self._traces = TracePages(traces, time.time)
        self._traffic = Traffic(self._send)
        self._next = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        await self._traffic.stop()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            self._window.tick(time.monotonic(), canaries_of(self._apis()))
            await asyncio.sleep(_TICK_SECONDS)

    def _apis(self) -> list[RestApi]:
        return [api for state in self._store.regions() for api in state.rest_apis.values()]

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """A request below `PATH`."""
        refused = refusal(request)
        if refused is not None:
            return _json(403, {"message": refused})
        name = request.path.removeprefix(PATH)
        if name == "":
            return HttpResponse(status=308, headers=[("Location", f"{PATH}/")])
        name = name[1:]
        if request.method in ("GET", "HEAD"):
            return await self._read(name, request)
        actions = {"breaker": self._breaker, "region": self._region, "traffic": self._set_traffic}
        if request.method != "POST" or name not in actions:
            return _json(405, {"message": f"POST {', '.join(actions)}"})
        try:
            given = json.loads(request.body)
            if not isinstance(given, dict):
                raise ValueError("give a JSON object")
            await actions[name](given)
        except GatewrightError as error:
            return _json(409, {"message": str(error)})
        except (ValueError, KeyError, TypeError) as error:
            return _json(400, {"message": f"not understood: {error}"})
        return _json(200, await self.state())

    async def _read(self, name: str, request: HttpRequest) -> HttpResponse:
        if name == "state":
            return _json(200, await self.state())
        if name == "dashboards.json":
            return _json(200, {"dashboards": await self._dashboards.names(api.region for api in self._apis())})
        if name == "dashboard.json":
            try:
                return _json(200, await self._dashboards.answer(request.query))
            except ValueError as error:
                return _json(404, {"message": str(error)})
        if name in ("traces.json", "trace.json"):
            return self._traced(name, request.query)
        return _asset(name)

    def _traced(self, name: str, query: str) -> HttpResponse:
        try:
            return _json(200, self._traces.listed(query) if name == "traces.json" else self._traces.one(query))
        except ValueError as error:
            return _json(404 if name == "trace.json" else 400, {"message": str(error)})

    async def state(self) -> dict[str, Any]:
        around = await self._meter.around()
        apis = self._apis()
        return document(
            now=time.time(),
            apis=apis,
            services={api.region: self._meter.services.in_region(api.region) for api in apis},
            around=around,
            window=self._window,
            down=self._edge.down,
            traffic=self._traffic.shown(),
        )

    async def _breaker(self, given: Mapping[str, Any]) -> None:
        if given["verb"] not in VERBS:
            raise ValueError(f"verb is one of {', '.join(VERBS)}")
        where = {name: str(given[name]) for name in ("region", "gateway", "service", "verb")}
        known = self._meter.services.in_region(where["region"])
        if not any((one.gateway, one.name) == (where["gateway"], where["service"]) for one in known):
            raise ValueError(f"there is no service {where['service'][:60]!r} in {where['region'][:40]!r}")
        await act(self._cloud, **where)

    async def _region(self, given: Mapping[str, Any]) -> None:
        body = json.dumps({"health": given["health"]}).encode()
        switch = HttpRequest(method="PUT", path=f"/_gatewright/regions/{given['region']}", body=body)
        answered = self._edge.own(switch)
        if answered is None or answered.status != 200:
            raise ValueError(json.loads(answered.body)["message"] if answered else "no such region")

    async def _set_traffic(self, given: Mapping[str, Any]) -> None:
        if given.get("running") is False:
            await self._traffic.stop()
        else:
            self._traffic.start(settings_of(given))

    async def _send(self, asked: Asked) -> tuple[int, str]:
        """By DNS where there is a custom domain; else to the deployed stages in turn."""
        host = next((name for state in self._store.regions() for name in state.domain_names), "")
        headers = [("Host", host), ("X-Viewer-Country", asked.country), ("User-Agent", "gatewright-console")]
        headers += [("Authorization", f"Bearer {asked.token}")] if asked.token else []
        request = HttpRequest(method="GET", path=asked.path, headers=headers, source_ip=asked.address)
        if host:
            routed = await self._edge.route(host, asked.path, asked.country)
            region = dict(routed.headers).get("X-Gatewright-Region", "")
            if routed.target is None:
                return (routed.response.status if routed.response else 502), region
            return (await self._data_plane(request, routed.target)).status, region
        stages = [(api, stage) for api in self._apis() for stage in api.stages]
        if not stages:
            return 502, ""
        self._next = (self._next + 1) % len(stages)
        api, stage = stages[self._next]
        return (await self._data_plane(request, Target(api.id, stage, asked.path))).status, api.region


@cache
def _file(name: str) -> bytes:
    if name == "world.json":
        return resources.files("infra.residency.map").joinpath(name).read_bytes()
    return resources.files("infra.local.console").joinpath("assets", name).read_bytes()


def _asset(name: str) -> HttpResponse:
    file = _ASSETS.get(name, "world.json" if name == "world.json" else "")
    if not file:
        return _json(404, {"message": "Not Found"})
    kind = _TYPES[file.rpartition(".")[2]]
    return HttpResponse(status=200, headers=[("Content-Type", f"{kind}; charset=utf-8"), *_SAFE], body=_file(file))


def _json(status: int, shown: object) -> HttpResponse:
    headers = [("Content-Type", "application/json"), *_SAFE]
    return HttpResponse(status=status, headers=headers, body=json.dumps(shown).encode())
