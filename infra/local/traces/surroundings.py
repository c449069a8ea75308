"""What a function's environment says of tracing on the laptop: the daemon, and our collector in place of one elsewhere. Pure.

AWS_XRAY_DAEMON_ADDRESS and AWS_XRAY_CONTEXT_MISSING are Lambda's own and not reserved
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). OTEL_EXPORTER_OTLP_ENDPOINT is OpenTelemetry's
(https://opentelemetry.io/docs/specs/otel/protocol/exporter/): a laptop's spans are for the laptop, so a collector elsewhere is
replaced; one on this machine, a Jaeger say, is what somebody wants to look at.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["OTLP", "traced"]

OTLP = "/_gatewright/otlp"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_RESOURCE = "OTEL_RESOURCE_ATTRIBUTES"


def traced(given: Mapping[str, str], *, region: str, daemon: str, engine: str) -> dict[str, str]:
    """The environment with its tracing variables as they are here.

    Args:
        daemon: host and port of the region's daemon.
        engine: the engine's own address, ``http://127.0.0.1:4566``.
    """
    own = {"AWS_XRAY_DAEMON_ADDRESS": daemon, "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR"}
    changed = {**own, **given}
    for name, path in ((_ENDPOINT, ""), (_TRACES, "/v1/traces")):
        if changed.get(name) and not _is_here(changed[name]):
            changed[name] = f"{engine}{OTLP}{path}"
    if changed.get(_ENDPOINT) or changed.get(_TRACES):
        told = changed.get(_RESOURCE, "")
        if "cloud.region=" not in told:
            changed[_RESOURCE] = ",".join(filter(None, [told, f"cloud.region={region}"]))
    return changed


def _is_here(url: str) -> bool:
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return False
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")
