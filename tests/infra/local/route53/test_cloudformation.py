"""Record set groups are whole or not there, and health checks are made by Route 53's own API."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.route53.cloudformation import HealthCheck, RecordSetGroup


class FakeRecordSets:
    """ministack's record sets: what is there, by name and set identifier."""

    def __init__(self) -> None:
        self.there: dict[tuple[str, str], dict[str, Any]] = {}
        self.refused = ""

    def table(self) -> dict[str, Any]:
        return {"create": self.create, "update": self.update, "delete": self.delete}

    def create(self, logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        if props["SetIdentifier"] == self.refused:
            raise ValueError("refused")
        assert self._key(props) not in self.there, "already there"
        self.there[self._key(props)] = props
        return props["Name"], {}

    def update(self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, Any]:
        assert self._key(old) in self.there
        self.there[self._key(new)] = new
        return physical_id, {}

    def delete(self, physical_id: str, props: dict[str, Any]) -> None:
        del self.there[self._key(props)]

    def _key(self, props: dict[str, Any]) -> tuple[str, str]:
        assert props["HostedZoneId"] == "Z1"
        return props["Name"], props["SetIdentifier"]


def group(*rows: tuple[str, str]) -> dict[str, Any]:
    """(set identifier, target) of each record."""
    sets = [
        {"Name": "api.shop.example", "Type": "A", "SetIdentifier": name, "AliasTarget": {"DNSName": to}}
        for name, to in rows
    ]
    return {"HostedZoneId": "Z1", "RecordSets": sets}


def targets(fake: FakeRecordSets) -> dict[str, str]:
    return {name: row["AliasTarget"]["DNSName"] for (_, name), row in fake.there.items()}


def test_a_group_is_made_changed_and_removed() -> None:
    fake = FakeRecordSets()
    kind = RecordSetGroup(fake.table())
    old, new = group(("DE", "eu"), ("GF", "eu"), ("FR", "eu")), group(("DE", "eu"), ("GF", "us"), ("RE", "eu"))
    physical_id, _ = kind.create("Records", old, "stack")
    assert targets(fake) == {"DE": "eu", "GF": "eu", "FR": "eu"}
    assert kind.update(physical_id, old, new, "stack") == (physical_id, {})
    assert targets(fake) == {"DE": "eu", "GF": "us", "RE": "eu"}
    kind.delete(physical_id, new)
    assert fake.there == {}


@pytest.mark.parametrize("before", [group(), group(("FR", "eu"), ("DE", "us"))], ids=["create", "update"])
def test_a_record_that_is_refused_takes_the_others_back(before: dict[str, Any]) -> None:
    fake = FakeRecordSets()
    kind = RecordSetGroup(fake.table())
    kind.update("id", group(), before, "stack")
    there = targets(fake)
    fake.refused = "GF"
    with pytest.raises(ValueError, match="refused"):
        kind.update("id", before, group(("DE", "eu"), ("GF", "eu")), "stack")
    assert targets(fake) == there


CONFIG = {"Type": "HTTPS", "FullyQualifiedDomainName": "eu-west-1.api.shop.example", "EnableSNI": True, "Port": 443}
MADE = (
    b'<CreateHealthCheckResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    b"<HealthCheck><Id>hc-1</Id></HealthCheck></CreateHealthCheckResponse>"
)


class FakeApi:
    def __init__(self, status: int = 201) -> None:
        self.status, self.calls = status, []  # type: ignore[var-annotated]

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.calls.append((method, path, body.decode()))
        return self.status, MADE


def test_a_health_check_is_made_by_the_api() -> None:
    api = FakeApi()
    assert HealthCheck(api).create("Check", {"HealthCheckConfig": {**CONFIG, "Regions": ["eu-west-1"]}}, "stack") == (
        "hc-1",
        {"HealthCheckId": "hc-1"},
    )
    ((method, path, body),) = api.calls
    assert (method, path) == ("POST", "/2013-04-01/healthcheck")
    assert "<EnableSNI>true</EnableSNI>" in body
    assert "<Regions><Region>eu-west-1</Region></Regions>" in body


@pytest.mark.parametrize(
    ("change", "made"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"FailureThreshold": 5}, ["/2013-04-01/healthcheck/hc-0"], id="in place"),
        pytest.param({"RequestInterval": 10}, ["/2013-04-01/healthcheck"], id="replaced"),
    ],
)
def test_a_changed_check_is_updated_or_replaced(change: dict[str, Any], made: list[str]) -> None:
    api = FakeApi()
    old, new = {"HealthCheckConfig": CONFIG}, {"HealthCheckConfig": CONFIG | change}
    physical_id, _ = HealthCheck(api).update("hc-0", old, new, "stack")
    assert [path for _, path, _ in api.calls] == made
    assert physical_id == ("hc-1" if made == ["/2013-04-01/healthcheck"] else "hc-0")


def test_a_refusal_fails_the_resource() -> None:
    with pytest.raises(ValueError, match="400"):
        HealthCheck(FakeApi(400)).create("Check", {"HealthCheckConfig": CONFIG}, "stack")
