"""Binary media types and the Lambda proxy, in both directions."""

from __future__ import annotations

import base64

import pytest

from .apis import lambda_proxy, replied
from .facts import case, fact, guide, recorded
from .gateway import Api, Cloud, add

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/wIAAgkBAyMAlYwAAAAASUVORK5CYII=")

ENCODED = base64.b64encode(PNG).decode()

BINARY = recorded("lambda", "test_aws_proxy_binary_response")

IMAGE = {"statusCode": 200, "body": ENCODED, "isBase64Encoded": True, "headers": {"Content-Type": "image/png"}}


@pytest.fixture(scope="module")
def binary(cloud: Cloud, reply: str, echo: str) -> Api:
    """Stage none has no binary media types, some has image/png and */test, more has application/* and images."""
    api = cloud.api("binary")
    api.method("ANY", "/reply", lambda_proxy(cloud, reply))
    api.method("ANY", "/echo", lambda_proxy(cloud, echo))
    api.deploy("none")
    for stage, kinds in {"some": ("image~1png", "*~1test"), "more": ("application~1*", "image~1jpg")}.items():
        operations = [add(f"/binaryMediaTypes/{kind}") for kind in kinds]
        api.control.update_rest_api(restApiId=api.id, patchOperations=operations)
        api.deploy(stage)
    return api


ACCEPTS = [
    ("none", "image/png", False, "Without binary media types a base64 body stays text"),
    ("some", "image/png", True, "Accept that equals a binary media type decodes a base64 body"),
    ("some", "image/jpg", False, "Accept with another type leaves the body as text"),
    ("some", "image/*", False, "A wildcard in Accept does not match a binary media type"),
    ("some", "*/test", False, "A wildcard on the left is no binary media type, not even to itself"),
    ("some", "random/test", False, "A wildcard on the left of a binary media type matches nothing"),
    ("some", "*/*", False, "Accept of anything does not match a binary media type"),
    ("some", "image/webp,image/png,*/*;q=0.8", False, "Only the first type of Accept counts when it is the wrong one"),
    ("some", "image/png,image/*,*/*;q=0.8", True, "Only the first type of Accept counts when it is the right one"),
    ("some", None, False, "Without Accept the body stays text"),
    ("more", "application/whatever", True, "A wildcard on the right of a binary media type matches"),
    ("more", "application/*", True, "Accept may be the wildcard itself"),
    ("more", "image/jpg", True, "The content type of the answer does not matter, only Accept"),
    ("more", "application", False, "Accept that is no media type matches nothing"),
]


@pytest.mark.parametrize(
    ("stage", "accept", "decoded"),
    [
        case(f"BIN-{number:02}", statement, BINARY, stage, accept, decoded)
        for number, (stage, accept, decoded, statement) in enumerate(ACCEPTS, 1)
    ],
)
def test_binary_answer(binary: Api, stage: str, accept: str | None, decoded: bool) -> None:
    # The request is text: a binary request body would reach the function encoded.
    headers = {"Content-Type": "text/plain"} | ({"Accept": accept} if accept else {})
    found = replied(binary, IMAGE, headers, stage)
    assert found.status == 200
    assert found.body == (PNG if decoded else ENCODED.encode())


@fact("BIN-20", "A body that is not marked as base64 is not decoded", BINARY)
def test_unmarked(binary: Api) -> None:
    found = replied(
        binary, IMAGE | {"isBase64Encoded": False}, {"Accept": "image/png", "Content-Type": "text/plain"}, "some"
    )
    assert found.text == ENCODED


@fact("BIN-21", "A body that is marked as base64 and is not gives 500", BINARY)
def test_bad_base64(binary: Api) -> None:
    found = replied(binary, IMAGE | {"body": "èé+à)("}, {"Accept": "image/png", "Content-Type": "text/plain"}, "some")
    assert found.status == 500


@fact(
    "BIN-22", "A request body of a binary media type reaches the function as base64", guide("lambda-proxy-binary-media")
)
def test_binary_request(binary: Api) -> None:
    seen = binary.send("POST", "/echo", headers={"Content-Type": "image/png"}, body=PNG, stage="some").json()
    assert (seen["body"], seen["isBase64Encoded"]) == (ENCODED, True)


@fact("BIN-23", "A request body of another media type reaches the function as text", guide("lambda-proxy-binary-media"))
def test_text_request(binary: Api) -> None:
    seen = binary.send("POST", "/echo", headers={"Content-Type": "text/plain"}, body=b"text", stage="some").json()
    assert (seen["body"], seen["isBase64Encoded"]) == ("text", False)
