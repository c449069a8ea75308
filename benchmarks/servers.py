"""Starts the servers that are compared, each on a free loopback port, and puts the same API and function on each."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

SILENT = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"
LOGGING = (
    "def handler(event, context):\n    print('one line', event['path'])\n    return {'statusCode': 200, 'body': 'ok'}\n"
)
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    endpoint: str
    process_id: int

    def cpu_seconds(self) -> float:
        """Processor time of the server itself, without its workers: what a loaded machine cannot distort. Linux only."""
        after_name = Path(f"/proc/{self.process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  the embedded engine checks none
            config=Config(retries={"max_attempts": 1}),
        )


@contextlib.contextmanager
def running(name: str) -> Iterator[Server]:
    """``gatewright`` (our engine) or ``ministack`` (as it comes), stopped at the end."""
    port = _free_port()
    environment = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    environment.update(IOT_MTLS_ENABLED="0", SFTP_ENABLED="0", DOCKER_HOST="unix:///nonexistent/docker.sock")
    if name == "gatewright":
        command, ready = [sys.executable, "-m", "infra.local.server", "--port", str(port)], "/_gatewright/health"
    else:
        command, ready = [sys.executable, "-m", "ministack"], "/_ministack/health"
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(f"http://127.0.0.1:{port}{ready}", process)
        yield Server(name, f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(10)


def lambda_proxy(server: Server, *, source: str) -> str:
    """An API with ``GET /hello`` on a Lambda function; gives the URL to call."""
    return api(server, function(server, f"bench{abs(hash(source)) % 10**8}", {"handler.py": source.encode()}))


def function(
    server: Server, name: str, files: Mapping[str, bytes], *, environment: Mapping[str, str] | None = None
) -> str:
    """A Lambda function of these files, which API Gateway may call; gives its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for path, content in files.items():
            zipped.writestr(path, content)
    functions = server.client("lambda")
    arn: str = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="handler.handler",
        Role="arn:aws:iam::000000000000:role/bench",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": dict(environment or {})},
        Timeout=5,
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return arn


def api(server: Server, function_arn: str) -> str:
    """An API with ``GET /hello`` on a function; gives the URL to call."""
    gateway = server.client("apigateway")
    api = gateway.create_rest_api(name=function_arn.rpartition(":")[2])["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="hello")["id"]
    gateway.put_method(restApiId=api, resourceId=resource, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=resource,
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="live")
    return f"{server.endpoint}/_aws/execute-api/{api}/live/hello"


def load(url: str, *, connections: int, seconds: float, more: Sequence[str] = ()) -> dict[str, Any]:
    """Runs the load generator as a process of its own. Args: more: of its options."""
    command = [sys.executable, "-m", "benchmarks.load", url]
    command += ["--connections", str(connections), "--seconds", str(seconds), *more]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server for {url} ended with {process.returncode}")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
