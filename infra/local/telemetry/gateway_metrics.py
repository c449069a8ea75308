"""API Gateway's own metrics of finished requests. Pure.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html: Count, 4XXError,
5XXError, Latency, IntegrationLatency by {ApiName}, {ApiName, Stage} and, with detailed metrics, {ApiName, Method,
Resource, Stage}. The error metrics carry a 0 for every other request, so that their average is the rate.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from infra.local.ports import RequestRecord
from infra.local.telemetry.metric_buffer import MetricBuffer, MetricKey

__all__ = ["add_request"]

NAMESPACE = "AWS/ApiGateway"
Dimensions = tuple[tuple[str, str], ...]


class Keys(NamedTuple):
    """The metrics of one dimension set."""

    requests: MetricKey
    client_error: MetricKey
    server_error: MetricKey
    latency: MetricKey
    integration_latency: MetricKey


@lru_cache(maxsize=4096)
def keys(
    region: str, api_name: str, stage: str, method: str, resource_path: str | None, is_canary: bool, detailed: bool
) -> tuple[Keys, ...]:
    """What a request counts for, by dimension set. Kept, because every request of a route has the same."""
    api = ("ApiName", api_name)
    sets: list[Dimensions] = [(api,), (api, ("Stage", stage))]
    if is_canary:
        # Unsure: no AWS page names this dimension; two independent emulators do. Show it, never decide on it.
        sets.append((api, ("Stage", f"{stage}/Canary")))
    if detailed and resource_path is not None:
        sets.append((api, ("Method", method), ("Resource", resource_path), ("Stage", stage)))
    return tuple(
        Keys(
            *(MetricKey(region, NAMESPACE, name, "Count", dimensions) for name in ("Count", "4XXError", "5XXError")),
            *(
                MetricKey(region, NAMESPACE, name, "Milliseconds", dimensions)
                for name in ("Latency", "IntegrationLatency")
            ),
        )
        for dimensions in sets
    )


def add_request(buffer: MetricBuffer, record: RequestRecord) -> None:
    """Adds one request. API Gateway reports whole milliseconds."""
    latency, integration_ms = float(round(record.latency_ms)), record.integration_latency_ms
    for found in keys(
        record.region,
        record.api_name,
        record.stage,
        record.method,
        record.resource_path,
        record.is_canary,
        record.detailed_metrics,
    ):
        buffer.add(found.requests, 1.0)
        buffer.add(found.client_error, float(400 <= record.status < 500))
        buffer.add(found.server_error, float(record.status >= 500))
        buffer.add(found.latency, latency)
        if integration_ms is not None:
            buffer.add(found.integration_latency, float(round(integration_ms)))
