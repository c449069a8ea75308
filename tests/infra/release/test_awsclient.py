"""Every error that we name becomes a line that says where, what and what to do; answers become what planners read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from infra.errors import CloudError, CredentialsProblem, Refused, Unreachable
from infra.release.awsclient import CODES, AwsClient, aws_errors, boto_client
from tests.infra.release.fake_aws import FakeAws

REGION = "us-east-1"


class Answers:
    """A client whose every operation gives the next of some answers."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.asked.append((operation, parameters))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def client(*answers: Any) -> AwsClient:
    clock = iter(range(0, 10_000_000, 100))
    fake = Answers(*answers)
    return AwsClient(region=REGION, factory=lambda *_: fake, sleep=lambda _: None, clock=lambda: next(clock))


def error(code: str, message: str = "words of AWS") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Op")


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_we_name_has_its_class_and_advice(code: str) -> None:
    kind, advice = CODES[code]
    with pytest.raises(kind) as raised, aws_errors("lambda", "invoke", REGION):
        raise error(code)
    assert type(raised.value) is kind
    message = str(raised.value)
    assert message.startswith("lambda invoke in us-east-1: ")
    assert code in message
    assert "words of AWS" in message
    assert message.endswith(advice)


def test_a_code_that_we_do_not_name_keeps_the_words_of_aws() -> None:
    with pytest.raises(CloudError, match=r"Odd: words of AWS\. Run the command again"), aws_errors("s3", "get", REGION):
        raise error("Odd")


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        pytest.param(boto.NoCredentialsError(), CredentialsProblem, id="no credentials"),
        pytest.param(boto.PartialCredentialsError(provider="env", cred_var="x"), CredentialsProblem, id="half of them"),
        pytest.param(boto.ProfileNotFound(profile="x"), CredentialsProblem, id="no such profile"),
        pytest.param(boto.TokenRetrievalError(provider="sso", error_msg="x"), CredentialsProblem, id="sso"),
        pytest.param(boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Unreachable, id="refused"),
        pytest.param(boto.ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), Unreachable, id="connect timeout"),
        pytest.param(boto.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), Unreachable, id="read timeout"),
        pytest.param(boto.NoRegionError(), CloudError, id="anything else of botocore"),
    ],
)
def test_errors_on_the_way_to_aws(raised: Exception, kind: type[CloudError]) -> None:
    with pytest.raises(kind), aws_errors("sts", "get_caller_identity", REGION):
        raise raised


def test_a_closed_port_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    real = AwsClient(region=REGION, factory=boto_client, sleep=lambda _: None, clock=lambda: 0.0)
    real.client("cloudformation").meta.events.register("before-send", _refuse)
    with pytest.raises(Unreachable, match="gatewright up"):
        real.stack("x")


def _refuse(**_: Any) -> None:
    raise boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


def test_a_stack_that_does_not_exist_is_absent() -> None:
    assert client(error("ValidationError", "Stack with id x does not exist")).stack("x").status is None


def test_another_validation_error_is_not_mistaken_for_it() -> None:
    with pytest.raises(CloudError, match="too long"):
        client(error("ValidationError", "name too long")).stack("x")


def test_no_updates_counts_as_done() -> None:
    assert not client(error("ValidationError", "No updates are to be performed.")).update_stack(
        {"StackName": "x"}, print
    )


def stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "x", "StackStatus": status}]}


def test_an_update_is_awaited_with_progress() -> None:
    seen: list[str] = []
    busy = stack("UPDATE_IN_PROGRESS")
    aws = client({}, busy, stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), stack("UPDATE_COMPLETE"))
    assert aws.update_stack({"StackName": "x"}, seen.append)
    assert seen == ["stack x: UPDATE_IN_PROGRESS", "stack x: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]


def test_an_update_that_never_ends_is_given_up_with_the_way_on() -> None:
    with pytest.raises(CloudError, match=r"still in UPDATE_IN_PROGRESS.*again"):
        client(*[stack("UPDATE_IN_PROGRESS")] * 100).wait_for_stack("x", lambda _: None)


def test_the_reason_of_a_failure_is_the_first_cause_of_this_update() -> None:
    def event(resource: str, status: str, reason: str = "") -> dict[str, str]:
        return {"LogicalResourceId": resource, "ResourceStatus": status, "ResourceStatusReason": reason}

    events = [
        event("x", "UPDATE_ROLLBACK_COMPLETE"),
        event("B", "UPDATE_FAILED", "cancelled"),
        event("A", "UPDATE_FAILED", "the cause."),
        event("x", "UPDATE_IN_PROGRESS"),
        event("Old", "UPDATE_FAILED", "last week"),
    ]
    assert client({"StackEvents": events}).failure("x") == "A: the cause"


def test_a_stage_without_a_canary_has_none_and_a_canary_knows_its_percentage() -> None:
    items = [
        {"stageName": "a", "deploymentId": "d1"},
        {"stageName": "b", "deploymentId": "d1", "canarySettings": {"percentTraffic": 12.5, "deploymentId": "d2"}},
    ]
    a, b = client({"item": items}).stages("api")
    assert a.canary is None
    assert b.canary is not None
    assert (b.canary.deployment_id, b.canary.percent) == ("d2", 12.5)


@pytest.mark.parametrize("operation", ["deployment", "version"])
def test_deleting_what_is_gone_is_done(operation: str) -> None:
    code = {"deployment": "NotFoundException", "version": "ResourceNotFoundException"}[operation]
    aws = client(error(code))
    getattr(aws, f"delete_{operation}")({"deploymentId": "d", "restApiId": "a"})


def test_deleting_a_release_that_a_stage_took_is_refused() -> None:
    aws = client(error("BadRequestException", "Active stages pointing to this deployment must be moved or deleted"))
    with pytest.raises(Refused, match="prune"):
        aws.delete_deployment({"deploymentId": "d", "restApiId": "a"})


def test_versions_are_paged_and_leave_out_latest(aws: FakeAws) -> None:
    for release in "abcde":
        aws.deploy(REGION, release)
    function = next(iter(aws.region(REGION).versions))
    real = AwsClient(region=REGION, factory=aws.client, sleep=aws.sleep, clock=aws.clock)
    assert real.versions(function) == tuple(f"{function}:{n}" for n in range(1, 6))
    assert real.versions(f"{function}-gone") == ()
