"""What a canary's requests have shown: closed intervals of both arms, read from the gateway's own CloudWatch metrics.

Everything is pure but `reader`, which makes one kind of call (GetMetricData) through the callable that it is given. Why the latency
histogram is read as trimmed counts of one metric, what it costs and how exact it is: docs/adr/0015-evidence.md.
"""

from __future__ import annotations

from infra.evidence.feed import Feed, Taken
from infra.evidence.names import ARM_DIMENSION, OBJECTIVE_MS_DEFAULT, edges_ms, metric, namespace
from infra.evidence.reader import Reader, ReadingFailed

__all__ = [
    "ARM_DIMENSION",
    "OBJECTIVE_MS_DEFAULT",
    "Feed",
    "Reader",
    "ReadingFailed",
    "Taken",
    "edges_ms",
    "metric",
    "namespace",
]
