"""The one place where the workers look into ministack: its records of functions.

ministack keeps the zip of a published version but offers no way to fetch it (``GetFunction`` of any version gives the
location of $LATEST), and its CloudFormation handler drops ``ReservedConcurrentExecutions``. Reads and writes one
private dictionary; `check` says whether it is still there.
"""

from __future__ import annotations

from typing import Any

from infra.errors import SeamChanged

__all__ = ["check", "published_code", "reserve"]


def _record(account: str, region: str, name: str) -> dict[str, Any] | None:
    from ministack.services import lambda_svc

    found: dict[str, Any] | None = lambda_svc._functions.get_scoped(account, region, name)
    return found


def published_code(account: str, region: str, name: str, version: str) -> bytes | None:
    """The zip of a version (or of $LATEST), None when there is no such version."""
    record = _record(account, region, name) or {}
    if version != "$LATEST":
        record = (record.get("versions") or {}).get(version) or {}
    found = record.get("code_zip")
    return found if isinstance(found, bytes) else None


def reserve(account: str, region: str, name: str, executions: int | None) -> None:
    """Sets a function's reserved concurrency; None takes it away."""
    record = _record(account, region, name)
    if record is not None:
        record["concurrency"] = executions


def check() -> None:
    """Raises SeamChanged when ministack does not keep functions as this module reads them."""
    from ministack.services import lambda_svc

    if not hasattr(getattr(lambda_svc, "_functions", None), "get_scoped"):
        raise SeamChanged(
            "ministack.services.lambda_svc._functions.get_scoped is gone; install the ministack of requirements.lock"
        )
