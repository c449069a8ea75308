"""The key that the local issuer signs with: one file per algorithm below `.gatewright/issuer`, readable by its owner only.

RFC 7518 (signatures, section 3), RFC 8037 (EdDSA), RFC 7638 (a key's id is its thumbprint). A signing key of a laptop is
worth nothing elsewhere: only the workers of the engine beside it trust where it is published.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from infra.errors import LocalError
from infra.local.issuer.home import FOLDER

__all__ = ["SigningKey", "base64url"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_RSA_BITS = 2048  # RFC 7518, section 3.3: at least
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, ec.EllipticCurve] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class SigningKey:
    """A private key that signs with one algorithm.

    Args:
        algorithm: a name of RFC 7518 that gateway.yaml accepts.
    """

    def __init__(self, key: PrivateKey, algorithm: str) -> None:
        self._key, self.algorithm = key, algorithm
        members = _public_members(key)
        canonical = json.dumps(dict(sorted(members.items())), separators=(",", ":"))
        self.key_id = base64url(hashlib.sha256(canonical.encode()).digest())
        self.jwk: dict[str, Any] = {**members, "kid": self.key_id, "alg": algorithm, "use": "sig"}

    @classmethod
    def new(cls, algorithm: str) -> SigningKey:
        if algorithm == "EdDSA":
            return cls(ed25519.Ed25519PrivateKey.generate(), algorithm)
        if algorithm in _CURVES:
            return cls(ec.generate_private_key(_CURVES[algorithm]), algorithm)
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS), algorithm)

    @classmethod
    def kept(cls, home: Path, algorithm: str) -> SigningKey:
        """The project's key of an algorithm, made at the first time, so that tokens outlive an engine."""
        file = home / FOLDER / f"{algorithm}.pem"
        return cls._read(file, algorithm) if file.exists() else cls.new(algorithm)._write(file)

    @classmethod
    def _read(cls, file: Path, algorithm: str) -> SigningKey:
        """Raises LocalError when the file holds no such key."""
        try:
            loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
        except ValueError:
            loaded = None
        if not isinstance(loaded, PrivateKey):
            raise LocalError(f"{file} holds no key for {algorithm}. Remove it; a new one is made.")
        return cls(loaded, algorithm)

    def _write(self, file: Path) -> SigningKey:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Linked whole: the engine and `gatewright token` may both be the first, and then one key is everybody's.
        descriptor, staging = tempfile.mkstemp(dir=file.parent)  # 0600
        try:
            with os.fdopen(descriptor, "wb") as output:
                output.write(text)
            os.link(staging, file)
        except FileExistsError:
            return SigningKey._read(file, self.algorithm)
        finally:
            os.unlink(staging)
        return self

    def sign(self, message: bytes) -> bytes:
        """The signature as JWS has it: ECDSA's two numbers side by side, not DER (RFC 7518, section 3.4)."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        digest = _HASHES[self.algorithm[2:]]
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            size = (self._key.curve.key_size + 7) // 8
            r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.algorithm.startswith("PS"):
            return self._key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self._key.sign(message, padding.PKCS1v15(), digest)


def _public_members(key: PrivateKey) -> dict[str, str]:
    """The members of the JWK that its thumbprint is made of."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes_raw())}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point, size = key.public_key().public_numbers(), (key.curve.key_size + 7) // 8
        x, y = (base64url(value.to_bytes(size, "big")) for value in (point.x, point.y))
        return {"kty": "EC", "crv": f"P-{key.curve.key_size}", "x": x, "y": y}
    numbers = key.public_key().public_numbers()
    n, e = (base64url(value.to_bytes((value.bit_length() + 7) // 8, "big")) for value in (numbers.n, numbers.e))
    return {"kty": "RSA", "n": n, "e": e}
