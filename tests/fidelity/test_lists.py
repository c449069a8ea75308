"""Lists, embedded shapes, stage creation, VPC links, and calls that are no calls."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, guide, recorded, reference, unsure
from .gateway import ACCOUNT, JSON, Answer, Cloud, mock, refused, request, response

LISTS = reference("API_GetRestApis")


@fact("LST-01", "Lists come in pages with a position", LISTS)
def test_pages(cloud: Cloud) -> None:
    first = cloud.control.get_rest_apis(limit=1)
    second = cloud.control.get_rest_apis(limit=1, position=first["position"])
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"][0]["id"] != second["items"][0]["id"]


@fact("LST-02", "GetResources shows the methods in full when they are embedded", reference("API_GetResources"))
def test_embed(cloud: Cloud) -> None:
    api = cloud.api("embedded")
    api.mock("GET", "/a", "x")
    items = {item["path"]: item for item in api.control.get_resources(restApiId=api.id, embed=["methods"])["items"]}
    assert items["/a"]["resourceMethods"]["GET"]["methodIntegration"]["type"] == "MOCK"


@fact(
    "LST-03",
    "GetResources shows the verbs with empty objects when they are not embedded",
    recorded("import", "TestApiGatewayImportRestApi::test_import_swagger_api"),
)
def test_no_embed(cloud: Cloud) -> None:
    api = cloud.api("not-embedded")
    api.mock("GET", "/a", "x")
    items = {item["path"]: item for item in api.control.get_resources(restApiId=api.id)["items"]}
    assert items["/a"]["resourceMethods"] == {"GET": {}}


@fact("LST-04", "GetDeployment shows what was deployed when the summary is embedded", reference("API_GetDeployment"))
def test_summary(cloud: Cloud) -> None:
    api = cloud.api("summary")
    api.mock("GET", "/a", "x", apiKeyRequired=True)
    found = api.control.get_deployment(restApiId=api.id, deploymentId=api.deploy(), embed=["apisummary"])
    assert found["apiSummary"] == {"/a": {"GET": {"apiKeyRequired": True, "authorizationType": "NONE"}}}


@fact("LST-05", "GetDeployments lists every deployment with its description", reference("API_GetDeployments"))
def test_deployments(cloud: Cloud) -> None:
    api = cloud.api("deployments")
    api.mock("GET", "/", "x")
    made = {api.snapshot(description=text): text for text in ("one", "two")}
    items = api.control.get_deployments(restApiId=api.id)["items"]
    assert {item["id"]: item["description"] for item in items} == made


@fact(
    "LST-06",
    "A deployment that makes a stage sets its variables, description and tracing",
    reference("API_CreateDeployment"),
)
def test_stage_settings(cloud: Cloud) -> None:
    api = cloud.api("stage-settings")
    api.mock("GET", "/", "x")
    api.deploy("dev", stageDescription="the stage", variables={"a": "1"}, tracingEnabled=True)
    found = api.get_stage("dev")
    assert (found["description"], found["variables"], found["tracingEnabled"]) == ("the stage", {"a": "1"}, True)


CREATE_STAGE = reference("API_CreateStage")


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        case(
            "STG-40",
            "A stage on an unknown deployment is refused",
            CREATE_STAGE,
            {"deploymentId": "none"},
            "BadRequestException",
            "Deployment id does not exist",
        ),
        case(
            "STG-41",
            "A stage name with a character that is none is refused",
            CREATE_STAGE,
            {"stageName": "a b"},
            "BadRequestException",
            None,
        ),
        case(
            "STG-42",
            "A stage variable's value with a dollar sign is refused",
            guide("aws-api-gateway-stage-variables-reference"),
            {"variables": {"alias": "$LATEST"}},
            "BadRequestException",
            None,
        ),
        case(
            "STG-43",
            "A stage variable's name with a dash is refused",
            guide("aws-api-gateway-stage-variables-reference"),
            {"variables": {"a-b": "x"}},
            "BadRequestException",
            None,
        ),
    ],
)
def test_create_stage_refused(cloud: Cloud, settings: dict[str, Any], code: str, message: str | None) -> None:
    api = cloud.api("stage-refused")
    api.mock("GET", "/", "x")
    wanted = {"stageName": "dev", "deploymentId": api.snapshot()} | settings
    with refused(code, message):
        api.control.create_stage(restApiId=api.id, **wanted)


LINK = recorded("api", "TestApiGatewayVpcLink::test_vpc_link_lifecycle")


@fact("VPC-10", "A VPC link is pending with 202 and then ready for use", LINK)
def test_vpc_link(cloud: Cloud) -> None:
    balancer = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/my-load-balancer/50dc6c495c0c9188"
    made = cloud.control.create_vpc_link(name="link", targetArns=[balancer])
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["status"]) == (202, "PENDING")
    found = cloud.control.get_vpc_link(vpcLinkId=made["id"])
    assert (found["status"], found["statusMessage"], found["tags"]) == (
        "AVAILABLE",
        "Your vpc link is ready for use",
        {},
    )
    assert cloud.control.delete_vpc_link(vpcLinkId=made["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202


def _signed(cloud: Cloud, verb: str, path: str, body: bytes | None = None) -> Answer:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    made = AWSRequest(verb, cloud.endpoint + path, headers={"Content-Type": JSON}, data=body)
    SigV4Auth(Credentials("test", "test"), "apigateway", "us-east-1").add_auth(made)
    return request(cloud.endpoint, verb, path, dict(made.headers.items()), body)


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        case(
            "FLT-20",
            "A control call whose body is no JSON is a bad request with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b"{not json",
        ),
        case(
            "FLT-21",
            "A control call whose body is a list is a bad request with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b"[1]",
        ),
        case(
            "FLT-22",
            "A control call to an unknown path is refused with a message",
            unsure("AWS answers UnknownOperationException or 403"),
            "GET",
            "/nothing/here",
            None,
        ),
        case(
            "FLT-23",
            "A control call whose body is deeply nested is refused with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b'{"name":' + b"[" * 100000,
        ),
    ],
)
def test_control_fault(cloud: Cloud, verb: str, path: str, body: bytes | None) -> None:
    found = _signed(cloud, verb, path, body)
    assert 400 <= found.status < 500
    assert found.header("x-amzn-ErrorType")
    assert "Traceback" not in found.text


@pytest.mark.parametrize(
    "path",
    [
        case(
            "FLT-30",
            "A broken percent escape in a path does not break the gateway",
            unsure("inferred"),
            "/existing/%zz",
        ),
        case("FLT-31", "A null byte in a path does not break the gateway", unsure("inferred"), "/existing/%00"),
        case("FLT-32", "Dots in a path do not leave the stage", unsure("inferred"), "/existing/../../other"),
        case("FLT-33", "A broken query string does not break the gateway", unsure("inferred"), "/existing?a=%zz&=&&b"),
        case("FLT-34", "A path of 8000 characters does not break the gateway", unsure("inferred"), "/" + "a" * 8000),
    ],
)
def test_odd_paths(cloud: Cloud, path: str) -> None:
    api = cloud.api("odd")
    api.method("GET", "/existing", mock(), responses=[response(200, "ok")])
    api.deploy()
    found = api.get(path)
    assert found.status in {200, 400, 403, 414}
    assert "Traceback" not in found.text
