"""A control plane of one page, and a telemetry that remembers."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.ports import CloudCallError, HttpResponse, RequestRecord

ACCOUNT = "123456789012"
REGION = "us-east-1"


def zipped(**files: str) -> bytes:
    """A zip of ``name_py="..."`` style files: the last underscore is the dot."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            archive.writestr(f"{stem}.{suffix}", text)
    return memory.getvalue()


@dataclass
class FakeLambda:
    """Functions by name; a version is a frozen copy of configuration and code."""

    versions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    codes: dict[tuple[str, str], bytes] = field(default_factory=dict)
    aliases: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    reserved: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    location_serves: str | None = "own"  # "latest": as ministack, every location serves $LATEST

    def put(self, name: str, code: bytes, *, version: str = "$LATEST", **configuration: Any) -> str:
        variables = configuration.pop("variables", {})
        self.codes[name, version] = code
        self.versions[name, version] = {
            "FunctionName": name,
            "Version": version,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Timeout": 3,
            "MemorySize": 128,
            "CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(),
            "RevisionId": str(uuid.uuid4()),
            "Environment": {"Variables": variables},
            **configuration,
        }
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}" + ("" if version == "$LATEST" else f":{version}")

    async def call(
        self,
        service: str,
        region: str,
        *,
        method: str = "POST",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        self.calls.append(path)
        parts = path.replace("%24", "$").split("/")
        if parts[1] == "code":
            return HttpResponse(status=200, body=self.codes[parts[2], parts[3]])
        name = parts[3]
        if len(parts) > 4:
            found = self.aliases.get((name, parts[5]))
            return HttpResponse(status=200 if found else 404, body=json.dumps(found or {}).encode())
        version = query.replace("%24", "$").removeprefix("Qualifier=") or "$LATEST"
        configuration = self.versions.get((name, version))
        if configuration is None:
            return HttpResponse(status=404, body=b"{}")
        served = "$LATEST" if self.location_serves == "latest" else version
        answer = {"Configuration": configuration, "Code": {"Location": f"http://x/code/{name}/{served}?signature=1"}}
        if name in self.reserved:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved[name]}
        return HttpResponse(status=200, body=json.dumps(answer).encode())

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        raise CloudCallError("UnknownOperationException", target)


@dataclass
class FakeTelemetry:
    logs: list[tuple[str, str, str, list[tuple[int, str]]]] = field(default_factory=list)
    metrics: list[tuple[str, float]] = field(default_factory=list)

    def request(self, record: RequestRecord) -> None: ...

    def log(self, region: str, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        self.logs.append((region, group, stream, list(lines)))

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None:
        self.metrics.append((name, value))

    async def flush(self) -> None: ...

    @property
    def lines(self) -> list[str]:
        return [text for *_, lines in self.logs for _, text in lines]

    def total(self, name: str) -> float:
        return sum(value for key, value in self.metrics if key == name)
