"""Integrations of a method: types, URIs, patches, and the texts of what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .apis import methods_api
from .facts import case, fact, recorded, reference
from .gateway import ACCOUNT, JSON, ROLE, Api, Cloud, mock, refused, replace, shown
from .refusals import NO_INTEGRATION, NO_METHOD, NO_RESOURCE, Call, on_mock_method


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return methods_api(cloud)


INTEGRATION = "TestApigatewayIntegration::"

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
            on_mock_method("put_integration", httpMethod="PUT", type="MOCK"),
            "NotFoundException",
            NO_METHOD,
        ),
        case(
            "INT-25",
            "An integration on an unknown resource is not found",
            recorded("api", INTEGRATION + "test_put_integration_response_validation"),
            on_mock_method("put_integration", resourceId="badresource", type="MOCK"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "INT-26",
            "GetIntegration on an unknown API says that the resource is not found",
            recorded("api", INTEGRATION + "test_get_integration_non_existent"),
            on_mock_method("get_integration", restApiId="bad"),
            "NotFoundException",
            NO_RESOURCE,
        ),
        case(
            "INT-27",
            "GetIntegration of a verb that is not there is not found",
            recorded("api", INTEGRATION + "test_get_integration_non_existent"),
            on_mock_method("get_integration", httpMethod="POST"),
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
