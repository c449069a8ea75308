"""Routes, parameters, validators, models and integrations of a service."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.model import Service
from infra.openapi import assemble, build, parse_fragment
from tests.infra.openapi.gateways import FIXTURES, functions, gateway

PETS = Service(name="pets", path="/api/pets", lambda_folder="lambdas/pets", operations="pets.yaml", timeout_ms=1500)
INTEGRATION = "x-amazon-apigateway-integration"
VALIDATOR = "x-amazon-apigateway-request-validator"
FUNCTIONS = functions(gateway(PETS))
ANY = "x-amazon-apigateway-any-method"


def document(*services: Service) -> dict[str, Any]:
    model = gateway(*services)
    return build(model, folder=FIXTURES, functions=functions(model))


@pytest.fixture(scope="module")
def pets() -> dict[str, Any]:
    return document(PETS)


def test_paths_are_joined_to_the_prefix(pets: dict[str, Any]) -> None:
    assert {path: sorted(item) for path, item in pets["paths"].items()} == {
        "/api/pets": ["get", "post"],
        "/api/pets/{petId}": ["get", "put"],
        "/api/pets/{petId}/owner": ["get"],
    }


def test_a_lambda_is_called_by_post_with_the_role(pets: dict[str, Any]) -> None:
    assert pets["paths"]["/api/pets"]["get"][INTEGRATION] == {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": {"Fn::Sub": "arn:${AWS::Partition}:lambda:::pets"},
        "credentials": {"Fn::GetAtt": ["InvokeRole", "Arn"]},
        "timeoutInMillis": 1500,
        "passthroughBehavior": "when_no_match",
    }


@pytest.mark.parametrize(
    ("path", "method", "validator"),
    [
        pytest.param("/api/pets", "get", "parameters", id="required query parameter"),
        pytest.param("/api/pets", "post", "all", id="body and required header"),
        pytest.param("/api/pets/{petId}", "put", "body", id="body"),
        pytest.param("/api/pets/{petId}", "get", None, id="path parameter only"),
        pytest.param("/api/pets/{petId}/owner", "get", None, id="optional query parameter"),
    ],
)
def test_an_operation_names_the_validator_that_has_something_to_check(
    pets: dict[str, Any], path: str, method: str, validator: str | None
) -> None:
    assert pets["paths"][path][method].get(VALIDATOR) == validator
    assert validator is None or validator in pets["x-amazon-apigateway-request-validators"]


def test_models_are_in_the_services_namespace_and_without_what_aws_refuses(pets: dict[str, Any]) -> None:
    assert pets["components"]["schemas"]["PetsPet"] == {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "example": {"type": "string"},
            "parent": {"$ref": "#/components/schemas/PetsPet"},
            "tags": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        },
    }
    assert pets["paths"]["/api/pets"]["post"]["requestBody"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/PetsPet"}}
    }


def test_shared_parameters_are_written_into_the_operation(pets: dict[str, Any]) -> None:
    parameter = {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}
    assert pets["paths"]["/api/pets/{petId}"]["get"]["parameters"] == [parameter]


def test_an_operations_own_parameter_stands_for_the_shared_one() -> None:
    text = (
        (FIXTURES / "pets.yaml")
        .read_text()
        .replace(
            "      operationId: readPet\n",
            "      operationId: readPet\n      parameters: [{name: petId, in: path, required: true, description: own, schema: {}}]\n",
        )
    )
    built = assemble(gateway(PETS), fragments={"pets": parse_fragment(text, file="pets.yaml")}, functions=FUNCTIONS)

    parameters = built["paths"]["/api/pets/{petId}"]["get"]["parameters"]
    assert [p.get("description") for p in parameters] == ["own"]


def test_default_is_written_as_500(pets: dict[str, Any]) -> None:
    responses = pets["paths"]["/api/pets"]["post"]["responses"]
    assert sorted(responses) == ["201", "500"]
    assert responses["201"]["headers"]["Location"]["description"] == "Where."


def test_without_operations_every_path_and_method() -> None:
    paths = document(Service(name="a", path="/a", lambda_folder="l"))["paths"]

    assert {path: list(item) for path, item in paths.items()} == {"/a": [ANY], "/a/{proxy+}": [ANY]}
    assert "parameters" not in paths["/a"][ANY]
    assert [p["name"] for p in paths["/a/{proxy+}"][ANY]["parameters"]] == ["proxy"]


def test_a_url_gets_the_rest_of_the_path() -> None:
    paths = document(Service(name="a", path="/a", url="https://h.example/b/", methods=("GET",)))["paths"]

    assert paths["/a"]["get"][INTEGRATION]["uri"] == "https://h.example/b/"
    below = paths["/a/{proxy+}"]["get"][INTEGRATION]
    assert below["uri"] == "https://h.example/b/{proxy}"
    assert below["httpMethod"] == "GET"
    assert below["requestParameters"] == {"integration.request.path.proxy": "method.request.path.proxy"}
    assert "credentials" not in below


def test_declared_variables_reach_a_url() -> None:
    service = PETS.model_copy(update={"lambda_folder": None, "url": "https://h.example"})
    owner = document(service)["paths"]["/api/pets/{petId}/owner"]["get"][INTEGRATION]

    assert owner["uri"] == "https://h.example/{petId}/owner"
    assert owner["requestParameters"] == {"integration.request.path.petId": "method.request.path.petId"}


def test_variables_of_the_prefix_are_parameters() -> None:
    service = PETS.model_copy(update={"path": "/t/{tenant}/pets"})
    operation = document(service)["paths"]["/t/{tenant}/pets/{petId}/owner"]["get"]

    assert [p["name"] for p in operation["parameters"] if p["in"] == "path"] == ["tenant", "petId"]


def test_a_key_is_asked_for_only_where_it_is_required() -> None:
    keyed = document(
        PETS.model_copy(update={"requires_api_key": True}), Service(name="b", path="/b", lambda_folder="l")
    )

    assert keyed["paths"]["/api/pets"]["get"]["security"] == [{"api_key": []}]
    assert "security" not in keyed["paths"]["/b"][ANY]
    assert keyed["components"]["securitySchemes"]["api_key"] == {"type": "apiKey", "name": "x-api-key", "in": "header"}
    assert keyed["x-amazon-apigateway-api-key-source"] == "HEADER"
    assert "x-amazon-apigateway-api-key-source" not in document(PETS)
