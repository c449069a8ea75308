"""Headers on the wire by endpoint type."""

from __future__ import annotations

import pytest

from .apis import lambda_proxy
from .facts import case, fact, recorded
from .gateway import Answer, Api, Cloud

REGIONAL = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS_PROXY]")

EDGE = recorded("lambda", "test_lambda_aws_proxy_integration")

EDGE_ANSWER = recorded("lambda", "test_aws_proxy_response_payload_format_validation")


def _echoing(cloud: Cloud, echo: str, kind: str) -> Api:
    api = cloud.api(f"wire-{kind.lower()}", endpointConfiguration={"types": [kind]})
    api.method("GET", "/", lambda_proxy(cloud, echo))
    api.deploy()
    return api


@pytest.fixture(scope="module")
def regional(cloud: Cloud, echo: str) -> Answer:
    return _echoing(cloud, echo, "REGIONAL").get("/", {"Accept": "*/*", "User-Agent": "fidelity"})


@pytest.fixture(scope="module")
def edge(cloud: Cloud, echo: str) -> Answer:
    return _echoing(cloud, echo, "EDGE").get("/", {"Accept": "*/*", "User-Agent": "fidelity"})


@fact("WIR-10", "The event of a regional API has the client's headers and these five, and none of CloudFront", REGIONAL)
def test_regional_event(regional: Answer) -> None:
    added = {"Host", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}
    assert set(regional.json()["headers"]) == {"Accept", "User-Agent"} | added


@fact("WIR-11", "The answer of a regional API has these headers and none of CloudFront", REGIONAL)
def test_regional_answer(regional: Answer) -> None:
    names = {name.lower() for name, _ in regional.headers}
    assert names - {"connection", "keep-alive"} == {
        "content-length", "content-type", "date", "x-amz-apigw-id", "x-amzn-requestid", "x-amzn-trace-id"
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        case(f"WIR-{number}", f"The event of an edge API has {name}", EDGE, name)
        for number, name in enumerate(
            (
                "CloudFront-Forwarded-Proto", "CloudFront-Is-Desktop-Viewer", "CloudFront-Is-Mobile-Viewer",
                "CloudFront-Is-SmartTV-Viewer", "CloudFront-Is-Tablet-Viewer", "CloudFront-Viewer-ASN",
                "CloudFront-Viewer-Country", "Via", "X-Amz-Cf-Id",
            ),
            12,
        )
    ],
)  # fmt: skip
def test_edge_event(edge: Answer, name: str) -> None:
    seen = edge.json()
    assert seen["multiValueHeaders"][name] == [seen["headers"][name]]


@pytest.mark.parametrize(
    "name",
    [
        case(f"WIR-{number}", f"The answer of an edge API has {name}", EDGE_ANSWER, name)
        for number, name in enumerate(("Via", "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Cache"), 25)
    ],
)
def test_edge_answer(edge: Answer, name: str) -> None:
    assert edge.header(name)
