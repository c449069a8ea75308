"""Puts the rooms of the embedded AWS together and serves them on loopback: ``python -m infra.local.server --port 4566``.

May touch: one loopback socket, a temporary folder for unpacked function code, worker processes, and the ``--state`` folder when
one is given; without it, state is in memory and gone with the process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from infra.errors import GatewrightError
from infra.local import persistence, seam, wire
from infra.local.addresses import Credentials, Target
from infra.local.cloud import ACCOUNT, Message, Ministack, Receive, Send
from infra.local.console.room import Console
from infra.local.control.cloudformation import handlers as apigateway_handlers
from infra.local.control.plane import ControlPlane
from infra.local.control.store import RegionState, Store
from infra.local.edge.regions import Regions
from infra.local.edge.room import EdgeRoom
from infra.local.edge.rules import first_ruled, ruled
from infra.local.front import Forward, Front
from infra.local.functions import event_rules, records, step_functions
from infra.local.functions.cloudformation import handlers as lambda_handlers
from infra.local.functions.invoke_api import InvokeApi
from infra.local.functions.workers import Workers
from infra.local.gateway.dataplane import DataPlane
from infra.local.gateway.integrations.http import AiohttpUpstream
from infra.local.issuer import Issuer
from infra.local.meter.room import Meter
from infra.local.ports import Filtered, HttpRequest, HttpResponse
from infra.local.route53.cloudformation import handlers as route53_handlers
from infra.local.telemetry import trimmed
from infra.local.telemetry.cloudformation import handlers as alarm_handlers
from infra.local.telemetry.cloudwatch import CloudWatch
from infra.local.telemetry.delivery import Delivery
from infra.local.telemetry.filtered import InvalidPattern, check_metric_filter, narrowed, widened
from infra.local.traces.room import Traces
from infra.local.waf import records as waf_records
from infra.local.waf.api import WafApi
from infra.local.waf.cloudformation import handlers as waf_handlers
from infra.local.waf.firewall import Firewall

__all__ = ["Server", "main"]

_INVALID = "InvalidParameterException"


class Server:
    """All rooms of one engine; implements ``front.Rooms``.

    Args:
        ministack: the mounted services.
        store: state of API Gateway, empty or restored.
        endpoint: what handlers get as ``AWS_ENDPOINT_URL``.
        scratch: folder for unpacked code.
        state: folder to save to at a clean stop, None for a volatile engine.
        home: the project's `.gatewright`, for the local issuer; None has none.
        clock: epoch seconds, for the firewall.
    """

    def __init__(
        self,
        ministack: Ministack,
        store: Store,
        *,
        endpoint: str,
        scratch: Path,
        state: Path | None = None,
        home: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = ACCOUNT
        self._store, self._state, self._clock = store, state, clock
        self._ministack = ministack
        self._telemetry = Delivery(ministack)
        self._meter = Meter(ministack, store, self._telemetry, busy=lambda: self._workers.busy, clock=clock)
        told = self._meter.telemetry
        self._traces = Traces(endpoint=endpoint, clock=clock)
        self._issuer = Issuer(home) if home is not None else None
        self._workers = Workers(
            ministack,
            telemetry=told,
            endpoint=endpoint,
            account=ACCOUNT,
            state_folder=scratch,
            surroundings=self._issuer.surroundings if self._issuer is not None else dict,
            traces=self._traces,
        )
        called, upstream = self._traces.functions(self._workers), self._traces.upstream(AiohttpUpstream())
        self._data = DataPlane(store, called, told, http=upstream, cloud=self._traces.cloud(ministack))
        self._control = ControlPlane(store, invoker=self._data)
        self._invoke = InvokeApi(self._workers)
        self.edge = EdgeRoom(ministack, store, Regions(state), mapped=_mapped, choose=random.SystemRandom().randrange)
        self._console = Console(ministack, store, self._meter, self.edge, self.data_plane, traces=self._traces.store)
        self._firewall = Firewall(ministack, told, clock=clock)
        self._waf = WafApi(self._firewall, stage_exists=self._stage_exists, clock=clock)
        self._install_resource_handlers()

    def _install_resource_handlers(self) -> None:
        account, region = seam.account_and_region()
        table = seam.handlers()
        records.check()
        waf_records.check()
        cloudwatch = importlib.import_module("ministack.services.cloudwatch")
        trimmed.install(cloudwatch)
        events = importlib.import_module("ministack.services.eventbridge")
        event_rules.install(events, self._workers, lambda: self._loop)
        told = event_rules.publisher(events)
        self._cloudwatch = CloudWatch(cloudwatch, clock=self._clock, scope=seam.scope(), tell=told)
        self._cloudwatch.install()
        self._loop: asyncio.AbstractEventLoop | None = (
            None  # where the workers live; executions have threads of their own
        )
        states = importlib.import_module("ministack.services.stepfunctions")
        step_functions.install(states, self._workers, lambda: self._loop)
        seam.install(
            table,
            apigateway_handlers(self._control, account=account, region=region, read_object=self._read_object),
        )
        seam.install(table, lambda_handlers(table, self._workers, region=region, account=account))
        seam.install(table, waf_handlers(table, self._waf, self._firewall, account=account, region=region))
        seam.install(table, alarm_handlers(table, self._cloudwatch, cloudwatch))
        seam.install(table, route53_handlers(table, self._route53))
        seam.let_outputs_be_read_across_regions(account=account)
        self.edge.watch(table)  # last: whoever handles Route 53's types by then

    def _read_object(self, bucket: str, key: str, version: str | None) -> bytes:
        """An S3 object, for a CloudFormation handler. Raises ValueError."""
        query = f"versionId={version}" if version else ""
        response = _apart(self._ministack.call("s3", "us-east-1", method="GET", path=f"/{bucket}/{key}", query=query))
        if response.status >= 300:
            raise ValueError(f"s3://{bucket}/{key} cannot be read: {response.status}")
        return response.body

    def _route53(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """A call of Route 53's API, for a CloudFormation handler."""
        response = _apart(self._ministack.call("route53", "us-east-1", method=method, path=path, body=body))
        return response.status, response.body

    async def start(self) -> None:
        """Begins what runs beside requests."""
        self._loop = asyncio.get_running_loop()
        self._telemetry.start()
        self._console.start()
        self._cloudwatch.start()
        if self._issuer is not None:
            await self._issuer.start()

    async def stop(self) -> None:
        """Delivers what is under way, ends the workers, saves what is to be kept."""
        await self._console.stop()
        await self._cloudwatch.stop()
        await self._telemetry.stop()
        await self._workers.close()
        self._traces.close()
        await self._data.close()
        if self._issuer is not None:
            await self._issuer.stop()
        if self._state is not None:
            persistence.save(self._store, self._state)

    # front.Rooms

    async def data_plane(self, request: HttpRequest, target: Target) -> HttpResponse:
        if target.custom_domain:
            target = self._ruled(request, target)
        api = self._store.find_api(target.api_id)
        if self.edge.down and api is not None:
            off = self.edge.refusal(api.region)
            if off is not None:
                return off
        return await self._traces.stages.record(request, api, target, lambda traced: self._at_stage(traced, target))

    async def _at_stage(self, request: HttpRequest, target: Target) -> HttpResponse:
        filtered = await self._filter(request, target)
        if filtered is not None and filtered.inserted:
            request = replace(request, headers=[*request.headers, *filtered.inserted])
        return await self._data.handle(
            request,
            api_id=target.api_id,
            stage=target.stage,
            path=target.path,
            custom_domain=target.custom_domain,
            default_endpoint=target.default_endpoint,
            filtered=filtered,
        )

    def _ruled(self, request: HttpRequest, target: Target) -> Target:
        """The target by the domain's routing rules, if it has some that match."""
        api = self._store.find_api(target.api_id)
        if api is None:
            return target
        host = (request.header("Host") or "").partition(":")[0].lower()
        return ruled(self._store.region(api.account, api.region), host, request, target)

    async def _filter(self, request: HttpRequest, target: Target) -> Filtered | None:
        """What the stage's firewall decides, before everything else; None when there is no stage or no firewall."""
        api = self._store.find_api(target.api_id)
        if api is None or target.stage not in api.stages:
            return None
        arn = f"arn:aws:apigateway:{api.region}::/restapis/{api.id}/stages/{target.stage}"
        uri = request.path if target.custom_domain else f"/{target.stage}{target.path}"
        return await self._firewall.inspect(request, stage_arn=arn, uri=uri)

    def _stage_exists(self, region: str, api_id: str, stage: str) -> bool:
        api = self._store.find_api(api_id)
        return api is not None and api.region == region and stage in api.stages

    async def control_plane(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        response = await self._control.handle(request, account=credentials.account, region=credentials.region)
        if request.method == "DELETE":
            self._waf.forget_gone(credentials.account, credentials.region)
        return response

    async def invoke(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        return await self._invoke.handle_invoke(request, account=credentials.account, region=credentials.region)

    def function_changed(self, region: str, name: str | None) -> None:
        self._workers.changed(region, name)

    async def logs(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse:
        """Patterns as CloudWatch Logs reads them, and what passes is shown to the metric filters."""
        try:
            if operation == "FilterLogEvents":
                return _with_body(await forward(widened(parameters)), lambda found: narrowed(parameters, found))
            if operation == "PutMetricFilter":
                check_metric_filter(parameters)
        except InvalidPattern as error:
            refusal = {"__type": _INVALID, "message": str(error)}
            return _with_body(HttpResponse(status=400), lambda _: refusal)
        response = await forward(parameters)
        if response.status < 300:
            self._logs_passed(credentials.region, operation, parameters)
        return response

    def _logs_passed(self, region: str, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "PutLogEvents":
            events = [(event["timestamp"], event["message"]) for event in parameters.get("logEvents", [])]
            self._telemetry.observe(region, str(parameters.get("logGroupName", "")), events)
        elif operation in ("PutMetricFilter", "DeleteMetricFilter", "DeleteLogGroup"):
            self._telemetry.filters_changed()

    async def waf(
        self, credentials: Credentials, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse:
        """Web ACLs are ministack's; our firewall keeps what it drops, answers what it lacks, and hears of changes."""
        return await self._waf.answer(credentials.account, credentials.region, operation, parameters, forward)

    def troubles(self, request: HttpRequest) -> HttpResponse:
        return self._workers.troubles.answer(request)

    async def xray(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        return self._traces.api.answer(request, credentials)

    def otlp(self, request: HttpRequest) -> HttpResponse:
        return self._traces.sink.answer(request)

    async def console(self, request: HttpRequest) -> HttpResponse:
        return await self._console.answer(request)

    async def metrics(self) -> HttpResponse:
        return await self._meter.metrics()

    def health(self) -> dict[str, Any]:
        apis = sum(len(state.rest_apis) for state in self._store.regions())
        return {
            "service": "gatewright",
            "pid": os.getpid(),
            "account": self.account,
            "rest_apis": apis,
            "down": sorted(self.edge.down),
        }


def _apart(call: Coroutine[Any, Any, HttpResponse]) -> HttpResponse:
    """The call's answer, on a loop of its own: ministack runs most handlers on the engine's loop, which must not wait for itself."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, call).result()


def _with_body(response: HttpResponse, change: Callable[[dict[str, Any]], dict[str, Any]]) -> HttpResponse:
    """An AWS-JSON answer with its document changed."""
    body = json.dumps(change(json.loads(response.body or b"{}"))).encode()
    return HttpResponse(status=response.status, headers=[("content-type", "application/x-amz-json-1.1")], body=body)


def _mapped(state: RegionState, host: str, raw_path: str) -> Target | None:
    mappings = state.base_path_mappings.get(host, {})
    first, _, rest = raw_path.lstrip("/").partition("/")
    by_path = mappings.get(first)
    if by_path is not None and by_path.get("stage"):
        return Target(by_path["restApiId"], by_path["stage"], "/" + rest, custom_domain=True)
    root = mappings.get("(none)")
    if root is not None and root.get("stage"):
        return Target(root["restApiId"], root["stage"], raw_path, custom_domain=True)
    return first_ruled(state, host, raw_path)


def application(server: Server, ministack: Ministack) -> Any:
    """The ASGI app: the front, with our start and stop around ministack's own lifespan."""
    front = Front(server, ministack.app)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await front(scope, receive, send)
            return

        async def started(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await server.start()
            elif message["type"] == "lifespan.shutdown.complete":
                await server.stop()
            await send(message)

        await ministack.app(scope, receive, started)

    return app


def serve(*, port: int, state: Path | None, home: Path | None) -> None:
    """Runs the engine until it is told to stop. Raises GatewrightError when it cannot start."""
    if state is not None:
        persistence.configure(os.environ, state)
    ministack = Ministack.load(account=ACCOUNT, port=port)
    store = persistence.load(state) if state is not None else Store()
    with tempfile.TemporaryDirectory(prefix="gatewright-") as scratch:
        endpoint = f"http://127.0.0.1:{port}"
        server = Server(ministack, store, endpoint=endpoint, scratch=Path(scratch), state=state, home=home)
        _spare_the_collector()
        uvicorn.Server(wire.config(application(server, ministack), port=port)).run()


def _spare_the_collector() -> None:
    """What was imported lives as long as the process, and a request makes few cycles: looking for them seldom is a fifth of
    the time of a request (measured by `make bench`)."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the background process; failures are one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.server", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    parser.add_argument("--state", type=Path, help="folder to keep state in over restarts (default: volatile)")
    parser.add_argument("--home", type=Path, help="the project's .gatewright folder, for the local issuer")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        serve(port=options.port, state=options.state, home=options.home)
    except GatewrightError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except ImportError as error:
        sys.stderr.write(f"A package is missing ({error}). Run `make setup`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
