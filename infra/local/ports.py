"""What the rooms of the embedded AWS expect of one another. Types only; touches nothing.

`control` (API Gateway's control plane), `gateway` (its data plane), `functions` (Lambda workers) and `telemetry`
(logs and metrics) know only these protocols; `server` puts the real ones together, tests put fakes.
Everything runs in one process on one asyncio loop, so a control-plane change is seen by the next request.
CloudFormation handlers run in worker threads of ministack and use the synchronous half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request as it came in. Header names keep their case and order; ``path`` is the raw, still encoded path."""

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    http_version: str = "1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, by case-insensitive name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What the firewall in front of a stage decided about one request.

    Args:
        blocked: the request ends here.
        response: what it is answered with; None when API Gateway answers itself (gateway response WAF_FILTERED).
        inserted: headers that the web ACL adds for the backend.
    """

    web_acl_arn: str
    blocked: bool
    response: HttpResponse | None = None
    inserted: Sequence[tuple[str, str]] = ()


class Cloud(Protocol):
    """Calls to the AWS services that ministack answers, in process, signed for a region, without a socket."""

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
    ) -> HttpResponse: ...

    async def json(self, service: str, region: str, target: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """An AWS-JSON call (``X-Amz-Target``), for example ``("logs", region, "Logs_20140328.PutLogEvents", {...})``.

        Raises:
            CloudCallError: the service answered with an error; ``code`` and ``message`` are its own.
        """
        ...


class CloudCallError(Exception):
    """An AWS error answer of an in-process call."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What one Lambda invocation gave. ``function_error`` is "Unhandled" when the payload is Lambda's error object
    (``errorType``, ``errorMessage``, ``stackTrace``/``requestId``), None when the handler returned."""

    payload: bytes
    function_error: str | None = None
    executed_version: str = "$LATEST"
    log_tail: bytes = b""
    duration_ms: float = 0.0
    timed_out: bool = False


class FunctionNotFound(Exception):
    """No such function, version or alias."""


class FunctionThrottled(Exception):
    """Reserved concurrency is used up (Lambda: 429 TooManyRequestsException)."""


class FunctionForbidden(Exception):
    """The caller has no permission to invoke the function (no resource policy and no credentials role)."""


class Functions(Protocol):
    """Lambda workers, by ARN (unqualified, version or alias)."""

    async def invoke(self, arn: str, payload: bytes, *, trace_id: str | None = None) -> Invocation:
        """Raises FunctionNotFound, FunctionThrottled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One finished gateway request, as access log and metrics need it.

    ``context`` holds the ``$context`` variables of the access log format by their dotted name without the prefix
    (``"requestId"``, ``"identity.sourceIp"``, ``"integration.latency"``); unknown ones print as ``-``.
    """

    account: str
    region: str
    api_id: str
    api_name: str
    stage: str
    method: str  # the matched resource method ("ANY" stays the client's method)
    resource_path: str | None
    status: int
    latency_ms: float
    integration_latency_ms: float | None
    is_canary: bool
    stage_has_canary: bool
    detailed_metrics: bool
    access_log_group_arn: str | None
    access_log_format: str | None
    context: Mapping[str, Any] = field(default_factory=dict)


class Telemetry(Protocol):
    """Where finished requests, log lines and metrics go. No call blocks; delivery is batched (about once a second)."""

    def request(self, record: RequestRecord) -> None: ...

    def log(self, region: str, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Lines of (epoch milliseconds, message); group and stream are made when missing."""
        ...

    def metric(
        self, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, unit: str = "None"
    ) -> None: ...

    async def flush(self) -> None:
        """Delivers everything now; tests and shutdown use it."""
        ...


class TracedInvocation(Protocol):
    """An invocation whose segments are recorded. Attributes: header: what the function gets as ``_X_AMZN_TRACE_ID``."""

    header: str

    def finish(
        self, *, request_id: str, started: bool, duration_ms: float, init_ms: float | None, failed: bool
    ) -> None:
        """It ended now. Args: started: whether there was an environment to run it in."""
        ...

    def refuse(self, *, request_id: str) -> None:
        """It was throttled."""
        ...


class InvocationTraces(Protocol):
    """Where the workers tell of invocations for X-Ray."""

    def begin(
        self, header: str | None, *, region: str, account: str, function: str, arn: str, active: bool
    ) -> TracedInvocation | None:
        """An invocation is asked for; None when it is not recorded.

        Args:
            active: whether the function's TracingConfig is Active.
        """
        ...

    async def environment(self, region: str, given: Mapping[str, str]) -> dict[str, str]:
        """A worker's environment with the daemon's address and the collector's, before it starts."""
        ...
