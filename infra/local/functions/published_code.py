"""The one place where the workers look into ministack: the code of a published version.

ministack keeps a version's zip but offers no way to fetch it: ``GetFunction`` of any version gives the location of
$LATEST. Reads one private dictionary; `check` says whether it is still there.
"""

from __future__ import annotations

from infra.errors import SeamChanged

__all__ = ["check", "published_code"]


def published_code(account: str, region: str, name: str, version: str) -> bytes | None:
    """The zip of a version (or of $LATEST), None when there is no such version."""
    from ministack.services import lambda_svc

    record = lambda_svc._functions.get_scoped(account, region, name)
    if record is None:
        return None
    if version == "$LATEST":
        found = record.get("code_zip")
    else:
        found = (record.get("versions", {}).get(version) or {}).get("code_zip")
    return found if isinstance(found, bytes) else None


def check() -> None:
    """Raises SeamChanged when ministack does not keep functions as this module reads them."""
    from ministack.services import lambda_svc

    if not hasattr(getattr(lambda_svc, "_functions", None), "get_scoped"):
        raise SeamChanged(
            "ministack.services.lambda_svc._functions.get_scoped is gone; install the ministack of requirements.lock"
        )
