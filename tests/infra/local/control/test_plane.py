"""The plane as a server: routing by the service model, hostile requests, threads, and no stack traces."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from botocore import xform_name

from infra.local.control import routes
from infra.local.ports import HttpRequest

ABSENT = {
    "CreateDomainNameAccessAssociation",
    "DeleteDomainNameAccessAssociation",
    "GetDomainNameAccessAssociations",
    "GetSdk",
    "RejectDomainNameAccessAssociation",
}


def test_everything_else_is_built() -> None:
    assert set(routes.service_model().operation_names) - set(routes.implementations()) == ABSENT


@pytest.mark.parametrize("name", routes.service_model().operation_names)
def test_every_operation_is_found_at_its_own_address(name: str) -> None:
    http = routes.service_model().operation_model(name).http
    path, _, query = http["requestUri"].partition("?")
    filled = path.replace("{", "v-").replace("}", "%2F")
    found = routes.match(http["method"], filled, query)
    assert found is not None
    assert found[0].name == name
    assert all(value == f"v-{key}%2F" for key, value in found[1].items())


def test_one_function_for_an_operation() -> None:
    for name in routes.implementations():
        owners = [module for module in routes.NOUNS if xform_name(name) in vars(module)]
        assert len(owners) == 1, name


REQUESTS = {
    "unknown path": ("GET", "/nothing/here", b"", 404, "UnknownOperationException"),
    "unknown method": ("PUT", "/account", b"", 404, "UnknownOperationException"),
    "not json": ("POST", "/restapis", b"{", 400, "SerializationException"),
    "not an object": ("POST", "/restapis", b"[]", 400, "SerializationException"),
    "deep": ("POST", "/restapis", b"[" * 100_000, 400, "SerializationException"),
    "wrong type": ("POST", "/restapis", b'{"name": {"a": 1}}', 400, "SerializationException"),
    "string for a list": (
        "POST",
        "/restapis",
        b'{"name": "a", "binaryMediaTypes": "x"}',
        400,
        "SerializationException",
    ),
    "number as text": ("GET", "/restapis?limit=ten", b"", 400, "SerializationException"),
    "bad position": ("GET", "/restapis?position=%00", b"", 400, "BadRequestException"),
    "missing member": ("POST", "/restapis", b"{}", 400, "ValidationException"),
    "not built": ("GET", "/restapis/a/stages/b/sdks/java", b"", 501, "NotImplementedException"),
}


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REQUESTS.values(), ids=REQUESTS.keys())
def test_errors_have_the_form_of_aws(world: Any, method: str, path: str, body: bytes, status: int, code: str) -> None:
    where, _, query = path.partition("?")
    answer = world.send(method, where, query=query, raw=body)
    headers = dict(answer.headers)
    assert (answer.status, headers["x-amzn-ErrorType"]) == (status, code)
    message = json.loads(answer.body)["message"]
    assert message
    assert "Traceback" not in message
    assert headers["x-amzn-RequestId"]


def test_an_unexpected_failure_tells_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setitem(routes.implementations(), "GetAccount", fail)
    answer = world.send("GET", "/account")
    assert answer.status == 500
    assert b"inner detail" not in answer.body


def test_regions_and_accounts_are_apart(world: Any) -> None:
    world.perform("CreateRestApi", name="here")
    for account, region in (("111111111111", "eu-west-1"), ("222222222222", "us-east-1")):
        assert world.plane.perform("GetRestApis", {}, account=account, region=region)["items"] == []


def test_times_are_epoch_numbers(world: Any) -> None:
    status, made = world.json("POST", "/restapis", {"name": "a"})
    assert (status, made["createdDate"]) == (201, 1_700_000_000)
    _, listed = world.json("GET", "/restapis")
    assert list(listed) == ["item"]


def test_threads_and_the_loop_share_one_plane(world: Any) -> None:
    """CloudFormation's threads create while the loop serves: nothing is lost and nothing fails."""

    def work(number: int) -> None:
        for step in range(20):
            world.perform("CreateApiKey", name=f"{number}-{step}")

    async def serve() -> list[int]:
        statuses = []
        for _ in range(50):
            request = HttpRequest(method="GET", path="/apikeys", query="limit=500")
            answer = await world.plane.handle(request, account="111111111111", region="us-east-1")
            statuses.append(answer.status)
            await asyncio.sleep(0)
        return statuses

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    statuses = asyncio.run(serve())
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert len(world.perform("GetApiKeys", limit=500)["items"]) == 80
