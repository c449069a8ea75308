"""Access by IAM, resource policy, custom domain and disabled endpoint; compression."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .facts import case, documented, fact, guide, unsure
from .gateway import ACCOUNT, Api, Cloud, refused, request

IAM = documented("https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html")

POLICY = guide("apigateway-resource-policies")


@fact("ACS-01", "A method with IAM authorization is 403 for an unsigned request, with the text about a token", IAM)
def test_iam_unsigned(cloud: Cloud) -> None:
    api = cloud.api("iam")
    api.mock("GET", "/", "ok", authorizationType="AWS_IAM")
    api.deploy()
    found = api.get("/")
    assert (found.status, found.json()) == (403, {"message": "Missing Authentication Token"})
    assert found.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"


def _policed(cloud: Cloud, *statements: dict[str, Any]) -> Api:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    api = cloud.api("policed", policy=json.dumps(policy))
    api.mock("GET", "/open", "ok")
    api.mock("GET", "/closed", "ok")
    api.deploy()
    return api


def _statement(effect: str, resource: str = "execute-api:/*", **condition: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


@fact("ACS-02", "A resource policy that allows everyone opens the API", POLICY)
def test_policy_allow(cloud: Cloud) -> None:
    assert _policed(cloud, _statement("Allow")).get("/open").status == 200


@fact("ACS-03", "A resource policy that denies the caller's address is 403", POLICY)
def test_policy_address(cloud: Cloud) -> None:
    api = _policed(cloud, _statement("Allow"), _statement("Deny", IpAddress={"aws:SourceIp": ["127.0.0.0/8"]}))
    found = api.get("/open")
    assert found.status == 403
    assert found.header("x-amzn-ErrorType") == "AccessDeniedException"


@fact("ACS-04", "A resource policy that denies another address lets the caller in", POLICY)
def test_policy_other_address(cloud: Cloud) -> None:
    api = _policed(cloud, _statement("Allow"), _statement("Deny", IpAddress={"aws:SourceIp": ["10.0.0.0/8"]}))
    assert api.get("/open").status == 200


@fact("ACS-05", "A resource policy may deny one method", POLICY)
def test_policy_method(cloud: Cloud) -> None:
    api = _policed(cloud, _statement("Allow"), _statement("Deny", "execute-api:/*/GET/closed"))
    assert (api.get("/open").status, api.get("/closed").status) == (200, 403)


@fact("ACS-06", "A resource policy without an allowing statement denies", POLICY)
def test_policy_silent(cloud: Cloud) -> None:
    assert _policed(cloud, _statement("Allow", "execute-api:/*/GET/closed")).get("/open").status == 403


@fact(
    "ACS-07", "A changed resource policy holds after a deployment", guide("apigateway-resource-policies-create-attach")
)
def test_policy_deployed(cloud: Cloud) -> None:
    api = _policed(cloud, _statement("Allow"))
    denied = json.dumps({"Version": "2012-10-17", "Statement": [_statement("Deny")]})
    api.control.update_rest_api(
        restApiId=api.id, patchOperations=[{"op": "replace", "path": "/policy", "value": denied}]
    )
    assert api.get("/open").status == 200
    api.deploy()
    assert api.get("/open").status == 403


@fact(
    "ACS-08",
    "A disabled execute-api endpoint is 403 Forbidden",
    unsure("https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html"),
)
def test_disabled(cloud: Cloud) -> None:
    api = cloud.api("disabled", disableExecuteApiEndpoint=True)
    api.mock("GET", "/", "ok")
    api.deploy()
    found = request(cloud.endpoint, "GET", f"/{api.stage}/", {"Host": f"{api.id}.execute-api.us-east-1.amazonaws.com"})
    assert (found.status, found.json()) == (403, {"message": "Forbidden"})
    assert api.get("/").status == 200, "the path form is the laptop's own road, and not AWS's endpoint"


DOMAINS = guide("how-to-custom-domains")


@pytest.fixture(scope="module")
def domain(cloud: Cloud, unique: str) -> str:
    """A custom domain with an API at base path shop and another at the root."""
    name = f"api-{unique}.example.com"
    certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
    cloud.control.create_domain_name(
        domainName=name, regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]}
    )
    for base, text in (("shop", "shop"), ("(none)", "root")):
        api = cloud.api(f"domain-{text}")
        api.mock("GET", "/items", f"{text} $context.path $context.domainName")
        api.deploy()
        cloud.control.create_base_path_mapping(domainName=name, basePath=base, restApiId=api.id, stage="dev")
    return name


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        case("DOM-01", "A base path of a custom domain finds its API", DOMAINS, "/shop/items", "shop"),
        case("DOM-02", "The empty base path of a custom domain takes the rest", DOMAINS, "/items", "root"),
    ],
)
def test_domain(cloud: Cloud, domain: str, path: str, expected: str) -> None:
    found = request(cloud.endpoint, "GET", path, {"Host": domain})
    assert (found.status, found.text.split()[0]) == (200, expected)


@fact("DOM-06", "The domain name in the context is the custom domain", guide("api-gateway-mapping-template-reference"))
def test_domain_name(cloud: Cloud, domain: str) -> None:
    assert request(cloud.endpoint, "GET", "/shop/items", {"Host": domain}).text.split()[2] == domain


@fact(
    "DOM-07",
    "The path in the context has the base path and no stage on a custom domain",
    unsure("community reports about requestContext.path"),
)
def test_domain_path(cloud: Cloud, domain: str) -> None:
    assert request(cloud.endpoint, "GET", "/shop/items", {"Host": domain}).text.split()[1] == "/shop/items"


@fact(
    "DOM-03",
    "A base path twice is a conflict",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html"),
)
def test_base_path_twice(cloud: Cloud, domain: str) -> None:
    found = cloud.control.get_base_path_mapping(domainName=domain, basePath="shop")
    with refused("ConflictException"):
        cloud.control.create_base_path_mapping(
            domainName=domain, basePath="shop", restApiId=found["restApiId"], stage="dev"
        )


@fact(
    "DOM-04",
    "The empty base path is shown as (none)",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_BasePathMapping.html"),
)
def test_none(cloud: Cloud, domain: str) -> None:
    items = cloud.control.get_base_path_mappings(domainName=domain)["items"]
    assert {item["basePath"] for item in items} == {"(none)", "shop"}


@fact(
    "DOM-05",
    "A regional domain shows where its DNS record points to",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_DomainName.html"),
)
def test_regional_domain(cloud: Cloud, domain: str) -> None:
    found = cloud.control.get_domain_name(domainName=domain)
    assert found["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert found["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert found["domainNameStatus"] == "AVAILABLE"


COMPRESSION = guide("api-gateway-gzip-compression-decompression")


@pytest.fixture(scope="module")
def compressing(cloud: Cloud) -> Api:
    api = cloud.api("compressing", minimumCompressionSize=50)
    api.mock("GET", "/large", "x" * 500)
    api.mock("GET", "/small", "x" * 10)
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("path", "accept", "encoding"),
    [
        case(
            "CMP-01",
            "An answer over the compression size is compressed for a client that takes gzip",
            COMPRESSION,
            "/large",
            "gzip",
            "gzip",
        ),
        case("CMP-02", "An answer under the compression size is not compressed", COMPRESSION, "/small", "gzip", None),
        case("CMP-03", "Without Accept-Encoding nothing is compressed", COMPRESSION, "/large", None, None),
    ],
)
def test_compression(compressing: Api, path: str, accept: str | None, encoding: str | None) -> None:
    found = compressing.get(path, {"Accept-Encoding": accept} if accept else {})
    assert (found.status, found.header("Content-Encoding")) == (200, encoding)
