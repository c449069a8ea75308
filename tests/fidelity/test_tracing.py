"""What X-Ray has of a request to a traced stage and its function, and how its API answers."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .apis import lambda_proxy
from .facts import Source, documented, fact, guide
from .gateway import Answer, Api, Cloud

XRAY = "https://docs.aws.amazon.com/xray/latest/{}.html"
CONCEPTS = documented(XRAY.format("devguide/xray-concepts"))
LAMBDA = documented("https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html")
GATEWAY = guide("apigateway-enabling-xray")
SEEN = Source("recorded", "awslabs/aws-iatk internal/pkg/xray/trace_test.go::TestTraceFromApiResponseSuccess")
TOLD = """
import json, os

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(os.environ.get("_X_AMZN_TRACE_ID"))}
"""


@pytest.fixture(scope="module")
def traced(cloud: Cloud, unique: str) -> Api:
    """GET /trace answers with the function's trace header; the stage `dev` traces, `plain` does not."""
    arn = cloud.function(f"fidelity-traced-{unique}", TOLD, TracingConfig={"Mode": "Active"})
    api = cloud.api("traced")
    api.method("GET", "/trace", lambda_proxy(cloud, arn))
    api.deploy("dev", tracingEnabled=True)
    api.deploy("plain")
    return api


def asked(api: Api, sampled: int = 1, path: str = "/trace", **where: str) -> tuple[str, Answer]:
    root = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    return root, api.get(path, {"X-Amzn-Trace-Id": f"Root={root};Sampled={sampled}"}, **where)


def segments(cloud: Cloud, root: str) -> list[dict[str, Any]]:
    traces = cloud.client("xray").batch_get_traces(TraceIds=[root])["Traces"]
    return [json.loads(one["Document"]) for trace in traces for one in trace["Segments"]]


def origins(cloud: Cloud, root: str) -> list[str]:
    return sorted(str(one.get("origin")) for one in segments(cloud, root))


def stage_of(cloud: Cloud, root: str) -> dict[str, Any]:
    return next(one for one in segments(cloud, root) if one["origin"] == "AWS::ApiGateway::Stage")


@fact("TRC-01", "A traced stage writes a segment that is named as the API and its stage", GATEWAY)
def test_stage(cloud: Cloud, traced: Api) -> None:
    root, _ = asked(traced)
    assert stage_of(cloud, root)["name"] == "traced/dev"


@fact("TRC-02", "A stage's segment has the method, the address and the status", documented(XRAY.format("devguide/xray-api-segmentdocuments")))  # fmt: skip
def test_http(cloud: Cloud, traced: Api) -> None:
    root, _ = asked(traced)
    http = stage_of(cloud, root)["http"]
    assert (http["request"]["method"], http["response"]["status"]) == ("GET", 200)
    assert http["request"]["url"] == f"https://{traced.id}.execute-api.us-east-1.amazonaws.com/dev/trace"


@fact("TRC-03", "A refused request of a traced stage is an error in its segment", CONCEPTS)
def test_refused(cloud: Cloud, traced: Api) -> None:
    root, answer = asked(traced, path="/nowhere")
    assert (answer.status, stage_of(cloud, root)["error"]) == (403, True)


@fact("TRC-04", "Who says that a request is not sampled leaves no trace", CONCEPTS)
def test_unsampled(cloud: Cloud, traced: Api) -> None:
    root, answer = asked(traced, sampled=0)
    assert answer.json().startswith(f"Root={root};")
    assert answer.json().endswith("Sampled=0")
    assert segments(cloud, root) == []


@fact("TRC-05", "The answer of a traced stage says the client's root and decision", CONCEPTS)
def test_answer(traced: Api) -> None:
    root, answer = asked(traced)
    said = answer.header("X-Amzn-Trace-Id") or ""
    assert (said.split(";")[0], said.split(";")[-1]) == (f"Root={root}", "Sampled=1")


@fact("TRC-06", "A sampled request has a segment of Lambda and one of the function", LAMBDA)
def test_lambda(cloud: Cloud, traced: Api) -> None:
    root, _ = asked(traced)
    assert origins(cloud, root) == ["AWS::ApiGateway::Stage", "AWS::Lambda", "AWS::Lambda::Function"]


@fact("TRC-07", "An untraced stage writes no segment, and a function still does for a sampled request", LAMBDA)
def test_untraced(cloud: Cloud, traced: Api) -> None:
    root, _ = asked(traced, stage="plain")
    assert origins(cloud, root) == ["AWS::Lambda", "AWS::Lambda::Function"]


@fact("TRC-08", "What a function sends about a call stands within its Invocation", SEEN)
def test_call(cloud: Cloud, traced: Api) -> None:
    root, answer = asked(traced)
    parent = answer.json().split("Parent=")[1][:16]
    own = {"id": os.urandom(8).hex(), "trace_id": root, "parent_id": parent, "type": "subsegment", "name": "Events"}
    now = time.time()
    document = json.dumps({**own, "namespace": "aws", "start_time": now, "end_time": now})
    cloud.client("xray").put_trace_segments(TraceSegmentDocuments=[document])
    function = next(one for one in segments(cloud, root) if one["origin"] == "AWS::Lambda::Function")
    ran = next(part for part in function["subsegments"] if part["name"] == "Invocation")
    assert [part["name"] for part in ran["subsegments"]] == ["Events"]


@fact("TRC-09", "BatchGetTraces names the ids that it does not know", documented(XRAY.format("api/API_BatchGetTraces")))
def test_unknown(cloud: Cloud) -> None:
    root = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    assert cloud.client("xray").batch_get_traces(TraceIds=[root])["UnprocessedTraceIds"] == [root]


@fact("TRC-10", "PutTraceSegments takes the good documents and names the others", documented(XRAY.format("api/API_PutTraceSegments")))  # fmt: skip
def test_put(cloud: Cloud) -> None:
    answer = cloud.client("xray").put_trace_segments(TraceSegmentDocuments=['{"id": "70de5b6f19ff9a0a"}'])
    (refused,) = answer["UnprocessedTraceSegments"]
    assert refused["Id"] == "70de5b6f19ff9a0a"


@fact("TRC-11", "GetTraceSummaries looks at six hours at most", documented(XRAY.format("api/API_GetTraceSummaries")))
def test_hours(cloud: Cloud) -> None:
    now = time.time()
    with pytest.raises(ClientError) as refused:
        cloud.client("xray").get_trace_summaries(StartTime=now - 6 * 3600 - 60, EndTime=now)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


@fact("TRC-12", "The default rule records the first request of each second and five percent of the rest", documented(XRAY.format("devguide/xray-console-sampling")))  # fmt: skip
def test_rule(cloud: Cloud) -> None:
    (found,) = cloud.client("xray").get_sampling_rules()["SamplingRuleRecords"]
    assert (found["SamplingRule"]["ReservoirSize"], found["SamplingRule"]["FixedRate"]) == (1, 0.05)
