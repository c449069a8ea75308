"""The one place where the firewall looks into ministack: its records of web ACLs and associations.

ministack drops custom response bodies, data protection, body limits and an updated description of a web ACL, and knows no
logging configurations; they are put into its own record, so that they are read, kept over restarts and deleted with it. Its
CloudFormation knows no associations. Reads and writes two private dictionaries; `check` says whether they are still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.errors import SeamChanged

__all__ = [
    "LOGGING",
    "associate",
    "associated",
    "associations",
    "check",
    "complete",
    "dissociate",
    "web_acl",
    "web_acls",
]

LOGGING = "LoggingConfiguration"
"""Our key in ministack's record; not part of AWS's WebACL, so answers leave it out."""

_DROPPED = (
    "AssociationConfig",
    "CaptchaConfig",
    "CustomResponseBodies",
    "DataProtectionConfig",
    "Description",  # kept at creation, dropped by an update
    "TokenDomains",
)


def web_acl(account: str, region: str, arn: str) -> dict[str, Any] | None:
    """ministack's record of a web ACL, live."""
    from ministack.services import waf

    found: dict[str, Any] | None = waf._web_acls.get_scoped(account, region, arn.rpartition("/")[2])
    return found if found is not None and found["ARN"] == arn else None


def web_acls(account: str, region: str) -> list[dict[str, Any]]:
    from ministack.services import waf

    return list(waf._web_acls.values_scoped(account, region))


def complete(record: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """Adds what ministack leaves out; what the properties do not have is taken away, as an update does."""
    for name in _DROPPED:
        if name in properties:
            record[name] = properties[name]
        else:
            record.pop(name, None)


def associated(account: str, region: str, resource_arn: str) -> str | None:
    """The web ACL of a resource."""
    from ministack.services import waf

    found: str | None = waf._associations.get_scoped(account, region, resource_arn)
    return found


def associate(account: str, region: str, resource_arn: str, web_acl_arn: str) -> None:
    from ministack.services import waf

    waf._associations.set_scoped(account, region, resource_arn, web_acl_arn)


def dissociate(account: str, region: str, resource_arn: str) -> None:
    from ministack.services import waf

    waf._associations.pop_scoped(account, region, resource_arn, None)


def associations(account: str, region: str) -> dict[str, str]:
    """Resource -> web ACL, by ARN."""
    from ministack.services import waf

    return dict(waf._associations.items_scoped(account, region))


def check() -> None:
    """Raises SeamChanged when ministack does not keep web ACLs as this module reads them."""
    from ministack.services import waf

    for store in ("_web_acls", "_associations"):
        for method in ("get_scoped", "set_scoped", "pop_scoped", "values_scoped", "items_scoped"):
            if not hasattr(getattr(waf, store, None), method):
                raise SeamChanged(
                    f"ministack.services.waf.{store}.{method} is gone; install the ministack of requirements.lock"
                )
