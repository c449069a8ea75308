"""Custom domain names and base path mappings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DOMAIN = "api.example.com"


@pytest.fixture
def mapped(client: Any, mock_api: dict[str, Any]) -> dict[str, str]:
    client.create_domain_name(domainName=DOMAIN)
    client.create_deployment(restApiId=mock_api["restApiId"], stageName="dev")
    return {"domainName": DOMAIN, "restApiId": mock_api["restApiId"]}


ENDPOINTS = {
    "edge": (None, {"distributionHostedZoneId": "Z2FDTNDATAQYW2"}),
    "regional": ({"types": ["REGIONAL"]}, {"regionalHostedZoneId": "Z1UJRXOUMOOFQ8"}),
}


@pytest.mark.parametrize(("endpoint", "shown"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_what_dns_points_at(client: Any, endpoint: dict[str, Any] | None, shown: dict[str, str]) -> None:
    given = {} if endpoint is None else {"endpointConfiguration": endpoint}
    made = client.create_domain_name(domainName=DOMAIN, **given)
    assert made["domainNameStatus"] == "AVAILABLE"
    assert shown.items() <= made.items()
    assert client.get_domain_names()["items"][0]["domainName"] == DOMAIN


def test_moving_to_regional(client: Any) -> None:
    client.create_domain_name(domainName=DOMAIN)
    operations = [{"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"}]
    after = client.update_domain_name(domainName=DOMAIN, patchOperations=operations)
    assert after["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")


def test_domains_are_unique_and_known(client: Any, refused: Callable[..., None]) -> None:
    client.create_domain_name(domainName=DOMAIN)
    message = "The domain name you provided already exists."
    refused("BadRequestException", message, client.create_domain_name, domainName=DOMAIN)
    client.delete_domain_name(domainName=DOMAIN)
    refused("NotFoundException", "Invalid domain name identifier specified", client.get_domain_name, domainName=DOMAIN)


def test_life_of_a_mapping(client: Any, mapped: dict[str, str], refused: Callable[..., None]) -> None:
    made = client.create_base_path_mapping(**mapped, stage="dev")
    assert (made["basePath"], made["stage"]) == ("(none)", "dev")
    message = "Base path already exists for this domain name"
    refused("ConflictException", message, client.create_base_path_mapping, **mapped, basePath="")
    client.create_base_path_mapping(**mapped, basePath="v1")
    key = {"domainName": DOMAIN, "basePath": "v1"}
    operations = [{"op": "replace", "path": "/basePath", "value": "v2"}]
    assert client.update_base_path_mapping(**key, patchOperations=operations)["basePath"] == "v2"
    refused("NotFoundException", "Invalid base path mapping identifier specified", client.get_base_path_mapping, **key)
    client.delete_base_path_mapping(domainName=DOMAIN, basePath="v2")
    assert [item["basePath"] for item in client.get_base_path_mappings(domainName=DOMAIN)["items"]] == ["(none)"]


MAPPINGS = {
    "api": ({"restApiId": "no"}, "Invalid REST API identifier specified"),
    "stage": ({"stage": "no"}, "Invalid stage identifier specified"),
    "slash": (
        {"basePath": "a/b"},
        "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path "
        "mapping, use API Gateway V2.",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), MAPPINGS.values(), ids=MAPPINGS.keys())
def test_mappings_are_checked(
    client: Any, mapped: dict[str, str], refused: Callable[..., None], arguments: dict[str, str], message: str
) -> None:
    refused("BadRequestException", message, client.create_base_path_mapping, **{**mapped, **arguments})


def test_what_is_mapped_cannot_be_deleted(client: Any, mapped: dict[str, str]) -> None:
    client.create_base_path_mapping(**mapped, stage="dev")
    with pytest.raises(client.exceptions.BadRequestException):
        client.delete_stage(restApiId=mapped["restApiId"], stageName="dev")
    with pytest.raises(client.exceptions.BadRequestException):
        client.delete_rest_api(restApiId=mapped["restApiId"])
