"""HTTP and HTTP_PROXY: calls an upstream over a kept connection. Opens sockets.

Recorded: test_apigateway_http, test_apigateway_header_remapping_http. Redirects are passed on, not followed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

import aiohttp
from yarl import URL

from infra.local.gateway.compiled import Integration
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.execution_log import note_call
from infra.local.gateway.faults import integration_timeout, internal_error, network_error
from infra.local.gateway.forwarding import forwarded, outgoing_headers, refuse_illegal, returned
from infra.local.gateway.integrations import outgoing, returning
from infra.local.gateway.integrations.answer import Answer
from infra.local.gateway.payloads import MAX_PAYLOAD_BYTES
from infra.local.gateway.uris import render_path, render_stage_variables

__all__ = ["AiohttpUpstream", "Upstream", "answer", "answer_proxy"]

MAX_CONNECTIONS = 256


class Upstream(Protocol):
    """Sends one HTTP request; tests put a fake."""

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> Answer:
        """Raises GatewayFault for a timeout, a bad address, an unreachable host or an oversized answer."""
        ...

    async def close(self) -> None: ...


class AiohttpUpstream:
    """One client session for all upstreams, made at first use so that it belongs to the running loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> Answer:
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            ) as response:
                return Answer(response.status, list(response.headers.items()), await _read(response))
        except TimeoutError:
            raise integration_timeout() from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise _bad_address() from error
        except aiohttp.ClientConnectorDNSError as error:
            raise _bad_address() from error
        except (aiohttp.ClientError, OSError) as error:
            raise _bad_address() if isinstance(error, socket.gaierror) else network_error() from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_PAYLOAD_BYTES:
            raise internal_error("Execution failed due to configuration error: Output size exceeds limit")
    return bytes(body)


def _bad_address() -> Exception:
    return internal_error("Execution failed due to configuration error: Invalid endpoint address")


async def answer(exchange: Exchange, integration: Integration, upstream: Upstream) -> Answer:
    """HTTP: only what is mapped is sent; the integration response decides what comes back."""
    request = outgoing.prepare(exchange, integration)
    body = request.body
    headers = outgoing_headers(request.mapped.header, exchange, has_body=bool(body))
    url = _url(integration, exchange, request.mapped.path, {}, request.mapped.querystring)
    received = await _send(exchange, integration, upstream, url, headers, body)
    return returning.finish(exchange, integration, received, str(received.status))


async def answer_proxy(exchange: Exchange, integration: Integration, upstream: Upstream) -> Answer:
    """HTTP_PROXY: the request as it came, with mappings added; the answer as it came, with headers renamed."""
    mapped = integration.mappings.apply(exchange)
    refuse_illegal(mapped.header, integration.type)
    sent = {
        name: ",".join(values)
        for name, values in exchange.multi_headers.items()
        if name.lower() not in ("host", "content-encoding", "via")
    }
    sent.update(forwarded(exchange))
    lower = {name.lower() for name in mapped.header}
    sent = {name: value for name, value in sent.items() if name.lower() not in lower} | mapped.header
    headers = outgoing_headers(sent, exchange, has_body=bool(exchange.body))
    url = _url(integration, exchange, mapped.path, exchange.query, mapped.querystring)
    received = await _send(exchange, integration, upstream, url, headers, exchange.body)
    received.headers = returned(received.headers, integration.type)
    return received


async def _send(
    exchange: Exchange, integration: Integration, upstream: Upstream, url: str, headers: dict[str, str], body: bytes
) -> Answer:
    method = integration.http_method
    if not method or method == "ANY":
        method = exchange.request.method
    received = await upstream.send(method, url, headers=headers, body=body, timeout_seconds=integration.timeout_seconds)
    exchange.integration_status = received.status
    if exchange.log is not None:
        note_call(exchange, url, headers, body, received.status, dict(received.headers), received.body)
    return received


def _url(
    integration: Integration,
    exchange: Exchange,
    path: Mapping[str, str],
    query: Mapping[str, list[str]],
    mapped_query: Mapping[str, str | list[str]],
) -> str:
    """The URI with path parameters, stage variables and query; mapped values follow the client's own (recorded)."""
    url = render_path(render_stage_variables(integration.uri, exchange.stage_variables), path)
    pairs = [(name, value) for name, values in query.items() for value in values]
    for name, values in mapped_query.items():
        pairs += [(name, value) for value in ([values] if isinstance(values, str) else values)]
    if not pairs:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(f'{_quote(n)}={_quote(v)}' for n, v in pairs)}"


def _quote(text: str) -> str:
    return quote(text, safe="-._~")
