"""The segment documents that API Gateway and Lambda would have written. Pure.

https://docs.aws.amazon.com/xray/latest/devguide/xray-services-apigateway.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html. AWS also writes the client's address; nothing personal is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Ran", "flags", "function_segments", "gateway_segment", "lambda_call"]


def flags(status: int) -> dict[str, bool]:
    """``error`` for 4xx, with ``throttle`` for 429; ``fault`` for 5xx."""
    if status >= 500:
        return {"fault": True}
    if status < 400:
        return {}
    return {"error": True, "throttle": True} if status == 429 else {"error": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request at a stage, as its segment tells of it. Times in epoch seconds; the URL is without its query."""

    trace_id: str
    segment_id: str
    parent_id: str | None
    account: str
    region: str
    api_id: str
    api_name: str
    stage: str
    method: str
    url: str
    started: float


def gateway_segment(
    call: Call,
    *,
    ended: float,
    status: int,
    content_length: int,
    request_id: str | None,
    subsegments: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """The stage's own segment, with what it called within it."""
    gateway = {"account_id": call.account, "rest_api_id": call.api_id, "stage": call.stage, "request_id": request_id}
    document: dict[str, Any] = {
        "id": call.segment_id,
        "trace_id": call.trace_id,
        "name": f"{call.api_name}/{call.stage}"[:200],
        "start_time": call.started,
        "end_time": ended,
        "origin": "AWS::ApiGateway::Stage",
        "resource_arn": f"arn:aws:apigateway:{call.region}::/restapis/{call.api_id}/stages/{call.stage}",
        "http": {
            "request": {"method": call.method, "url": call.url},
            "response": {"status": status, "content_length": content_length},
        },
        "aws": {"api_gateway": {name: value for name, value in gateway.items() if value is not None}},
        **flags(status),
    }
    if call.parent_id is not None:
        document["parent_id"] = call.parent_id
    if subsegments:
        document["subsegments"] = list(subsegments)
    return document


def lambda_call(arn: str) -> dict[str, Any]:
    """What a subsegment says of a call of Lambda, before it is known how it ended."""
    parts = arn.split(":")
    region, name = parts[3], parts[6] if len(parts) > 6 else arn
    url = f"https://lambda.{region}.amazonaws.com/2015-03-31/functions/{arn}/invocations"
    return {
        "name": "Lambda",
        "namespace": "aws",
        "http": {"request": {"method": "POST", "url": url}},
        "aws": {"operation": "Invoke", "region": region, "function_name": name, "resource_names": [name]},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One invocation. Times in epoch seconds.

    Args:
        service_id, function_id: of the two segments; invocation_id: of the subsegment that the function's own calls are below.
        asked: when Lambda was called.
        began: when the handler could begin, None when it never did.
        init_seconds: that starting the environment took, None when it was warm.
        status: Lambda's own answer to the Invoke call; 200 even when the handler failed.
    """

    trace_id: str
    parent_id: str | None
    service_id: str
    function_id: str
    invocation_id: str
    arn: str
    account: str
    function: str
    request_id: str
    asked: float
    ended: float
    began: float | None = None
    init_seconds: float | None = None
    failed: bool = False
    status: int = 200


def function_segments(ran: Ran, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """Lambda the service, and the function within it. A refused call has the first only.

    As X-Ray answered in August 2023 (awslabs/aws-iatk, internal/pkg/xray/trace_test.go): the function's segment begins after its
    initialization, which stands within it all the same, and calls of the function stand within Invocation.
    unsure: whether AWS marks the service's segment too when the handler failed; here both are a fault.
    """
    service: dict[str, Any] = {
        "id": ran.service_id,
        "trace_id": ran.trace_id,
        "name": ran.function,
        "start_time": ran.asked,
        "end_time": ran.ended,
        "origin": "AWS::Lambda",
        "resource_arn": ran.arn,
        "http": {"response": {"status": ran.status}},
        "aws": {"request_id": ran.request_id},
        **({"fault": True} if ran.failed else flags(ran.status)),
    }
    if ran.parent_id is not None:
        service["parent_id"] = ran.parent_id
    if ran.status != 200:
        return [service]
    parts = _parts(ran, new_id)
    function: dict[str, Any] = {
        "id": ran.function_id,
        "trace_id": ran.trace_id,
        "parent_id": ran.service_id,
        "name": ran.function,
        "start_time": ran.asked if ran.began is None else ran.began,
        "end_time": ran.ended,
        "origin": "AWS::Lambda::Function",
        "resource_arn": ran.arn,
        "aws": {"account_id": ran.account, "function_arn": ran.arn, "resource_names": [ran.function]},
        **({"fault": True} if ran.failed else {}),
        "subsegments": parts,
    }
    return [service, function]


def _parts(ran: Ran, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """Initialization (of a cold start), Invocation, Overhead, which is nothing here: Lambda freezes an environment, we do not."""
    failed = {"fault": True} if ran.failed else {}
    if ran.began is None:
        return [_part("Initialization", ran.asked, ran.ended, new_id) | failed]
    parts = [
        _part("Overhead", ran.ended, ran.ended, new_id),
        _part("Invocation", ran.began, ran.ended, lambda: ran.invocation_id) | failed,
    ]
    if ran.init_seconds is not None:
        start = max(ran.asked, ran.began - ran.init_seconds)
        parts.insert(0, _part("Initialization", start, ran.began, new_id))
    return parts


def _part(name: str, start: float, end: float, new_id: Callable[[], str]) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "start_time": start, "end_time": max(start, end)}
