"""An engine in this process with a gateway of MOCK methods in three regions, and their DNS in the safe shape."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config

from infra.local import wire
from infra.local.cloud import ACCOUNT, Ministack
from infra.local.control.store import Store
from infra.local.server import Server, application
from infra.residency.shape import Target, shape
from tests.infra.residency.zones import EU, EU2, US, gateway

REGIONS = (US, EU, EU2)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def region(self) -> str:
        return self.headers.get("x-gatewright-region", "")

    @property
    def route(self) -> str:
        return self.headers.get("x-gatewright-route", "")


@dataclass
class Engine:
    port: int
    server: Server
    zone_ids: list[str] = field(default_factory=list)

    def client(self, service: str, region: str = US) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body=body, headers={n.replace("_", "-"): v for n, v in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, json.loads(text) if text else None)

    def get(self, host: str, country: str = "", path: str = "/x") -> Answer:
        return self.request("GET", path, Host=host, **({"X_Viewer_Country": country} if country else {}))

    def switch(self, region: str, health: str) -> Answer:
        return self.request("PUT", f"/_gatewright/regions/{region}", json.dumps({"health": health}).encode())

    def all_up(self) -> None:
        for region in REGIONS:
            self.switch(region, "up")


@contextmanager
def running(folder: Path, state: Path | None = None) -> Iterator[Engine]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as environment:
        for name in ("MINISTACK_ACCOUNT_ID", "GATEWAY_PORT", "MINISTACK_HOST", "DOCKER_HOST", "PERSIST_STATE"):
            environment.setenv(name, "")  # put back afterwards; loading sets them
        ministack = Ministack.load(account=ACCOUNT, port=port)
        server = Server(ministack, Store(), endpoint=f"http://127.0.0.1:{port}", scratch=folder, state=state)
        serving = uvicorn.Server(wire.config(application(server, ministack), port=port))
        thread = threading.Thread(target=serving.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not serving.started:
            assert thread.is_alive(), "the engine ended at once"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Engine(port, server)
        serving.should_exit = True
        thread.join(10)


def _document(region: str) -> bytes:
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": json.dumps(region)}}},
    }
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    document = {"openapi": "3.0.1", "info": {"title": region, "version": "1"}, "paths": {"/x": {"get": operation}}}
    return json.dumps(document).encode()


def deploy(engine: Engine, domain: str, *regions: str) -> dict[str, str]:
    """A gateway in these regions, with every custom domain of the safe shape; host and region -> endpoint."""
    made = shape(gateway(*regions, domain=domain))
    apis: dict[str, str] = {}
    for region in regions:
        control = engine.client("apigateway", region)
        apis[region] = control.import_rest_api(body=_document(region))["id"]
        control.create_deployment(restApiId=apis[region], stageName="live")
    endpoints: dict[str, str] = {}
    for host in made.hosts:
        control = engine.client("apigateway", host.region)
        found = control.create_domain_name(domainName=host.name, endpointConfiguration={"types": ["REGIONAL"]})
        control.create_base_path_mapping(domainName=host.name, restApiId=apis[host.region], stage="live")
        endpoints[f"{host.name} {host.region}"] = found["regionalDomainName"]
    _records(engine, domain, endpoints, *regions)
    return apis


def _records(engine: Engine, domain: str, endpoints: dict[str, str], *regions: str) -> None:
    route53 = engine.client("route53")
    top = domain.partition(".")[2]
    zone_id = route53.create_hosted_zone(Name=top, CallerReference=domain)["HostedZone"]["Id"]
    engine.zone_ids.append(zone_id.rpartition("/")[2])
    ids: dict[str, str] = {}

    def target(host: str, region: str) -> Target:
        return Target(dns_name=endpoints[f"{host} {region}"], zone_id="Z1")

    for check in shape(gateway(*regions, domain=domain)).health_checks:
        made = route53.create_health_check(CallerReference=f"{domain} {check.key}", HealthCheckConfig=check.config)
        ids[check.key] = made["HealthCheck"]["Id"]
    rows = shape(gateway(*regions, domain=domain), target=target, check_id=lambda key: ids[key]).records
    for row in rows:
        row["AliasTarget"].setdefault("HostedZoneId", zone_id.rpartition("/")[2])
    changes = [{"Action": "CREATE", "ResourceRecordSet": row} for row in rows]
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
