"""Which headers HTTP and HTTP_PROXY integrations pass on, drop, rename and refuse."""

from __future__ import annotations

import pytest

from .apis import http_api, seen
from .facts import case, recorded
from .gateway import FAILED, JSON, Answer, Api, Cloud, http_to, response


@pytest.fixture(scope="module")
def http(cloud: Cloud, upstream: str) -> Api:
    return http_api(cloud, upstream)


REMAP_HTTP = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP]")

REMAP_PROXY = recorded(
    "integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_http[HTTP_PROXY]"
)


@pytest.mark.parametrize(
    "path",
    [
        case(
            "HDR-01", "Mapping Content-Length into an HTTP request gives 500", REMAP_HTTP, "/http/wrong-content-length"
        ),
        case(
            "HDR-02",
            "Mapping Transfer-Encoding into an HTTP request gives 500",
            REMAP_HTTP,
            "/http/wrong-transfer-encoding",
        ),
        case(
            "HDR-03",
            "Mapping Content-Length into an HTTP_PROXY request gives 500",
            REMAP_PROXY,
            "/proxy/wrong-content-length",
        ),
        case(
            "HDR-04",
            "Mapping Transfer-Encoding into an HTTP_PROXY request gives 500",
            REMAP_PROXY,
            "/proxy/wrong-transfer-encoding",
        ),
    ],
)
def test_wrong_mapping(http: Api, path: str) -> None:
    found = http.get(path)
    assert (found.status, found.json()) == (500, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"


CLIENT = {
    "Accept": JSON, "Accept-Charset": "UTF-8", "Age": "a", "Authorization": "Unauthorized", "Content-MD5": "m",
    "Content-Type": JSON, "Max-Forwards": "2", "Pragma": "cache", "Proxy-Authenticate": "Basic", "Range": "bytes=500-999",
    "Referer": "https://example.com/", "Server": "s", "TE": "deflate", "Trailer": "Expires", "User-Agent": "ua",
    "Warn": "299 x", "WWW-Authenticate": "Basic x", "Date": "d",
}  # fmt: skip

KEPT = [
    "Accept",
    "Accept-Charset",
    "Age",
    "Authorization",
    "Content-Type",
    "Date",
    "Pragma",
    "Range",
    "Referer",
    "User-Agent",
    "Warn",
]

LOST = ["Content-MD5", "Max-Forwards", "Proxy-Authenticate", "Server", "TE", "Trailer", "WWW-Authenticate"]


@pytest.fixture(scope="module")
def through(http: Api) -> dict[str, str]:
    return dict(seen(http, "/proxy/echo", "POST", CLIENT, "")["headers"])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        case(f"HDR-{number:02}", f"HTTP_PROXY passes {name} on", REMAP_PROXY, name, True)
        for number, name in enumerate(KEPT, 10)
    ]
    + [
        case(f"HDR-{number:02}", f"HTTP_PROXY does not pass {name} on", REMAP_PROXY, name, False)
        for number, name in enumerate(LOST, 30)
    ],
)
def test_client_header(through: dict[str, str], name: str, kept: bool) -> None:
    assert through.get(name.lower()) == (CLIENT[name] if kept else None)


REMAPPED = [
    "Authorization", "Connection", "Content-Length", "Content-MD5", "Date", "Expect", "Host", "Max-Forwards",
    "Proxy-Authenticate", "Server", "Trailer", "Upgrade", "User-Agent", "WWW-Authenticate",
]  # fmt: skip

STRAIGHT = ["Accept", "Accept-Charset", "Age", "Content-Type", "Pragma", "Range", "Referer", "TE", "Via", "Warn"]


@pytest.fixture(scope="module")
def answered(cloud: Cloud, upstream: str) -> Answer:
    """An HTTP method whose response parameters set every header to a literal."""
    api = cloud.api("answered")
    headers = {f"method.response.header.{name}": f"'param_{name}'" for name in REMAPPED + STRAIGHT}
    api.method("POST", "/", http_to(f"{upstream}/x"), responses=[response(200, responseParameters=headers)])
    api.deploy()
    return api.post("/", "{}")


@pytest.mark.parametrize(
    ("name", "answered_as"),
    [
        case(
            f"HDR-{number}", f"A mapped response header {name} is remapped", REMAP_HTTP, name, f"x-amzn-Remapped-{name}"
        )
        for number, name in enumerate(REMAPPED, 40)
    ]
    + [
        case(f"HDR-{number}", f"A mapped response header {name} is answered as it is", REMAP_HTTP, name, name)
        for number, name in enumerate(STRAIGHT, 60)
    ],
)
def test_response_header(answered: Answer, name: str, answered_as: str) -> None:
    assert f"param_{name}" in answered.all(answered_as)
