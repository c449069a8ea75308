"""API Gateway's own metrics of finished requests. Pure.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html: Count, 4XXError,
5XXError, Latency, IntegrationLatency by {ApiName}, {ApiName, Stage} and, with detailed metrics, {ApiName, Method,
Resource, Stage}. The error metrics carry a 0 for every other request, so that their average is the rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.local.ports import RequestRecord
from infra.local.telemetry.metric_buffer import MetricBuffer, MetricKey

__all__ = ["add_request"]

NAMESPACE = "AWS/ApiGateway"
Dimensions = tuple[tuple[str, str], ...]


def dimension_sets(record: RequestRecord) -> Iterator[Dimensions]:
    api = ("ApiName", record.api_name)
    yield (api,)
    yield (api, ("Stage", record.stage))
    if record.is_canary:
        # Unsure: no AWS page names this dimension; two independent emulators do. Show it, never decide on it.
        yield (api, ("Stage", f"{record.stage}/Canary"))
    if record.detailed_metrics and record.resource_path is not None:
        yield (api, ("Method", record.method), ("Resource", record.resource_path), ("Stage", record.stage))


def add_request(buffer: MetricBuffer, record: RequestRecord) -> None:
    """Adds one request. API Gateway reports whole milliseconds."""
    client_error, server_error = float(400 <= record.status < 500), float(record.status >= 500)
    latency = float(round(record.latency_ms))
    for dimensions in dimension_sets(record):
        values = [
            ("Count", "Count", 1.0),
            ("4XXError", "Count", client_error),
            ("5XXError", "Count", server_error),
            ("Latency", "Milliseconds", latency),
        ]
        if record.integration_latency_ms is not None:
            values.append(("IntegrationLatency", "Milliseconds", float(round(record.integration_latency_ms))))
        for name, unit, value in values:
            buffer.add(MetricKey(record.region, NAMESPACE, name, unit, dimensions), value)
