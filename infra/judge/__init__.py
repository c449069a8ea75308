"""The verdict on a canary: pure statistics that hold at any number of looks. No AWS, no clock, no I/O.

    judge = Judge(Policy.from_config({"bucket_edges_ms": [0, 100, 500, "inf"], "slo_ms": 500, "pre": {...}}))
    look = judge.look(read_interval({"i": 1, "t_end_s": 60, "baseline": {...}, "canary": {...}}, judge.policy.buckets))
    look.verdict        # continue, rollback or promote; the evidence is beside it
    look.rates["5xx"]   # 95 % intervals of both arms and of the difference, that hold at every look
    look.left_to_promote, look.left_to_rollback  # canary requests still needed

Before a canary begins, `infra.judge.planning.outlook` tells what it can notice and when.

How it decides and why one may believe it: docs/adr/0010-the-verdict.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.judge.intervals import rate_interval
from infra.judge.judge import Judge
from infra.judge.policy import Policy
from infra.judge.readings import Counts, Interval, read_interval
from infra.judge.verdict import Look, Verdict

if TYPE_CHECKING:
    from infra.judge.stream import Session, answers

__all__ = [
    "Counts",
    "Interval",
    "Judge",
    "Look",
    "Policy",
    "Session",
    "Verdict",
    "answers",
    "rate_interval",
    "read_interval",
]


def __getattr__(name: str) -> Any:
    """The stream when it is asked for: it needs orjson, which the rollout's function in AWS does not bring."""
    if name not in ("Session", "answers"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from infra.judge import stream

    return getattr(stream, name)
