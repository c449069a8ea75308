"""Model -> what functions are told of traces: OpenTelemetry's own variables, and Lambda's mode. Pure.

Whoever reads them: our functions (`lambdas/tracer/settings.py`), and any SDK of OpenTelemetry's in a service's folder.
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from infra.config.model import Gateway

__all__ = ["tracing_environment", "tracing_mode"]


def tracing_environment(gateway: Gateway, function: str) -> dict[str, str]:
    """The variables of one function; empty unless spans go to a collector.

    Args:
        function: ``orders``, ``orders_cb`` of its breaker, ``authorizer``: with the gateway's name it is the name of what spans tell of.
    """
    tracing = gateway.tracing
    if tracing.endpoint is None:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": tracing.endpoint,
        "OTEL_SERVICE_NAME": f"{gateway.name}-{function}",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": _ratio(tracing.sample_percent),
    }


def tracing_mode(gateway: Gateway) -> str:
    """Lambda's: whether it records what nobody before it decided on.

    https://docs.aws.amazon.com/lambda/latest/api/API_TracingConfig.html
    """
    return "Active" if gateway.tracing.xray else "PassThrough"


def _ratio(percent: float) -> str:
    """Without an exponent, and without the rounding of a binary fraction: 5 % is 0.05."""
    return f"{percent / 100:.8f}".rstrip("0").rstrip(".") or "0"
