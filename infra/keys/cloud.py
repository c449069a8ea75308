"""The keys of one region at AWS: read into a `RegionKeys`, and the calls that change them. Touches AWS.

Values are turned into fingerprints as they come in. Reading costs one call for the stack, one for the secret, and one
for each 500 keys, twice: the keys, and what each plan has of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.errors import CloudError, Conflict, NotFound, NothingToDo
from infra.keys.names import KeyName, Note
from infra.keys.secret import Secret, secret_name
from infra.keys.steps import Hidden, KeyId
from infra.keys.value import fingerprint
from infra.keys.view import Key, RegionKeys
from infra.release.awsclient import AwsClient
from infra.release.observe import stack_name
from infra.release.plan import Step

__all__ = ["KeyCloud"]

PAGE = 500  # the most that API Gateway gives at once
# CreateApiKey is limited to 5 requests a second an account (API Gateway quotas); four leaves room for somebody else.
CREATE_PAUSE_SECONDS = 0.25


@dataclass(slots=True, kw_only=True)
class KeyCloud:
    """API keys, usage plans and the secret of one gateway in one region."""

    aws: AwsClient
    gateway: str
    _created_at: float = field(default=float("-inf"), init=False)

    @property
    def region(self) -> str:
        return self.aws.region

    def look(self) -> RegionKeys:
        """Everything of this gateway.

        Raises:
            NothingToDo: the gateway is not deployed here.
        """
        plans = {name: plan["id"] for name, plan in self.plans().items()}
        attached = {plan: self._attached(plan_id) for plan, plan_id in plans.items()}
        keys = tuple(_key(item, attached) for item in self.keys(values=True))
        return RegionKeys(region=self.region, plans=plans, secret=self.secret(), keys=keys)

    def plans(self) -> dict[str, Mapping[str, Any]]:
        """The usage plans of the gateway's stage, by name."""
        stack = self.aws.stack(stack_name(self.gateway, self.region))
        api_id, stage = stack.outputs.get("RestApiId"), stack.outputs.get("StageName")
        if not api_id:
            raise NothingToDo(
                f"{self.gateway} in {self.region}: stack {stack.name} has no gateway yet. "
                f"Run `gatewright deploy --region {self.region}` first."
            )
        return {
            plan["name"]: plan
            for plan in self._pages("get_usage_plans")
            if any((s.get("apiId"), s.get("stage")) == (api_id, stage) for s in plan.get("apiStages") or [])
        }

    def keys(self, *, values: bool) -> Iterator[Mapping[str, Any]]:
        """The gateway's keys as AWS lists them; a value is replaced by its fingerprint before anybody sees it."""
        for item in self._pages("get_api_keys", nameQuery=f"{self.gateway}/", includeValues=values):
            name = KeyName.parse(item.get("name") or "")
            if name is not None and name.gateway == self.gateway:
                value = item.get("value") or ""
                yield {**item, "name": name, "value": fingerprint(value) if value else ""}

    def secret(self) -> Secret | None:
        """The gateway's secret as this region has it."""
        name = secret_name(self.gateway)
        try:
            answer = self.aws.call("secretsmanager", "get_secret_value", SecretId=name)
        except NotFound:
            return None
        return Secret.parse(answer.get("SecretString") or "", place=f"secret {name} in {self.region}")

    def usage(self, plan_id: str, start: str, end: str) -> Iterator[tuple[str, list[list[int]]]]:
        """Key id and, for each day, requests used and left (GetUsage, paged)."""
        request: dict[str, Any] = {"usagePlanId": plan_id, "startDate": start, "endDate": end, "limit": PAGE}
        while True:
            page = self.aws.call("apigateway", "get_usage", **request)
            yield from (page.get("items") or {}).items()
            if not page.get("position"):
                return
            request["position"] = page["position"]

    def _attached(self, plan_id: str) -> frozenset[str]:
        return frozenset(item["id"] for item in self._pages("get_usage_plan_keys", usagePlanId=plan_id))

    def _pages(self, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        request = {"limit": PAGE, **parameters}
        while True:
            page = self.aws.call("apigateway", operation, **request)
            yield from page.get("items") or []
            if not page.get("position"):
                return
            request["position"] = page["position"]

    # --- changes ---------------------------------------------------------------------------------------------

    def do(self, step: Step, ids: dict[str, str]) -> bool:
        """Make a step's call; False when AWS says that it is so already.

        Args:
            ids: key ids by name; a created key adds its own.
        """
        parameters = {name: _plain(value, ids) for name, value in step.parameters.items()}
        call = self._safe(step)
        try:
            if step.operation == "create_api_key":
                self._pace()
                ids[parameters["name"]] = call(**parameters)["id"]
            else:
                call(**parameters)
        except Conflict:
            return self._same_already(step, parameters, ids)
        except NotFound:
            if step.operation.startswith("delete_"):
                return False
            raise
        return True

    def _safe(self, step: Step) -> Callable[..., Any]:
        """The step's call. Should an error ever quote what is hidden, it does not leave this function."""
        hidden = [value for value in step.parameters.values() if isinstance(value, Hidden)]

        def call(**parameters: Any) -> Any:
            try:
                return self.aws.call(step.service, step.operation, **parameters)
            except CloudError as error:
                if not hidden:
                    raise
                text = str(error)
                for value in hidden:
                    text = text.replace(value.reveal(), str(value))
                clean = type(error)(text)
            raise clean from None

        return call

    def _same_already(self, step: Step, parameters: Mapping[str, Any], ids: dict[str, str]) -> bool:
        """After a conflict: whether what we wanted is there. AWS gives one answer for "the same" and "another"."""
        if step.operation == "create_api_key":
            for item in self.keys(values=True):
                if str(item["name"]) == parameters["name"] and item["value"] == fingerprint(parameters["value"]):
                    ids[parameters["name"]] = item["id"]
                    return False
            raise Conflict(
                f"apigateway create_api_key in {self.region}: a key with the value of {parameters['name']} exists under "
                "another name. Delete that key, then run the command again: it resumes."
            )
        if step.operation == "create_usage_plan_key" and parameters["keyId"] in self._attached(
            parameters["usagePlanId"]
        ):
            return False
        raise Conflict(
            f"apigateway {step.operation} in {self.region}: {step.key}: AWS says that it conflicts. A key can have one "
            "plan of a stage: take it off the other plan, then run the command again: it resumes."
        )

    def _pace(self) -> None:
        wait = self._created_at + CREATE_PAUSE_SECONDS - self.aws.clock()
        if wait > 0:
            self.aws.sleep(wait)
        self._created_at = self.aws.clock()


def _plain(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, Hidden):
        return value.reveal()
    return ids[value] if isinstance(value, KeyId) else value


def _key(item: Mapping[str, Any], attached: Mapping[str, frozenset[str]]) -> Key:
    name: KeyName = item["name"]
    return Key(
        id=item["id"],
        name=name,
        fingerprint=item["value"],
        enabled=bool(item.get("enabled")),
        attached=item["id"] in attached.get(name.plan, ()),
        created=item.get("createdDate") or datetime.fromtimestamp(0, UTC),
        note=Note.parse(item.get("description") or ""),
    )
