"""Which resource and method answers a request, request validation, and gateway responses on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded
from .gateway import JSON, Api, Cloud, mock, replace, response

SIBLING = recorded("common", "TestApigatewayRouting::test_proxy_routing_with_hardcoded_resource_sibling")
ORDER = recorded("common", "TestApigatewayRouting::test_routing_with_hardcoded_resource_sibling_order")
NOT_FOUND = recorded("common", "TestApigatewayRouting::test_routing_not_found")
LIMITS = documented(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)
MISSING = {"message": "Missing Authentication Token"}


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    """Every method answers its own resource path and verb."""
    made = cloud.api("routing")
    routes = {
        "/{proxy+}": ("OPTIONS", "GET"), "/test": ("POST",), "/test/any": ("ANY",), "/part1": ("GET",),
        "/part1/hardcoded": ("GET",), "/users/{id}": ("GET", "ANY"), "/users/me": ("GET",), "/users/{id}/posts": ("GET",),
        "/users/me/{rest+}": ("GET",), "/deep/{a}/{b}": ("GET",), "/Case": ("GET",),
    }  # fmt: skip
    for path, verbs in routes.items():
        for verb in verbs:
            made.mock(verb, path, f"{verb} {path}")
    made.deploy()
    return made


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        case(
            "RTE-01",
            "A verb that a literal resource lacks goes to the greedy one",
            SIBLING,
            "OPTIONS",
            "/test",
            "OPTIONS /{proxy+}",
        ),
        case("RTE-02", "A verb that a literal resource has stays there", SIBLING, "POST", "/test", "POST /test"),
        case(
            "RTE-03",
            "ANY of a literal resource takes a verb before the greedy one does",
            SIBLING,
            "OPTIONS",
            "/test/any",
            "ANY /test/any",
        ),
        case("RTE-04", "ANY takes every verb", SIBLING, "GET", "/test/any", "ANY /test/any"),
        case(
            "RTE-05",
            "A literal resource wins over a greedy sibling that was made before",
            ORDER,
            "GET",
            "/part1",
            "GET /part1",
        ),
        case(
            "RTE-06",
            "A literal child wins over a greedy sibling of its parent",
            ORDER,
            "GET",
            "/part1/hardcoded",
            "GET /part1/hardcoded",
        ),
        case(
            "RTE-07",
            "What no literal child takes falls back to the greedy resource above",
            ORDER,
            "GET",
            "/part1/random",
            "GET /{proxy+}",
        ),
        case(
            "RTE-08",
            "A literal wins over a variable",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/users/me",
            "GET /users/me",
        ),
        case(
            "RTE-09",
            "A variable takes one part",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/users/42",
            "GET /users/{id}",
        ),
        case(
            "RTE-10",
            "ANY takes a verb that the resource lacks",
            guide("api-gateway-set-up-simple-proxy"),
            "PUT",
            "/users/42",
            "ANY /users/{id}",
        ),
        case(
            "RTE-11",
            "A path continues below a variable",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/users/42/posts",
            "GET /users/{id}/posts",
        ),
        case(
            "RTE-12",
            "A greedy variable below a literal wins over a greedy one above",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/users/me/a/b",
            "GET /users/me/{rest+}",
        ),
        case(
            "RTE-13",
            "Two variables take two parts",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/deep/1/2",
            "GET /deep/{a}/{b}",
        ),
        case(
            "RTE-14",
            "Three parts do not fit two variables and go to the greedy resource",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/deep/1/2/3",
            "GET /{proxy+}",
        ),
        case(
            "RTE-15",
            "Literals mind the case",
            guide("api-gateway-method-settings-method-request"),
            "GET",
            "/case",
            "GET /{proxy+}",
        ),
    ],
)
def test_route(api: Api, verb: str, path: str, expected: str) -> None:
    found = api.send(verb, path)
    assert (found.status, found.text) == (200, expected)


@fact("RTE-16", "A greedy variable needs at least one part", guide("api-gateway-set-up-simple-proxy"))
def test_greedy_needs_a_part(api: Api) -> None:
    found = api.get("/")
    assert (found.status, found.json()) == (403, MISSING)


@pytest.fixture(scope="module")
def small(cloud: Cloud) -> Api:
    made = cloud.api("small")
    made.mock("GET", "/existing", "{}")
    made.deploy()
    return made


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        case("RTE-20", "An unknown path is 403 with the text about a token", NOT_FOUND, "GET", "/random-non-existing"),
        case("RTE-21", "An unknown verb is 403 with the text about a token", NOT_FOUND, "POST", "/existing"),
    ],
)
def test_not_found(small: Api, verb: str, path: str) -> None:
    found = small.send(verb, path)
    assert (found.status, found.json()) == (403, MISSING)
    assert found.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    assert found.header("Content-Type") == JSON


@fact(
    "RTE-22",
    "A stage that is not there is 403 Forbidden",
    documented("https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden"),
)
def test_unknown_stage(small: Api) -> None:
    found = small.get("/existing", stage="nowhere")
    assert (found.status, found.json()) == (403, {"message": "Forbidden"})


@fact(
    "RTE-23",
    "Every answer has a request id and an extended one",
    recorded("common", "TestApiGatewayCommon::test_invocation_trace_id"),
)
def test_ids(small: Api) -> None:
    for path in ("/existing", "/missing"):
        found = small.get(path)
        assert found.header("x-amzn-RequestId")
        assert found.header("x-amz-apigw-id")


@fact(
    "RTE-24",
    "A MOCK answer has no trace header, not even when the client sent one",
    recorded("common", "TestApiGatewayCommon::test_invocation_trace_id"),
)
def test_mock_trace(small: Api) -> None:
    assert small.get("/existing").header("x-amzn-trace-id") is None
    sent = {"x-amzn-trace-id": "Root=1-3152b799-8954dae64eda91bc9a23a7e8"}
    assert small.get("/existing", sent).header("x-amzn-trace-id") is None


WIRE = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS_PROXY]")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        case("WIR-01", "Content-Type is written in this case", WIRE, "/existing", "Content-Type"),
        case("WIR-02", "The request id header is written in this case", WIRE, "/existing", "x-amzn-RequestId"),
        case("WIR-03", "The error type header is written in this case", WIRE, "/missing", "x-amzn-ErrorType"),
        case("WIR-04", "Date is written in this case", WIRE, "/existing", "Date"),
        case("WIR-05", "Content-Length is written in this case", WIRE, "/existing", "Content-Length"),
    ],
)
def test_header_names(small: Api, path: str, name: str) -> None:
    found = [key for key, _ in small.get(path).headers if key.lower() == name.lower()]
    assert found == [name]


@fact("RTE-25", "HEAD of a GET method is not served", guide("how-to-method-settings"))
def test_head(small: Api) -> None:
    assert small.send("HEAD", "/existing").status == 403


# validation


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
    assert (found.status, found.json()) == (413, {"message": "Request Too Long"})


# gateway responses on the wire


TEMPLATE = (
    '{"message": $context.error.messageString, "type": "$context.error.responseType", "stage": "$context.stage", '
    '"resource": "$context.resourcePath", "variable": "$stageVariables.a", "plain": "$context.error.message"}'
)
CRUD = recorded("api", "TestApiGatewayGatewayResponse::test_gateway_response_crud")
CUSTOM = guide("api-gateway-gatewayResponse-definition")


@pytest.fixture(scope="module")
def customised(cloud: Cloud) -> Api:
    api = cloud.api("customised")
    validator = api.control.create_request_validator(restApiId=api.id, name="v", validateRequestParameters=True)["id"]
    api.mock(
        "GET",
        "/pets/{petId}",
        "ok",
        requestParameters={"method.request.querystring.q": True},
        requestValidatorId=validator,
    )

    def put(kind: str, **settings: Any) -> None:
        api.control.put_gateway_response(restApiId=api.id, responseType=kind, **settings)

    parameters = {
        "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
        "gatewayresponse.header.x-request-header": "method.request.header.X-Sent",
        "gatewayresponse.header.x-request-query": "method.request.querystring.sent",
    }
    put(
        "MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters=parameters,
        responseTemplates={JSON: TEMPLATE},
    )
    put(
        "DEFAULT_4XX",
        responseParameters={"gatewayresponse.header.x-all": "'yes'"},
        responseTemplates={JSON: TEMPLATE, "application/xml": "<m>$context.error.message</m>"},
    )
    api.deploy("dev", variables={"a": "A"})
    return api


@fact("GWW-01", "A customised status is answered", CRUD)
def test_custom_status(customised: Api) -> None:
    assert customised.get("/nowhere").status == 404


@fact("GWW-02", "A customised template sees error, stage and stage variables", CRUD)
def test_custom_template(customised: Api) -> None:
    assert customised.get("/nowhere").json() == {
        "message": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN", "stage": "dev",
        "resource": "", "variable": "A", "plain": "Missing Authentication Token",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        case(
            "GWW-03", "A literal header of a gateway response is answered", CRUD, "Access-Control-Allow-Origin", "a.b.c"
        ),
        case(
            "GWW-04",
            "A header of the request is mapped into a gateway response",
            CRUD,
            "x-request-header",
            "header value",
        ),
        case(
            "GWW-05",
            "A query parameter of the request is mapped into a gateway response",
            CRUD,
            "x-request-query",
            "query value",
        ),
    ],
)
def test_custom_headers(customised: Api, name: str, expected: str) -> None:
    assert customised.get("/nowhere?sent=query%20value", {"X-Sent": "header value"}).header(name) == expected


@fact("GWW-06", "DEFAULT_4XX gives its headers and template to responses that are not customised", CUSTOM)
def test_default_4xx(customised: Api) -> None:
    found = customised.get("/pets/1")
    assert (found.status, found.header("x-all")) == (400, "yes")
    assert found.json()["type"] == "BAD_REQUEST_PARAMETERS"
    assert found.json()["resource"] == "/pets/{petId}"


@fact("GWW-07", "A customised response takes nothing from DEFAULT_4XX", CUSTOM)
def test_no_default_4xx(customised: Api) -> None:
    assert customised.get("/nowhere").header("x-all") is None


@fact("GWW-08", "Accept picks the template of a gateway response", CUSTOM)
def test_accept(customised: Api) -> None:
    found = customised.get("/pets/1", {"Accept": "application/xml"})
    assert found.text.startswith("<m>Missing required request parameters")
    assert (found.header("Content-Type") or "").startswith("application/xml")


@fact(
    "GWW-09",
    "A customisation is served after a deployment and not before",
    guide("set-up-gateway-response-using-the-api"),
)
def test_deployed(cloud: Cloud) -> None:
    api = cloud.api("later")
    api.method("GET", "/", mock(), responses=[response(200)])
    api.deploy()
    api.control.put_gateway_response(restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN", statusCode="404")
    assert api.get("/nowhere").status == 403
    api.deploy()
    assert api.get("/nowhere").status == 404
