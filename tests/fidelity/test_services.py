"""AWS integrations with services other than Lambda: S3, SQS, SSM, EventBridge and Kinesis."""

from __future__ import annotations

import json

import pytest

from .facts import fact, recorded
from .gateway import ACCOUNT, JSON, ROLE, Api, Cloud, response

SQS = recorded("sqs", "test_sqs_aws_integration")
S3 = recorded("s3", "test_apigateway_s3_any")
S3_METHODS = recorded("s3", "test_apigateway_s3_method_mapping")


def service(action: str, **settings: object) -> dict[str, object]:
    uri = f"arn:aws:apigateway:us-east-1:{action}"
    return {"type": "AWS", "integrationHttpMethod": "POST", "uri": uri, "credentials": ROLE} | settings


@pytest.fixture(scope="module")
def queue(cloud: Cloud, unique: str) -> tuple[Api, str]:
    """POST /sqs sends a message by the form protocol of SQS."""
    name = f"fidelity-{unique}"
    url = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    api = cloud.api("queue")
    integration = service(
        f"sqs:path/{ACCOUNT}/{name}",
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={JSON: "Action=SendMessage&MessageBody=$input.body"},
        passthroughBehavior="NEVER",
    )
    api.method("POST", "/sqs", integration, responses=[response(200, '{"message": "great success!"}')])
    api.deploy()
    return api, url


def _message(cloud: Cloud, url: str) -> str:
    found = cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"][0]
    cloud.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
    return str(found["Body"])


@fact("SVC-01", "A form for SQS sends the body as a message", SQS)
def test_sqs(cloud: Cloud, queue: tuple[Api, str]) -> None:
    api, url = queue
    assert api.post("/sqs", {"foo": "bar"}).json() == {"message": "great success!"}
    assert json.loads(_message(cloud, url)) == {"foo": "bar"}


@fact("SVC-02", "A form for SQS without a body sends an empty object", SQS)
def test_sqs_empty(cloud: Cloud, queue: tuple[Api, str]) -> None:
    api, url = queue
    assert api.send("POST", "/sqs").json() == {"message": "great success!"}
    assert _message(cloud, url) == "{}"


@pytest.fixture(scope="module")
def bucket(cloud: Cloud, unique: str) -> Api:
    """ANY /{object_path+} passes verb, path and content type to one bucket; GET /put and /get have a verb of their own."""
    name = f"fidelity-{unique}"
    cloud.client("s3").create_bucket(Bucket=name)
    api = cloud.api("bucket")
    api.method(
        "ANY",
        "/{object_path+}",
        service(
            f"s3:path/{name}/{{object_path}}",
            integrationHttpMethod="ANY",
            requestParameters={
                "integration.request.path.object_path": "method.request.path.object_path",
                "integration.request.header.Content-Type": "method.request.header.Content-Type",
            },
        ),
        requestParameters={"method.request.path.object_path": True, "method.request.header.Content-Type": False},
        responses=[response(200)],
    )
    put = service(
        f"s3:path/{name}/mapped.json",
        integrationHttpMethod="PUT",
        requestParameters={"integration.request.header.Content-Type": f"'{JSON}'"},
        requestTemplates={JSON: '{"message": "great success!"}'},
    )
    api.method("GET", "/put", put, responses=[response(200)])
    api.method(
        "GET", "/get", service(f"s3:path/{name}/mapped.json", integrationHttpMethod="GET"), responses=[response(200)]
    )
    api.deploy()
    return api


@fact("SVC-03", "ANY as the integration's verb takes the client's: an object is put and got again", S3)
def test_s3(bucket: Api) -> None:
    assert bucket.send("PUT", "/test.json", headers={"Content-Type": JSON}, body={"put_id": 1}).status == 200
    assert bucket.get("/test.json").json() == {"put_id": 1}


@fact("SVC-04", "An object that is not there is answered as S3's XML with the default response's status", S3)
def test_s3_missing(bucket: Api) -> None:
    found = bucket.get("/missing.json")
    assert found.status == 200
    assert "<Code>NoSuchKey</Code>" in found.text


@fact("SVC-05", "The integration's verb and template make the object whatever the client's verb", S3_METHODS)
def test_s3_methods(bucket: Api) -> None:
    assert bucket.get("/put").status == 200
    assert bucket.get("/get").json() == {"message": "great success!"}


@fact(
    "SVC-06",
    "SSM by action with its parameters in the query string answers the query protocol as JSON",
    recorded("ssm", "test_ssm_aws_integration"),
)
def test_ssm(cloud: Cloud, unique: str) -> None:
    cloud.client("ssm").put_parameter(Name=f"fidelity-{unique}", Value="123", Type="String")
    api = cloud.api("parameters")
    parameters = {"integration.request.querystring.Name": f"'fidelity-{unique}'"}
    integration = service(
        "ssm:action/GetParameter", requestParameters=parameters, passthroughBehavior="WHEN_NO_TEMPLATES"
    )
    api.method("GET", "/", integration, responses=[response(200)])
    api.deploy()
    found = api.get("/").json()["GetParameterResponse"]["GetParameterResult"]["Parameter"]
    assert (found["Name"], found["Value"], found["DataType"]) == (f"fidelity-{unique}", "123", "text")


@fact(
    "SVC-07",
    "Kinesis by action answers the record's place",
    recorded("kinesis", "test_apigateway_to_kinesis[PutRecord]"),
)
def test_kinesis(cloud: Cloud, unique: str) -> None:
    cloud.client("kinesis").create_stream(StreamName=f"fidelity-{unique}", ShardCount=1)
    api = cloud.api("stream")
    template = {"StreamName": f"fidelity-{unique}", "Data": "$util.base64Encode($input.body)", "PartitionKey": "key"}
    api.method(
        "POST",
        "/",
        service("kinesis:action/PutRecord", requestTemplates={JSON: json.dumps(template)}),
        responses=[response(200)],
    )
    api.deploy()
    assert set(api.post("/", {"a": 1}).json()) >= {"SequenceNumber", "ShardId"}


@fact(
    "SVC-08",
    "EventBridge by action answers the entries' ids",
    recorded("eventbridge", "test_apigateway_to_eventbridge"),
)
def test_events(cloud: Cloud) -> None:
    api = cloud.api("events")
    entry = {"Source": "fidelity", "DetailType": "test", "Detail": "{}", "EventBusName": "default"}
    integration = service(
        "events:action/PutEvents",
        requestTemplates={JSON: "#set($context.requestOverride.header.X-Amz-Target = 'AWSEvents.PutEvents')\n"
                                "#set($context.requestOverride.header.Content-Type = 'application/x-amz-json-1.1')\n"
                                + json.dumps({"Entries": [entry]})},
    )  # fmt: skip
    api.method("POST", "/", integration, responses=[response(200)])
    api.deploy()
    found = api.post("/", {}).json()
    assert (found["FailedEntryCount"], len(found["Entries"])) == (0, 1)
