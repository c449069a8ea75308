"""API keys, usage plans and secrets for the fake AWS of the release tests.

Recorded or documented rules: a value exists once in an account and region (409, without saying which key has it); a key
can have one plan of a stage; `nameQuery` is a prefix; values are listed only when asked for; a deleted key leaves its
plans. Pages are small, so that paging is always exercised.
"""

# ruff: noqa: N803 - the parameters are named as boto3 names them

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError

from infra.config.model import Gateway, Jurisdiction, Plan, Quota, RateLimit, Region, Service
from infra.keys.session import KeyCommand, KeyRing, Report
from infra.release.plan import Plan as Steps
from tests.infra.release.fake_aws import FakeAws, Killed, Operators, refuse

US, EU = "us-east-1", "eu-west-1"
LIMIT = RateLimit(rate_per_second=5, burst=10)
GATEWAY = Gateway(
    name="shop",
    regions=(Region(name=US, jurisdiction=Jurisdiction.US), Region(name=EU, jurisdiction=Jurisdiction.EU)),
    services=(Service(name="users", path="/api/users", url="https://users.example"),),
    plans=(
        Plan(name="free", throttle=LIMIT, quota=Quota(limit=100, period="MONTH")),
        Plan(name="gold", throttle=LIMIT, quota=Quota(limit=1000, period="MONTH")),
        Plan(name="open", throttle=LIMIT),
    ),
)
_CHANGING = ("create_", "update_api_key", "delete_api_key", "delete_usage_plan_key", "put_secret_value")


@dataclass
class KeyRegion:
    """Keys by id, key ids by plan, usage by key and day, the secret's text."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    attached: dict[str, list[str]] = field(default_factory=lambda: {f"plan-{p.name}": [] for p in GATEWAY.plans})
    used: dict[tuple[str, str], int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        return sorted(key["name"] for key in self.keys.values())

    def values(self) -> dict[str, str]:
        return {key["name"]: key["value"] for key in self.keys.values()}


@dataclass
class KeyAws(FakeAws):
    """The fake AWS with keys; ``down`` are regions that do not answer."""

    key_regions: dict[str, KeyRegion] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def keys(self, region: str) -> KeyRegion:
        return self.key_regions.setdefault(region, KeyRegion())

    def client(self, service: str, region: str) -> Any:
        below = super().client(service, region)
        return _KeyClient(self, service, region, below)


class _KeyClient:
    def __init__(self, aws: KeyAws, service: str, region: str, below: Any) -> None:
        self.aws, self.service, self.region, self.below, self.k = aws, service, region, below, aws.keys(region)

    def __getattr__(self, operation: str) -> Any:
        if self.aws.down and self.region in self.aws.down:
            raise EndpointConnectionError(endpoint_url=f"https://{self.service}.{self.region}.example")
        method = type(self).__dict__.get(f"_{operation}")
        if method is None:
            return getattr(self.below, operation)

        def call(**parameters: Any) -> Any:
            if self.aws.dead:
                raise Killed("the process is dead")
            assert not any(isinstance(v, str) and type(v) is not str for v in parameters.values()), "a placeholder"
            answer = copy.deepcopy(method(self, **copy.deepcopy(parameters)))
            if operation.startswith(_CHANGING):
                self.aws.changed(self.service, operation, parameters)
            return answer

        return call

    # API Gateway

    def _get_usage_plans(self, limit: int, position: str = "0") -> Any:
        mine = [
            {
                "id": f"plan-{p.name}",
                "name": p.name,
                "apiStages": [{"apiId": "api1", "stage": "live"}],
                **({"quota": {"limit": p.quota.limit, "period": p.quota.period}} if p.quota else {}),
            }
            for p in GATEWAY.plans
        ]
        other = {"id": "plan-x", "name": "gold", "apiStages": [{"apiId": "other", "stage": "live"}]}
        return _page([*mine, other], position)

    def _get_api_keys(self, limit: int, nameQuery: str, includeValues: bool, position: str = "0") -> Any:
        found = [key for key in self.k.keys.values() if key["name"].startswith(nameQuery)]
        hidden = ("tags",) if includeValues else ("tags", "value")
        return _page([{n: v for n, v in key.items() if n not in hidden} for key in found], position)

    def _get_usage_plan_keys(self, usagePlanId: str, limit: int, position: str = "0") -> Any:
        return _page([{"id": k, "value": self.k.keys[k]["value"]} for k in self.k.attached[usagePlanId]], position)

    def _create_api_key(self, name: str, value: str, description: str, enabled: bool, tags: Mapping[str, str]) -> Any:
        assert value.isalnum()
        assert 20 <= len(value) <= 128
        if value in self.k.values().values():
            raise refuse("ConflictException", "API Key already exists")
        key_id = f"key-{self.region}-{len(self.aws.calls)}"
        created = dt.datetime.fromtimestamp(self.aws.now, dt.UTC)
        self.k.keys[key_id] = {
            "id": key_id,
            "name": name,
            "value": value,
            "description": description,
            "enabled": enabled,
            "createdDate": created,
            "tags": tags,
        }
        return self.k.keys[key_id]

    def _update_api_key(self, apiKey: str, patchOperations: Sequence[Mapping[str, str]]) -> Any:
        key = self._key(apiKey)
        for operation in patchOperations:
            assert operation["op"] == "replace"
            name, value = operation["path"].removeprefix("/"), operation["value"]
            key[name] = value == "true" if name == "enabled" else value
        return {n: v for n, v in key.items() if n != "value"}

    def _delete_api_key(self, apiKey: str) -> Any:
        self._key(apiKey)
        del self.k.keys[apiKey]
        for keys in self.k.attached.values():
            if apiKey in keys:
                keys.remove(apiKey)
        return {}

    def _create_usage_plan_key(self, usagePlanId: str, keyId: str, keyType: str) -> Any:
        self._key(keyId)
        if any(keyId in keys for keys in self.k.attached.values()):
            raise refuse("ConflictException", "cannot reference multiple Usage Plans with the same API Stage")
        self.k.attached[usagePlanId].append(keyId)
        return {"id": keyId}

    def _delete_usage_plan_key(self, usagePlanId: str, keyId: str) -> Any:
        if keyId not in self.k.attached[usagePlanId]:
            raise refuse("NotFoundException", "Invalid API Key identifier specified")
        self.k.attached[usagePlanId].remove(keyId)
        return {}

    def _get_usage(self, usagePlanId: str, startDate: str, endDate: str, limit: int, position: str = "0") -> Any:
        first, last = dt.date.fromisoformat(startDate), dt.date.fromisoformat(endDate)
        if (last - first).days >= 90:
            raise refuse("BadRequestException", "Invalid date range")
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        quota = next((p.quota.limit for p in GATEWAY.plans if p.quota and usagePlanId == f"plan-{p.name}"), 0)
        items = [
            {
                "id": key,
                "days": [
                    [
                        self.k.used.get((key, day.isoformat()), 0),
                        quota - sum(n for (k, d), n in self.k.used.items() if k == key and d <= day.isoformat()),
                    ]
                    for day in days
                ],
            }
            for key in self.k.attached[usagePlanId]
        ]
        page = _page(items, position)
        return {**page, "items": {item["id"]: item["days"] for item in page["items"]}}

    def _key(self, key_id: str) -> dict[str, Any]:
        if key_id not in self.k.keys:
            raise refuse("NotFoundException", "Invalid API Key identifier specified")
        return self.k.keys[key_id]

    # Secrets Manager

    def _get_secret_value(self, SecretId: str) -> Any:
        if SecretId not in self.k.secrets:
            raise refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return {"SecretString": self.k.secrets[SecretId]}

    def _create_secret(self, Name: str, Description: str, SecretString: str, Tags: Any) -> Any:
        if Name in self.k.secrets:
            raise refuse("ResourceExistsException", "already exists")
        self.k.secrets[Name] = SecretString
        return {}

    def _put_secret_value(self, SecretId: str, SecretString: str) -> Any:
        assert SecretId in self.k.secrets
        self.k.secrets[SecretId] = SecretString
        return {}


def _page(items: Sequence[Any], position: str) -> dict[str, Any]:
    start = int(position)
    more = {"position": str(start + 2)} if start + 2 < len(items) else {}
    return {"items": list(items[start : start + 2]), **more}


@dataclass
class Desk:
    """An operator's desk: each command is a process of its own."""

    aws: KeyAws = field(default_factory=KeyAws)
    shown: list[str] = field(default_factory=list)
    randoms: int = 0

    def __post_init__(self) -> None:
        self.operators = Operators(self.aws)
        for region in (US, EU):
            self.aws.deploy(region, "one")
        self.aws.calls.clear()

    def ring(self) -> KeyRing:
        sessions = [self.operators.session(region) for region in (US, EU)]
        return KeyRing(gateway=GATEWAY, sessions=sessions, random=self.random, progress=self.operators.messages.append)

    def random(self, size: int) -> bytes:
        """Different each time, the same in each test."""
        self.randoms += 1
        return bytes([self.randoms]) * size

    def run(self, command: KeyCommand) -> Report:
        return self.ring().apply(command, show=lambda report: self.shown.extend(k.value.reveal() for k in report.keys))

    def kill(self, command: KeyCommand, after: int) -> bool:
        """Run a command that dies after its n-th change; whether it died before it gave all locks back."""
        self.aws.kill_after = after
        ring = self.ring()
        try:
            ring.apply(command, show=lambda report: self.shown.extend(k.value.reveal() for k in report.keys))
        except Killed:
            for session in ring.sessions:
                self.operators.bury(session)
            return any(("lock", "lock") in self.aws.region(region).items for region in (US, EU))
        self.aws.revive()
        return False


def texts(plans: Sequence[Steps], render: Callable[[Steps], list[str]]) -> str:
    return "\n".join(line for plan in plans for line in render(plan))
