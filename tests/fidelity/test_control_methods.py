"""Methods, integrations and their responses: what the control plane answers and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .facts import case, fact, guide, recorded, reference
from .gateway import ACCOUNT, JSON, ROLE, Api, Cloud, add, mock, refused, remove, replace, response, shown

METHOD = "TestApiGatewayApiMethod::"
INTEGRATION = "TestApigatewayIntegration::"
ANSWER = "TestApigatewayIntegrationResponse::"
RESPONSE = "TestApigatewayMethodResponse::"
NO_RESOURCE = "Invalid Resource identifier specified"
NO_METHOD = "Invalid Method identifier specified"
NO_INTEGRATION = "Invalid Integration identifier specified"
NO_STATUS = "Invalid Response status code specified"
NO_AUTHORIZER = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
OPERATIONS = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
PATTERN = "Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d"
Call = Callable[[Api], Any]


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    """ANY on / without an integration; GET on /mock with MOCK and a response; GET on /bare without any of that."""
    made = cloud.api("methods")
    made.method("ANY", "/", None, apiKeyRequired=True)
    made.method("GET", "/mock", mock(), responses=[response(200, '"created"')])
    made.method("GET", "/bare", None)
    made.control.put_method_response(**made.at("/bare", "GET"), statusCode="200")
    return made


@pytest.fixture
def fresh(cloud: Cloud) -> Api:
    return cloud.api("fresh-methods")


# methods

LIFE = recorded("api", METHOD + "test_method_lifecycle")
PUT = recorded("api", METHOD + "test_put_method_validation")
UPDATE = recorded("api", METHOD + "test_update_method")
UPDATE_WRONG = recorded("api", METHOD + "test_update_method_validation")


@fact("MTH-01", "A plain method shows three fields", LIFE)
def test_put_method(fresh: Api) -> None:
    made = fresh.control.put_method(**fresh.at("/", "ANY"), authorizationType="NONE")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made) == {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}
    assert shown(fresh.control.get_method(**fresh.at("/", "ANY"))) == shown(made)


@fact("MTH-02", "A deleted method answers 204 and is not found afterwards", LIFE)
def test_delete_method(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    assert fresh.control.delete_method(**fresh.at("/", "ANY"))["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", NO_METHOD):
        fresh.control.get_method(**fresh.at("/", "ANY"))
    with refused("NotFoundException", NO_METHOD):
        fresh.control.delete_method(**fresh.at("/", "ANY"))


PARAMETERS = recorded("api", METHOD + "test_method_request_parameters")


@fact("MTH-03", "Request parameters are shown with whether they are required", PARAMETERS)
def test_request_parameters(fresh: Api) -> None:
    wanted = {"method.request.header.h": True, "method.request.querystring.q": False}
    made = fresh.control.put_method(**fresh.at("/", "ANY"), authorizationType="NONE", requestParameters=wanted)
    assert made["requestParameters"] == wanted


def _put_method(path: str = "/bare", verb: str = "PUT", **settings: Any) -> Call:
    settings.setdefault("authorizationType", "NONE")
    return lambda api: api.control.put_method(**api.at(path, verb), **settings)


def _elsewhere(operation: str, **settings: Any) -> Call:
    """A call on an API or a resource that is not there."""
    return lambda api: getattr(api.control, operation)(**api.at("/mock", "GET") | settings)


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MTH-10",
            "A parameter name twice in header and query string is refused",
            PARAMETERS,
            _put_method(
                requestParameters={
                    "method.request.querystring.optional": False,
                    "method.request.header.optional": False,
                }
            ),
            "BadRequestException",
            "Parameter names must be unique across querystring, header and path",
        ),
        case(
            "MTH-11",
            "PutMethod on an unknown API says that the resource is not found",
            PUT,
            _elsewhere("put_method", restApiId="fake-api", authorizationType="NONE"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-12",
            "PutMethod on an unknown resource is not found before the verb is looked at",
            PUT,
            _elsewhere("put_method", resourceId="fake", httpMethod="WRONG", authorizationType="NONE"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-13",
            "An unknown verb is refused",
            PUT,
            _put_method(verb="WRONG"),
            "BadRequestException",
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        ),
        case(
            "MTH-14",
            "A custom authorization without an authorizer is refused",
            PUT,
            _put_method(authorizationType="CUSTOM"),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-15",
            "An unknown request validator is refused",
            PUT,
            _put_method(requestValidatorId="fake-validator"),
            "BadRequestException",
            "Invalid Request Validator identifier specified",
        ),
        case(
            "MTH-16",
            "An unknown request model is refused",
            PUT,
            _put_method(requestModels={JSON: "petModel"}),
            "BadRequestException",
            "Invalid model identifier specified: petModel",
        ),
        case(
            "MTH-17",
            "A method twice is a conflict",
            reference("API_PutMethod"),
            _put_method("/mock", "GET"),
            "ConflictException",
            "Method already exists for this resource",
        ),
    ],
)
def test_put_method_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


def _update(*operations: dict[str, Any], path: str = "/", verb: str = "ANY") -> Call:
    return lambda api: api.control.update_method(**api.at(path, verb), patchOperations=list(operations))


ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MTH-20",
            "UpdateMethod on an unknown API says that the resource is not found",
            UPDATE_WRONG,
            _elsewhere("update_method", restApiId="fake-api", patchOperations=[]),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-21",
            "UpdateMethod on an unknown resource is not found",
            UPDATE_WRONG,
            _elsewhere("update_method", resourceId="fake", patchOperations=[]),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MTH-22",
            "UpdateMethod of a verb that is not there is not found",
            UPDATE_WRONG,
            _update(replace("/operationName", "x"), verb="GET"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "MTH-23",
            "The operation name cannot be added",
            UPDATE_WRONG,
            _update(add("/operationName", "x")),
            "BadRequestException",
            ONLY_REPLACE,
        ),
        case(
            "MTH-24",
            "The validator cannot be added",
            UPDATE_WRONG,
            _update(add("/requestValidatorId", "wrong-id")),
            "BadRequestException",
            ONLY_REPLACE,
        ),
        case(
            "MTH-25",
            "The verb of a method cannot be changed",
            UPDATE_WRONG,
            _update(add("/httpMethod", "PUT")),
            "BadRequestException",
            "Invalid patch path /httpMethod",
        ),
        case(
            "MTH-26",
            "Request parameters cannot be replaced as a whole",
            UPDATE_WRONG,
            _update(replace("/requestParameters", "method.request.querystring.optional=false")),
            "BadRequestException",
            "Invalid patch path /requestParameters",
        ),
        case(
            "MTH-27",
            "A content type in a path must have its slash escaped",
            UPDATE_WRONG,
            _update(add("/requestModels/application/json", "Empty")),
            "BadRequestException",
            "Invalid patch path /requestModels/application/json",
        ),
        case(
            "MTH-28",
            "A change to custom authorization needs an authorizer",
            UPDATE_WRONG,
            _update(replace("/authorizationType", "CUSTOM")),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-29",
            "A change to custom authorization needs an authorizer that is there",
            UPDATE_WRONG,
            _update(replace("/authorizationType", "CUSTOM"), replace("/authorizerId", "abc123")),
            "BadRequestException",
            NO_AUTHORIZER,
        ),
        case(
            "MTH-30",
            "A change to an unknown validator is refused",
            UPDATE_WRONG,
            _update(replace("/requestValidatorId", "fake-id")),
            "BadRequestException",
            "Invalid Request Validator identifier specified",
        ),
    ],
)
def test_update_method_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


@fact("MTH-31", "A text that is no boolean makes apiKeyRequired false", UPDATE_WRONG)
def test_not_a_boolean(fresh: Api) -> None:
    fresh.method("ANY", "/", None, apiKeyRequired=True)
    assert _update(replace("/apiKeyRequired", "whatever"))(fresh)["apiKeyRequired"] is False


@fact("MTH-32", "An authorizer id is ignored while the authorization is NONE", UPDATE_WRONG)
def test_authorizer_ignored(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(replace("/authorizerId", "abc123"))(fresh)
    assert shown(changed) == {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}


@fact("MTH-33", "Parameters and models are added by path", UPDATE)
def test_update_adds(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(
        add("/requestParameters/method.request.querystring.optional", "true"),
        add("/requestModels/application~1json", "Empty"),
    )(fresh)
    assert changed["requestParameters"] == {"method.request.querystring.optional": True}
    assert changed["requestModels"] == {JSON: "Empty"}


@fact("MTH-34", "Operation name, key and authorization are replaced", UPDATE)
def test_update_replaces(fresh: Api) -> None:
    fresh.method("ANY", "/", None)
    changed = _update(
        replace("/operationName", "Name"), replace("/apiKeyRequired", "true"), replace("/authorizationType", "AWS_IAM")
    )(fresh)
    assert shown(changed) == {
        "apiKeyRequired": True, "authorizationType": "AWS_IAM", "httpMethod": "ANY", "operationName": "Name"
    }  # fmt: skip


@fact("MTH-35", "Removed parameters and models are not shown, not even empty", UPDATE)
def test_update_removes(fresh: Api) -> None:
    fresh.method(
        "ANY", "/", None, requestParameters={"method.request.querystring.q": True}, requestModels={JSON: "Empty"}
    )
    changed = _update(
        remove("/requestParameters/method.request.querystring.q"), remove("/requestModels/application~1json")
    )(fresh)
    assert "requestParameters" not in changed
    assert "requestModels" not in changed


# integrations

VALIDATION = recorded("integrations", "test_put_integration_validation")
PROXY_URI = recorded("lambda", "test_put_integration_aws_proxy_uri")
HTTP = {"uri": "http://example.com", "integrationHttpMethod": "POST"}
LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:MyLambda"
LAMBDA_URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{LAMBDA}/invocations"
COMMON = {"cacheKeyParameters": [], "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        case(
            "INT-01",
            "MOCK needs no verb and does not keep a URI",
            VALIDATION,
            {"type": "MOCK", "uri": "http://example.com"},
            COMMON | {"type": "MOCK"},
        ),
        case(
            "INT-02",
            "HTTP shows connection type, verb and URI",
            VALIDATION,
            {"type": "HTTP"} | HTTP,
            COMMON | {"type": "HTTP", "connectionType": "INTERNET", "httpMethod": "POST", "uri": "http://example.com"},
        ),
        case(
            "INT-03",
            "HTTP_PROXY shows connection type, verb and URI",
            VALIDATION,
            {"type": "HTTP_PROXY"} | HTTP,
            COMMON
            | {"type": "HTTP_PROXY", "connectionType": "INTERNET", "httpMethod": "POST", "uri": "http://example.com"},
        ),
        case(
            "INT-04",
            "An AWS service integration shows its credentials and no connection type",
            VALIDATION,
            {
                "type": "AWS",
                "credentials": ROLE,
                "uri": "arn:aws:apigateway:us-east-1:s3:path/b/k",
                "integrationHttpMethod": "POST",
            },
            COMMON
            | {
                "type": "AWS",
                "credentials": ROLE,
                "httpMethod": "POST",
                "uri": "arn:aws:apigateway:us-east-1:s3:path/b/k",
            },
        ),
        case(
            "INT-05",
            "AWS to Lambda needs no credentials",
            VALIDATION,
            {"type": "AWS", "uri": LAMBDA_URI, "integrationHttpMethod": "POST"},
            COMMON | {"type": "AWS", "httpMethod": "POST", "uri": LAMBDA_URI},
        ),
        case(
            "INT-06",
            "AWS_PROXY to Lambda needs no credentials and no function yet",
            VALIDATION,
            {"type": "AWS_PROXY", "uri": LAMBDA_URI, "integrationHttpMethod": "POST"},
            COMMON | {"type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA_URI},
        ),
        case(
            "INT-07",
            "A VPC link named by a stage variable is taken as it is",
            recorded("api", INTEGRATION + "test_create_integration_with_vpc_link"),
            {"type": "HTTP_PROXY", "connectionType": "VPC_LINK", "connectionId": "${stageVariables.vpcLinkId}"} | HTTP,
            COMMON
            | {
                "type": "HTTP_PROXY",
                "connectionType": "VPC_LINK",
                "connectionId": "${stageVariables.vpcLinkId}",
                "httpMethod": "POST",
                "uri": "http://example.com",
            },
        ),
        case(
            "INT-08",
            "A MOCK template that is no JSON is taken",
            recorded("integrations", "test_integration_mock_with_path_param"),
            {"type": "MOCK", "integrationHttpMethod": "POST", "requestTemplates": {JSON: "{statusCode: 200}"}},
            COMMON | {"type": "MOCK", "requestTemplates": {JSON: "{statusCode: 200}"}},
        ),
    ],
)
def test_put_integration(fresh: Api, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    fresh.method("GET", "/", None)
    made = fresh.control.put_integration(**fresh.at("/", "GET"), **settings)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made, "cacheNamespace") == expected


@fact("INT-09", "The cache namespace is the resource's id", reference("API_PutIntegration"))
def test_cache_namespace(api: Api) -> None:
    assert api.control.get_integration(**api.at("/mock", "GET"))["cacheNamespace"] == api.resource("/mock")


NEEDS_VERB = "Enumeration value for HttpMethod must be non-empty"
ONLY_LAMBDA = (
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
)
NO_ACTION = "AWS ARN for integration must contain path or action"


def _integrate(kind: str, uri: str, **settings: Any) -> Call:
    settings.setdefault("integrationHttpMethod", "POST")
    return lambda api: api.control.put_integration(**api.at("/bare", "GET"), type=kind, uri=uri, **settings)


def _without_verb(kind: str) -> Call:
    return lambda api: api.control.put_integration(**api.at("/bare", "GET"), type=kind, uri="http://example.com")


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "INT-10",
            "HTTP without a verb is refused",
            VALIDATION,
            _without_verb("HTTP"),
            "BadRequestException",
            NEEDS_VERB,
        ),
        case(
            "INT-11",
            "HTTP_PROXY without a verb is refused",
            VALIDATION,
            _without_verb("HTTP_PROXY"),
            "BadRequestException",
            NEEDS_VERB,
        ),
        case(
            "INT-12",
            "AWS without a verb is refused",
            VALIDATION,
            _without_verb("AWS"),
            "BadRequestException",
            NEEDS_VERB,
        ),
        case(
            "INT-13",
            "AWS_PROXY to another service than Lambda and Firehose is refused",
            VALIDATION,
            _integrate("AWS_PROXY", "arn:aws:apigateway:us-east-1:s3:path/b/k", credentials=ROLE),
            "BadRequestException",
            ONLY_LAMBDA,
        ),
        case(
            "INT-14",
            "HTTP with a URI that is no URL is refused",
            VALIDATION,
            _integrate("HTTP", "non-valid-http"),
            "BadRequestException",
            "Invalid HTTP endpoint specified for URI",
        ),
        case(
            "INT-15",
            "HTTP_PROXY with a URI that is no URL is refused",
            VALIDATION,
            _integrate("HTTP_PROXY", "non-valid-http"),
            "BadRequestException",
            "Invalid HTTP endpoint specified for URI",
        ),
        case(
            "INT-16",
            "AWS with a URI that is no ARN is refused",
            VALIDATION,
            _integrate("AWS", "non-valid-arn"),
            "BadRequestException",
            "Invalid ARN specified in the request",
        ),
        case(
            "INT-17",
            "AWS with an ARN that has no action is refused",
            VALIDATION,
            _integrate("AWS", "arn:aws:iam::0000000000:role/service-role/asdf"),
            "BadRequestException",
            NO_ACTION,
        ),
        case(
            "INT-18",
            "AWS_PROXY with the function's own ARN is refused",
            PROXY_URI,
            _integrate("AWS_PROXY", LAMBDA),
            "BadRequestException",
            NO_ACTION,
        ),
        case(
            "INT-19",
            "AWS_PROXY with a URI that is no ARN is refused",
            PROXY_URI,
            _integrate("AWS_PROXY", f"bad-arn:lambda:path/2015-03-31/functions/{LAMBDA}/invocations"),
            "BadRequestException",
            "Invalid ARN specified in the request",
        ),
        case(
            "INT-20",
            "An ARN whose kind is neither path nor action is refused",
            PROXY_URI,
            _integrate("AWS_PROXY", LAMBDA_URI.replace(":path/", ":test/")),
            "BadRequestException",
            NO_ACTION,
        ),
        case(
            "INT-21",
            "A Firehose ARN with a Lambda path is refused",
            PROXY_URI,
            _integrate("AWS_PROXY", LAMBDA_URI.replace("us-east-1:lambda:path", "us-east-1:firehose:path")),
            "BadRequestException",
            ONLY_LAMBDA,
        ),
        case(
            "INT-22",
            "A Lambda ARN with an unknown path is refused",
            PROXY_URI,
            _integrate("AWS_PROXY", f"arn:aws:apigateway:us-east-1:lambda:path/random/value/{LAMBDA}/invocations"),
            "BadRequestException",
            ONLY_LAMBDA,
        ),
        case(
            "INT-23",
            "An unknown integration type is a validation error",
            recorded("api", INTEGRATION + "test_put_integration_wrong_type"),
            _integrate("HTTPS_PROXY", "http://example.com"),
            "ValidationException",
            "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
        ),
        case(
            "INT-24",
            "An integration of a verb that is not there is not found",
            recorded("api", INTEGRATION + "test_put_integration_response_validation"),
            _elsewhere("put_integration", httpMethod="PUT", type="MOCK"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "INT-25",
            "An integration on an unknown resource is not found",
            recorded("api", INTEGRATION + "test_put_integration_response_validation"),
            _elsewhere("put_integration", resourceId="badresource", type="MOCK"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "INT-26",
            "GetIntegration on an unknown API says that the resource is not found",
            recorded("api", INTEGRATION + "test_get_integration_non_existent"),
            _elsewhere("get_integration", restApiId="bad"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "INT-27",
            "GetIntegration of a verb that is not there is not found",
            recorded("api", INTEGRATION + "test_get_integration_non_existent"),
            _elsewhere("get_integration", httpMethod="POST"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "INT-28",
            "GetIntegration of a method without one is not found",
            recorded("api", INTEGRATION + "test_get_integration_non_existent"),
            lambda api: api.control.get_integration(**api.at("/bare", "GET")),
            "NotFoundException",
            NO_INTEGRATION,
        ),
        case(
            "INT-29",
            "A request parameter that is a boolean is a serialization error",
            recorded("api", INTEGRATION + "test_put_integration_request_parameter_bool_type"),
            _integrate(
                "HTTP_PROXY", "http://example.com", requestParameters={"integration.request.path.testPath": True}
            ),
            "SerializationException",
            "class java.lang.Boolean can not be converted to an String",
        ),
        case(
            "INT-30",
            "A timeout under 50 ms is refused",
            reference("API_PutIntegration"),
            _integrate("HTTP", "http://example.com", timeoutInMillis=49),
            "BadRequestException",
            None,
        ),
    ],
)
def test_integration_refused(api: Api, call: Call, code: str, message: str | None) -> None:
    with refused(code, message):
        call(api)


@fact(
    "INT-31",
    "A deleted integration answers 204 and is not found afterwards",
    recorded("lambda", "test_lambda_aws_integration_with_request_template"),
)
def test_delete_integration(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    assert fresh.control.delete_integration(**place)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NotFoundException", NO_INTEGRATION):
        fresh.control.get_integration(**place)


@fact(
    "INT-32",
    "The connection id is replaced by a patch",
    recorded("api", INTEGRATION + "test_create_integration_with_vpc_link"),
)
def test_patch_connection(fresh: Api) -> None:
    link = {"connectionType": "VPC_LINK", "connectionId": "${stageVariables.link}"}
    place = fresh.method("GET", "/", {"type": "HTTP_PROXY"} | HTTP | link)
    changed = fresh.control.update_integration(
        **place, patchOperations=[replace("/connectionId", "${stageVariables.other}")]
    )
    assert changed["connectionId"] == "${stageVariables.other}"


@fact("INT-33", "The URI of an integration is replaced by a patch", reference("API_UpdateIntegration"))
def test_patch_uri(fresh: Api) -> None:
    place = fresh.method("GET", "/", {"type": "HTTP"} | HTTP)
    changed = fresh.control.update_integration(**place, patchOperations=[replace("/uri", "http://example.org/x")])
    assert changed["uri"] == "http://example.org/x"


# integration responses

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
    return _elsewhere(f"{operation}_integration_response", **{"statusCode": "200"} | settings)


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
            f"1 validation error detected: {PATTERN}",
        ),
        case(
            "IRS-14",
            "A get of a status that is no status is a validation error",
            recorded("api", ANSWER + "test_integration_response_invalid_statuscode"),
            _answer("get", statusCode="wrong"),
            "ValidationException",
            f"1 validation error detected: {PATTERN}",
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
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.response.header.undeclared]",
        ),
    ],
)
def test_integration_response_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


# method responses

RESPONSES = recorded("api", RESPONSE + "test_lifecycle_method_response")
NEGATIVE = recorded("api", RESPONSE + "test_update_method_response_negative_tests")
LACKING = recorded("api", RESPONSE + "test_update_method_lack_response_parameters_and_models")
NAMES = recorded("api", RESPONSE + "test_update_method_wrong_param_names")
WRONG_OPERATIONS = recorded("api", RESPONSE + "test_update_method_response_wrong_operations")


@fact("MRS-01", "Empty maps given to a method response are shown", RESPONSES)
def test_put_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    made = fresh.control.put_method_response(**place, statusCode="200", responseModels={}, responseParameters={})
    assert shown(made) == {"responseModels": {}, "responseParameters": {}, "statusCode": "200"}


@fact("MRS-02", "UpdateMethodResponse answers 201 and shows what was added", RESPONSES)
def test_add_to_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(**place, statusCode="200")
    changed = fresh.control.update_method_response(
        **place,
        statusCode="200",
        patchOperations=[
            add("/responseParameters/method.response.header.my-header", "true"),
            add("/responseModels/application~1json", "Empty"),
        ],
    )
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(changed) == {
        "responseModels": {JSON: "Empty"},
        "responseParameters": {"method.response.header.my-header": True},
        "statusCode": "200",
    }


@fact(
    "MRS-03",
    "Removed parameters and models leave only the status",
    recorded("api", RESPONSE + "test_update_method_response"),
)
def test_remove_from_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(
        **place, statusCode="200", responseParameters={"method.response.header.x": True}, responseModels={JSON: "Empty"}
    )
    changed = fresh.control.update_method_response(
        **place,
        statusCode="200",
        patchOperations=[
            remove("/responseParameters/method.response.header.x"),
            remove("/responseModels/application~1json"),
        ],
    )
    assert shown(changed) == {"statusCode": "200"}


@fact("MRS-04", "A deleted method response answers 204", RESPONSES)
def test_delete_method_response(fresh: Api) -> None:
    place = fresh.method("GET", "/", mock())
    fresh.control.put_method_response(**place, statusCode="200")
    gone = fresh.control.delete_method_response(**place, statusCode="200")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "methodResponses" not in fresh.control.get_method(**place)


def _change(*operations: dict[str, str], **settings: Any) -> Call:
    return _elsewhere("update_method_response", **{"statusCode": "200"} | settings, patchOperations=list(operations))


HEADER = replace("/responseParameters/method.response.header.my-header", "true")
WRONG_OP = {"op": "wrong_op", "path": "/responseParameters/method.response.header.my-header", "value": "true"}


def _wrong(number: int) -> str:
    return f"Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.{number}.member.op' failed to satisfy constraint: {OPERATIONS}"


NO_PARAMETER, NO_TYPE = "Invalid parameter name specified", "Content-Type specified was not found"


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        case(
            "MRS-10",
            "A patch of a status that is not there is not found",
            NEGATIVE,
            _change(HEADER, statusCode="201"),
            "NotFoundException",
            NO_STATUS,
        ),
        case(
            "MRS-11",
            "A patch of a status that is no status is a validation error",
            NEGATIVE,
            _change(HEADER, statusCode="wrong"),
            "ValidationException",
            f"1 validation error detected: {PATTERN}",
        ),
        case(
            "MRS-12",
            "Wrong operation and wrong status are joined, the operation first",
            NEGATIVE,
            _change(WRONG_OP, statusCode="wrong"),
            "ValidationException",
            f"2 validation errors detected: {_wrong(1)}; {PATTERN}",
        ),
        case(
            "MRS-13",
            "A patch on an unknown resource is not found",
            NEGATIVE,
            _change(HEADER, resourceId="wrong"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "MRS-14",
            "A patch for a verb that is not there is not found",
            NEGATIVE,
            _change(HEADER, httpMethod="POST"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "MRS-15",
            "Removing a parameter that is not there is not found",
            LACKING,
            _change(remove("/responseParameters/method.response.header.my-header")),
            "NotFoundException",
            NO_PARAMETER,
        ),
        case(
            "MRS-16",
            "Removing a model that is not there is not found",
            LACKING,
            _change(remove("/responseModels/application~1json")),
            "NotFoundException",
            NO_TYPE,
        ),
        case(
            "MRS-17",
            "An unknown patch path is refused",
            LACKING,
            _change(remove("/wrong/method.response.header.my-header")),
            "BadRequestException",
            "Invalid patch path /wrong/method.response.header.my-header",
        ),
        case(
            "MRS-18",
            "Replacing a parameter that is not there is not found",
            NAMES,
            _change(replace("/responseParameters/wrong", "true")),
            "NotFoundException",
            NO_PARAMETER,
        ),
        case(
            "MRS-19",
            "Replacing a model that is not there is not found",
            NAMES,
            _change(replace("/responseModels/wrong", "Empty")),
            "NotFoundException",
            NO_TYPE,
        ),
        case(
            "MRS-20",
            "An unknown operation is a validation error",
            WRONG_OPERATIONS,
            _change(WRONG_OP),
            "ValidationException",
            f"1 validation error detected: {_wrong(1)}",
        ),
        case(
            "MRS-21",
            "Only the wrong operations are listed, with their places",
            WRONG_OPERATIONS,
            _change(WRONG_OP, HEADER, WRONG_OP),
            "ValidationException",
            f"2 validation errors detected: {_wrong(1)}; {_wrong(3)}",
        ),
        case(
            "MRS-22",
            "A method response twice is a conflict",
            reference("API_PutMethodResponse"),
            _elsewhere("put_method_response", statusCode="200"),
            "ConflictException",
            "Response already exists for this resource",
        ),
    ],
)
def test_method_response_refused(api: Api, call: Call, code: str, message: str) -> None:
    with refused(code, message):
        call(api)


# TestInvokeMethod

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
