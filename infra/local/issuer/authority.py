"""A certificate authority for one run of the engine, for the issuer's names and no others. Its key is never written.

Touches one temporary file: `ssl` loads keys from files only. The authority is named in the workers' trust alone, and its
name constraints (RFC 5280, 4.2.1.10) keep it to the issuer's hosts even there.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["served_for", "trusted"]

# An engine does not run longer; its next start makes a new authority.
_VALID = dt.timedelta(days=30)
_CLOCKS_DIFFER = dt.timedelta(hours=1)


def served_for(hosts: Sequence[str]) -> tuple[ssl.SSLContext, bytes]:
    """A server's TLS context for these hosts, and the certificate (PEM) to trust for it."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(hosts, authority_key)
    server = _server(hosts, server_key, authority, authority_key)
    return _context(server, server_key), authority.public_bytes(serialization.Encoding.PEM)


def trusted(authority: bytes) -> bytes:
    """A bundle (PEM): what the world trusts, and the authority."""
    return _public_roots() + b"\n" + authority


def _public_roots() -> bytes:
    try:
        import certifi
    except ImportError:
        file = ssl.get_default_verify_paths().cafile
        return Path(file).read_bytes() if file else b""
    return Path(certifi.where()).read_bytes()


def _builder(name: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _VALID)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


_AUTHORITY = "gatewright local authority"


def _authority(hosts: Sequence[str], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    constraints = x509.NameConstraints(permitted_subtrees=[_permitted(host) for host in hosts], excluded_subtrees=None)
    return (
        _builder(_AUTHORITY, _AUTHORITY, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    hosts: Sequence[str],
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder("gatewright local issuer", _AUTHORITY, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_named(host) for host in hosts]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _named(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.DNSName(host) if address is None else x509.IPAddress(address)


def _permitted(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.DNSName(host) if address is None else x509.IPAddress(ipaddress.ip_network(address))


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, name = tempfile.mkstemp(prefix="gatewright-")  # 0600
    try:
        with os.fdopen(descriptor, "wb") as output:
            output.write(certificate.public_bytes(serialization.Encoding.PEM) + secret)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)
    return context
