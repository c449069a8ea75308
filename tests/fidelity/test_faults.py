"""What happens when a function does wrong. No answer may be a stack trace."""

from __future__ import annotations

import pytest

from .apis import lambda_proxy
from .facts import case, documented, fact, guide, unsure
from .gateway import ACCOUNT, FAILED, Api, Cloud

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
        api.method("GET", path, lambda_proxy(cloud, function))
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
    api.method("GET", "/", lambda_proxy(cloud, arn))
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
