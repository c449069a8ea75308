"""Integration responses: shapes, patches, and the texts of what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import methods_api
from .facts import case, fact, guide, recorded
from .gateway import JSON, Api, Cloud, mock, refused, replace, response, shown
from .refusals import NO_INTEGRATION, NO_METHOD, NO_RESOURCE, NO_STATUS, WRONG_STATUS, Call, on_mock_method


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return methods_api(cloud)


INTEGRATION = "TestApigatewayIntegration::"

ANSWER = "TestApigatewayIntegrationResponse::"

TEMPLATES = recorded("api", INTEGRATION + "test_put_integration_response_templates")

CYCLE = recorded("api", ANSWER + "test_lifecycle_integration_response")

DELETION = recorded("api", ANSWER + "test_delete_integration_response_errors")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        case(
            "IRS-01",
            "A template of null is shown as null",
            TEMPLATES,
            {"responseTemplates": {JSON: None}, "selectionPattern": ""},
            {"responseTemplates": {JSON: None}, "selectionPattern": ""},
        ),
        case(
            "IRS-02",
            "An empty template is shown as null",
            TEMPLATES,
            {"responseTemplates": {JSON: ""}, "selectionPattern": ""},
            {"responseTemplates": {JSON: None}, "selectionPattern": ""},
        ),
        case("IRS-03", "No templates are not shown", TEMPLATES, {"selectionPattern": ""}, {"selectionPattern": ""}),
        case(
            "IRS-04",
            "An empty map of templates is shown",
            recorded("integrations", "test_put_integration_responses"),
            {"responseTemplates": {}, "selectionPattern": "2\\d{2}"},
            {"responseTemplates": {}, "selectionPattern": "2\\d{2}"},
        ),
        case(
            "IRS-05",
            "Content handling is shown",
            recorded("integrations", "test_put_integration_responses"),
            {"selectionPattern": "2\\d{2}", "contentHandling": "CONVERT_TO_BINARY"},
            {"selectionPattern": "2\\d{2}", "contentHandling": "CONVERT_TO_BINARY"},
        ),
        case("IRS-06", "No selection pattern is not shown", recorded("lambda", "test_lambda_aws_integration"), {}, {}),
    ],
)
def test_put_integration_response(fresh: Api, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    place = fresh.method("POST", "/", mock())
    made = fresh.control.put_integration_response(**place, statusCode="200", **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made) == expected | {"statusCode": "200"}
    assert shown(fresh.control.get_integration_response(**place, statusCode="200")) == expected | {"statusCode": "200"}


@fact("IRS-07", "PutIntegrationResponse overwrites the one before", CYCLE)
def test_overwrite_integration_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock(), responses=[response(200, '"created"')])
    fresh.control.put_integration_response(
        **place, statusCode="200", selectionPattern="overwrite-pattern", responseTemplates={JSON: "overwrite"}
    )
    shape = fresh.control.get_method(**place)["methodIntegration"]["integrationResponses"]
    assert shape == {
        "200": {"responseTemplates": {JSON: "overwrite"}, "selectionPattern": "overwrite-pattern", "statusCode": "200"}
    }


@fact("IRS-08", "The selection pattern is replaced by a patch", CYCLE)
def test_patch_integration_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock(), responses=[response(200, '"created"')])
    changed = fresh.control.update_integration_response(
        **place, statusCode="200", patchOperations=[replace("/selectionPattern", "updated-pattern")]
    )
    assert changed["selectionPattern"] == "updated-pattern"


@fact(
    "IRS-09",
    "After the last integration response is deleted the method shows none",
    recorded("integrations", "test_put_integration_responses"),
)
def test_delete_integration_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock(), responses=[response(200, '"created"')])
    gone = fresh.control.delete_integration_response(**place, statusCode="200")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "integrationResponses" not in fresh.control.get_method(**place)["methodIntegration"]


def _answer(operation: str, **settings: Any) -> Call:
    return on_mock_method(f"{operation}_integration_response", **{"statusCode": "200"} | settings)


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "IRS-10",
            "A put for a verb that is not there is not found",
            recorded("api", ANSWER + "test_integration_response_wrong_method"),
            _answer("put", httpMethod="PUT"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "IRS-11",
            "A put on an unknown resource is not found",
            recorded("api", ANSWER + "test_integration_response_wrong_resource"),
            _answer("put", resourceId="bad"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "IRS-12",
            "A put on an unknown API says that the resource is not found",
            recorded("api", ANSWER + "test_integration_response_wrong_api"),
            _answer("put", restApiId="bad"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "IRS-13",
            "A put of a status that is no status is a validation error",
            recorded("api", ANSWER + "test_integration_response_invalid_statuscode"),
            _answer("put", statusCode="wrong"),
            "ValidationException",
            f"1 validation error detected: {WRONG_STATUS}",
        ),
        case(
            "IRS-14",
            "A get of a status that is no status is a validation error",
            recorded("api", ANSWER + "test_integration_response_invalid_statuscode"),
            _answer("get", statusCode="wrong"),
            "ValidationException",
            f"1 validation error detected: {WRONG_STATUS}",
        ),
        case(
            "IRS-15",
            "A get of a status that is not there is not found",
            recorded("api", ANSWER + "test_integration_response_wrong_status_code"),
            _answer("get", statusCode="201"),
            "NotFoundException",
            NO_STATUS,
        ),
        case(
            "IRS-16",
            "A get of a method without an integration is not found",
            recorded("api", ANSWER + "test_integration_response_invalid_integration"),
            lambda api: api.control.get_integration_response(**api.at("/bare", "GET"), statusCode="200"),
            "NotFoundException",
            NO_INTEGRATION,
        ),
        case(
            "IRS-17",
            "A delete for a verb that is not there says that the integration is not found",
            DELETION,
            _answer("delete", httpMethod="POST"),
            "NotFoundException",
            NO_INTEGRATION,
        ),
        case(
            "IRS-18",
            "A delete of a status that is not there is not found",
            DELETION,
            _answer("delete", statusCode="201"),
            "NotFoundException",
            NO_STATUS,
        ),
        case(
            "IRS-19",
            "A delete for an unknown verb says that the integration is not found",
            DELETION,
            _answer("delete", httpMethod="WRONG", statusCode="201"),
            "NotFoundException",
            NO_INTEGRATION,
        ),
        case(
            "IRS-20",
            "A delete on an unknown resource is not found",
            DELETION,
            _answer("delete", resourceId="bad-resource"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "IRS-21",
            "A template that is a number is a serialization error",
            recorded("api", ANSWER + "test_integration_response_invalid_responsetemplates"),
            _answer("put", responseTemplates={JSON: 123}),
            "SerializationException",
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
        ),
        case(
            "IRS-22",
            "A template of a content type that is none is refused",
            recorded("api", ANSWER + "test_integration_response_invalid_responsetemplates"),
            _answer("put", responseTemplates={"123": "{}"}),
            "BadRequestException",
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
        case(
            "IRS-23",
            "A mapped header that the method response does not declare is refused",
            guide("api-gateway-integration-settings-integration-response"),
            _answer("put", responseParameters={"method.response.header.undeclared": "'x'"}),
            "BadRequestException",
            None,
        ),
    ],
)
def test_integration_response_refused(api: Api, call: Call, code: str, message: str | None) -> None:
    with refused(code, message):
        call(api)
