"""A JWK set (RFC 7517) -> public keys, each pinned to its algorithms. Pure.

Keys that are too weak, malformed, private, or not meant for verifying are skipped, not fatal: one bad key of an issuer
must not refuse everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .answers import Refused
from .compact import decode_base64url
from .signature import Verify, ecdsa_verifier, ed25519_verifier, rsa_verifier

__all__ = ["KeySet", "read_key_set"]

_RSA_BITS = range(2048, 8193)  # NIST SP 800-131A below; above, verification is slow for nothing
_LARGEST_EXPONENT_BITS = 33
_CURVES: dict[str, tuple[str, type[ec.EllipticCurve], int]] = {
    "P-256": ("ES256", ec.SECP256R1, 32),
    "P-384": ("ES384", ec.SECP384R1, 48),
}


class KeySet(NamedTuple):
    """Verifiers by key id and algorithm. `(None, algorithm)` is the only key of that algorithm, if there is one."""

    verifiers: Mapping[tuple[str | None, str], Verify]
    skipped: int


def read_key_set(document: Any, algorithms: frozenset[str]) -> KeySet:
    """Raises ValueError when this is no JWK set. The first of two keys with one id and algorithm counts."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")
    found: dict[tuple[str | None, str], Verify] = {}
    by_algorithm: dict[str, list[Verify]] = {}
    skipped = 0
    for entry in entries:
        try:
            key_id, verifiers = _read_key(entry, algorithms)
        except (ValueError, TypeError, OverflowError, Refused):
            skipped += 1
            continue
        if any((key_id, algorithm) in found for algorithm in verifiers if key_id is not None):
            skipped += 1
            continue
        for algorithm, verify in verifiers.items():
            by_algorithm.setdefault(algorithm, []).append(verify)
            if key_id is not None:
                found[key_id, algorithm] = verify
    for algorithm, candidates in by_algorithm.items():
        if len(candidates) == 1:
            found[None, algorithm] = candidates[0]
    return KeySet(found, skipped)


def _read_key(entry: Any, allowed: frozenset[str]) -> tuple[str | None, dict[str, Verify]]:
    """Raises ValueError when the key is not for us."""
    if not isinstance(entry, dict):
        raise ValueError("not an object")
    key_id = entry.get("kid")
    if key_id is not None and not (isinstance(key_id, str) and key_id):
        raise ValueError("kid")
    if entry.get("use", "sig") != "sig" or "d" in entry:
        raise ValueError("not a public key for signatures")
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise ValueError("key_ops")
    reader = _READERS.get(entry["kty"]) if isinstance(entry.get("kty"), str) else None
    if reader is None:
        raise ValueError("kty")
    verifiers = reader(entry, allowed & {entry["alg"]} if "alg" in entry else allowed)
    if not verifiers:
        raise ValueError("alg")
    return key_id, verifiers


def _read_rsa(entry: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Verify]:
    modulus, exponent = _integer(entry.get("n")), _integer(entry.get("e"))
    if modulus.bit_length() not in _RSA_BITS or not modulus & 1 or exponent.bit_length() > _LARGEST_EXPONENT_BITS:
        raise ValueError("RSA key size")
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return {name: rsa_verifier(key, name) for name in allowed if name[:2] in ("RS", "PS")}


def _read_ec(entry: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Verify]:
    curve = _CURVES.get(entry["crv"]) if isinstance(entry.get("crv"), str) else None
    if curve is None or curve[0] not in allowed:
        raise ValueError("crv")
    algorithm, kind, size = curve
    x, y = _octets(entry.get("x"), size), _octets(entry.get("y"), size)
    key = ec.EllipticCurvePublicKey.from_encoded_point(kind(), b"\x04" + x + y)  # refuses a point off the curve
    return {algorithm: ecdsa_verifier(key, algorithm, size)}


def _read_okp(entry: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Verify]:
    if entry.get("crv") != "Ed25519" or "EdDSA" not in allowed:
        raise ValueError("crv")
    return {"EdDSA": ed25519_verifier(ed25519.Ed25519PublicKey.from_public_bytes(_octets(entry.get("x"), 32)))}


_READERS = {"RSA": _read_rsa, "EC": _read_ec, "OKP": _read_okp}


def _integer(value: Any) -> int:
    return int.from_bytes(_octets(value), "big")


def _octets(value: Any, size: int | None = None) -> bytes:
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("not base64url")
    octets = decode_base64url(value)
    if size is not None and len(octets) != size:
        raise ValueError("coordinate size")
    return octets
