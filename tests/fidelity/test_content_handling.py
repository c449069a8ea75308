"""Binary media types and content handling of integrations that are no Lambda proxy, in both directions.

The recordings were made with S3 behind the API; the rules are AWS's own for every integration
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html), so an HTTP
upstream stands in for S3 here.
"""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from .facts import case, recorded
from .gateway import Api, Cloud, add, http_to, response

BINARY = "TestApiGatewayS3BinarySupport::test_apigw_s3_binary_support_"
RAW = gzip.compress(b"compressed data, should be invalid UTF-8 string", mtime=1676569620)
TEXT = b"this is a UTF8 text typed object"
PAYLOADS = {"raw": RAW, "encoded": base64.b64encode(RAW), "text": TEXT}
OUTCOMES = {
    "raw": RAW,
    "encoded": base64.b64encode(RAW),
    "text": TEXT,
    "replaced": RAW.decode(errors="replace").encode(),
    "encoded twice": base64.b64encode(base64.b64encode(RAW)),
    "encoded text": base64.b64encode(TEXT),
}
HANDLINGS = {"none": None, "text": "CONVERT_TO_TEXT", "binary": "CONVERT_TO_BINARY"}
ERROR = 500


@pytest.fixture(scope="module")
def api(cloud: Cloud, upstream: str) -> Api:
    """POST /request/<handling> echoes what the upstream got; GET /response/<handling>/<payload> answers a payload.

    Stage plain has no binary media types, stage media has image/png.
    """
    made = cloud.api("content-handling")
    for name, handling in HANDLINGS.items():
        settings = {"contentHandling": handling} if handling else {}
        made.method("POST", f"/request/{name}", http_to(f"{upstream}/x", **settings), responses=[response(200)])
        for payload, content in PAYLOADS.items():
            for kind in ("image", "text"):
                media = {"image": "image/png", "text": "text/plain"}[kind]
                uri = f"{upstream}/payload/{base64.urlsafe_b64encode(content).decode()}?type={media}"
                made.method(
                    "GET",
                    f"/response/{name}/{payload}/{kind}",
                    http_to(uri, verb="GET"),
                    responses=[response(200, **settings)],
                )
    made.deploy("plain")
    made.control.update_rest_api(restApiId=made.id, patchOperations=[add("/binaryMediaTypes/image~1png")])
    made.deploy("media")
    return made


def _source(direction: str, handling: str) -> Any:
    if direction == "request":
        return recorded(
            "s3",
            BINARY
            + {"none": "request[None]", "text": "request[CONVERT_TO_TEXT]", "binary": "request_convert_to_binary"}[
                handling
            ],
        )
    names = {
        "none": "response_no_content_handling",
        "text": "response_convert_to_text",
        "binary": "response_convert_to_binary",
    }
    return recorded("s3", BINARY + names[handling])


# handling, stage, content type of the request, then what becomes of a raw, an encoded and a text payload
REQUESTS: list[tuple[Any, ...]] = [
    ("none", "plain", "image/png", "replaced", "encoded", "text"),
    ("none", "media", "image/png", "raw", "encoded", "text"),
    ("none", "media", "text/plain", "replaced", "encoded", "text"),
    ("text", "plain", "image/png", "replaced", "encoded", "text"),
    ("text", "media", "image/png", "encoded", "encoded twice", "encoded text"),
    ("text", "media", "text/plain", "replaced", "encoded", "text"),
    ("binary", "plain", "image/png", ERROR, "raw", ERROR),
    ("binary", "media", "image/png", "raw", "encoded", "text"),
    ("binary", "media", "text/plain", ERROR, "raw", ERROR),
]
WORDS = {"none": "without content handling", "text": "converted to text", "binary": "converted to binary"}
STAGES = {"plain": "without binary media types", "media": "with binary media type image/png"}


def _becomes(outcome: str | int) -> str:
    return "is an error" if outcome == ERROR else f"goes on {outcome}"


def _requests() -> list[Any]:
    rows: list[Any] = []
    for handling, stage, kind, *outcomes in REQUESTS:
        for payload, outcome in zip(PAYLOADS, outcomes, strict=True):
            statement = (
                f"A {payload} request body of type {kind} {WORDS[handling]}, {STAGES[stage]}, {_becomes(outcome)}"
            )
            rows.append(
                case(
                    f"CHR-{len(rows) + 1:02}",
                    statement,
                    _source("request", handling),
                    handling,
                    stage,
                    kind,
                    payload,
                    outcome,
                )
            )
    return rows


@pytest.mark.parametrize(("handling", "stage", "kind", "payload", "outcome"), _requests())
def test_request(api: Api, handling: str, stage: str, kind: str, payload: str, outcome: str | int) -> None:
    found = api.send(
        "POST", f"/request/{handling}", stage=stage, headers={"Content-Type": kind}, body=PAYLOADS[payload]
    )
    if outcome == ERROR:
        assert found.status == ERROR
        return
    assert found.status == 200, found.body
    assert found.json()["body"].encode("latin-1") == OUTCOMES[str(outcome)]


# handling, stage, content type of the payload, Accept, then what becomes of a raw, an encoded and a text payload
RESPONSES: list[tuple[Any, ...]] = [
    ("none", "plain", "text", "image/png", "replaced", "encoded", "text"),
    ("none", "media", "text", "image/png", ERROR, "raw", ERROR),
    ("none", "media", "image", "image/png", "raw", "encoded", "text"),
    ("none", "media", "text", "text/plain", "replaced", "encoded", "text"),
    ("none", "media", "image", "text/plain", "encoded", "encoded twice", "encoded text"),
    ("text", "plain", "text", "image/png", "replaced", "encoded", "text"),
    ("text", "media", "text", "image/png", "replaced", "encoded", "text"),
    ("text", "media", "image", "image/png", "encoded", "encoded twice", "encoded text"),
    ("text", "media", "text", "text/plain", "replaced", "encoded", "text"),
    ("text", "media", "image", "text/plain", "encoded", "encoded twice", "encoded text"),
    ("binary", "plain", "text", "image/png", ERROR, "raw", ERROR),
    ("binary", "media", "text", "image/png", ERROR, "raw", ERROR),
    ("binary", "media", "image", "image/png", "raw", "encoded", "text"),
    ("binary", "media", "text", "text/plain", ERROR, "raw", ERROR),
    ("binary", "media", "image", "text/plain", "raw", "encoded", "text"),
]


def _responses() -> list[Any]:
    rows: list[Any] = []
    for handling, stage, kind, accept, *outcomes in RESPONSES:
        for payload, outcome in zip(PAYLOADS, outcomes, strict=True):
            statement = f"A {payload} answer of type {kind} {WORDS[handling]}, {STAGES[stage]}, asked for as {accept}, {_becomes(outcome)}"
            values = (handling, stage, kind, accept, payload, outcome)
            rows.append(case(f"CHA-{len(rows) + 1:02}", statement, _source("response", handling), *values))
    return rows


@pytest.mark.parametrize(("handling", "stage", "kind", "accept", "payload", "outcome"), _responses())
def test_response(
    api: Api, handling: str, stage: str, kind: str, accept: str, payload: str, outcome: str | int
) -> None:
    found = api.get(f"/response/{handling}/{payload}/{kind}", {"Accept": accept}, stage=stage)
    if outcome == ERROR:
        assert found.status == ERROR
        return
    assert (found.status, found.body) == (200, OUTCOMES[str(outcome)])
