"""What passes by Route 53 is noticed, by its API and by CloudFormation."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from infra.local.control.store import Store
from infra.local.edge.regions import Regions
from infra.local.edge.room import EdgeRoom
from infra.local.ports import HttpRequest, HttpResponse


class NoCloud:
    async def call(self, *_: Any, **__: Any) -> HttpResponse:
        raise AssertionError("nothing is read")

    async def json(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("nothing is read")


@pytest.fixture
def room() -> EdgeRoom:
    return EdgeRoom(NoCloud(), Store(), Regions(), mapped=lambda *_: None, choose=lambda _: 0)


@pytest.mark.parametrize(("method", "noticed"), [("GET", False), ("POST", True), ("DELETE", True)])
async def test_a_change_by_the_api_is_noticed(room: EdgeRoom, method: str, noticed: bool) -> None:
    async def forward() -> HttpResponse:
        return HttpResponse(status=200, body=b"theirs")

    before = room._zones.generation
    answer = await room.route53(HttpRequest(method=method, path="/2013-04-01/hostedzone"), forward)
    assert answer.body == b"theirs"
    assert (room._zones.generation > before) is noticed


def test_a_change_by_cloudformation_is_noticed_and_nothing_else_is_touched(room: EdgeRoom) -> None:
    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        if props:
            raise ValueError("half done")
        return "id", {}

    table: dict[str, dict[str, Any]] = {
        "AWS::Route53::RecordSet": {"create": create, "delete": None},
        "AWS::S3::Bucket": {"create": create},
    }
    room.watch(table)
    assert table["AWS::S3::Bucket"]["create"] is create
    watched = table["AWS::Route53::RecordSet"]["create"]
    assert inspect.signature(watched) == inspect.signature(create)
    assert watched("R", {}, "stack") == ("id", {})
    assert room._zones.generation == 1
    with pytest.raises(ValueError, match="half done"):
        watched("R", {"Name": "x"}, "stack")
    assert room._zones.generation == 2, "what failed may have changed something"
