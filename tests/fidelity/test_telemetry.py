"""Access logs in CloudWatch Logs and the AWS/ApiGateway metrics. Sends all requests first, then waits once for delivery."""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from .facts import case, documented, fact, guide, recorded, unsure
from .gateway import ACCOUNT, Api, Cloud, add, refused, replace

VARIABLES = guide("api-gateway-variables-for-access-logging")
LOGGING = guide("set-up-logging")
METRICS = guide("api-gateway-metrics-and-dimensions")
DELIVERY_SECONDS = 20
FIELDS = {
    "requestId": "$context.requestId", "extended": "$context.extendedRequestId", "status": "$context.status",
    "resource": "$context.resourcePath", "path": "$context.path", "verb": "$context.httpMethod", "stage": "$context.stage",
    "api": "$context.apiId", "account": "$context.accountId", "protocol": "$context.protocol",
    "latency": "$context.responseLatency", "integration": "$context.integrationLatency", "length": "$context.responseLength",
    "ip": "$context.identity.sourceIp", "agent": "$context.identity.userAgent", "time": "$context.requestTime",
    "epoch": "$context.requestTimeEpoch", "canary": "$context.isCanaryRequest", "unknown": "$context.noSuchThing",
    "error": "$context.error.message", "errorType": "$context.error.responseType", "domain": "$context.domainName",
    "deployment": "$context.deploymentId", "principal": "$context.authorizer.principalId", "trace": "$context.xrayTraceId",
    "istatus": "$context.integration.status", "icode": "$context.integrationStatus", "quoted": "$context.error.messageString",
    "ilatency": "$context.integration.latency", "waf": "$context.wafResponseCode", "key": "$context.identity.apiKeyId",
}  # fmt: skip


def wait_for(ask: Callable[[], Any]) -> Any:
    """The first answer that is true, or the last one when delivery takes too long."""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@dataclass
class Logged:
    api: Api
    group: str
    lines: dict[str, dict[str, str]]  # by the path that was asked


@pytest.fixture(scope="module")
def logged(cloud: Cloud, unique: str, echo: str) -> Logged:
    """GET /ok (MOCK), /lambda and /missing once each, with a JSON access log of every field."""
    group = f"fidelity-access-{unique}"
    cloud.client("logs").create_log_group(logGroupName=group)
    api = cloud.api(f"logged-{unique}")
    api.mock("GET", "/ok", "0123456789")
    api.mock("GET", "/wrong", status=500)
    proxy = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": cloud.invocation_uri(echo)}
    api.method("GET", "/lambda", proxy)
    api.deploy()
    api.patch_stage(
        add("/accessLogSettings/destinationArn", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"),
        add("/accessLogSettings/format", json.dumps(FIELDS)),
        replace("/ok/GET/metrics/enabled", "true"),
    )
    for path in ("/ok", "/ok", "/wrong", "/lambda", "/missing"):
        api.get(path, {"User-Agent": "fidelity"})

    def ask() -> list[dict[str, str]]:
        events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events] if len(events) >= 5 else []

    lines = wait_for(ask) or []
    return Logged(api, group, {line["path"].removeprefix("/dev"): line for line in lines})


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        case("LOG-01", "The status is logged", VARIABLES, "/ok", "status", "200"),
        case("LOG-02", "The resource path is logged", VARIABLES, "/ok", "resource", "/ok"),
        case("LOG-03", "The path is logged with its stage", VARIABLES, "/ok", "path", "/dev/ok"),
        case("LOG-04", "The verb is logged", VARIABLES, "/ok", "verb", "GET"),
        case("LOG-05", "The stage is logged", VARIABLES, "/ok", "stage", "dev"),
        case("LOG-06", "The account is logged", VARIABLES, "/ok", "account", ACCOUNT),
        case("LOG-07", "The protocol is logged", VARIABLES, "/ok", "protocol", "HTTP/1.1"),
        case("LOG-08", "The length of the answer is logged", VARIABLES, "/ok", "length", "10"),
        case("LOG-09", "The user agent is logged", VARIABLES, "/ok", "agent", "fidelity"),
        case("LOG-10", "An unknown variable is logged as a dash", LOGGING, "/ok", "unknown", "-"),
        case("LOG-11", "A request without an error logs a dash for it", LOGGING, "/ok", "error", "-"),
        case(
            "LOG-12",
            "A request that finds no method is logged with its error",
            VARIABLES,
            "/missing",
            "error",
            "Missing Authentication Token",
        ),
        case(
            "LOG-13",
            "A request that finds no method is logged with its gateway response",
            VARIABLES,
            "/missing",
            "errorType",
            "MISSING_AUTHENTICATION_TOKEN",
        ),
        case("LOG-14", "A request that finds no method is logged with 403", VARIABLES, "/missing", "status", "403"),
        case(
            "LOG-15",
            "A MOCK method has no integration latency in the log",
            unsure(
                "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html"
            ),
            "/ok",
            "integration",
            "-",
        ),
    ],
)
def test_log_field(logged: Logged, path: str, field: str, expected: str) -> None:
    assert logged.lines[path][field] == expected


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        case(
            "LOG-40",
            "A request without an authorizer logs a dash for the principal",
            VARIABLES,
            "/ok",
            "principal",
            "-",
        ),
        case("LOG-41", "A request without a key logs a dash for the key's id", VARIABLES, "/ok", "key", "-"),
        case("LOG-42", "A request without WAF logs a dash for its answer", VARIABLES, "/ok", "waf", "-"),
        case("LOG-43", "The status that the function's code gave is logged", VARIABLES, "/lambda", "istatus", "200"),
        case("LOG-44", "The status that Lambda itself gave is logged", VARIABLES, "/lambda", "icode", "200"),
    ],
)
def test_log_more(logged: Logged, path: str, field: str, expected: str) -> None:
    assert logged.lines[path][field] == expected


@fact("LOG-16", "Every request is one line", LOGGING)
def test_log_lines(logged: Logged) -> None:
    assert set(logged.lines) == {"/ok", "/wrong", "/lambda", "/missing"}


@fact("LOG-17", "The API's id is logged", VARIABLES)
def test_log_api(logged: Logged) -> None:
    assert logged.lines["/ok"]["api"] == logged.api.id


@pytest.mark.parametrize(
    "field",
    [
        case("LOG-18", "The response latency is logged in whole milliseconds", VARIABLES, "latency"),
        case(
            "LOG-19", "The integration latency of a function is logged in whole milliseconds", VARIABLES, "integration"
        ),
    ],
)
def test_log_latency(logged: Logged, field: str) -> None:
    assert re.fullmatch(r"\d+", logged.lines["/lambda"][field])


@fact("LOG-20", "Request time is logged as text and in milliseconds", VARIABLES)
def test_log_time(logged: Logged) -> None:
    line = logged.lines["/ok"]
    assert re.fullmatch(r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000", line["time"])
    assert re.fullmatch(r"\d{13}", line["epoch"])


@fact("LOG-21", "The request id is logged as a UUID", VARIABLES)
def test_log_request_id(logged: Logged) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", logged.lines["/ok"]["requestId"])


@fact("LOG-22", "A format without a request id is refused", LOGGING)
def test_log_format(logged: Logged) -> None:
    with refused("BadRequestException"):
        logged.api.patch_stage(replace("/accessLogSettings/format", "$context.status"))


# the canary's log


@pytest.fixture(scope="module")
def canary(cloud: Cloud, unique: str) -> dict[str, list[str]]:
    """The isCanaryRequest of the lines of the group and of its /Canary group, after five requests to each."""
    group = f"fidelity-canary-{unique}"
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    api = cloud.api(f"canary-log-{unique}")
    api.mock("GET", "/", "x")
    api.deploy()
    api.patch_stage(
        add("/accessLogSettings/destinationArn", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"),
        add("/accessLogSettings/format", "$context.requestId $context.isCanaryRequest"),
    )
    api.deploy(canarySettings={"percentTraffic": 0})
    for percent in ("0.0", "100.0"):
        api.patch_stage(replace("/canarySettings/percentTraffic", percent))
        for _ in range(5):
            api.get("/")

    def read(name: str) -> list[str]:
        try:
            return [event["message"].split()[1] for event in logs.filter_log_events(logGroupName=name)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    wait_for(lambda: len(read(group)) >= 10)
    return {"": read(group), "/Canary": read(f"{group}/Canary")}


CANARY_LOGS = guide("canary-release")


@fact(
    "LOG-30",
    "The stage's log says which requests went to the canary",
    recorded("canary", "TestCanaryDeployments::test_invoking_canary_deployment"),
)
def test_canary_flag(canary: dict[str, list[str]]) -> None:
    assert sorted(set(canary[""])) == ["false", "true"]


@fact("LOG-31", "Requests of the canary are in the stage's log as well", CANARY_LOGS)
def test_canary_in_both(canary: dict[str, list[str]]) -> None:
    assert canary[""].count("true") == 5


@fact("LOG-32", "Requests of the canary are in a group whose name ends in /Canary, and no others", CANARY_LOGS)
def test_canary_group(canary: dict[str, list[str]]) -> None:
    assert canary["/Canary"] == ["true"] * 5


# metrics


def _statistic(cloud: Cloud, name: str, statistic: str, dimensions: dict[str, str]) -> float:
    now = datetime.datetime.now(datetime.UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - datetime.timedelta(minutes=10),
        EndTime=now + datetime.timedelta(minutes=2),
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(point[statistic] for point in points))


@pytest.fixture(scope="module")
def measured(cloud: Cloud, logged: Logged) -> Callable[..., float]:
    name = logged.api.attributes["name"]
    wait_for(lambda: _statistic(cloud, "Count", "SampleCount", {"ApiName": name}) >= 5)

    def statistic(metric: str, kind: str = "Sum", **dimensions: str) -> float:
        return _statistic(cloud, metric, kind, {"ApiName": name} | dimensions)

    return statistic


ONE = {"Stage": "dev"}
METHOD = {"Stage": "dev", "Resource": "/ok", "Method": "GET"}


@pytest.mark.parametrize(
    ("metric", "statistic", "dimensions", "expected"),
    [
        case("MET-01", "Count has one sample for every request of the API", METRICS, "Count", "SampleCount", {}, 5),
        case("MET-02", "Count has one sample for every request of the stage", METRICS, "Count", "SampleCount", ONE, 5),
        case("MET-03", "The sum of 4XXError is the number of client errors", METRICS, "4XXError", "Sum", ONE, 1),
        case("MET-04", "The sum of 5XXError is the number of server errors", METRICS, "5XXError", "Sum", ONE, 1),
        case(
            "MET-05",
            "The average of 4XXError is a rate, as it has a sample for every request",
            METRICS,
            "4XXError",
            "SampleCount",
            ONE,
            5,
        ),
        case("MET-06", "Latency has one sample for every request", METRICS, "Latency", "SampleCount", ONE, 5),
        case("MET-07", "A method with detailed metrics has its own Count", METRICS, "Count", "SampleCount", METHOD, 2),
        case(
            "MET-08",
            "A method without detailed metrics has no Count of its own",
            METRICS,
            "Count",
            "SampleCount",
            METHOD | {"Resource": "/lambda"},
            0,
        ),
    ],
)
def test_metric(
    measured: Callable[..., float], metric: str, statistic: str, dimensions: dict[str, str], expected: int
) -> None:
    assert measured(metric, statistic, **dimensions) == expected


@fact("MET-09", "IntegrationLatency is measured for a function", METRICS)
def test_integration_latency(measured: Callable[..., float]) -> None:
    assert measured("IntegrationLatency", "SampleCount", Stage="dev") >= 1


@fact(
    "MET-10",
    "Metrics are kept in the region of the API",
    documented("https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"),
)
def test_metric_region(europe: Cloud, logged: Logged, measured: Callable[..., float]) -> None:
    assert _statistic(europe, "Count", "SampleCount", {"ApiName": logged.api.attributes["name"]}) == 0


# metric filters


@fact(
    "MET-11",
    "A metric filter over the access log makes a metric of its own",
    documented("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"),
)
def test_metric_filter(cloud: Cloud, unique: str) -> None:
    group, logs = f"fidelity-filter-{unique}", cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.put_metric_filter(
        logGroupName=group,
        filterName="errors",
        filterPattern="{ $.status >= 500 }",
        metricTransformations=[{"metricName": f"Errors{unique}", "metricNamespace": "Fidelity", "metricValue": "1"}],
    )
    api = cloud.api(f"filtered-{unique}")
    api.mock("GET", "/wrong", status=500)
    api.mock("GET", "/ok", "x")
    api.deploy()
    api.patch_stage(
        add("/accessLogSettings/destinationArn", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"),
        add("/accessLogSettings/format", '{"requestId":"$context.requestId","status":$context.status}'),
    )
    for path in ("/wrong", "/ok", "/wrong"):
        api.get(path)

    def total() -> float:
        now = datetime.datetime.now(datetime.UTC)
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="Fidelity",
            MetricName=f"Errors{unique}",
            StartTime=now - datetime.timedelta(minutes=10),
            EndTime=now + datetime.timedelta(minutes=2),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    wait_for(lambda: total() >= 2)
    assert total() == 2
