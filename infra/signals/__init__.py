"""What is measured, and under which name: the access log, its metrics, and what other rooms publish. Pure; touches nothing.

The stacks, Terraform, the evidence of a canary, the dashboards and the alarms all take the names from here.
"""

from __future__ import annotations

from infra.signals.requests import (
    ACCESS_LOG_FIELDS,
    ARM_DIMENSION,
    AUTHORIZER_FAILURES,
    CANARY_REQUESTS,
    MOST_SERVICES,
    OVERHEAD,
    REASON_DIMENSION,
    THROTTLED,
    Signal,
    access_log_format,
    namespace,
    signals,
)

__all__ = [
    "ACCESS_LOG_FIELDS",
    "ARM_DIMENSION",
    "AUTHORIZER_FAILURES",
    "CANARY_REQUESTS",
    "MOST_SERVICES",
    "OVERHEAD",
    "REASON_DIMENSION",
    "THROTTLED",
    "Signal",
    "access_log_format",
    "namespace",
    "signals",
]
