"""Tags of APIs and stages, and the settings of the account."""

from __future__ import annotations

from .facts import documented, fact, reference
from .gateway import ACCOUNT, Api, Cloud, replace


def _arn(api: Api) -> str:
    return f"arn:aws:apigateway:{api.cloud.region}::/restapis/{api.id}"


@fact("TAG-01", "TagResource adds to the tags of an API", reference("API_TagResource"))
def test_tag(cloud: Cloud) -> None:
    api = cloud.api(tags={"a": "1"})
    api.control.tag_resource(resourceArn=_arn(api), tags={"b": "2"})
    assert api.control.get_tags(resourceArn=_arn(api))["tags"] == {"a": "1", "b": "2"}
    assert api.control.get_rest_api(restApiId=api.id)["tags"] == {"a": "1", "b": "2"}


@fact("TAG-02", "UntagResource removes tags by key", reference("API_UntagResource"))
def test_untag(cloud: Cloud) -> None:
    api = cloud.api(tags={"a": "1", "b": "2"})
    api.control.untag_resource(resourceArn=_arn(api), tagKeys=["a"])
    assert api.control.get_tags(resourceArn=_arn(api))["tags"] == {"b": "2"}


@fact("TAG-03", "A stage has tags of its own", reference("API_TagResource"))
def test_tag_stage(cloud: Cloud) -> None:
    api = cloud.api()
    api.mock("GET", "/")
    api.deploy("dev")
    api.control.tag_resource(resourceArn=f"{_arn(api)}/stages/dev", tags={"b": "2"})
    assert api.get_stage("dev")["tags"] == {"b": "2"}


@fact(
    "ACC-01",
    "GetAccount shows the account's throttle",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_GetAccount.html"),
)
def test_account(cloud: Cloud) -> None:
    throttle = cloud.control.get_account()["throttleSettings"]
    assert throttle == {"burstLimit": 5000, "rateLimit": 10000.0}


@fact(
    "ACC-02",
    "The CloudWatch role is replaced in the account",
    documented("https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html"),
)
def test_account_role(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    changed = cloud.control.update_account(patchOperations=[replace("/cloudwatchRoleArn", role)])
    assert changed["cloudwatchRoleArn"] == role
    assert cloud.control.get_account()["cloudwatchRoleArn"] == role
