"""AWS integrations: Lambda without proxy, and DynamoDB."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, documented, fact, recorded
from .gateway import FAILED, JSON, ROLE, Api, Cloud, response

WRONG_HEADERS = (
    "Authorization",
    "Connection",
    "Expect",
    "Proxy-Authenticate",
    "TE",
    "Content-Length",
    "Transfer-Encoding",
)


@pytest.fixture(scope="module")
def aws(cloud: Cloud, plain: str) -> Api:
    api = cloud.api("aws")

    def put(verb: str, path: str, *answers: dict[str, Any], **settings: Any) -> None:
        base = {"type": "AWS", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(plain), "credentials": ROLE}
        api.method(verb, path, base | settings, responses=answers)

    put("POST", "/plain", response(200))
    put("GET", "/template", response(200), requestTemplates={JSON: '{"param1": "$input.params(\'param1\')"}'})
    put(
        "POST", "/select",
        response(200), response(405, selectionPattern=".*four hundred.*"), response(502, selectionPattern=".+"),
        response(504, selectionPattern="200"),
    )  # fmt: skip
    put(
        "POST",
        "/mapped",
        response(
            200,
            '#set($root = $input.path("$"))\n#if($root.httpStatus == "400")\n#set($context.responseOverride.status = 400)\n#else\n#set($context.responseOverride.status = 202)\n#end\n{"body": "$root.httpStatus"}',
        ),
    )
    for header in WRONG_HEADERS:
        put(
            "GET",
            f"/wrong-{header.lower()}",
            response(200),
            requestParameters={f"integration.request.header.{header}": "'x'"},
        )
    api.deploy()
    return api


AWS = recorded("lambda", "test_lambda_aws_integration")

SELECT = recorded("lambda", "test_lambda_selection_patterns")

REMAP_AWS = recorded("integrations", "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS]")


@fact("AWS-01", "A Lambda without proxy gets the body as its event and its result is the answer", AWS)
def test_aws_plain(aws: Api) -> None:
    found = aws.post("/plain", {"message": "hello world"})
    assert (found.status, found.json()) == (200, {"message": "hello world"})
    assert found.header("Content-Type") == JSON


@fact(
    "AWS-02",
    "A request template makes the event of a Lambda without proxy",
    recorded("lambda", "test_lambda_aws_integration_with_request_template"),
)
def test_aws_template(aws: Api) -> None:
    assert aws.get("/template?param1=foobar").json() == {"param1": "foobar"}


@fact(
    "AWS-03",
    "A query parameter named Signature does not disturb",
    recorded("lambda", "test_lambda_aws_integration_with_request_template"),
)
def test_aws_signature(aws: Api) -> None:
    assert aws.get("/template?param1=foobar&Signature=1").json() == {"param1": "foobar"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        case(
            "AWS-04",
            "A result without an error takes the default response, whatever it says",
            SELECT,
            {"statusCode": "200"},
            200,
        ),
        case(
            "AWS-05",
            "A pattern is matched against the error message",
            SELECT,
            {"raise": "Error: Raising four hundred from within"},
            405,
        ),
        case(
            "AWS-06",
            "Any error matches the pattern of one or more characters",
            SELECT,
            {"raise": "Error: Raising five hundred from within"},
            502,
        ),
    ],
)
def test_aws_select(aws: Api, body: dict[str, str], status: int) -> None:
    assert aws.post("/select", body).status == status


@fact("AWS-07", "The answer of an error is Lambda's error object", SELECT)
def test_aws_error_object(aws: Api) -> None:
    found = aws.post("/select", {"raise": "Error: four hundred"}).json()
    assert set(found) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert (found["errorMessage"], found["errorType"]) == ("Error: four hundred", "Exception")


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        case(
            "AWS-08",
            "A response template overrides the status with 202",
            recorded("lambda", "test_lambda_aws_integration_response_with_mapping_templates"),
            "200",
            202,
        ),
        case(
            "AWS-09",
            "A response template overrides the status with 400",
            recorded("lambda", "test_lambda_aws_integration_response_with_mapping_templates"),
            "400",
            400,
        ),
    ],
)
def test_aws_mapped(aws: Api, wanted: str, status: int) -> None:
    found = aws.post("/mapped", {"httpStatus": wanted})
    assert (found.status, json.loads(found.text)) == (status, {"body": wanted})


@pytest.mark.parametrize(
    "header",
    [
        case(f"AWS-{number}", f"Mapping {header} into an AWS request gives 500", REMAP_AWS, header.lower())
        for number, header in enumerate(WRONG_HEADERS, 10)
    ],
)
def test_aws_wrong_header(aws: Api, header: str) -> None:
    found = aws.get(f"/wrong-{header}")
    assert (found.status, found.json()) == (500, FAILED)


@fact("AWS-17", "An AWS answer has a trace header", REMAP_AWS)
def test_aws_trace(aws: Api) -> None:
    assert (aws.post("/plain", {}).header("X-Amzn-Trace-Id") or "").startswith("Root=1-")


TABLE = "fidelity-table"


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> Api:
    """DynamoDB PutItem, Query and Scan behind one API."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    api = cloud.api("table")
    templates = {
        "PutItem": {"Item": {"id": {"S": "$input.params('id')"}}},
        "Scan": {},
        "Query": {
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "$input.params('id')"}},
        },
    }  # fmt: skip
    for action, template in templates.items():
        integration = {
            "type": "AWS", "integrationHttpMethod": "POST", "uri": f"arn:aws:apigateway:us-east-1:dynamodb:action/{action}",
            "credentials": ROLE, "requestTemplates": {JSON: json.dumps({"TableName": TABLE} | template)},
        }  # fmt: skip
        api.method("GET", f"/{action}", integration, responses=[response(200)])
    api.deploy()
    api.get("/PutItem?id=test")
    return api


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        case(
            "AWS-20",
            "DynamoDB PutItem answers an empty object",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[PutItem]"),
            "/PutItem?id=test",
            {},
        ),
        case(
            "AWS-21",
            "DynamoDB Query answers what DynamoDB says",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Query]"),
            "/Query?id=test",
            {"Count": 1, "Items": [{"id": {"S": "test"}}], "ScannedCount": 1},
        ),
        case(
            "AWS-22",
            "DynamoDB Query without a hit answers none",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Query]"),
            "/Query?id=nothing",
            {"Count": 0, "Items": [], "ScannedCount": 0},
        ),
        case(
            "AWS-23",
            "DynamoDB Scan answers what DynamoDB says",
            recorded("dynamodb", "test_rest_api_to_dynamodb_integration[Scan]"),
            "/Scan",
            {"Count": 1, "Items": [{"id": {"S": "test"}}], "ScannedCount": 1},
        ),
    ],
)
def test_dynamodb(table: Api, path: str, expected: dict[str, Any]) -> None:
    found = table.get(path)
    assert (found.status, found.json()) == (200, expected)
    assert found.header("Content-Type") == JSON


@fact(
    "AWS-24",
    "A service answers its error status through the default response",
    documented(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html"
    ),
)
def test_service_error(cloud: Cloud) -> None:
    api = cloud.api("no-table")
    integration = {
        "type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/Scan",
        "credentials": ROLE, "requestTemplates": {JSON: '{"TableName": "not-there"}'},
    }  # fmt: skip
    api.method("GET", "/", integration, responses=[response(200), response(400, selectionPattern="400")])
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()["__type"].endswith("ResourceNotFoundException")) == (400, True)
