"""TestInvokeMethod of MOCK methods: answers and log lines."""

from __future__ import annotations

import pytest

from .apis import methods_api
from .facts import case, fact, recorded
from .gateway import JSON, Api, Cloud, mock, refused
from .refusals import NO_METHOD, NO_RESOURCE


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return methods_api(cloud)


INVOKE = recorded("api", "TestApigatewayTestInvoke::test_invoke_test_method")


@pytest.fixture(scope="module")
def pets(cloud: Cloud) -> Api:
    api = cloud.api("pets")
    api.method(
        "GET",
        "/pets",
        mock(),
        responses=[{"statusCode": "200", "responseTemplates": {JSON: '{"pets": "all the pets"}'}}],
    )
    answers = [{"statusCode": "200", "responseTemplates": {JSON: '{"petId": "$input.params(\'petId\')"}'}}]
    api.method("GET", "/pets/{petId}", mock(), responses=answers, requestParameters={"method.request.path.petId": True})
    return api


@pytest.mark.parametrize(
    ("path", "settings", "expected"),
    [
        case(
            "TIM-01",
            "TestInvokeMethod runs the live method without a deployment",
            INVOKE,
            "/pets",
            {},
            '{"pets": "all the pets"}',
        ),
        case(
            "TIM-02",
            "TestInvokeMethod takes the path parameter from pathWithQueryString",
            INVOKE,
            "/pets/{petId}",
            {"pathWithQueryString": "/pets/123?foo=bar"},
            '{"petId": "123"}',
        ),
        case(
            "TIM-03",
            "TestInvokeMethod without a path keeps the name of the parameter",
            INVOKE,
            "/pets/{petId}",
            {},
            '{"petId": "{petId}"}',
        ),
        case(
            "TIM-04",
            "TestInvokeMethod with another path leaves the parameter empty",
            INVOKE,
            "/pets/{petId}",
            {"pathWithQueryString": "/random/test"},
            '{"petId": ""}',
        ),
    ],
)
def test_test_invoke(pets: Api, path: str, settings: dict[str, str], expected: str) -> None:
    answer = pets.control.test_invoke_method(**pets.at(path, "GET"), **settings)
    assert (answer["status"], answer["body"]) == (200, expected)
    assert answer["headers"] == {"Content-Type": JSON}
    assert answer["multiValueHeaders"] == {"Content-Type": [JSON]}


@fact("TIM-05", "The log of TestInvokeMethod has these lines for a MOCK method", INVOKE)
def test_test_invoke_log(pets: Api) -> None:
    answer = pets.control.test_invoke_method(**pets.at("/pets/{petId}", "GET"), pathWithQueryString="/pets/123?foo=bar")
    lines = answer["log"].split("\n")
    assert lines[0].startswith("Execution log for request ")
    texts = [line.partition(" : ")[2] for line in lines[2:-1]]
    assert texts == [
        "HTTP Method: GET, Resource Path: /pets/123",
        "Method request path: {petId=123}",
        "Method request query string: {foo=bar}",
        "Method request headers: {}",
        "Method request body before transformations: ",
        'Method response body after transformations: {"petId": "123"}',
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        case(
            "TIM-06",
            "TestInvokeMethod of a verb that is not there is not found",
            INVOKE,
            {"httpMethod": "PUT"},
            NO_METHOD,
        ),
        case(
            "TIM-07", "TestInvokeMethod of an unknown resource is not found", INVOKE, {"resourceId": "bad"}, NO_RESOURCE
        ),
        case(
            "TIM-08",
            "TestInvokeMethod of an unknown API says that the resource is not found",
            INVOKE,
            {"restApiId": "bad"},
            NO_RESOURCE,
        ),
    ],
)
def test_test_invoke_refused(pets: Api, settings: dict[str, str], message: str) -> None:
    with refused("NotFoundException", message):
        pets.control.test_invoke_method(**pets.at("/pets", "GET") | settings)
