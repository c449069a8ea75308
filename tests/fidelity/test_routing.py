"""Which resource and method answers a request, and what every answer has."""

from __future__ import annotations

import pytest

from .facts import case, documented, fact, guide, recorded
from .gateway import JSON, Api, Cloud

SIBLING = recorded("common", "TestApigatewayRouting::test_proxy_routing_with_hardcoded_resource_sibling")

ORDER = recorded("common", "TestApigatewayRouting::test_routing_with_hardcoded_resource_sibling_order")

NOT_FOUND = recorded("common", "TestApigatewayRouting::test_routing_not_found")

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
