"""A TLS server on 127.0.0.1 that does whatever a test says, under a certificate authority made on the fly."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket, threading.Event], None]


SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def authority(folder: Path) -> tuple[Path, Path]:
    """Gives the CA's certificate, and the server's certificate with its key."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(ca_name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        return builder.not_valid_after(now + datetime.timedelta(days=1))

    ca = certificate(ca_name, ca_key.public_key())
    # Python 3.13 verifies strictly (RFC 5280): an authority says what its key is for, and a leaf names its authority's key.
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    ca = ca.add_extension(SIGNS_CERTIFICATES, critical=True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    leaf = certificate(x509.Name([]), key.public_key())
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = leaf.add_extension(names, critical=True)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    pem, raw = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    own = key.private_bytes(pem, raw, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(own + leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    return folder / "ca.pem", folder / "server.pem"


class HostileServer:
    """Hands each connection, after TLS and a request's head, to `behave`. `stop` ends what hangs."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.behave: Behaviour = lambda connection, over: None
        self.handshake = True
        self.heads: list[bytes] = []
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if not self.handshake:
                self.over.wait(5)
                return
            with self._context.wrap_socket(connection, server_side=True) as secured:
                self.heads.append(secured.recv(65536))
                self.behave(secured, self.over)

    def stop(self) -> None:
        self.over.set()
        self._listener.close()


def send(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        for part in parts:
            connection.sendall(part)

    return behave


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> Behaviour:
    return send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode(), body)


def then_hang(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        send(*parts)(connection, over)
        over.wait(5)

    return behave


def drip(head: bytes, every_seconds: float = 0.02) -> Behaviour:
    """One byte at a time, for ever: no single read is ever late."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(every_seconds):
            connection.sendall(b" ")

    return behave
