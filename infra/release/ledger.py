"""The ledger of one region: a lock, one pending intent, the history, and which function versions each release calls.

Touches DynamoDB only, through the client it is given. Every write is one conditional call and never a read-modify-write,
so two operators cannot both win. Items: ``(lock, lock)``, ``(intent, intent)``, ``(history, <time>#<id>)``,
``(release, <deployment id>)``; `infra.rollout` keeps ``(rollout, current)`` and ``(evidence#<id>, ...)`` here. The lock is a lease: short, renewed while work goes on, free when it runs out; the table's
TTL on ``expires`` only tidies up, the condition decides (TTL may delete days late:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from infra.errors import Locked, NotFound, Refused
from infra.release.awsclient import ConditionFailed, aws_errors
from infra.release.owner import Owner
from infra.release.situation import Intent, LockInfo

__all__ = ["LEASE_SECONDS", "Ledger"]

# Long enough for a pause of the operator's machine, short enough that an operator on another host who died
# does not hold everybody up. Renewed with every poll and every line of cdk's output.
LEASE_SECONDS = 120
_RENEW_AFTER_SECONDS = 30

Item = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The ledger in one region's table.

    Args:
        client: a boto3 DynamoDB client.
        table: the table's name.
        region: for messages.
        owner: who we are.
        clock: epoch seconds.
        is_alive: whether a process id runs on this host.
    """

    client: Any
    table: str
    region: str
    owner: Owner
    clock: Callable[[], float]
    is_alive: Callable[[int], bool]
    _renewed: float = field(default=0.0, init=False)
    _predecessor: str = field(default="", init=False)

    # --- lock ------------------------------------------------------------------------------------------------

    def acquire(self) -> str:
        """Take the lock. Returns the owner who died or lost it without giving it back, "" when it was free.

        Raises:
            Locked: another operator holds it.
        """
        free = "attribute_not_exists(pk) OR expires < :now OR #owner = :me"
        if self._take(free, {":now": _n(self.clock())}):
            return self._predecessor
        holder = self.lock()
        if holder is None:  # given back between the two calls
            if self._take(free, {":now": _n(self.clock())}):
                return self._predecessor
            holder = LockInfo(owner="another operator", expires=int(self.clock()) + LEASE_SECONDS)
        dead = self.owner.is_dead(holder.owner, self.is_alive)
        if dead and self._take("#owner = :dead", {":dead": {"S": holder.owner}}):
            return self._predecessor
        left = max(0, round(holder.expires - self.clock()))
        raise Locked(
            f"{self.table} in {self.region}: {holder.owner} is at work and holds the lock for {left} s more. "
            "Run this again when that command has ended; a lock that is not renewed falls free by itself."
        )

    def renew(self) -> None:
        """Prolong the lease when it is a while since the last time.

        Raises:
            Locked: the lease ran out and somebody else has the lock now.
        """
        if self.clock() - self._renewed < _RENEW_AFTER_SECONDS:
            return
        if not self._take("#owner = :me", {}):
            raise Locked(
                f"{self.table} in {self.region}: our lock ran out and was taken over. "
                "Look at `gatewright status`, then run the command again: it resumes."
            )

    def release(self) -> None:
        self._write(
            "delete_item",
            Key=_key("lock", "lock"),
            ConditionExpression="attribute_not_exists(pk) OR #owner = :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":me": {"S": str(self.owner)}},
        )

    def lock(self) -> LockInfo | None:
        """Who holds the lock now; None when it is free or has run out."""
        item = self._get("lock", "lock")
        if item is None or int(item["expires"]["N"]) < self.clock():
            return None
        return LockInfo(owner=item["owner"]["S"], expires=int(item["expires"]["N"]))

    def _take(self, condition: str, values: Item) -> bool:
        now = self.clock()
        mine = {"owner": {"S": str(self.owner)}, "expires": _n(int(now) + LEASE_SECONDS)}
        values = {":me": mine["owner"], **values} if ":me" in condition else values
        taken = self._write(
            "put_item",
            Item={**_key("lock", "lock"), **mine},
            ConditionExpression=condition,
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        )
        if taken is not None:
            self._renewed = now
            self._predecessor = taken.get("Attributes", {}).get("owner", {}).get("S", "")
        return taken is not None

    # --- intent and history ----------------------------------------------------------------------------------

    def intent(self) -> Intent | None:
        item = self._get("intent", "intent")
        if item is None:
            return None
        known = {f.name for f in fields(Intent)}
        values: dict[str, Any] = {k: v["S"] for k, v in item.items() if k in known and k != "percent"}
        return Intent(percent=float(item["percent"]["N"]), **values)

    def write_intent(self, intent: Intent, *, replaces: str = "") -> None:
        """Record what is about to be done, in place of nothing or of the intent ``replaces``.

        Raises:
            Refused: another intent is pending.
        """
        values = {k: {"S": v} for k, v in asdict(intent).items() if k != "percent"}
        written = self._write(
            "put_item",
            Item={**_key("intent", "intent"), **values, "percent": _n(intent.percent)},
            ConditionExpression="attribute_not_exists(pk) OR id = :me OR id = :old",
            ExpressionAttributeValues={":me": {"S": intent.id}, ":old": {"S": replaces or intent.id}},
        )
        if written is None:
            raise Refused(
                f"{self.table} in {self.region}: another command became pending meanwhile. Nothing was changed; "
                f"look at `gatewright status --region {self.region}`."
            )

    def finish(self, intent: Intent, evidence: Mapping[str, Any]) -> None:
        """Keep the decision and clear the intent. The history's key comes from the intent: repeating is harmless."""
        self.record({**asdict(intent), "outcome": "done"}, evidence=evidence)
        self._write(
            "delete_item",
            Key=_key("intent", "intent"),
            ConditionExpression="attribute_not_exists(pk) OR id = :me",
            ExpressionAttributeValues={":me": {"S": intent.id}},
        )

    def record(self, decision: Mapping[str, Any], *, evidence: Mapping[str, Any] | None = None) -> None:
        """Keep a decision; it needs ``started``, ``id`` and ``operation``."""
        finished = {"finished": _iso(self.clock()), "finished_by": str(self.owner)}
        document = json.dumps({**decision, **finished, "evidence": evidence or {}}, sort_keys=True)
        sort = f"{decision['started']}#{decision['id']}"
        self._write("put_item", Item={**_key("history", sort), "document": {"S": document}})

    def history(self, *, limit: int = 50) -> tuple[dict[str, Any], ...]:
        """The latest decisions, newest first."""
        items = self._query("history", limit=limit, newest_first=True)
        return tuple(json.loads(item["document"]["S"]) for item in items)

    # --- manifests -------------------------------------------------------------------------------------------

    def record_release(self, deployment_id: str, versions: Sequence[str]) -> None:
        """Remember which function versions a release calls. A release is immutable: the first record stays."""
        self._write(
            "put_item",
            Item={**_key("release", deployment_id), "versions": {"S": json.dumps(sorted(versions))}},
            ConditionExpression="attribute_not_exists(pk)",
        )

    def forget_release(self, deployment_id: str) -> None:
        self._write("delete_item", Key=_key("release", deployment_id))

    def manifests(self) -> dict[str, tuple[str, ...]]:
        """Deployment id -> version ARNs."""
        items = self._query("release", limit=None, newest_first=False)
        return {item["sk"]["S"]: tuple(json.loads(item["versions"]["S"])) for item in items}

    # --- documents of other rooms ----------------------------------------------------------------------------

    def document(self, pk: str, sk: str) -> tuple[dict[str, Any], int] | None:
        """A document and its revision; None when there is none."""
        item = self._get(pk, sk)
        return (json.loads(item["document"]["S"]), int(item["revision"]["N"])) if item else None

    def write_document(self, pk: str, sk: str, document: Mapping[str, Any], *, replaces: int | None) -> bool:
        """Write the revision after `replaces` (None: whatever is there, for documents that are written once). False: somebody was faster."""
        revision = (replaces or 0) + 1
        condition: Item = {}
        if replaces is not None:
            condition = {
                "ConditionExpression": "attribute_not_exists(pk) OR revision = :old",
                "ExpressionAttributeValues": {":old": _n(replaces)},
            }
        item = {**_key(pk, sk), "document": {"S": json.dumps(document)}, "revision": _n(revision)}
        return self._write("put_item", Item=item, **condition) is not None

    def documents(self, pk: str) -> list[tuple[str, dict[str, Any]]]:
        """Every (sk, document) of a pk, in order."""
        items = self._query(pk, limit=None, newest_first=False)
        return [(item["sk"]["S"], json.loads(item["document"]["S"])) for item in items]

    # --- calls -----------------------------------------------------------------------------------------------

    def _get(self, pk: str, sk: str) -> Item | None:
        with aws_errors("dynamodb", "get_item", self.region):
            answer = self.client.get_item(TableName=self.table, Key=_key(pk, sk), ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _query(self, pk: str, *, limit: int | None, newest_first: bool) -> list[Item]:
        items: list[Item] = []
        request: Item = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        while True:
            if limit is not None:
                request["Limit"] = limit - len(items)
            with aws_errors("dynamodb", "query", self.region):
                page = self.client.query(**request)
            items += page.get("Items", [])
            start = page.get("LastEvaluatedKey")
            if not start or (limit is not None and len(items) >= limit):
                return items
            request["ExclusiveStartKey"] = start

    def _write(self, operation: str, **parameters: Any) -> Item | None:
        """One write and its answer; None when its condition did not hold."""
        try:
            with aws_errors("dynamodb", operation, self.region):
                answer: Item = getattr(self.client, operation)(TableName=self.table, **parameters)
        except ConditionFailed:
            return None
        return answer

    def exists(self) -> bool:
        """Whether the table is there; a stack that was never deployed has none."""
        try:
            self._get("lock", "lock")
        except NotFound:
            return False
        return True


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _n(value: float) -> Item:
    return {"N": str(int(value)) if float(value).is_integer() else repr(float(value))}


def _iso(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds")
