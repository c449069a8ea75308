"""Request validators on the wire: parameters, bodies, models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded
from .gateway import JSON, Api, Cloud, replace

LIMITS = documented(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)


SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#", "title": "numbers", "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"],
}  # fmt: skip

STATUS = {
    "type": "object",
    "properties": {"Status": {"type": "string"}, "Order": {"type": "integer"}},
    "required": ["Status", "Order"],
}

REQUIRED = {
    "method.request.path.test": True, "method.request.querystring.qs1": True, "method.request.header.x-header-param": True
}  # fmt: skip


@pytest.fixture(scope="module")
def validated(cloud: Cloud) -> Api:
    """/nested/{test} wants everything, /issuer wants a path parameter that is not there, the others one model each."""
    api = cloud.api("validated")
    control = api.control

    def model(name: str, schema: Any) -> None:
        control.create_model(restApiId=api.id, name=name, contentType=JSON, schema=json.dumps(schema))

    def validator(name: str, body: bool, parameters: bool) -> str:
        made = control.create_request_validator(
            restApiId=api.id, name=name, validateRequestBody=body, validateRequestParameters=parameters
        )
        return str(made["id"])

    def reference(name: str) -> dict[str, str]:
        return {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/{name}"}

    model("numbers", SCHEMA)
    model("list", {"type": "array", "items": reference("numbers")})
    model("status", STATUS)
    model(
        "maybe",
        {
            "type": "object",
            "properties": {"status": {"oneOf": [{"type": "null"}, reference("status")]}},
            "required": ["status"],
        },
    )
    model(
        "person",
        {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "house": reference("house")},
        },
    )
    model("house", {"type": "object", "properties": {"people": {"type": "array", "items": reference("person")}}})
    both, only_body, only_parameters = (
        validator("both", True, True),
        validator("body", True, False),
        validator("params", False, True),
    )
    missing = REQUIRED | {"method.request.path.issuer": True}
    del missing["method.request.path.test"]
    for verb in ("GET", "POST"):
        api.mock(
            verb,
            "/nested/{test}",
            "ok",
            requestParameters=REQUIRED,
            requestModels={JSON: "numbers"},
            requestValidatorId=both,
        )
    api.mock(
        "POST",
        "/issuer/{test}",
        "ok",
        requestParameters=missing,
        requestModels={JSON: "numbers"},
        requestValidatorId=both,
    )
    api.mock(
        "POST",
        "/body",
        "ok",
        requestParameters={"method.request.querystring.qs1": True},
        requestModels={JSON: "numbers"},
        requestValidatorId=only_body,
    )
    api.mock(
        "POST",
        "/params",
        "ok",
        requestParameters={"method.request.querystring.qs1": True},
        requestModels={JSON: "numbers"},
        requestValidatorId=only_parameters,
    )
    api.mock("POST", "/none", "ok", requestParameters=REQUIRED, requestModels={JSON: "numbers"})
    for name in ("list", "maybe", "person"):
        api.mock("POST", f"/{name}", "ok", requestModels={JSON: name}, requestValidatorId=both)
    api.deploy()
    return api


VALIDATOR = recorded("common", "TestApiGatewayCommon::test_api_gateway_request_validator")

REFERENCES = recorded("common", "TestApiGatewayCommon::test_api_gateway_request_validator_with_ref_models")

ONE_OF = recorded("common", "TestApiGatewayCommon::test_api_gateway_request_validator_with_ref_one_ofmodels")

VALIDATION = guide("api-gateway-method-request-validation")

FULL = {"Content-Type": JSON, "x-header-param": "test"}

NUMBERS = {"a": 1, "b": 2}

INVALID = "Invalid request body"


def _missing(*names: str) -> str:
    return f"Missing required request parameters: [{', '.join(names)}]"


@pytest.mark.parametrize(
    ("verb", "path", "headers", "body", "message"),
    [
        case(
            "RVL-01", "A request with everything passes", VALIDATOR, "POST", "/nested/value?qs1=x", FULL, NUMBERS, None
        ),
        case(
            "RVL-02",
            "Missing parameters are listed header, path, query string",
            VALIDATOR,
            "POST",
            "/issuer/value",
            {"Content-Type": JSON},
            {"test": "test"},
            _missing("x-header-param", "issuer", "qs1"),
        ),
        case(
            "RVL-03",
            "A missing header is named",
            VALIDATOR,
            "GET",
            "/nested/value?qs1=x",
            {},
            None,
            _missing("x-header-param"),
        ),
        case(
            "RVL-04",
            "A missing query parameter is named",
            VALIDATOR,
            "GET",
            "/nested/value",
            {"x-header-param": "t"},
            None,
            _missing("qs1"),
        ),
        case(
            "RVL-05",
            "A body that does not fit the model is refused",
            VALIDATOR,
            "POST",
            "/nested/value?qs1=x",
            FULL,
            {"test": "test"},
            INVALID,
        ),
        case(
            "RVL-06",
            "An empty body of a GET with a model is refused",
            VALIDATOR,
            "GET",
            "/nested/value?qs1=x",
            {"x-header-param": "t"},
            None,
            INVALID,
        ),
        case(
            "RVL-07",
            "An empty JSON body of a GET with a model is refused",
            VALIDATOR,
            "GET",
            "/nested/value?qs1=x",
            FULL,
            None,
            INVALID,
        ),
        case(
            "RVL-08",
            "Parameters are looked at before the body",
            VALIDATOR,
            "POST",
            "/nested/value",
            FULL,
            {"test": "x"},
            _missing("qs1"),
        ),
        case(
            "RVL-09",
            "A validator of bodies does not look at parameters",
            VALIDATION,
            "POST",
            "/body",
            {"Content-Type": JSON},
            NUMBERS,
            None,
        ),
        case(
            "RVL-10",
            "A validator of bodies refuses a wrong one",
            VALIDATION,
            "POST",
            "/body",
            {"Content-Type": JSON},
            {},
            INVALID,
        ),
        case(
            "RVL-11",
            "A validator of parameters does not look at the body",
            VALIDATION,
            "POST",
            "/params?qs1=x",
            {"Content-Type": JSON},
            {},
            None,
        ),
        case(
            "RVL-12",
            "A validator of parameters refuses a missing one",
            VALIDATION,
            "POST",
            "/params",
            {"Content-Type": JSON},
            {},
            _missing("qs1"),
        ),
        case(
            "RVL-13",
            "Without a validator nothing is validated",
            VALIDATION,
            "POST",
            "/none",
            {"Content-Type": JSON},
            {},
            None,
        ),
        case(
            "RVL-14",
            "A list of referenced models passes",
            REFERENCES,
            "POST",
            "/list",
            {"Content-Type": JSON},
            [NUMBERS],
            None,
        ),
        case(
            "RVL-15",
            "A list with one wrong item is refused",
            REFERENCES,
            "POST",
            "/list",
            {"Content-Type": JSON},
            [NUMBERS, {"a": 1}],
            INVALID,
        ),
        case("RVL-16", "No body for a model that is a list is refused", REFERENCES, "POST", "/list", {}, None, INVALID),
        case(
            "RVL-17",
            "A oneOf with null passes for null",
            ONE_OF,
            "POST",
            "/maybe",
            {"Content-Type": JSON},
            {"status": None},
            None,
        ),
        case(
            "RVL-18",
            "A oneOf with a reference passes for the referenced model",
            ONE_OF,
            "POST",
            "/maybe",
            {"Content-Type": JSON},
            {"status": {"Status": "works", "Order": 1}},
            None,
        ),
        case(
            "RVL-19",
            "A oneOf without its required property is refused",
            ONE_OF,
            "POST",
            "/maybe",
            {"Content-Type": JSON},
            {"badFormat": "bla"},
            INVALID,
        ),
        case(
            "RVL-20",
            "Models that refer to one another validate nested bodies",
            recorded("import", "TestApiGatewayImportRestApi::test_import_with_circular_models_and_request_validation"),
            "POST",
            "/person",
            {"Content-Type": JSON},
            {"name": "a", "house": {"people": [{"name": "b"}]}},
            None,
        ),
        case(
            "RVL-21",
            "Models that refer to one another refuse a wrong body deep inside",
            recorded("import", "TestApiGatewayImportRestApi::test_import_with_circular_models_and_request_validation"),
            "POST",
            "/person",
            {"Content-Type": JSON},
            {"name": "a", "house": {"people": [{}]}},
            INVALID,
        ),
        case(
            "RVL-22",
            "A body that is no JSON is refused",
            VALIDATION,
            "POST",
            "/body",
            {"Content-Type": JSON},
            "{not json",
            INVALID,
        ),
    ],
)
def test_validation(
    validated: Api, verb: str, path: str, headers: dict[str, str], body: Any, message: str | None
) -> None:
    found = validated.send(verb, path, headers=headers, body=body)
    if message is None:
        assert (found.status, found.text) == (200, "ok")
    else:
        assert (found.status, found.json()) == (400, {"message": message})
        assert found.header("x-amzn-ErrorType") == "BadRequestException"


@fact("RVL-23", "A body of a content type without a model is not validated", VALIDATION)
def test_other_content_type(cloud: Cloud, echo: str) -> None:
    api = cloud.api("other-type")
    api.control.create_model(restApiId=api.id, name="numbers", contentType=JSON, schema=json.dumps(SCHEMA))
    validator = api.control.create_request_validator(restApiId=api.id, name="v", validateRequestBody=True)["id"]
    integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(echo)}
    api.method("POST", "/", integration, requestModels={JSON: "numbers"}, requestValidatorId=validator)
    api.deploy()
    assert api.post("/", "free text", {"Content-Type": "text/plain"}).status == 200
    assert api.post("/", "free text", {"Content-Type": JSON}).status == 400


@fact("RVL-24", "A switched off validator lets everything pass after a deployment", VALIDATOR)
def test_switched_off(cloud: Cloud) -> None:
    api = cloud.api("switched-off")
    validator = api.control.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    api.mock("GET", "/", "ok", requestParameters={"method.request.querystring.q": True}, requestValidatorId=validator)
    api.deploy()
    assert api.get("/").status == 400
    api.control.update_request_validator(
        restApiId=api.id, requestValidatorId=validator, patchOperations=[replace("/validateRequestParameters", "false")]
    )
    assert api.get("/").status == 400
    api.deploy()
    assert api.get("/").status == 200


@fact("RVL-25", "A body over 10 MB is 413", LIMITS)
def test_too_large(small: Api) -> None:
    found = small.send("GET", "/existing", body=b"x" * (10 * 1024 * 1024 + 1), headers={"Content-Type": "text/plain"})
    assert found.status == 413
