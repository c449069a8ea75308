"""Verifiers of one key and one algorithm each (RFC 7518, RFC 8037), made once per key. Pure.

A verifier answers; it does not raise for a wrong signature. The algorithm is the key's, never the token's.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

__all__ = ["Verify", "ecdsa_verifier", "ed25519_verifier", "rsa_verifier"]

Verify = Callable[[bytes, bytes], bool]  # signature, signed

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def rsa_verifier(key: rsa.RSAPublicKey, algorithm: str) -> Verify:
    digest = _HASHES[algorithm[2:]]
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.startswith("PS"):  # RFC 7518 section 3.5: the salt is as long as the hash
        scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    size = (key.key_size + 7) // 8

    def verify(signature: bytes, signed: bytes) -> bool:
        if len(signature) != size:
            return False
        try:
            key.verify(signature, signed, scheme, digest)
        except InvalidSignature:
            return False
        return True

    return verify


def ecdsa_verifier(key: ec.EllipticCurvePublicKey, algorithm: str, size: int) -> Verify:
    scheme = ec.ECDSA(_HASHES[algorithm[2:]])

    def verify(signature: bytes, signed: bytes) -> bool:
        if len(signature) != 2 * size:  # RFC 7518 section 3.4: r and s, each in full
            return False
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        if r == 0 or s == 0:  # CVE-2022-21449; OpenSSL refuses it as well
            return False
        try:
            key.verify(encode_dss_signature(r, s), signed, scheme)
        except InvalidSignature:
            return False
        return True

    return verify


def ed25519_verifier(key: ed25519.Ed25519PublicKey) -> Verify:
    def verify(signature: bytes, signed: bytes) -> bool:
        if len(signature) != 64:
            return False
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return verify
