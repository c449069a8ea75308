"""The one seam to AWS of the release commands: the calls they need, typed, with errors that speak. Touches AWS.

Clients come from an injected factory ``(service, region) -> client``, time and sleep are injected too. The price of
one seam: a call that is not here cannot be made, and every answer is reduced to what the planners read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.errors import (
    AccessDenied,
    CloudError,
    Conflict,
    CredentialsProblem,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)
from infra.release.calls import BASELINE, PERCENT
from infra.release.situation import Canary, Condition, Deployment, Stack, Stage

__all__ = ["CODES", "AwsClient", "ConditionFailed", "aws_errors", "boto_client", "hurried_client"]

ClientFactory = Callable[[str, str], Any]
Progress = Callable[[str], None]

# Polls begin fast, because a parameter update takes a fraction of a second on a laptop and some ten seconds on AWS.
FIRST_POLL_SECONDS, SLOWEST_POLL_SECONDS, POLL_GROWTH = 0.2, 5.0, 1.5
UPDATE_TIMEOUT_SECONDS = 30 * 60.0
FUNCTIONS_OUTPUT = "FunctionVersions"  # a JSON list of version ARNs


class ConditionFailed(CloudError):
    """A conditional write found another state; callers turn it into their own answer."""


_DENIED = "The identity lacks the permission; `aws sts get-caller-identity` says which it is."
_EXPIRED = "The credentials have run out: sign in again (`aws sso login`)."
_UNKNOWN = "AWS does not accept these credentials: check AWS_PROFILE and the keys."
_NO_CREDENTIALS = 'Sign in or set AWS_PROFILE; for AWS on this machine: eval "$(gatewright env)".'
_GONE = "It is gone, or was never there: `gatewright status` shows what is."
_BUSY = "Something still uses it, or is changing it: run the command again."
_SLOWER = "AWS asks for patience: run the command again in a minute, it resumes."

# Error code -> class and advice. Codes that are not here become a plain CloudError with AWS's own words.
CODES: Mapping[str, tuple[type[CloudError], str]] = {
    "AccessDenied": (AccessDenied, _DENIED),
    "AccessDeniedException": (AccessDenied, _DENIED),
    "UnauthorizedOperation": (AccessDenied, _DENIED),
    "ExpiredToken": (CredentialsProblem, _EXPIRED),
    "ExpiredTokenException": (CredentialsProblem, _EXPIRED),
    "RequestExpired": (CredentialsProblem, "The credentials have run out, or this machine's clock is wrong."),
    "InvalidClientTokenId": (CredentialsProblem, _UNKNOWN),
    "UnrecognizedClientException": (CredentialsProblem, _UNKNOWN),
    "SignatureDoesNotMatch": (CredentialsProblem, _UNKNOWN),
    "NotFoundException": (NotFound, _GONE),
    "ResourceNotFoundException": (NotFound, _GONE),
    "ConflictException": (Conflict, _BUSY),
    "ResourceConflictException": (Conflict, _BUSY),
    "ConditionalCheckFailedException": (ConditionFailed, "Somebody else was faster: run the command again."),
    "Throttling": (Throttled, _SLOWER),
    "ThrottlingException": (Throttled, _SLOWER),
    "TooManyRequestsException": (Throttled, _SLOWER),
    "ProvisionedThroughputExceededException": (Throttled, _SLOWER),
}


@contextmanager
def aws_errors(service: str, operation: str, region: str) -> Iterator[None]:
    """Turn botocore's errors into ours: where, what, what to do.

    Raises:
        CloudError: or one of its subclasses, by `CODES`.
    """
    from botocore import exceptions as boto

    where = f"{service} {operation} in {region}"
    try:
        yield
    except boto.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", ""))
        kind, advice = CODES.get(code, (CloudError, "Run the command again; it resumes where it stopped."))
        raise kind(f"{where}: {code}: {message.rstrip('.')}. {advice}") from error
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError) as error:
        raise CredentialsProblem(f"{where}: {error}. {_NO_CREDENTIALS}") from error
    except (boto.TokenRetrievalError, boto.SSOError, boto.ProfileNotFound) as error:
        raise CredentialsProblem(f"{where}: {error}. Sign in (`aws sso login`), or set AWS_PROFILE.") from error
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise Unreachable(
            f"{where}: {error}. Check the network; with AWS_ENDPOINT_URL set, check that `gatewright up` is running."
        ) from error
    except boto.BotoCoreError as error:
        raise CloudError(f"{where}: {error}. Check AWS_ENDPOINT_URL, the region and the profile.") from error


def boto_client(service: str, region: str) -> Any:
    """A boto3 client for a region. Profile, credentials and endpoint come from the usual AWS environment."""
    return _made(service, region, connect_seconds=5, read_seconds=60, attempts=4)


def hurried_client(service: str, region: str) -> Any:
    """The same for who only looks: a region that does not answer is given up in seconds, not in minutes."""
    return _made(service, region, connect_seconds=2, read_seconds=10, attempts=2)


def _made(service: str, region: str, *, connect_seconds: float, read_seconds: float, attempts: int) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_appid="gatewright",
    )
    with aws_errors(service, "client", region):
        return boto3.client(service, region_name=region, config=config)


@dataclass(slots=True, kw_only=True)
class AwsClient:
    """AWS in one region."""

    region: str
    factory: ClientFactory
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    _clients: dict[str, Any] = field(default_factory=dict, init=False)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.factory(service, self.region)
        return self._clients[service]

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """One call; every error of AWS or of the way there is a CloudError."""
        with aws_errors(service, operation, self.region):
            return getattr(self.client(service), operation)(**parameters)

    # --- CloudFormation --------------------------------------------------------------------------------------

    def stack(self, name: str) -> Stack:
        """The stack, with status None when it does not exist."""
        try:
            answer = self.call("cloudformation", "describe_stacks", StackName=name)
        except CloudError as error:
            if "does not exist" in str(error):  # CloudFormation says so by a ValidationError
                return Stack(name=name)
            raise
        found = answer["Stacks"][0]
        parameters = {p["ParameterKey"]: p.get("ParameterValue", "") for p in found.get("Parameters", [])}
        outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
        return Stack(
            name=name,
            status=found["StackStatus"],
            baseline=parameters.get(BASELINE, ""),
            percent=float(parameters.get(PERCENT) or 0),
            other_parameters=tuple(sorted(parameters.keys() - {BASELINE, PERCENT})),
            outputs=outputs,
            function_versions=tuple(sorted(json.loads(outputs.get(FUNCTIONS_OUTPUT) or "[]"))),
        )

    def update_stack(self, parameters: Mapping[str, Any], progress: Progress) -> bool:
        """Update and wait until it has ended; False when there was nothing to update.

        Raises:
            CloudError: the update failed, or did not end in time.
        """
        name = str(parameters["StackName"])
        try:
            self.call("cloudformation", "update_stack", **parameters)
        except CloudError as error:
            if "No updates are to be performed" in str(error):
                return False
            raise
        stack = self.wait_for_stack(name, progress)
        if stack.status not in ("UPDATE_COMPLETE", "CREATE_COMPLETE"):
            raise CloudError(
                f"stack {name} in {self.region}: the update ended in {stack.status}: {self.failure(name)}. "
                "Put that right and run the command again: it resumes."
            )
        return True

    def wait_for_stack(self, name: str, progress: Progress) -> Stack:
        """Poll until no update runs."""
        until = self.clock() + UPDATE_TIMEOUT_SECONDS
        pause_seconds = FIRST_POLL_SECONDS
        while True:
            stack = self.stack(name)
            if stack.condition is not Condition.BUSY:
                return stack
            if self.clock() > until:
                raise CloudError(
                    f"stack {name} in {self.region}: still in {stack.status} after "
                    f"{UPDATE_TIMEOUT_SECONDS / 60:g} minutes. Run the command again to go on waiting."
                )
            progress(f"stack {name}: {stack.status}")
            self.sleep(pause_seconds)
            pause_seconds = min(SLOWEST_POLL_SECONDS, pause_seconds * POLL_GROWTH)

    def failure(self, stack_name: str) -> str:
        """The first reason that CloudFormation's events give for the last failure."""
        events = self.call("cloudformation", "describe_stack_events", StackName=stack_name)["StackEvents"]
        reason = "no reason given"
        for event in events:  # newest first; the first cause is the oldest of this update
            status = event.get("ResourceStatus", "")
            if status.endswith("_FAILED"):
                reason = f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', status)}"
            if status == "UPDATE_IN_PROGRESS" and event.get("LogicalResourceId") == stack_name:
                break
        return reason.rstrip(".")

    # --- API Gateway and Lambda ------------------------------------------------------------------------------

    def stages(self, api_id: str) -> tuple[Stage, ...]:
        items = self.call("apigateway", "get_stages", restApiId=api_id).get("item", [])
        return tuple(_stage(item) for item in items)

    def deployments(self, api_id: str) -> tuple[Deployment, ...]:
        """All releases, oldest first."""
        found: list[Deployment] = []
        request: dict[str, Any] = {"restApiId": api_id, "limit": 500}
        while True:
            page = self.call("apigateway", "get_deployments", **request)
            found += [
                Deployment(id=d["id"], description=d.get("description", ""), created=d["createdDate"])
                for d in page.get("items", [])
            ]
            if not page.get("position"):
                return tuple(sorted(found, key=lambda d: (d.created, d.id)))
            request["position"] = page["position"]

    def update_stage(self, parameters: Mapping[str, Any]) -> None:
        self.call("apigateway", "update_stage", **parameters)

    def delete_deployment(self, parameters: Mapping[str, Any]) -> None:
        """Delete a release; one that is gone already is fine, one that a stage uses is refused by AWS."""
        try:
            self.call("apigateway", "delete_deployment", **parameters)
        except NotFound:
            return
        except CloudError as error:
            if "Active stages pointing" in str(error):
                raise Refused(
                    f"release {parameters['deploymentId']} in {self.region}: a stage took it into use meanwhile. "
                    "Run `gatewright release prune` again; it will be left out."
                ) from error
            raise

    def versions(self, function_arn: str) -> tuple[str, ...]:
        """The ARNs of a function's published versions; none when the function is gone."""
        arns: list[str] = []
        request: dict[str, Any] = {"FunctionName": function_arn.rpartition(":")[2]}
        while True:
            try:
                page = self.call("lambda", "list_versions_by_function", **request)
            except NotFound:
                return ()
            arns += [f"{function_arn}:{v['Version']}" for v in page["Versions"] if v["Version"] != "$LATEST"]
            if not page.get("NextMarker"):
                return tuple(arns)
            request["Marker"] = page["NextMarker"]

    def delete_version(self, parameters: Mapping[str, Any]) -> None:
        """Delete one published version; one that is gone already is fine."""
        try:
            self.call("lambda", "delete_function", **parameters)
        except NotFound:
            return


def _stage(item: Mapping[str, Any]) -> Stage:
    settings = item.get("canarySettings")
    deployment_id = item.get("deploymentId", "")
    canary = None
    if settings is not None:
        canary = Canary(
            deployment_id=settings.get("deploymentId", deployment_id),
            percent=float(settings.get("percentTraffic", 0.0)),
            overrides=settings.get("stageVariableOverrides") or {},
        )
    return Stage(
        name=item["stageName"], deployment_id=deployment_id, canary=canary, variables=item.get("variables") or {}
    )
