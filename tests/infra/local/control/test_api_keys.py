"""API keys as recorded from real AWS (TestApigatewayApiKeysCrud)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_a_new_key_shows_its_value_once(client: Any) -> None:
    made = client.create_api_key(name="one")
    assert (made["enabled"], made["stageKeys"], len(made["value"])) == (False, [], 40)
    assert "tags" not in made
    key = {"apiKey": made["id"]}
    assert "value" not in client.get_api_key(**key)
    assert client.get_api_key(**key)["tags"] == {}
    assert client.get_api_key(**key, includeValue=True)["value"] == made["value"]
    assert "value" not in client.get_api_keys()["items"][0]
    assert client.get_api_keys(includeValues=True)["items"][0]["value"] == made["value"]


def test_empty_is_none(client: Any) -> None:
    made = client.create_api_key(name="", value="")
    assert "name" not in made
    assert made["value"]


REFUSED = {
    "short value": ({"value": "short"}, "API Key value should be at least 20 characters"),
    "long value": ({"value": "a" * 129}, "API Key value exceeds maximum size of 128 characters"),
    "long name": ({"name": "a" * 1025}, "Invalid API Key name, can be at most 1024 characters."),
    "long description": ({"description": "a" * 125_001}, "Invalid API Key description specified."),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_create_is_refused(client: Any, refused: Callable[..., None], arguments: dict[str, str], message: str) -> None:
    refused("BadRequestException", message, client.create_api_key, **arguments)
    assert client.get_api_keys()["items"] == []


@pytest.mark.parametrize("value", ["a" * 20, "a" * 128])
def test_values_at_the_bounds_are_taken_and_unique(client: Any, refused: Callable[..., None], value: str) -> None:
    assert client.create_api_key(value=value)["value"] == value
    refused("ConflictException", "API Key already exists", client.create_api_key, value=value)


QUERIES = {"none": ("", 2), "prefix": ("test-", 2), "whole": ("test-b", 1), "case": ("TEST", 0), "infix": ("st-", 0)}


@pytest.mark.parametrize(("query", "count"), QUERIES.values(), ids=QUERIES.keys())
def test_names_are_found_by_prefix_newest_first(client: Any, query: str, count: int) -> None:
    for name in ("test-a", "test-b"):
        client.create_api_key(name=name)
    found = [item["name"] for item in client.get_api_keys(nameQuery=query)["items"]]
    assert found == (["test-b", "test-a"] if count == 2 else ["test-b"][:count])


def test_pages(client: Any) -> None:
    for name in ("a", "b"):
        client.create_api_key(name=name)
    first = client.get_api_keys(limit=1)
    assert [item["name"] for item in first["items"]] == ["b"]
    second = client.get_api_keys(limit=1, position=first["position"])
    assert ([item["name"] for item in second["items"]], "position" in second) == (["a"], False)
    assert len(client.get_api_keys(limit=-1)["items"]) == 2


def test_updates(client: Any, refused: Callable[..., None]) -> None:
    key = {"apiKey": client.create_api_key(enabled=True)["id"]}
    off = client.update_api_key(**key, patchOperations=[{"op": "replace", "path": "/enabled", "value": "nonsense"}])
    assert (off["enabled"], off["tags"], "value" in off) == (False, {}, False)
    refused(
        "BadRequestException",
        "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, "
        "/customerId]",
        client.update_api_key,
        **key,
        patchOperations=[{"op": "replace", "path": "/id", "value": "x"}],
    )
    client.delete_api_key(**key)
    refused("NotFoundException", "Invalid API Key identifier specified", client.get_api_key, **key)


def test_import_of_a_csv(client: Any) -> None:
    plan = client.create_usage_plan(name="p")["id"]
    text = f"Name,key,description,Enabled,usageplanIds\nfirst,{'a' * 20},one,TRUE,{plan}\nsecond,short,two,true,\n"
    answer = client.import_api_keys(body=text, format="csv")
    assert len(answer["ids"]) == 1
    assert answer["warnings"] == ["Row 2: API Key value should be at least 20 characters"]
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"][0]["name"] == "first"
    with pytest.raises(client.exceptions.BadRequestException):
        client.import_api_keys(body=text.replace("a" * 20, "b" * 20), format="csv", failOnWarnings=True)
    assert len(client.get_api_keys()["items"]) == 1
