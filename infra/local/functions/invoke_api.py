"""Lambda's Invoke call over HTTP: what boto3's ``invoke`` and ``aws lambda invoke`` send. Touches nothing itself.

Source of codes and headers: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import uuid
from urllib.parse import parse_qs, unquote

from infra.local.functions.arn import FunctionReference, parse_reference
from infra.local.functions.faults import MAX_PAYLOAD_BYTES
from infra.local.functions.workers import Workers
from infra.local.ports import FunctionNotFound, FunctionThrottled, HttpRequest, HttpResponse, Invocation

__all__ = ["InvokeApi", "is_invoke"]

MAX_EVENT_BYTES = 1024 * 1024  # asynchronous payloads: 1 MB since October 2025 (before: 256 KB)
EVENT_RETRIES = 2  # Lambda's default for asynchronous invocation
EVENT_RETRY_SECONDS = 1.0  # Lambda waits one, then two minutes: here seconds, so that a laptop sees the outcome


def is_invoke(method: str, path: str) -> bool:
    """Whether a request is for this module."""
    parts = path.split("/")
    return method == "POST" and len(parts) == 5 and parts[2] == "functions" and parts[4] == "invocations"


class InvokeApi:
    """Answers ``POST /2015-03-31/functions/{name}/invocations``.

    Args:
        retry_seconds: wait before the first retry of an Event invocation that failed; the second waits twice that.
    """

    def __init__(self, workers: Workers, *, retry_seconds: float = EVENT_RETRY_SECONDS) -> None:
        self._workers = workers
        self._retry_seconds = retry_seconds
        self._background: set[asyncio.Task[None]] = set()

    async def handle_invoke(self, request: HttpRequest, *, account: str, region: str) -> HttpResponse:
        """The whole call; every failure is an answer."""
        name = unquote(request.path.split("/")[3])
        qualifier = parse_qs(request.query).get("Qualifier", [None])[0]
        reference = parse_reference(name, region=region, account=account)
        if reference is None:
            return error(400, "ValidationException", f"1 validation error detected: Value '{name}' at 'functionName'")
        if qualifier and reference.qualifier and qualifier != reference.qualifier:
            return error(
                400,
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.",
            )
        reference = FunctionReference(
            reference.region, reference.account, reference.name, reference.qualifier or qualifier
        )
        kind = request.header("X-Amz-Invocation-Type") or "RequestResponse"
        refused = refuse(request.body, kind) or refuse_context(request.header("X-Amz-Client-Context"))
        if refused is not None:
            return refused
        try:
            return await self._answer(request, reference, kind)
        except FunctionNotFound:
            return error(404, "ResourceNotFoundException", f"Function not found: {reference.arn}", key="Message")
        except FunctionThrottled as problem:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            return error(429, "TooManyRequestsException", str(problem) or "Rate Exceeded.", Reason=reason)

    async def _answer(self, request: HttpRequest, reference: FunctionReference, kind: str) -> HttpResponse:
        resolution = await self._workers.catalog.resolve(reference.arn)
        if kind == "DryRun":
            return HttpResponse(status=204, headers=common_headers())
        payload = request.body or b"{}"
        trace = request.header("X-Amzn-Trace-Id")
        if kind == "Event":
            task = asyncio.ensure_future(self._event(reference.arn, payload, trace))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
            version = resolution.targets[-1].version
            return HttpResponse(status=202, headers=[*common_headers(), ("X-Amz-Executed-Version", version)])
        context = request.header("X-Amz-Client-Context")
        decoded = base64.b64decode(context).decode() if context else None
        done = await self._workers.invoke(reference.arn, payload, trace_id=trace, client_context=decoded)
        return answer(done, tail=request.header("X-Amz-Log-Type") == "Tail")

    async def _event(self, arn: str, payload: bytes, trace: str | None) -> None:
        """An asynchronous invocation: the caller has its 202; errors and throttles are tried again."""
        for attempt in range(EVENT_RETRIES + 1):
            try:
                if (await self._workers.invoke(arn, payload, trace_id=trace)).function_error is None:
                    return
            except FunctionNotFound:
                return
            except FunctionThrottled:
                pass  # Lambda keeps throttled events for hours; here they share the two retries
            if attempt < EVENT_RETRIES:
                await asyncio.sleep(self._retry_seconds * (attempt + 1))

    async def drain(self) -> None:
        """Waits for the asynchronous invocations under way."""
        while self._background:
            await asyncio.wait(self._background)


def common_headers() -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("x-amzn-RequestId", str(uuid.uuid4()))]


def answer(done: Invocation, *, tail: bool) -> HttpResponse:
    headers = [*common_headers(), ("X-Amz-Executed-Version", done.executed_version)]
    if done.function_error:
        headers.append(("X-Amz-Function-Error", done.function_error))
    if tail:
        headers.append(("X-Amz-Log-Result", base64.b64encode(done.log_tail).decode()))
    return HttpResponse(status=200, headers=headers, body=done.payload)


def refuse(payload: bytes, kind: str) -> HttpResponse | None:
    """What Lambda refuses before it looks at the function."""
    if kind not in ("RequestResponse", "Event", "DryRun"):
        return error(400, "InvalidParameterValueException", f"Unsupported invocation type {kind}")
    if len(payload) > MAX_PAYLOAD_BYTES:
        message = f"Request must be smaller than {MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation"
        return error(413, "RequestEntityTooLargeException", message)
    if kind == "Event" and len(payload) > MAX_EVENT_BYTES:
        message = (
            f"{len(payload)} byte payload is too large for the Event invocation type (limit {MAX_EVENT_BYTES} bytes)"
        )
        return error(413, "RequestEntityTooLargeException", message)
    try:
        json.loads(payload or b"{}")
    except ValueError as problem:
        message = f"Could not parse request body into json: Could not parse payload into json: {problem}"
        return error(400, "InvalidRequestContentException", message)
    return None


def refuse_context(context: str | None) -> HttpResponse | None:
    """The client context must be base64 of a JSON object."""
    if context is None:
        return None
    try:
        if isinstance(json.loads(base64.b64decode(context, validate=True)), dict):
            return None
    except (binascii.Error, ValueError):
        pass
    return error(400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")


def error(status: int, code: str, message: str, *, key: str = "message", **fields: str) -> HttpResponse:
    """An error in Lambda's REST-JSON form. Lambda writes ``Message`` for some codes and ``message`` for others."""
    return HttpResponse(
        status=status,
        headers=[*common_headers(), ("x-amzn-ErrorType", code)],
        body=json.dumps({"Type": "User", **fields, key: message}).encode(),
    )
