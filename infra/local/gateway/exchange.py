"""One request on its way through the data plane: what was asked, what was decided, how long it took. Memory only.

Everything that not every request needs is computed at first use.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from infra.local.control.store import RestApi
from infra.local.ports import Filtered, HttpRequest

if TYPE_CHECKING:  # these read an exchange; it only carries them
    from infra.local.gateway.compiled import CompiledApi, CompiledMethod
    from infra.local.gateway.faults import GatewayFault

__all__ = ["DROPPED_REQUEST_HEADERS", "Exchange", "parse_query"]

# Never seen by an integration, a mapping or a template (recorded: test_apigateway_header_remapping_*).
DROPPED_REQUEST_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
_CANONICAL = {"authorization": "Authorization", "user-agent": "User-Agent"}  # recorded: ``aUThorization`` is rewritten


def parse_query(query: str) -> dict[str, list[str]]:
    """Decoded parameters in order; ``+`` is a space, a name without ``=`` has the value ``""`` (recorded)."""
    found: dict[str, list[str]] = {}
    if query:
        for part in query.split("&"):
            if part:
                name, _, value = part.partition("=")
                found.setdefault(_decode(name), []).append(_decode(value))
    return found


def _decode(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


class Exchange:
    """State of one request. ``method`` is None until it is routed."""

    __slots__ = (
        "_headers",
        "_multi_headers",
        "_query",
        "api",
        "api_key",
        "api_key_id",
        "authorizer",
        "authorizer_latency_ms",
        "authorizer_status",
        "body",
        "compiled",
        "custom_domain",
        "deployment_id",
        "extended_request_id",
        "fault",
        "filtered",
        "integration_error",
        "integration_latency_ms",
        "integration_request_id",
        "integration_status",
        "is_canary",
        "log",
        "lower_headers",
        "method",
        "overrides",
        "path",
        "path_parameters",
        "request",
        "request_id",
        "response_length",
        "response_status",
        "stage",
        "stage_name",
        "stage_variables",
        "started",
        "trace_header",
        "trace_root",
        "usage_key",
    )

    def __init__(
        self,
        request: HttpRequest,
        *,
        api: RestApi,
        compiled: CompiledApi,
        stage_name: str,
        stage: Mapping[str, Any],
        path: str,
        started: float,
        deployment_id: str | None = None,
        stage_variables: Mapping[str, str] | None = None,
        is_canary: bool | None = None,
        custom_domain: bool = False,
    ) -> None:
        self.request, self.api, self.compiled, self.stage_name, self.stage = request, api, compiled, stage_name, stage
        self.path, self.started, self.deployment_id = path, started, deployment_id
        self.stage_variables, self.is_canary, self.custom_domain = stage_variables, is_canary, custom_domain
        self.body = request.body
        self.request_id = new_request_id()
        self.extended_request_id = new_extended_id()
        self.method: CompiledMethod | None = None
        self.path_parameters: dict[str, str] = {}
        self.authorizer: dict[str, Any] | None = None
        self.authorizer_latency_ms: int | None = None
        self.authorizer_status: int | None = None
        self.api_key: str | None = None
        self.api_key_id: str | None = None
        self.usage_key: str | None = None
        self.fault: GatewayFault | None = None
        self.filtered: Filtered | None = None  # only when the stage has a web ACL
        self.overrides: dict[str, dict[str, Any]] | None = None
        self.integration_status: int | None = None
        self.integration_latency_ms: float | None = None
        self.integration_error: str | None = None
        self.integration_request_id: str | None = None
        self.log: list[str] | None = None  # kept for TestInvokeMethod only
        self.response_status: int = 0
        self.response_length: int = 0
        self._headers: dict[str, str] | None = None
        self._multi_headers: dict[str, list[str]] = {}
        self._query: dict[str, list[str]] | None = None
        self.lower_headers = {name.lower(): value for name, value in request.headers}
        self.trace_root, self.trace_header = _trace(self.lower_headers.get("x-amzn-trace-id"), started)

    @property
    def headers(self) -> dict[str, str]:
        """Headers an integration may see, last value of each, in the client's spelling."""
        if self._headers is None:
            self._read_headers()
        assert self._headers is not None  # noqa: S101 - narrows the type
        return self._headers

    @property
    def multi_headers(self) -> dict[str, list[str]]:
        if self._headers is None:
            self._read_headers()
        return self._multi_headers

    def _read_headers(self) -> None:
        single: dict[str, str] = {}
        multiple = self._multi_headers
        for name, value in self.request.headers:
            lower = name.lower()
            if lower in DROPPED_REQUEST_HEADERS:
                continue
            name = _CANONICAL.get(lower, name)
            single[name] = value
            if name in multiple:
                multiple[name].append(value)
            else:
                multiple[name] = [value]
        self._headers = single

    def header(self, name: str) -> str | None:
        """A header that was not dropped, by case-insensitive name."""
        lower = name.lower()
        return None if lower in DROPPED_REQUEST_HEADERS else self.lower_headers.get(lower)

    def note(self, *lines: str) -> None:
        """Adds to the execution log when one is kept."""
        if self.log is not None:
            self.log.extend(lines)

    @property
    def query(self) -> dict[str, list[str]]:
        if self._query is None:
            self._query = parse_query(self.request.query)
        return self._query

    @property
    def event_path(self) -> str:
        """``path`` of events: leading slashes are one slash (recorded: ``//hardcoded`` -> ``/hardcoded``)."""
        if self.custom_domain:
            return self.request.path
        return "/" + self.path.lstrip("/") if self.path.startswith("//") else self.path or "/"

    @property
    def context_path(self) -> str:
        """``$context.path``: with the stage, slashes as sent; on a custom domain the path as sent."""
        return self.request.path if self.custom_domain else f"/{self.stage_name}{self.path}"

    @property
    def domain_name(self) -> str:
        """The Host, or the name AWS would have given the API when it was called by a local path form."""
        host = self.lower_headers.get("host", "").partition(":")[0]
        if self.custom_domain or host.startswith(self.api.id + "."):
            return host
        return f"{self.api.id}.execute-api.{self.api.region}.amazonaws.com"

    @property
    def method_arn(self) -> str:
        """ARN of this very request, as authorizers and policies see it."""
        api = self.api
        return (
            f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/{self.stage_name}"
            f"/{self.request.method}{self.event_path_below_stage}"
        )

    @property
    def event_path_below_stage(self) -> str:
        return "/" + self.path.strip("/")


def new_request_id() -> str:
    """A random UUID in text, four times cheaper than `uuid.uuid4`."""
    raw = bytearray(os.urandom(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_extended_id() -> str:
    """Looks like AWS's: 15 URL-safe characters and ``=``. unsure: what it encodes."""
    return uuid.UUID(bytes=os.urandom(16)).hex[:15].translate(_SHUFFLE) + "="


_SHUFFLE = str.maketrans("0123456789abcdef", "AbCdEfGhIjKlMnOp")


def _trace(incoming: str | None, now: float) -> tuple[str, str]:
    """(root for events, header for responses) of ``X-Amzn-Trace-Id``; an incoming root, parent and decision win."""
    root = parent = sampled = None
    if incoming:
        parts = dict(part.strip().partition("=")[::2] for part in incoming.split(";"))
        root, parent, sampled = parts.get("Root"), parts.get("Parent"), parts.get("Sampled")
    if root is None:
        random = os.urandom(20).hex()
        root, spare = f"1-{int(now):08x}-{random[:24]}", random[24:]
    else:
        spare = os.urandom(8).hex()
    event = incoming or f"Root={root}"
    decision = sampled if sampled is not None else ("1" if parent else "0")
    return event, f"Root={root};Parent={parent or spare};Sampled={decision}"


def epoch_ms(started: float) -> int:
    return int(started * 1000)


_stamp: tuple[int, str] = (-1, "")


def request_time(started: float) -> str:
    """CLF time, ``24/Nov/2026:13:30:52 +0000``; formatted once a second."""
    global _stamp
    second = int(started)
    if _stamp[0] != second:
        _stamp = (second, time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second)))
    return _stamp[1]
