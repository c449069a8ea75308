"""A copy of the project with its own engine: what a newcomer's checkout does, driven by the installed commands."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

PROJECT = Path(__file__).resolve().parents[2]
COPIED = ("gateway.yaml", "cdk.json", "package.json", "infra", "stacks", "lambdas")
_CLIENTS = (f"198.18.{number // 256 % 256}.{number % 256}" for number in count())
AWS_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: exit code, standard output and error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A project folder, and the AWS variables of its engine once it is up."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, timeout_seconds: float = 240) -> Finished:
        """``gatewright ARGUMENTS`` in this folder."""
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return self.finished(command, timeout_seconds)

    def cdk(self, *arguments: str, timeout_seconds: float = 240) -> Finished:
        """The official CDK command."""
        node = str(Path(sys.executable).parent / "node")
        command = [node, str(PROJECT / "node_modules/aws-cdk/bin/cdk"), *arguments]
        return self.finished(command, timeout_seconds)

    def finished(self, command: list[str], timeout_seconds: float = 240) -> Finished:
        """Any command, in this folder."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def stack(self, region: str) -> dict[str, Any]:
        """Parameters and outputs of the region's stack, by name."""
        stack = self.client("cloudformation", region).describe_stacks(StackName=f"Gatewright-shop-{region}")["Stacks"][
            0
        ]
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
        return parameters | {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def stage(self, region: str) -> dict[str, Any]:
        outputs = self.stack(region)
        stage: dict[str, Any] = self.client("apigateway", region).get_stage(
            restApiId=outputs["RestApiId"], stageName=outputs["StageName"]
        )
        del stage["ResponseMetadata"]
        return stage

    def token(self, *scopes: str, **claims: str) -> str:
        """A token of the local issuer."""
        wanted = [part for scope in scopes for part in ("--scope", scope)]
        wanted += [part for name, value in claims.items() for part in (f"--{name}", value)]
        done = self.run("token", *wanted)
        assert done.code == 0, done.err
        return done.out.strip()

    def get(self, region: str, path: str, **options: Any) -> tuple[int, Any]:
        """One request to the region's stage, with `many`'s options; the body parsed when it is JSON."""
        return self.many(region, [path], **options)[0]

    def many(
        self,
        region: str,
        paths: list[str],
        *,
        method: str = "GET",
        body: bytes | None = None,
        token: str | None = None,
        key: str | None = None,
    ) -> list[tuple[int, Any]]:
        """Requests one after another on one connection, each as a client of its own: the shop limits an address."""
        outputs = self.stack(region)
        parts = urlsplit(self.environment["AWS_ENDPOINT_URL"])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        prefix = f"/_aws/execute-api/{outputs['RestApiId']}/{outputs['StageName']}"
        headers = {"content-type": "application/json"} if body is not None else {}
        headers |= {"authorization": f"Bearer {token}"} if token is not None else {}
        headers |= {"x-api-key": key} if key is not None else {}
        answers = []
        for path in paths:
            headers["x-viewer-address"] = next(_CLIENTS)
            connection.request(method, prefix + path, body=body, headers=headers)
            answer = connection.getresponse()
            answers.append((answer.status, _parsed(answer.read())))
        connection.close()
        return answers

    def releases_seen(self, region: str, requests: int) -> Counter[str]:
        """How many of so many requests to the checkout each release answered."""
        return Counter(answer["release"] for _, answer in self.many(region, ["/api/checkout"] * requests))

    def change_checkout(self, old: str, new: str) -> None:
        """Edits the checkout the way a developer does: another release text in the source."""
        for file in (self.folder / "lambdas" / "checkout").glob("*.py"):
            source = file.read_text(encoding="utf-8")
            if old in source:
                file.write_text(source.replace(old, new), encoding="utf-8")
                return
        raise AssertionError(f"no file of the checkout says {old}")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def new_checkout(folder: Path) -> Checkout:
    """A copy of the sources that the commands need; what was installed is linked."""
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, folder / name)
    for name in ("node_modules", "build"):
        (folder / name).symlink_to(PROJECT / name)
    environment = {k: v for k, v in os.environ.items() if k not in AWS_VARIABLES and k != "PYTHONDONTWRITEBYTECODE"}
    binaries = str(Path(sys.executable).parent)
    environment.update(NO_COLOR="1", PYTHONPATH=str(folder), CDK_VALIDATION="false")
    environment["PATH"] = os.pathsep.join([binaries, environment.get("PATH", "")])
    return Checkout(folder, environment)


@contextlib.contextmanager
def started(checkout: Checkout, *options: str) -> Iterator[Checkout]:
    """The checkout, up in both regions of an engine of its own; down at the end. ``options`` are those of `gatewright up`."""
    up = checkout.run("up", "--port", "0", *options)
    assert up.code == 0, up.out + up.err
    engine = json.loads((checkout.folder / ".gatewright" / "engine.json").read_text(encoding="utf-8"))
    checkout.environment.update(
        AWS_ENDPOINT_URL=engine["endpoint"],
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
    )
    try:
        yield checkout
    finally:  # a story that failed must not leave its engine behind
        down = checkout.run("down")
    assert down.code == 0, down.err


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The shop as it is in the repository."""
    with started(new_checkout(tmp_path_factory.mktemp("shop"))) as checkout:
        yield checkout
