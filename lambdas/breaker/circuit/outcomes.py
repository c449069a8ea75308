"""What a result is to the breaker: a failure, nothing, or a success. Pure.

A result has words: its status (``503``) and the class of it (``5xx``), or the kind of failure (``timeout``). Ignored wins over
recorded; what is in neither list is a success, as Resilience4j has it.
"""

from __future__ import annotations

from collections.abc import Collection

from .states import Outcome

__all__ = ["FAILURES", "IGNORED_BY_DEFAULT", "RECORDED_BY_DEFAULT", "classify", "words_of_status"]

FAILURES = ("timeout", "unreachable", "throttled", "function_error", "bad_answer")
RECORDED_BY_DEFAULT = ("5xx", "timeout", "unreachable", "function_error", "bad_answer")
# A function at its reserved concurrency is a bulkhead that works: it says nothing of the service's health.
IGNORED_BY_DEFAULT = ("throttled",)


def words_of_status(status: int) -> tuple[str, str]:
    return str(status), f"{status // 100}xx"


def classify(words: Collection[str], *, recorded: Collection[str], ignored: Collection[str]) -> Outcome:
    if any(word in ignored for word in words):
        return Outcome.IGNORED
    return Outcome.FAILURE if any(word in recorded for word in words) else Outcome.SUCCESS
