"""Routing rules of a custom domain: modes, which rule takes a request, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .facts import case, documented, fact, guide, reference, unsure
from .gateway import Api, Cloud, Headers, refused, replace, request

RULES, MODES = guide("rest-api-routing-rules"), guide("set-routing-mode")
BOTH, RULES_ONLY, MAPPINGS_ONLY = (
    "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
    "ROUTING_RULE_ONLY",
    "BASE_PATH_MAPPING_ONLY",
)


def header(name: str, value: str) -> dict[str, Any]:
    return {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": value}]}}


def path(base: str) -> dict[str, Any]:
    return {"MatchBasePaths": {"AnyOf": [base]}}


class Domain:
    """A custom domain that is mapped to stage `mapped` of an API which tells its stage and path."""

    def __init__(self, cloud: Cloud, name: str, api: Api) -> None:
        self.cloud, self.name, self.api = cloud, name, api

    def add(self, priority: int, stage: str, *conditions: dict[str, Any], strip: bool = False) -> None:
        action = {"ApiId": self.api.id, "Stage": stage, "StripBasePath": strip}
        self.cloud.client("apigatewayv2").create_routing_rule(
            DomainName=self.name, Priority=priority, Conditions=list(conditions), Actions=[{"InvokeApi": action}]
        )

    def mode(self, mode: str) -> None:
        self.cloud.control.update_domain_name(domainName=self.name, patchOperations=[replace("/routingMode", mode)])

    def ask(self, target: str = "/items", headers: Headers = ()) -> str:
        given = dict(headers)
        return request(self.cloud.endpoint, "GET", target, {"Host": self.name, **given}).text


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    made = cloud.api("rules")
    for route in ("/items", "/orders/items"):
        made.mock("GET", route, f"$context.stage {route}")
    for stage in ("mapped", "first", "second", "third"):
        made.deploy(stage)
    return made


@pytest.fixture
def domain(cloud: Cloud, api: Api, unique: str) -> Iterator[Domain]:
    name = f"rules-{unique}.example.com"
    cloud.control.create_domain_name(domainName=name, endpointConfiguration={"types": ["REGIONAL"]}, routingMode=BOTH)
    cloud.control.create_base_path_mapping(domainName=name, restApiId=api.id, stage="mapped")
    yield Domain(cloud, name, api)
    cloud.control.delete_domain_name(domainName=name)


@pytest.fixture(scope="module")
def ruled(cloud: Cloud, api: Api, unique: str) -> Iterator[Domain]:
    """Three rules: a header, two headers below a path, a prefix of a value."""
    name = f"ruled-{unique}.example.com"
    cloud.control.create_domain_name(domainName=name, endpointConfiguration={"types": ["REGIONAL"]}, routingMode=BOTH)
    cloud.control.create_base_path_mapping(domainName=name, restApiId=api.id, stage="mapped")
    found = Domain(cloud, name, api)
    found.add(20, "second", header("X-Release", "canary"), header("X-Team", "*"), path("orders"))
    found.add(10, "first", header("Hello", "World"))
    found.add(30, "third", header("X-Version", "a*"))
    yield found
    cloud.control.delete_domain_name(domainName=name)


TWO = {"X-Release": "canary", "X-Team": "shop"}


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        case("RUL-01", "A rule whose header matches takes a request from the mapping", RULES, "/items", {"Hello": "World"}, "first"),
        case("RUL-02", "What no rule matches goes by the mapping", RULES, "/items", {}, "mapped"),
        case("RUL-03", "The name of a rule's header matches in any case", RULES, "/items", {"hELLO": "World"}, "first"),
        case("RUL-04", "The value of a rule's header matches in its own case only", RULES, "/items", {"Hello": "world"}, "mapped"),
        case("RUL-05", "Two headers and the base path of a rule match together", RULES, "/orders/items", TWO, "second"),
        case("RUL-06", "A rule with two headers does not match one of them", RULES, "/orders/items", {"X-Release": "canary"}, "mapped"),
        case("RUL-07", "A rule with a base path does not match another path", RULES, "/items", TWO, "mapped"),
        case("RUL-08", "The rule with the lowest priority decides", RULES, "/items", {"X-Version": "a1", "Hello": "World"}, "first"),
        case("RUL-09", "A value with a wildcard at its end matches a prefix", RULES, "/items", {"X-Version": "alpha"}, "third"),
        case("RUL-10", "A value with a wildcard at its end does not match elsewhere", RULES, "/items", {"X-Version": "beta"}, "mapped"),
    ],
)  # fmt: skip
def test_which_rule(ruled: Domain, target: str, headers: Headers, expected: str) -> None:
    assert ruled.ask(target, headers).split()[0] == expected


@pytest.mark.parametrize(
    ("strip", "expected"),
    [
        case("RUL-11", "A rule that strips its base path gives the API the rest", RULES, True, "/items"),
        case("RUL-12", "A rule that does not strip gives the API the whole path", RULES, False, "/orders/items"),
    ],
)
def test_base_path(domain: Domain, strip: bool, expected: str) -> None:
    domain.add(1, "first", path("orders"), strip=strip)
    assert domain.ask("/orders/items") == f"first {expected}"


OTHERS = ("ROUTING_RULE_THEN_API_MAPPING", "API_MAPPING_ONLY", "none")


@fact("RUL-13", "A domain is created in one of the three routing modes of REST APIs", reference("API_CreateDomainName"))
def test_created_mode(cloud: Cloud, unique: str) -> None:
    for mode in OTHERS:
        with refused("ValidationException"):
            cloud.control.create_domain_name(domainName=f"moded-{unique}.example.com", routingMode=mode)


@fact(
    "RUL-26",
    "The routing mode is not patched to a name of another API",
    unsure("the enumeration is documented, the code of the refusal is our inference"),
)
def test_patched_mode(cloud: Cloud, domain: Domain) -> None:
    for mode in OTHERS:
        with refused("BadRequestException"):
            domain.mode(mode)
    assert cloud.control.get_domain_name(domainName=domain.name)["routingMode"] == BOTH


@fact("RUL-14", "Rules are not read in the mode of mappings, and are there again in the mode of both", MODES)
def test_mode_of_mappings(domain: Domain) -> None:
    domain.add(1, "first")
    assert domain.ask().split()[0] == "first"
    domain.mode(MAPPINGS_ONLY)
    assert domain.ask().split()[0] == "mapped"
    domain.mode(BOTH)
    assert domain.ask().split()[0] == "first"


@fact("RUL-15", "Mappings are not read in the mode of rules", MODES)
def test_mode_of_rules(domain: Domain) -> None:
    domain.add(1, "first", header("Hello", "World"))
    domain.mode(RULES_ONLY)
    assert domain.ask("/items", {"Hello": "World"}).split()[0] == "first"
    assert "mapped" not in domain.ask()


@fact("RUL-16", "A rule is not created in the mode of mappings", MODES)
def test_no_rule(domain: Domain) -> None:
    domain.mode(MAPPINGS_ONLY)
    with refused("BadRequestException"):
        domain.add(1, "first")


@fact("RUL-17", "A mapping is not created in the mode of rules", MODES)
def test_no_mapping(cloud: Cloud, domain: Domain) -> None:
    domain.mode(RULES_ONLY)
    with refused("BadRequestException"):
        cloud.control.create_base_path_mapping(
            domainName=domain.name, basePath="more", restApiId=domain.api.id, stage="mapped"
        )


@pytest.mark.parametrize(
    ("priority", "conditions"),
    [
        case("RUL-18", "A rule has two headers at most", RULES, 1, [header(f"x-{n}", "1") for n in range(3)]),
        case("RUL-19", "A rule has one base path at most", RULES, 1, [path("a"), path("b")]),
        case("RUL-20", "A wildcard inside a value is refused", RULES, 1, [header("X-A", "a*b")]),
        case("RUL-21", "The priority of a rule is 1 at least", RULES, 0, []),
        case("RUL-22", "The priority of a rule is a million at most", RULES, 1_000_001, []),
    ],
)
def test_refused(domain: Domain, priority: int, conditions: list[dict[str, Any]]) -> None:
    with refused("BadRequestException"):
        domain.add(priority, "first", *conditions)


@fact("RUL-23", "Two rules of one domain do not have one priority", RULES)
def test_same_priority(domain: Domain) -> None:
    domain.add(5, "first")
    with refused("ConflictException"):
        domain.add(5, "second")


@fact(
    "RUL-24",
    "Rules are listed by priority",
    documented(
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-routingrules.html"
    ),
)
def test_listed(cloud: Cloud, domain: Domain) -> None:
    for priority in (30, 10, 20):
        domain.add(priority, "first")
    listed = cloud.client("apigatewayv2").list_routing_rules(DomainName=domain.name)["RoutingRules"]
    assert [one["Priority"] for one in listed] == [10, 20, 30]


@fact("RUL-25", "A stage that a rule invokes is not deleted", unsure("our inference from mappings, which are refused"))
def test_stage_stays(cloud: Cloud, domain: Domain) -> None:
    domain.add(1, "third")
    with refused("BadRequestException"):
        cloud.control.delete_stage(restApiId=domain.api.id, stageName="third")
