"""Request validators as recorded from real AWS (TestApiGatewayApiRequestValidator)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

UNKNOWN = "Invalid Request Validator identifier specified"
PATHS = "[/name, /validateRequestParameters, /validateRequestBody]"
OPERATIONS = {
    "add": (
        {"op": "add", "path": "/validateRequestBody", "value": "true"},
        "Invalid patch path  '/validateRequestBody' specified for op 'add'. Please choose supported operations",
    ),
    "path": (
        {"op": "replace", "path": "/invalidPath", "value": "true"},
        f"Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: {PATHS}",
    ),
    "blank name": ({"op": "replace", "path": "/name"}, "Request Validator name cannot be blank"),
}


@pytest.fixture
def key(client: Any) -> dict[str, str]:
    api = client.create_rest_api(name="validators")["id"]
    return {"restApiId": api, "requestValidatorId": client.create_request_validator(restApiId=api, name="v")["id"]}


def test_life(client: Any, key: dict[str, str], refused: Callable[..., None]) -> None:
    path = "/validateRequestBody"
    on = client.update_request_validator(**key, patchOperations=[{"op": "replace", "path": path, "value": "true"}])
    assert (on["validateRequestBody"], on["validateRequestParameters"]) == (True, False)
    off = client.update_request_validator(**key, patchOperations=[{"op": "replace", "path": path}])
    assert off["validateRequestBody"] is False
    assert client.delete_request_validator(**key)["ResponseMetadata"]["HTTPStatusCode"] == 202
    for function in (client.get_request_validator, client.delete_request_validator):
        refused("NotFoundException", UNKNOWN, function, **key)


@pytest.mark.parametrize(("operation", "message"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_update_is_refused(
    client: Any, key: dict[str, str], refused: Callable[..., None], operation: dict[str, str], message: str
) -> None:
    refused("BadRequestException", message, client.update_request_validator, **key, patchOperations=[operation])


def test_an_unknown_api_has_three_different_answers(client: Any, refused: Callable[..., None]) -> None:
    refused(
        "BadRequestException", "Invalid REST API identifier specified", client.create_request_validator, restApiId="no"
    )
    message = "Invalid API identifier specified 111111111111:no"
    refused("NotFoundException", message, client.get_request_validators, restApiId="no")
    refused("NotFoundException", UNKNOWN, client.get_request_validator, restApiId="no", requestValidatorId="x")
