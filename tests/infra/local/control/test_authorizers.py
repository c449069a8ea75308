"""Authorizers: what was recorded (409 for an unknown API, no TTL unless given), and the documented checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:a"
    "/invocations"
)
TOKEN = {"name": "a", "type": "TOKEN", "authorizerUri": URI, "identitySource": "method.request.header.Auth"}


@pytest.fixture
def api(client: Any) -> str:
    return str(client.create_rest_api(name="authorizers")["id"])


def test_an_unknown_api_is_a_conflict(client: Any, refused: Callable[..., None]) -> None:
    message = "Unable to complete operation due to concurrent modification. Please try again later."
    refused("ConflictException", message, client.create_authorizer, restApiId="no", **TOKEN)
    message = "Invalid API identifier specified 111111111111:no"
    refused("NotFoundException", message, client.get_authorizers, restApiId="no")


def test_what_is_shown(client: Any, api: str) -> None:
    made = client.create_authorizer(restApiId=api, **TOKEN)
    assert {key: made[key] for key in made if key != "ResponseMetadata"} == {
        **TOKEN,
        "id": made["id"],
        "authType": "custom",
    }
    cognito = client.create_authorizer(
        restApiId=api, name="c", type="COGNITO_USER_POOLS", providerARNs=["arn:aws:cognito-idp:us-east-1:1:userpool/x"]
    )
    assert cognito["authType"] == "cognito_user_pools"


REFUSED: dict[str, dict[str, Any]] = {
    "ttl": {"authorizerResultTtlInSeconds": 3601},
    "uri": {"authorizerUri": "arn:aws:lambda:us-east-1:1:function:a"},
    "no identity source": {"identitySource": None},
    "cached request without identity source": {"type": "REQUEST", "identitySource": None},
    "cognito without pools": {"type": "COGNITO_USER_POOLS"},
}


@pytest.mark.parametrize("arguments", REFUSED.values(), ids=REFUSED.keys())
def test_create_is_refused(client: Any, api: str, arguments: dict[str, Any]) -> None:
    given = {key: value for key, value in {**TOKEN, **arguments}.items() if value is not None}
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_authorizer(restApiId=api, **given)
    assert client.get_authorizers(restApiId=api)["items"] == []


def test_a_request_authorizer_without_cache_needs_no_identity_source(client: Any, api: str) -> None:
    given = {"name": "r", "type": "REQUEST", "authorizerUri": URI, "authorizerResultTtlInSeconds": 0}
    made = client.create_authorizer(restApiId=api, **given)
    assert made["authorizerResultTtlInSeconds"] == 0


def test_update_and_delete(client: Any, api: str, refused: Callable[..., None]) -> None:
    key = {"restApiId": api, "authorizerId": client.create_authorizer(restApiId=api, **TOKEN)["id"]}
    operation = {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "60"}
    assert client.update_authorizer(**key, patchOperations=[operation])["authorizerResultTtlInSeconds"] == 60
    assert client.delete_authorizer(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    refused("NotFoundException", "Invalid Authorizer identifier specified", client.get_authorizer, **key)


def test_ten_is_the_quota(client: Any, api: str) -> None:
    for number in range(10):
        client.create_authorizer(restApiId=api, **{**TOKEN, "name": f"a{number}"})
    with pytest.raises(client.exceptions.LimitExceededException):
        client.create_authorizer(restApiId=api, **TOKEN)
