"""Addresses of AWS and their regions."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.dns import ranges
from infra.dns.ranges import fetch_ranges, read_ranges
from infra.errors import CloudError
from infra.local.edge.answers import address_in, ip_ranges


def row(network: str, region: str, service: str = "AMAZON") -> dict[str, str]:
    return {"ipv6_prefix" if ":" in network else "ip_prefix": network, "region": region, "service": service}


LIST = {
    "prefixes": [
        row("3.0.0.0/8", "us-east-1"),
        row("3.5.0.0/16", "eu-west-1"),
        row("3.5.1.0/24", "us-west-2", "EC2"),
        row("3.5.0.0/17", "eu-central-1", "API_GATEWAY"),
        row("9.9.9.0/24", "GLOBAL", "CLOUDFRONT"),
    ],
    "ipv6_prefixes": [row("2600:1::/32", "eu-west-1")],
}


@pytest.mark.parametrize(
    ("address", "region"),
    [("3.5.1.1", "eu-central-1"), ("3.5.200.1", "eu-west-1"), ("3.9.0.1", "us-east-1"), ("2600:1::5", "eu-west-1"),
     ("9.9.9.9", "anywhere"), ("192.0.2.1", ""), ("2001:db8::1", "")],
    ids=["gateway-first", "smallest", "largest", "ipv6", "global", "nobody", "nobody-ipv6"],
)  # fmt: skip
def test_the_region_of_an_address(address: str, region: str) -> None:
    assert read_ranges(json.dumps(LIST), "list").region(address) == region


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_the_list_of_the_laptop_knows_its_addresses(kind: str) -> None:
    read = read_ranges(json.dumps(ip_ranges()), "laptop")
    assert {region: read.region(address_in(region, kind)) for region in ("eu-west-1", "us-east-1")} == {
        "eu-west-1": "eu-west-1",
        "us-east-1": "us-east-1",
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"prefixes": [{"ip_prefix": "x"}], "ipv6_prefixes": []}', "[" * 100_000, b"\xff\xfe"],
    ids=["empty", "list", "nothing", "no-network", "deep", "bytes"],
)  # fmt: skip
def test_another_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(CloudError, match="--ip-ranges"):
        read_ranges(text, "list")


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = {"/list": 200, "/moved": 302}.get(self.path, 404)
            self.send_response(status)
            self.send_header("Location", "/list")
            self.end_headers()
            self.wfile.write(json.dumps(LIST).encode())

        def log_message(self, *_: Any) -> None:
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_it_is_fetched(server: str) -> None:
    assert fetch_ranges(f"{server}/list").region("3.9.0.1") == "us-east-1"


@pytest.mark.parametrize("path", ["/moved", "/gone"])
def test_what_is_not_there_is_said(server: str, path: str) -> None:
    with pytest.raises(CloudError, match="--ip-ranges"):
        fetch_ranges(server + path)


def test_too_much_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "MOST_BYTES", 10)
    with pytest.raises(CloudError, match="more than 10 bytes"):
        fetch_ranges(f"{server}/list")
