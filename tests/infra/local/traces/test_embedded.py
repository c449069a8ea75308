"""Traces in the whole engine: HTTP in, boto3 reads what X-Ray would know."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.tracer.ids import read_header
from tests.infra.local.edge.engine import Engine, running
from tests.infra.local.traces.engine import ALLOW, BACK, FRONT, by_origin, deploy, documents, function, summaries
from tests.infra.local.traces.test_otlp import SPAN_A, SPAN_B, export, span

pytestmark = pytest.mark.embedded

REGION = "eu-west-1"
SERVICE, FUNCTION, STAGE = "AWS::Lambda", "AWS::Lambda::Function", "AWS::ApiGateway::Stage"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("traces")) as made:
        yield made


@pytest.fixture(scope="module")
def path(engine: Engine) -> str:
    function(engine, "back", BACK, REGION)
    front = function(engine, "front", FRONT, REGION, OTEL_EXPORTER_OTLP_ENDPOINT="https://collector.example.com:4318")
    own = function(engine, "allow", ALLOW, REGION)
    upstream = f"http://127.0.0.1:{engine.port}/_gatewright/health"
    api = deploy(engine, REGION, front=front, authorizer=own, upstream=upstream)
    return f"/_aws/execute-api/{api}/live"


def fresh() -> str:
    return f"1-{int(time.time()):08x}-{time.monotonic_ns():024x}"


def sampled(engine: Engine, path: str, **headers: str) -> tuple[str, Any]:
    """A request that is sampled for sure; its trace id and answer."""
    root = fresh()
    answer = engine.request("GET", path, X_Amzn_Trace_Id=f"Root={root};Sampled=1", **headers)
    return root, answer


def test_a_request_is_followed_through_the_gateway_and_two_functions(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/front?back=1&secret=hush")
    assert answer.status == 200
    found = documents(engine, REGION, root)
    assert sorted((one["name"], one["origin"]) for one in found) == [
        ("back", SERVICE), ("back", FUNCTION), ("followed/live", STAGE), ("front", SERVICE), ("front", FUNCTION),
    ]  # fmt: skip
    stage = by_origin(found, STAGE)
    (call,) = stage["subsegments"]
    assert (call["name"], call["namespace"], call["http"]["response"]["status"]) == ("Lambda", "aws", 200)
    front, back = by_origin(found, FUNCTION, "front"), by_origin(found, FUNCTION, "back")
    assert by_origin(found, SERVICE, "front")["parent_id"] == call["id"]
    assert front["parent_id"] == by_origin(found, SERVICE, "front")["id"]
    ran = next(part for part in front["subsegments"] if part["name"] == "Invocation")
    assert by_origin(found, SERVICE, "back")["parent_id"] == ran["id"]  # botocore passes the header on
    told = read_header(answer.body["env"]["_X_AMZN_TRACE_ID"])
    assert told is not None
    assert (told.root, told.parent, told.sampled) == (root, ran["id"], True)
    assert "hush" not in json.dumps(found)
    assert stage["http"]["request"]["url"].endswith(".execute-api.eu-west-1.amazonaws.com/live/front")
    assert stage["aws"]["api_gateway"]["request_id"] == answer.headers["x-amzn-requestid"]
    assert stage["http"]["response"] == {"status": 200, "content_length": int(answer.headers["content-length"])}
    for child, parent in ((call, stage), (back, front), (front, call)):
        assert parent["start_time"] <= child["start_time"] <= child["end_time"] <= parent["end_time"]


def test_a_cold_start_has_an_initialization_and_a_warm_one_none(engine: Engine, path: str) -> None:
    engine.client("lambda", REGION).update_function_configuration(FunctionName="front", MemorySize=256)
    names = []
    for _ in range(2):
        root, _answer = sampled(engine, f"{path}/front")
        function = by_origin(documents(engine, REGION, root), FUNCTION, "front")
        names.append([part["name"] for part in function["subsegments"]])
    assert names == [["Initialization", "Overhead", "Invocation"], ["Overhead", "Invocation"]]


def test_the_authorizer_is_a_call_of_its_own(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/guarded", Authorization="x")
    assert answer.status == 200
    found = documents(engine, REGION, root)
    calls = by_origin(found, STAGE)["subsegments"]
    assert [call["aws"]["function_name"] for call in calls] == ["allow", "front"]
    assert by_origin(found, SERVICE, "allow")["parent_id"] == calls[0]["id"]


def test_an_http_backend_is_named_by_its_host(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/upstream")
    assert answer.status == 200
    (stage,) = documents(engine, REGION, root)
    (call,) = stage["subsegments"]
    assert (call["name"], call["namespace"], call["http"]["response"]["status"]) == ("127.0.0.1", "remote", 200)
    assert call["http"]["request"]["url"] == f"http://127.0.0.1:{engine.port}"


def test_a_function_made_slow_is_where_the_time_goes(engine: Engine, path: str) -> None:
    sampled(engine, f"{path}/front?back=1")
    body = {"regions": [REGION], "slow_ms": 40}
    engine.request("PUT", "/_gatewright/troubles/back", json.dumps(body).encode())
    try:
        root, _ = sampled(engine, f"{path}/front?back=1")
    finally:
        engine.request("PUT", "/_gatewright/troubles/back", json.dumps(body | {"slow_ms": 0}).encode())
    back = by_origin(documents(engine, REGION, root), FUNCTION, "back")
    assert back["end_time"] - back["start_time"] >= 0.035  # a loop may wake a little early
    assert root in [one["Id"] for one in summaries(engine, REGION, 'responsetime > 0.035 AND service("back")')]


def test_a_failure_is_a_fault_of_the_function_and_not_of_the_stage(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/front?back=1&fail=1")
    assert answer.status == 200
    found = documents(engine, REGION, root)
    assert by_origin(found, FUNCTION, "back")["fault"] is True
    assert "fault" not in by_origin(found, STAGE)
    (summary,) = [one for one in summaries(engine, REGION) if one["Id"] == root]
    assert (summary["HasFault"], summary["HasError"]) == (False, False)
    assert summary["EntryPoint"]["Name"] == "followed/live"


def test_a_refused_request_is_an_error(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/nowhere")
    assert answer.status == 403
    (stage,) = documents(engine, REGION, root)
    assert (stage["error"], "fault" in stage, "subsegments" in stage) == (True, False, False)
    expression = 'error AND http.url CONTAINS "/live/nowhere"'
    assert root in [one["Id"] for one in summaries(engine, REGION, expression)]
    assert summaries(engine, "us-east-1", expression) == []


def test_a_gateway_that_gave_up_is_a_fault_and_the_function_ends_its_segment_later(engine: Engine) -> None:
    api = deploy(engine, REGION, front=function(engine, "late", BACK, REGION), timeout_ms=50)
    engine.client("lambda", REGION).invoke(FunctionName="late", Payload=b"{}")  # warm: begun within 50 ms
    trouble = {"regions": [REGION], "slow_ms": 250}
    engine.request("PUT", "/_gatewright/troubles/late", json.dumps(trouble).encode())
    root, answer = sampled(engine, f"/_aws/execute-api/{api}/live/front")
    assert answer.status == 504
    (stage,) = documents(engine, REGION, root)
    (call,) = stage["subsegments"]
    assert (stage["fault"], call["fault"], "response" in call["http"]) == (True, True, False)
    until = time.monotonic() + 10
    while len(found := documents(engine, REGION, root)) < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    late = by_origin(found, FUNCTION, "late")
    assert late["end_time"] - late["start_time"] >= 0.2
    assert late["end_time"] > stage["end_time"]


def test_a_function_that_cannot_start_is_a_fault_of_its_initialization(engine: Engine) -> None:
    function(engine, "broken", "raise ValueError('no')", REGION)
    client = engine.client("lambda", REGION)
    header = f"Root={fresh()};Sampled=1"
    client.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header)
    )
    client.invoke(FunctionName="broken")
    found = by_origin(documents(engine, REGION, header[5:40]), FUNCTION, "broken")
    assert [(part["name"], part["fault"]) for part in found["subsegments"]] == [("Initialization", True)]


def test_a_function_that_is_called_directly_begins_its_own_trace(engine: Engine) -> None:
    function(engine, "alone", BACK, "eu-west-2")
    engine.client("lambda", "eu-west-2").invoke(FunctionName="alone", Payload=b"{}")
    (summary,) = summaries(engine, "eu-west-2")
    assert (summary["EntryPoint"]["Name"], summary["EntryPoint"]["Type"]) == ("alone", SERVICE)


def test_a_throttled_function_is_refused_in_its_own_segment(engine: Engine, path: str) -> None:
    function(engine, "busy", BACK, REGION)
    client = engine.client("lambda", REGION)
    client.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=0)
    root = fresh()
    status = engine.request(
        "POST", "/2015-03-31/functions/busy/invocations", b"{}", X_Amzn_Trace_Id=f"Root={root};Sampled=1",
        Authorization="AWS4-HMAC-SHA256 Credential=test/20261124/eu-west-1/lambda/aws4_request",
    ).status  # fmt: skip
    (segment,) = documents(engine, REGION, root)
    assert (status, segment["error"], segment["throttle"], segment["origin"]) == (429, True, True, SERVICE)


def test_who_says_unsampled_is_not_recorded(engine: Engine, path: str) -> None:
    root = fresh()
    answer = engine.request("GET", f"{path}/front", X_Amzn_Trace_Id=f"Root={root};Parent=53995c3f42cd8ad8;Sampled=0")
    assert answer.status == 200
    told = read_header(answer.body["env"]["_X_AMZN_TRACE_ID"])
    assert told is not None
    assert (told.root, told.sampled) == (root, False)
    assert engine.client("xray", REGION).batch_get_traces(TraceIds=[root])["UnprocessedTraceIds"] == [root]


def test_without_a_word_of_the_client_the_default_rule_decides(engine: Engine, path: str) -> None:
    seen: set[bool | None] = set()
    until = time.monotonic() + 10
    while seen != {True, False}:  # the first of a second, and most of the others
        assert time.monotonic() < until
        told = read_header(engine.request("GET", f"{path}/front").body["env"]["_X_AMZN_TRACE_ID"])
        assert told is not None
        seen.add(told.sampled)


def test_the_header_of_the_gateway_does_not_count_for_the_client_s_limit(engine: Engine, path: str) -> None:
    own = len(f"127.0.0.1:{engine.port}") + len("identity") + len(f"{path}/front")
    assert engine.request("GET", f"{path}/front", X_Long="x" * (10_240 - own)).status == 200
    assert engine.request("GET", f"{path}/front", X_Long="x" * (10_241 - own)).status != 200


def test_an_untraced_stage_and_function_record_nothing(engine: Engine, path: str) -> None:
    plain = function(engine, "plain", FRONT, "us-east-1", mode="PassThrough")
    api = deploy(engine, "us-east-1", front=plain)
    engine.client("apigateway", "us-east-1").update_stage(
        restApiId=api,
        stageName="live",
        patchOperations=[{"op": "replace", "path": "/tracingEnabled", "value": "false"}],
    )
    answer = engine.request("GET", f"/_aws/execute-api/{api}/live/front")
    assert answer.status == 200
    assert answer.body["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert ";" not in answer.body["headers"]["X-Amzn-Trace-Id"]
    assert summaries(engine, "us-east-1") == []


def test_the_daemon_takes_what_a_function_sends_and_it_stands_within_its_invocation(engine: Engine, path: str) -> None:
    root, answer = sampled(engine, f"{path}/front")
    told = read_header(answer.body["env"]["_X_AMZN_TRACE_ID"])
    assert told is not None
    host, _, port = answer.body["env"]["AWS_XRAY_DAEMON_ADDRESS"].partition(":")
    now = time.time()
    own = {"id": "53995c3f42cd8ad8", "trace_id": root, "parent_id": told.parent, "type": "subsegment"}
    document = {**own, "name": "orders", "namespace": "aws", "start_time": now, "end_time": now + 0.01}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in (b"nonsense", b'{"format": "json", "version": 1}\n' + json.dumps(document).encode()):
            sender.sendto(datagram, (host, int(port)))
    until = time.monotonic() + 10
    while not summaries(engine, REGION, 'service("orders")'):
        assert time.monotonic() < until
        time.sleep(0.01)
    front = by_origin(documents(engine, REGION, root), FUNCTION, "front")
    ran = next(part for part in front["subsegments"] if part["name"] == "Invocation")
    assert [(part["id"], part["name"]) for part in ran["subsegments"]] == [(own["id"], "orders")]


def test_each_region_has_a_daemon_of_its_own(engine: Engine, path: str) -> None:
    api = deploy(engine, "us-west-1", front=function(engine, "front", FRONT, "us-west-1"))
    there = engine.request("GET", f"/_aws/execute-api/{api}/live/front").body["env"]
    here = engine.request("GET", f"{path}/front").body["env"]
    assert here["AWS_XRAY_DAEMON_ADDRESS"] != there["AWS_XRAY_DAEMON_ADDRESS"]
    assert there["OTEL_EXPORTER_OTLP_ENDPOINT"] is None
    assert here["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://127.0.0.1:{engine.port}/_gatewright/otlp"


def test_spans_of_opentelemetry_become_a_trace(engine: Engine) -> None:
    text = json.dumps(export(span(kind=2), span(SPAN_B, parentSpanId=SPAN_A, kind=3, name="GET")))
    path = "/_gatewright/otlp/v1/traces"
    answer = engine.request("POST", path, text.encode(), Content_Type="application/json")
    assert (answer.status, answer.body) == (200, {})
    (segment,) = documents(engine, "eu-central-1", ROOT)
    assert (segment["id"], segment["name"], segment["subsegments"][0]["id"]) == (SPAN_A, "orders", SPAN_B)
    assert engine.request("POST", path, b"x", Content_Type="application/x-protobuf").status == 415


def test_put_and_get_by_boto3(engine: Engine) -> None:
    client = engine.client("xray", "us-west-2")
    now = time.time()
    good = {
        "id": "70de5b6f19ff9a0a", "trace_id": ROOT, "name": "mine", "start_time": now - 2, "end_time": now,
        "annotations": {"plan": "gold", "many": 3}, "http": {"request": {"method": "GET", "url": "https://a.example/x"}},
    }  # fmt: skip
    bad = {**good, "id": "nonsense"}
    answer = client.put_trace_segments(TraceSegmentDocuments=[json.dumps(good), json.dumps(bad), "{"])
    assert [one.get("Id") for one in answer["UnprocessedTraceSegments"]] == ["nonsense", ""]
    assert documents(engine, "us-west-2", ROOT) == [good]
    (summary,) = summaries(engine, "us-west-2", 'annotation.plan = "gold" AND duration >= 2')
    assert summary["Annotations"]["many"][0]["AnnotationValue"] == {"NumberValue": 3.0}
    assert summary["Http"] == {"HttpURL": "https://a.example/x", "HttpMethod": "GET"}
    (rule,) = client.get_sampling_rules()["SamplingRuleRecords"]
    assert (rule["SamplingRule"]["FixedRate"], rule["SamplingRule"]["ReservoirSize"]) == (0.05, 1)


def test_what_is_not_known_here_is_refused_in_words(engine: Engine) -> None:
    client = engine.client("xray", REGION)
    with pytest.raises(ClientError, match="embedded X-Ray does not know") as refused:
        summaries(engine, REGION, 'edge("a", "b")')
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    with pytest.raises(ClientError, match="at most 5"):
        client.batch_get_traces(TraceIds=[f"1-{n:08x}-{n:024x}" for n in range(6)])
    with pytest.raises(ClientError, match="does not answer /Groups"):
        client.get_groups()
