"""One kept connection, one deadline, and servers that misbehave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lambdas.breaker.circuit.tracer.wire import Late, Peer, Unreachable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Server:
    """Answers each request on a connection with the next of the given scripts."""

    def __init__(self, *scripts: bytes | Callable[[socket.socket], None]) -> None:
        self.scripts, self.connections, self.requests = list(scripts), 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                self.requests += 1
                script = self.scripts.pop(0)
                if callable(script):
                    script(connection)
                    return
                connection.sendall(script)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(*scripts: bytes | Callable[[socket.socket], None]) -> Server:
        made.append(Server(*scripts))
        return made[-1]

    yield start
    for server in made:
        server.listener.close()


def drip(connection: socket.socket) -> None:
    """A byte now and then: never late for a timeout that is per read."""
    try:
        for byte in OK * 50:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
    except OSError:
        return


def get(peer: Peer, *, seconds: float = 2.0, repeatable: bool = True, method: str = "GET") -> bytes:
    return peer.exchange(method, "/", {}, b"", seconds=seconds, repeatable=repeatable).body


def test_a_connection_is_used_again(serve: Callable[..., Server]) -> None:
    server = serve(OK, OK, OK)
    peer = Peer(server.url)
    assert [get(peer) for _ in range(3)] == [b"hi"] * 3
    assert server.connections == 1


def test_an_answer_that_ends_with_its_connection(serve: Callable[..., Server]) -> None:
    server = serve(lambda connection: connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nall of it"), OK)
    peer = Peer(server.url)
    assert get(peer) == b"all of it"
    assert get(peer) == b"hi"
    assert server.connections == 2


def test_the_deadline_is_for_the_whole_exchange(serve: Callable[..., Server]) -> None:
    began = time.monotonic()
    with pytest.raises(Late):
        get(Peer(serve(drip).url), seconds=0.15)
    assert time.monotonic() - began < 1


def test_a_connection_that_the_server_closed_is_not_used(serve: Callable[..., Server]) -> None:
    closed = threading.Event()

    def answer_and_close(connection: socket.socket) -> None:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    server = serve(answer_and_close, OK)
    peer = Peer(server.url)
    get(peer)
    closed.wait(1)
    assert get(peer, method="POST", repeatable=False) == b"hi"
    assert server.requests == 2


@pytest.mark.parametrize(("repeatable", "requests"), [(True, 3), (False, 2)])
def test_what_may_not_be_repeated_is_sent_once(serve: Callable[..., Server], repeatable: bool, requests: int) -> None:
    server = serve(OK, lambda connection: None, OK)  # the second request is read, and then the connection ends
    peer = Peer(server.url)
    get(peer)
    if repeatable:
        assert get(peer) == b"hi"
    else:
        with pytest.raises(Unreachable):
            get(peer, repeatable=False)
    assert server.requests == requests


@pytest.mark.parametrize(
    "answer",
    [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b""],
    ids=["no http", "cut short", "nothing"],
)
def test_no_http_is_unreachable(serve: Callable[..., Server], answer: bytes) -> None:
    with pytest.raises(Unreachable):
        get(Peer(serve(lambda connection: connection.sendall(answer)).url))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable):
        get(Peer(f"http://127.0.0.1:{port}"))
