"""REST APIs as they are made, listed and deleted: what the control plane answers and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from .facts import case, fact, recorded, reference
from .gateway import ACCOUNT, Cloud, refused, shown

REST = "TestApiGatewayApiRestApi::"

DEFAULTS = {
    "apiKeySource": "HEADER",
    "disableExecuteApiEndpoint": False,
    "endpointConfiguration": {"ipAddressType": "ipv4", "types": ["EDGE"]},
}

DEFAULT_API = recorded("api", REST + "test_create_rest_api_with_optional_params")

VERIFIED = recorded("api", REST + "test_create_rest_api_verify_defaults")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        case("API-01", "An API with only a name has these defaults", DEFAULT_API, {}, DEFAULTS),
        case("API-02", "The version is shown", DEFAULT_API, {"version": "v1"}, DEFAULTS | {"version": "v1"}),
        case(
            "API-03",
            "An empty list of binary media types is not shown",
            DEFAULT_API,
            {"binaryMediaTypes": []},
            DEFAULTS,
        ),
        case(
            "API-04",
            "Binary media types are shown as given",
            recorded("api", REST + "test_create_rest_api_with_binary_media_types"),
            {"binaryMediaTypes": ["image/png"]},
            DEFAULTS | {"binaryMediaTypes": ["image/png"]},
        ),
        case(
            "API-05",
            "Tags given at creation are shown",
            recorded("api", REST + "test_create_rest_api_with_tags"),
            {"description": "this is my api", "tags": {"MY_TAG1": "MY_VALUE1"}},
            DEFAULTS | {"description": "this is my api", "tags": {"MY_TAG1": "MY_VALUE1"}},
        ),
        case(
            "API-06",
            "A regional API has ipv4 addresses by default",
            VERIFIED,
            {"endpointConfiguration": {"types": ["REGIONAL"]}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "ipv4", "types": ["REGIONAL"]}},
        ),
        case(
            "API-07",
            "A private API has dualstack addresses by default",
            VERIFIED,
            {"endpointConfiguration": {"types": ["PRIVATE"]}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "dualstack", "types": ["PRIVATE"]}},
        ),
        case(
            "API-08",
            "An edge API may be dualstack",
            recorded("api", REST + "test_create_rest_api_with_endpoint_configuration"),
            {"endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "dualstack"}},
            DEFAULTS | {"endpointConfiguration": {"ipAddressType": "dualstack", "types": ["EDGE"]}},
        ),
    ],
)
def test_create(cloud: Cloud, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    made = cloud.control.create_rest_api(name="made", **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "id", "rootResourceId") == expected | {"name": "made"}
    cloud.control.delete_rest_api(restApiId=made["id"])


ENDPOINTS = recorded("api", REST + "test_create_rest_api_with_endpoint_configuration")

PRIVATE = recorded("api", REST + "test_create_rest_api_private_type")

TYPES = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"

ADDRESSES = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]"


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        case(
            "API-10",
            "An empty description is refused",
            DEFAULT_API,
            {"description": ""},
            "BadRequestException",
            "Description cannot be an empty string",
        ),
        case(
            "API-11",
            "A negative compression size is refused",
            DEFAULT_API,
            {"minimumCompressionSize": -1},
            "BadRequestException",
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        case(
            "API-12",
            "An empty list of endpoint types is refused",
            ENDPOINTS,
            {"endpointConfiguration": {"types": []}},
            "BadRequestException",
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        case(
            "API-13",
            "Two endpoint types are refused",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "BadRequestException",
            "Cannot create an api with multiple Endpoint Types.",
        ),
        case(
            "API-14",
            "An unknown address type is a validation error",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "wrong"}},
            "ValidationException",
            f"1 validation error detected: {ADDRESSES}",
        ),
        case(
            "API-15",
            "An unknown endpoint type is a validation error",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["wrong"], "ipAddressType": "ipv4"}},
            "ValidationException",
            f"1 validation error detected: {TYPES}",
        ),
        case(
            "API-16",
            "Two validation errors are joined, types first",
            ENDPOINTS,
            {"endpointConfiguration": {"types": ["wrong"], "ipAddressType": "wrong"}},
            "ValidationException",
            f"2 validation errors detected: {TYPES}; {ADDRESSES}",
        ),
        case(
            "API-17",
            "A private API with ipv4 addresses is refused",
            PRIVATE,
            {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "BadRequestException",
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        case(
            "API-18",
            "An empty description is found before a private API's addresses",
            PRIVATE,
            {"description": "", "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "BadRequestException",
            "Description cannot be an empty string",
        ),
        case(
            "API-19",
            "Enumerations are checked before an empty description",
            VERIFIED,
            {"description": "", "endpointConfiguration": {"types": ["wrong"]}},
            "ValidationException",
            f"1 validation error detected: {TYPES}",
        ),
    ],
)
def test_create_refused(cloud: Cloud, settings: dict[str, Any], code: str, message: str) -> None:
    with refused(code, message):
        cloud.control.create_rest_api(name="refused", **settings)


@fact(
    "API-20", "A deleted API answers 202 and is no longer listed", recorded("api", REST + "test_list_and_delete_apis")
)
def test_delete(cloud: Cloud) -> None:
    made = cloud.control.create_rest_api(name="gone")
    gone = cloud.control.delete_rest_api(restApiId=made["id"])
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert made["id"] not in {item["id"] for item in cloud.control.get_rest_apis(limit=500)["items"]}


@fact("API-21", "Ids are case sensitive", recorded("api", REST + "test_get_api_case_insensitive"))
def test_case_sensitive(cloud: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="lower")["id"].upper()
    with refused("NotFoundException", f"Invalid API identifier specified {ACCOUNT}:{api_id}"):
        cloud.control.get_rest_api(restApiId=api_id)


@fact("API-22", "An API is not seen from another region", reference("API_GetRestApi"))
def test_regions(cloud: Cloud, europe: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="here")["id"]
    with refused("NotFoundException", f"Invalid API identifier specified {ACCOUNT}:{api_id}"):
        europe.control.get_rest_api(restApiId=api_id)


@fact("API-23", "GetRestApis shows tags as GetRestApi does", recorded("api", REST + "test_create_rest_api_with_tags"))
def test_list_tags(cloud: Cloud) -> None:
    api_id = cloud.control.create_rest_api(name="tagged", tags={"a": "b"})["id"]
    items = {item["id"]: item for item in cloud.control.get_rest_apis(limit=500)["items"]}
    assert items[api_id]["tags"] == {"a": "b"}
