"""Turns a finished exchange into the record that access logs and metrics are made of. Pure."""

from __future__ import annotations

from infra.local.gateway.context import log_context
from infra.local.gateway.exchange import Exchange
from infra.local.gateway.throttling import method_setting
from infra.local.ports import RequestRecord

__all__ = ["record"]


def record(exchange: Exchange, latency_ms: float) -> RequestRecord:
    """``context`` holds only what the stage's access log format names."""
    api, stage, method = exchange.api, exchange.stage, exchange.method
    access = stage.get("accessLogSettings") or {}
    format_ = access.get("format")
    settings = stage.get("methodSettings")
    setting = method_setting(settings, method.path, method.verb) if settings and method else None
    return RequestRecord(
        account=api.account,
        region=api.region,
        api_id=api.id,
        api_name=api.attributes.get("name", ""),
        stage=exchange.stage_name,
        method=exchange.request.method,
        resource_path=method.path if method else None,
        status=exchange.response_status,
        latency_ms=latency_ms,
        integration_latency_ms=exchange.integration_latency_ms,
        is_canary=bool(exchange.is_canary),
        stage_has_canary=exchange.is_canary is not None,
        detailed_metrics=bool(setting and setting.get("metricsEnabled")),
        access_log_group_arn=access.get("destinationArn"),
        access_log_format=format_,
        context=log_context(exchange, format_, latency_ms) if format_ else {},
    )
