"""Documentation parts and versions, and VPC links that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import things_api
from .facts import case, fact, recorded
from .gateway import ACCOUNT, Api, Cloud, add, refused, replace, shown
from .refusals import UNKNOWN_API, Call, on_api


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return things_api(cloud)


PARTS = "TestApiGatewayApiDocumentationPart::"


PART = recorded("api", PARTS + "test_documentation_part_lifecycle")

PART_UPDATE = recorded("api", PARTS + "test_invalid_update_documentation_part")

NO_PART = "Invalid Documentation part identifier specified"


@fact("DOC-01", "A documentation part shows its location and properties", PART)
def test_create_part(fresh: Api) -> None:
    properties = '{"description": "Sample API description"}'
    made = fresh.control.create_documentation_part(restApiId=fresh.id, location={"type": "API"}, properties=properties)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id") == {"location": {"type": "API"}, "properties": properties}
    items = fresh.control.get_documentation_parts(restApiId=fresh.id)["items"]
    assert items == [shown(made)]


@fact(
    "DOC-02",
    "A documentation version has a description by a patch",
    recorded("common", "TestDocumentations::test_documentation_parts_and_versions"),
)
def test_versions(fresh: Api) -> None:
    fresh.control.create_documentation_part(restApiId=fresh.id, location={"type": "API"}, properties='{"foo": "bar"}')
    made = fresh.control.create_documentation_version(restApiId=fresh.id, documentationVersion="v123")
    assert shown(made) == {"version": "v123"}
    changed = fresh.control.update_documentation_version(
        restApiId=fresh.id, documentationVersion="v123", patchOperations=[replace("/description", "doc version new")]
    )
    assert shown(changed) == {"version": "v123", "description": "doc version new"}


def _patch_part(operation: dict[str, str]) -> Call:
    def call(api: Api) -> Any:
        part = api.control.get_documentation_parts(restApiId=api.id)["items"][0]["id"]
        return api.control.update_documentation_part(
            restApiId=api.id, documentationPartId=part, patchOperations=[operation]
        )

    return call


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "DOC-10",
            "A documentation part of an unknown API is not found",
            recorded("api", PARTS + "test_doc_parts_crud_no_api"),
            on_api("create_documentation_part", restApiId="fake-id", location={"type": "API"}, properties="{}"),
            "NotFoundException",
            UNKNOWN_API,
        ),
        case(
            "DOC-11",
            "GetDocumentationPart of an unknown API says that the part is not found",
            recorded("api", PARTS + "test_invalid_get_documentation_part"),
            on_api("get_documentation_part", restApiId="fake-id", documentationPartId="x"),
            "NotFoundException",
            NO_PART,
        ),
        case(
            "DOC-12",
            "An unknown location type is a validation error",
            recorded("api", PARTS + "test_invalid_create_documentation_part_operations"),
            on_api("create_documentation_part", location={"type": "INVALID"}, properties="{}"),
            "ValidationException",
            "1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
        ),
        case(
            "DOC-13",
            "Add on a documentation part is refused",
            PART_UPDATE,
            _patch_part(add("/properties", "{}")),
            "BadRequestException",
            "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
        ),
        case(
            "DOC-14",
            "An unknown path of a documentation part names the allowed one",
            PART_UPDATE,
            _patch_part(replace("/invalidPath", "{}")),
            "BadRequestException",
            "Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/properties]",
        ),
        case(
            "DOC-15",
            "Deleting an unknown documentation part is not found",
            recorded("api", PARTS + "test_invalid_delete_documentation_part"),
            on_api("delete_documentation_part", documentationPartId="x"),
            "NotFoundException",
            NO_PART,
        ),
    ],
)
def test_documentation_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


LINK = "TestApiGatewayVpcLink::"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "VPC-01",
            "An unknown VPC link is not found",
            recorded("api", LINK + "test_get_vpc_link_invalid_id"),
            lambda api: api.control.get_vpc_link(vpcLinkId="none"),
            "NotFoundException",
            "Invalid Vpc Link identifier specified",
        ),
        case(
            "VPC-02",
            "A VPC link without a name is refused",
            recorded("api", LINK + "test_create_vpc_link_invalid_parameters"),
            lambda api: api.control.create_vpc_link(
                name="", targetArns=[f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/x/1"]
            ),
            "BadRequestException",
            "Name cannot be empty",
        ),
        case(
            "VPC-03",
            "A VPC link to something that is no ARN is refused",
            recorded("api", LINK + "test_create_vpc_link_invalid_parameters"),
            lambda api: api.control.create_vpc_link(name="x", targetArns=["invalid-arn"]),
            "BadRequestException",
            "Invalid ARN. ARN is not well formed invalid-arn",
        ),
    ],
)
def test_vpc_link_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)
