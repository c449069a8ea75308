"""How requests are traced: the part of the model that `tracing` in gateway.yaml describes. Pure data; touches nothing."""

from __future__ import annotations

from typing import Literal

from infra.config.frozen import Model

__all__ = ["SAMPLE_PERCENT_DEFAULT", "Tracing", "TracingMode"]

TracingMode = Literal["xray", "off", "otlp"]
# What X-Ray's own default rule takes of steady traffic: enough to find a slow call, too few to be noticed.
SAMPLE_PERCENT_DEFAULT = 5.0


class Tracing(Model):
    """Who records the way of a request.

    Args:
        mode: `xray`: API Gateway, Lambda and our functions, in X-Ray; `otlp`: our functions, in a collector of OpenTelemetry's;
            `off`: nobody.
        endpoint: the collector's base address; None in the other modes.
        sample_percent: of the traces that begin with us; X-Ray samples by its own rules.
    """

    mode: TracingMode = "xray"
    endpoint: str | None = None
    sample_percent: float = SAMPLE_PERCENT_DEFAULT

    @property
    def xray(self) -> bool:
        """Whether AWS itself records: stage and functions."""
        return self.mode == "xray"
