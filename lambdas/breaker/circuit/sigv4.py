"""AWS Signature Version 4 for the two APIs that the proxy calls. Pure; a test holds it against botocore's signer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import NamedTuple

__all__ = ["Credentials", "Signer"]


class Credentials(NamedTuple):
    """What Lambda puts into the environment; valid as long as the container lives."""

    key_id: str
    secret: str
    token: str = ""


class Signer:
    """Signs requests of one service and region. The day's key is derived once a day."""

    def __init__(self, credentials: Credentials, *, service: str, region: str) -> None:
        self._credentials, self._service, self._region = credentials, service, region
        self._key_of: tuple[str, bytes] = ("", b"")

    def sign(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, now: float
    ) -> dict[str, str]:
        """The headers with those of the signature.

        Args:
            path: as it is sent, percent-encoded once.
            query: its parameters in order, encoded.
            headers: lower-case names, ``host`` among them.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        signed = {**headers, "x-amz-date": moment}
        if self._credentials.token:
            signed["x-amz-security-token"] = self._credentials.token
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
        # Every service but S3 encodes the path a second time.
        canonical = (
            f"{method}\n{path.replace('%', '%25')}\n{query}\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        )
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
        signature = hmac.new(self._key(moment[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return signed

    def _key(self, day: str) -> bytes:
        if self._key_of[0] != day:
            key = f"AWS4{self._credentials.secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            self._key_of = (day, key)
        return self._key_of[1]
