"""Which gateway stage a URL means, and who signed a request. Pure.

A REST API is reached locally in the forms that people know from AWS and from other emulators:

- ``/_aws/execute-api/{api}/{stage}/{path}``: works everywhere, the form we print;
- ``Host: {api}.execute-api.{anything}`` with ``/{stage}/{path}``: as on AWS;
- ``/restapis/{api}/{stage}/_user_request_/{path}``: the older emulator form;
- ``Host: {custom domain}``: through the API Gateway base path mappings of that domain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Credentials", "Target", "execute_api_target", "signed_for"]

_PATH_FORM = re.compile(r"^/_aws/execute-api/([^/]+)/([^/]+)(/.*)?$", re.DOTALL)
_OLD_FORM = re.compile(r"^/restapis/([^/]+)/([^/]+)/_user_request_(/.*)?$", re.DOTALL)
_HOST_FORM = re.compile(r"^([a-z0-9]+)\.execute-api\.", re.IGNORECASE)
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_ACCOUNT = re.compile(r"^\d{12}$")


@dataclass(frozen=True, slots=True)
class Target:
    """A stage of an API and the raw path below it (always begins with a slash).

    Args:
        custom_domain: whether a custom domain led here.
        default_endpoint: whether AWS's own name of the API did, which the API may have closed. The path forms are roads of
            the laptop, open to whoever sits at it: AWS has nothing like them to close.
    """

    api_id: str
    stage: str
    path: str
    custom_domain: bool = False
    default_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """The SigV4 credential scope of a request (RFC-less; AWS General Reference, "Signature Version 4")."""

    account: str
    region: str
    service: str


def execute_api_target(host: str, raw_path: str) -> Target | None:
    """The stage that host and path address, None when they address no REST API by its id."""
    match = _PATH_FORM.match(raw_path) or _OLD_FORM.match(raw_path)
    if match:
        return Target(match[1], match[2], match[3] or "/")
    by_host = _HOST_FORM.match(host)
    if by_host:
        stage, _, rest = raw_path.lstrip("/").partition("/")
        return Target(by_host[1].lower(), stage, "/" + rest, default_endpoint=True)
    return None


def signed_for(authorization: str, *, default_account: str) -> Credentials | None:
    """Account, region and service of a SigV4 ``Authorization`` header; None for unsigned requests.

    An access key id of twelve digits is the account, any other means the default account.
    """
    match = _CREDENTIAL.search(authorization)
    if not match:
        return None
    key, region, service = match.groups()
    return Credentials(key if _ACCOUNT.match(key) else default_account, region, service)
