"""The smaller nouns: account, tags, documentation, certificates, VPC links, SDK types, test invocations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.control.plane import ControlPlane


def test_account(client: Any) -> None:
    found = client.get_account()
    assert (found["throttleSettings"], found["features"]) == (
        {"burstLimit": 5000, "rateLimit": 10000.0},
        ["UsagePlans"],
    )
    role = "arn:aws:iam::111111111111:role/logs"
    operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    assert client.update_account(patchOperations=operations)["cloudwatchRoleArn"] == role
    off = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]
    assert "cloudwatchRoleArn" not in client.update_account(patchOperations=off)


def test_tags(client: Any, mock_api: dict[str, Any], refused: Callable[..., None]) -> None:
    api = mock_api["restApiId"]
    client.create_deployment(restApiId=api, stageName="dev")
    base = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    for arn in (base, f"{base}/stages/dev"):
        client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        client.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert client.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    assert client.get_stage(restApiId=api, stageName="dev")["tags"] == {"b": "2"}
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_tags(resourceArn="arn:aws:apigateway:us-east-1::/restapis/no")


def test_documentation(client: Any, mock_api: dict[str, Any], refused: Callable[..., None]) -> None:
    api = mock_api["restApiId"]
    made = client.create_documentation_part(
        restApiId=api, location={"type": "METHOD", "method": "GET"}, properties="{}"
    )
    assert made["location"] == {"type": "METHOD", "method": "GET", "path": "/"}
    key = {"restApiId": api, "documentationPartId": made["id"]}
    operations = [{"op": "add", "path": "/properties", "value": "{}"}]
    message = "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations"
    refused("BadRequestException", message, client.update_documentation_part, **key, patchOperations=operations)
    client.delete_documentation_part(**key)
    message = "Invalid Documentation part identifier specified"
    refused("NotFoundException", message, client.get_documentation_part, **key)
    refused("NotFoundException", message, client.get_documentation_part, **{**key, "restApiId": "no"})
    client.create_deployment(restApiId=api, stageName="dev")
    client.create_documentation_version(restApiId=api, documentationVersion="v1", stageName="dev")
    assert client.get_stage(restApiId=api, stageName="dev")["documentationVersion"] == "v1"
    for body in ("test:\n  - a\n\tb", "{'key:value}"):
        message = "Unable to build importer with provided input."
        refused("BadRequestException", message, client.import_documentation_parts, restApiId=api, body=body)


def test_vpc_links(client: Any, refused: Callable[..., None]) -> None:
    message = "Invalid ARN. ARN is not well formed invalid-arn"
    refused("BadRequestException", message, client.create_vpc_link, name="a", targetArns=["invalid-arn"])
    refused("BadRequestException", "Name cannot be empty", client.create_vpc_link, name="", targetArns=[])
    arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/b"
    made = client.create_vpc_link(name="a", targetArns=[arn])
    assert (made["status"], made["ResponseMetadata"]["HTTPStatusCode"]) == ("PENDING", 202)
    assert client.get_vpc_link(vpcLinkId=made["id"])["status"] == "AVAILABLE"
    client.delete_vpc_link(vpcLinkId=made["id"])
    refused("NotFoundException", "Invalid Vpc Link identifier specified", client.get_vpc_link, vpcLinkId=made["id"])


def test_client_certificates_and_sdk_types(client: Any) -> None:
    made = client.generate_client_certificate(description="a")["clientCertificateId"]
    operations = [{"op": "replace", "path": "/description", "value": "b"}]
    after = client.update_client_certificate(clientCertificateId=made, patchOperations=operations)
    assert (after["description"], after["tags"]) == ("b", {})
    client.delete_client_certificate(clientCertificateId=made)
    assert client.get_client_certificates()["items"] == []
    names = [item["id"] for item in client.get_sdk_types()["items"]]
    assert client.get_sdk_type(id=names[0])["id"] == names[0]


def test_test_invocations_go_to_the_data_plane(world: Any, client: Any, mock_api: dict[str, Any]) -> None:
    answer = client.test_invoke_method(**mock_api["get"], body="hello")
    assert (answer["status"], answer["body"]) == (200, "hello")
    assert world.plane.invoker.asked == [(mock_api["root"], "GET")]
    with pytest.raises(client.exceptions.NotFoundException):
        client.test_invoke_method(**{**mock_api["get"], "httpMethod": "POST"})
    world.plane = ControlPlane(world.store)
    with pytest.raises(client.exceptions.ClientError) as error:
        client.test_invoke_method(**mock_api["get"])
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
