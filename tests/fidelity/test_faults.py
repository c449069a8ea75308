"""What happens when functions, callers or the control plane's callers do wrong. No answer may be a stack trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded, reference, unsure
from .gateway import ACCOUNT, JSON, ROLE, Answer, Api, Cloud, http_to, mock, refused, request, response

FAILED = {"message": "Internal server error"}
EVENT = guide("set-up-lambda-proxy-integrations")
MALFORMED = documented("https://repost.aws/knowledge-center/malformed-502-api-gateway")

# The header x-do says what to do wrong.
WRONG = """
import os, sys, time

def handler(event, context):
    what = event["headers"]["x-do"]
    if what == "sleep":
        time.sleep(5)
    if what == "exit":
        sys.exit(1)
    if what == "kill":
        os._exit(1)
    if what == "huge":
        return {"statusCode": 200, "body": "x" * (7 * 1024 * 1024)}
    if what == "set":
        return {"statusCode": 200, "body": {1, 2}}
    if what == "recover":
        return {"statusCode": 200, "body": "fine"}
    if what == "unicode":
        return {"statusCode": 200, "body": "h\\u00e9llo \\u2603"}
    if what == "large":
        return {"statusCode": 200, "body": "x" * (2 * 1024 * 1024)}
"""


@pytest.fixture(scope="module")
def wrong(cloud: Cloud, unique: str) -> Api:
    arn = cloud.function(f"fidelity-wrong-{unique}", WRONG, Timeout=1)
    broken = cloud.function(f"fidelity-import-{unique}", "import nothing_like_this\n")
    missing = cloud.function(f"fidelity-nameless-{unique}", "other = 1\n")
    api = cloud.api("wrong")
    for path, function in (("/", arn), ("/import", broken), ("/handler", missing)):
        integration = {
            "type": "AWS_PROXY",
            "integrationHttpMethod": "POST",
            "uri": cloud.invocation_uri(function),
            "credentials": ROLE,
        }
        api.method("GET", path, integration)
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("path", "what"),
    [
        case("FLT-01", "A function that runs into its own timeout is 502", MALFORMED, "/", "sleep"),
        case("FLT-02", "A function that exits is 502", MALFORMED, "/", "exit"),
        case("FLT-03", "A function whose process dies is 502", MALFORMED, "/", "kill"),
        case(
            "FLT-04",
            "A function that returns more than 6 MB is 502",
            documented("https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"),
            "/",
            "huge",
        ),
        case("FLT-05", "A function that returns what is no JSON is 502", MALFORMED, "/", "set"),
        case("FLT-06", "A function that cannot be imported is 502", MALFORMED, "/import", "x"),
        case("FLT-07", "A function without its handler is 502", MALFORMED, "/handler", "x"),
    ],
)
def test_function_fault(wrong: Api, path: str, what: str) -> None:
    found = wrong.get(path, {"x-do": what})
    assert (found.status, found.json()) == (502, FAILED)
    assert found.header("x-amzn-ErrorType") == "InternalServerErrorException"


@fact("FLT-08", "A function works again after its process died", EVENT)
def test_recover(wrong: Api) -> None:
    wrong.get("/", {"x-do": "kill"})
    assert wrong.get("/", {"x-do": "recover"}).text == "fine"


@fact("FLT-09", "Text beyond ASCII is answered as UTF-8", EVENT)
def test_unicode(wrong: Api) -> None:
    assert wrong.get("/", {"x-do": "unicode"}).body.decode() == "héllo ☃"


@fact(
    "FLT-10",
    "An answer of two megabytes is passed on whole",
    documented("https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"),
)
def test_large(wrong: Api) -> None:
    assert len(wrong.get("/", {"x-do": "large"}).body) == 2 * 1024 * 1024


@fact(
    "FLT-11",
    "A function whose reserved concurrency is 0 does not answer 200",
    unsure("https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"),
)
def test_no_concurrency(cloud: Cloud, unique: str) -> None:
    name = f"fidelity-none-{unique}"
    arn = cloud.function(name, "def handler(e, c):\n    return {'statusCode': 200}\n")
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    api = cloud.api("no-concurrency")
    api.method(
        "GET",
        "/",
        {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn), "credentials": ROLE},
    )
    api.deploy()
    assert api.get("/").status in {429, 500, 502}


@fact(
    "FLT-12",
    "A function that API Gateway may not invoke is 500",
    documented("https://repost.aws/knowledge-center/api-gateway-rest-api-lambda-integrations"),
)
def test_no_permission(cloud: Cloud, unique: str) -> None:
    name = f"fidelity-private-{unique}"
    arn = cloud.function(name, "def handler(e, c):\n    return {'statusCode': 200}\n")
    cloud.client("lambda").remove_permission(FunctionName=name, StatementId="gateway")
    api = cloud.api("no-permission")
    api.method("GET", "/", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn)})
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (500, FAILED)


@fact(
    "FLT-13",
    "A permission for another API does not open the function",
    documented("https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html"),
)
def test_other_permission(cloud: Cloud, unique: str) -> None:
    name = f"fidelity-scoped-{unique}"
    arn = cloud.function(name, "def handler(e, c):\n    return {'statusCode': 200}\n")
    client = cloud.client("lambda")
    client.remove_permission(FunctionName=name, StatementId="gateway")
    api = cloud.api("scoped")
    api.method("GET", "/a", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn)})
    api.method("GET", "/b", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(arn)})
    api.deploy()
    source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/*/GET/a"
    client.add_permission(
        FunctionName=name,
        StatementId="a",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
    assert (api.get("/a").status, api.get("/b").status) == (200, 500)


# test invocation


INVOKED = recorded("basic", "TestAPIGateway::test_apigw_test_invoke_method_api")
FAILING = recorded("api", "TestApigatewayTestInvoke::test_failed_invoke_test_method")


@pytest.fixture(scope="module")
def invoked(cloud: Cloud, plain: str) -> dict[str, Any]:
    api = cloud.api("invoked")
    place = api.method(
        "GET",
        "/foo",
        {"type": "AWS", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(plain), "credentials": ROLE},
        responses=[response(200)],
    )
    return dict(
        api.control.test_invoke_method(
            **place,
            pathWithQueryString="/foo?queryTest=value",
            body='{"test": "val123"}',
            headers={"content-type": JSON},
        )
    )


@fact("TIM-10", "TestInvokeMethod of a function answers its result with a trace header", INVOKED)
def test_invoked(invoked: dict[str, Any]) -> None:
    assert (invoked["status"], json.loads(invoked["body"])) == (200, {"test": "val123"})
    assert set(invoked["headers"]) == {"Content-Type", "X-Amzn-Trace-Id"}


@pytest.mark.parametrize(
    "line",
    [
        case("TIM-11", "The log of a function has verb and path", INVOKED, "HTTP Method: GET, Resource Path: /foo"),
        case(
            "TIM-12",
            "The log of a function has the query string",
            INVOKED,
            "Method request query string: {queryTest=value}",
        ),
        case(
            "TIM-13",
            "The log of a function has the headers",
            INVOKED,
            "Method request headers: {content-type=application/json}",
        ),
        case(
            "TIM-14",
            "The log of a function has the body before the transformations",
            INVOKED,
            'Method request body before transformations: {"test": "val123"}',
        ),
        case(
            "TIM-15",
            "The log of a function has the body after the transformations",
            INVOKED,
            'Endpoint request body after transformations: {"test": "val123"}',
        ),
        case("TIM-16", "The log of a function has the endpoint", INVOKED, "Endpoint request URI: https://"),
        case(
            "TIM-17",
            "The log of a function has the call",
            INVOKED,
            "Sending request to https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:",
        ),
        case(
            "TIM-18",
            "The log of a function has the status and the latency of the integration",
            INVOKED,
            "Received response. Status: 200, Integration latency: ",
        ),
        case(
            "TIM-19",
            "The log of a function has the answer before the transformations",
            INVOKED,
            "Endpoint response body before transformations: ",
        ),
        case("TIM-20", "The log of a function ends with the status", INVOKED, "Method completed with status: 200"),
    ],
)
def test_invoked_log(invoked: dict[str, Any], line: str) -> None:
    texts = [text.partition(" : ")[2] for text in invoked["log"].split("\n")]
    assert any(text.startswith(line) for text in texts), texts


@fact("TIM-21", "TestInvokeMethod of a URI that is none answers 500 and logs the configuration error", FAILING)
def test_failing(cloud: Cloud) -> None:
    api = cloud.api("failing")
    place = api.method("GET", "/", http_to("http://${stageVariables.host}/x", proxy=True, verb="GET"))
    answer = api.control.test_invoke_method(**place)
    assert (answer["status"], json.loads(answer["body"])) == (500, FAILED)
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert "Execution failed due to configuration error: Invalid endpoint address" in answer["log"]


# the control plane


LISTS = reference("API_GetRestApis")


@fact("LST-01", "Lists come in pages with a position", LISTS)
def test_pages(cloud: Cloud) -> None:
    first = cloud.control.get_rest_apis(limit=1)
    second = cloud.control.get_rest_apis(limit=1, position=first["position"])
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"][0]["id"] != second["items"][0]["id"]


@fact("LST-02", "GetResources shows the methods in full when they are embedded", reference("API_GetResources"))
def test_embed(cloud: Cloud) -> None:
    api = cloud.api("embedded")
    api.mock("GET", "/a", "x")
    items = {item["path"]: item for item in api.control.get_resources(restApiId=api.id, embed=["methods"])["items"]}
    assert items["/a"]["resourceMethods"]["GET"]["methodIntegration"]["type"] == "MOCK"


@fact(
    "LST-03",
    "GetResources shows the verbs with empty objects when they are not embedded",
    recorded("import", "TestApiGatewayImportRestApi::test_import_swagger_api"),
)
def test_no_embed(cloud: Cloud) -> None:
    api = cloud.api("not-embedded")
    api.mock("GET", "/a", "x")
    items = {item["path"]: item for item in api.control.get_resources(restApiId=api.id)["items"]}
    assert items["/a"]["resourceMethods"] == {"GET": {}}


@fact("LST-04", "GetDeployment shows what was deployed when the summary is embedded", reference("API_GetDeployment"))
def test_summary(cloud: Cloud) -> None:
    api = cloud.api("summary")
    api.mock("GET", "/a", "x", apiKeyRequired=True)
    found = api.control.get_deployment(restApiId=api.id, deploymentId=api.deploy(), embed=["apisummary"])
    assert found["apiSummary"] == {"/a": {"GET": {"apiKeyRequired": True, "authorizationType": "NONE"}}}


@fact("LST-05", "GetDeployments lists every deployment with its description", reference("API_GetDeployments"))
def test_deployments(cloud: Cloud) -> None:
    api = cloud.api("deployments")
    api.mock("GET", "/", "x")
    made = {api.snapshot(description=text): text for text in ("one", "two")}
    items = api.control.get_deployments(restApiId=api.id)["items"]
    assert {item["id"]: item["description"] for item in items} == made


@fact(
    "LST-06",
    "A deployment that makes a stage sets its variables, description and tracing",
    reference("API_CreateDeployment"),
)
def test_stage_settings(cloud: Cloud) -> None:
    api = cloud.api("stage-settings")
    api.mock("GET", "/", "x")
    api.deploy("dev", stageDescription="the stage", variables={"a": "1"}, tracingEnabled=True)
    found = api.get_stage("dev")
    assert (found["description"], found["variables"], found["tracingEnabled"]) == ("the stage", {"a": "1"}, True)


CREATE_STAGE = reference("API_CreateStage")


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        case(
            "STG-40",
            "A stage on an unknown deployment is refused",
            CREATE_STAGE,
            {"deploymentId": "none"},
            "BadRequestException",
            "Deployment id does not exist",
        ),
        case(
            "STG-41",
            "A stage name with a character that is none is refused",
            CREATE_STAGE,
            {"stageName": "a b"},
            "BadRequestException",
            None,
        ),
        case(
            "STG-42",
            "A stage variable's value with a dollar sign is refused",
            guide("aws-api-gateway-stage-variables-reference"),
            {"variables": {"alias": "$LATEST"}},
            "BadRequestException",
            None,
        ),
        case(
            "STG-43",
            "A stage variable's name with a dash is refused",
            guide("aws-api-gateway-stage-variables-reference"),
            {"variables": {"a-b": "x"}},
            "BadRequestException",
            None,
        ),
    ],
)
def test_create_stage_refused(cloud: Cloud, settings: dict[str, Any], code: str, message: str | None) -> None:
    api = cloud.api("stage-refused")
    api.mock("GET", "/", "x")
    wanted = {"stageName": "dev", "deploymentId": api.snapshot()} | settings
    with refused(code, message):
        api.control.create_stage(restApiId=api.id, **wanted)


LINK = recorded("api", "TestApiGatewayVpcLink::test_vpc_link_lifecycle")


@fact("VPC-10", "A VPC link is pending with 202 and then ready for use", LINK)
def test_vpc_link(cloud: Cloud) -> None:
    balancer = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/my-load-balancer/50dc6c495c0c9188"
    made = cloud.control.create_vpc_link(name="link", targetArns=[balancer])
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["status"]) == (202, "PENDING")
    found = cloud.control.get_vpc_link(vpcLinkId=made["id"])
    assert (found["status"], found["statusMessage"], found["tags"]) == (
        "AVAILABLE",
        "Your vpc link is ready for use",
        {},
    )
    assert cloud.control.delete_vpc_link(vpcLinkId=made["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202


def _signed(cloud: Cloud, verb: str, path: str, body: bytes | None = None) -> Answer:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    made = AWSRequest(verb, cloud.endpoint + path, headers={"Content-Type": JSON}, data=body)
    SigV4Auth(Credentials("test", "test"), "apigateway", "us-east-1").add_auth(made)
    return request(cloud.endpoint, verb, path, dict(made.headers.items()), body)


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        case(
            "FLT-20",
            "A control call whose body is no JSON is a bad request with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b"{not json",
        ),
        case(
            "FLT-21",
            "A control call whose body is a list is a bad request with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b"[1]",
        ),
        case(
            "FLT-22",
            "A control call to an unknown path is refused with a message",
            unsure("AWS answers UnknownOperationException or 403"),
            "GET",
            "/nothing/here",
            None,
        ),
        case(
            "FLT-23",
            "A control call whose body is deeply nested is refused with a message",
            unsure("AWS's JSON protocols answer SerializationException"),
            "POST",
            "/restapis",
            b'{"name":' + b"[" * 100000,
        ),
    ],
)
def test_control_fault(cloud: Cloud, verb: str, path: str, body: bytes | None) -> None:
    found = _signed(cloud, verb, path, body)
    assert 400 <= found.status < 500
    assert found.header("x-amzn-ErrorType")
    assert "Traceback" not in found.text


@pytest.mark.parametrize(
    "path",
    [
        case(
            "FLT-30",
            "A broken percent escape in a path does not break the gateway",
            unsure("inferred"),
            "/existing/%zz",
        ),
        case("FLT-31", "A null byte in a path does not break the gateway", unsure("inferred"), "/existing/%00"),
        case("FLT-32", "Dots in a path do not leave the stage", unsure("inferred"), "/existing/../../other"),
        case("FLT-33", "A broken query string does not break the gateway", unsure("inferred"), "/existing?a=%zz&=&&b"),
        case("FLT-34", "A path of 8000 characters does not break the gateway", unsure("inferred"), "/" + "a" * 8000),
    ],
)
def test_odd_paths(cloud: Cloud, path: str) -> None:
    api = cloud.api("odd")
    api.method("GET", "/existing", mock(), responses=[response(200, "ok")])
    api.deploy()
    found = api.get(path)
    assert found.status in {200, 400, 403, 414}
    assert "Traceback" not in found.text
