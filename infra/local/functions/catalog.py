"""From an ARN to what has to run: version, alias with weights, configuration, reserved concurrency.

Asks the control plane in process and remembers the answer until `changed` says that something mutated, so that a
warm invocation costs two dictionary look-ups. Touches nothing else.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from infra.local.functions.arn import FunctionReference, parse_reference
from infra.local.ports import Cloud, CloudCallError, FunctionNotFound, HttpResponse

__all__ = ["Catalog", "Resolution", "Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One runnable function version, as the control plane describes it."""

    region: str
    account: str
    name: str
    version: str
    revision: str
    runtime: str
    handler: str
    timeout_seconds: float
    memory_mb: int
    code_sha256: str
    code_location: str
    package_type: str
    log_group: str
    json_logs: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    traced: bool = False

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Which workers can serve it: a new revision of $LATEST, or a function made again, gets new ones."""
        return self.region, self.name, self.version, self.revision, self.code_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What an ARN stands for. An alias with weights has several targets; ``weights`` are their cumulative shares."""

    reference: FunctionReference
    targets: tuple[Target, ...]
    weights: tuple[float, ...] = ()
    reserved_concurrency: int | None = None
    epoch: tuple[int, int] = (0, 0)

    def pick(self, chance: Callable[[], float] = random.random) -> Target:
        """One target; each invocation draws anew, as Lambda's alias routing does."""
        if len(self.targets) == 1:
            return self.targets[0]
        drawn = chance()
        return next((t for t, share in zip(self.targets, self.weights, strict=True) if drawn < share), self.targets[-1])


class Catalog:
    """Resolves ARNs.

    Args:
        account: the account of references that name none.
    """

    def __init__(self, cloud: Cloud, *, account: str) -> None:
        self._cloud = cloud
        self._account = account
        self._known: dict[str, Resolution] = {}
        self._asking: dict[str, asyncio.Future[Resolution]] = {}
        self._epochs: dict[tuple[str, str | None], int] = {}

    def changed(self, region: str, function_name: str | None = None) -> None:
        """Something of a function (None: of any function in the region) was changed. Safe from any thread."""
        key = (region, function_name)
        self._epochs[key] = self._epochs.get(key, 0) + 1

    def _epoch(self, region: str, name: str) -> tuple[int, int]:
        return self._epochs.get((region, None), 0), self._epochs.get((region, name), 0)

    def known(self, arn: str) -> Resolution | None:
        """The remembered answer, when it still holds."""
        known = self._known.get(arn)
        if known is None:
            return None
        reference = known.reference
        return known if known.epoch == self._epoch(reference.region, reference.name) else None

    async def resolve(self, arn: str) -> Resolution:
        """Raises FunctionNotFound. Many callers at once make one question."""
        known = self.known(arn)
        if known is not None:
            return known
        asking = self._asking.get(arn)
        if asking is None:
            asking = self._asking[arn] = asyncio.ensure_future(self._ask(arn))
            asking.add_done_callback(lambda _: self._asking.pop(arn, None))
        return await asyncio.shield(asking)

    async def _ask(self, arn: str) -> Resolution:
        reference = parse_reference(arn, region="", account=self._account)
        if reference is None or not reference.region:
            raise FunctionNotFound(f"Function not found: {arn}")
        epoch = self._epoch(reference.region, reference.name)  # before asking: a change meanwhile must count
        alias = await self._alias(reference)
        if alias is None:
            first, reserved = await self._target(reference, reference.qualifier)
            targets, weights = [first], [1.0]
        else:
            extra: dict[str, float] = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            main, reserved = await self._target(reference, alias["FunctionVersion"])
            targets = [(await self._target(reference, version))[0] for version in extra] + [main]
            weights = [*(sum(list(extra.values())[: n + 1]) for n in range(len(extra))), 1.0]
        answer = Resolution(
            reference=reference,
            targets=tuple(targets),
            weights=tuple(weights),
            reserved_concurrency=reserved,
            epoch=epoch,
        )
        self._known[arn] = answer
        return answer

    async def _alias(self, reference: FunctionReference) -> dict[str, Any] | None:
        qualifier = reference.qualifier
        if qualifier is None or qualifier == "$LATEST" or qualifier.isdigit():
            return None
        return await self._get(reference, f"/aliases/{quote(qualifier)}", "")

    async def _target(self, reference: FunctionReference, version: str | None) -> tuple[Target, int | None]:
        found = await self._get(reference, "", f"Qualifier={quote(version)}" if version else "")
        reserved = (found.get("Concurrency") or {}).get("ReservedConcurrentExecutions")
        return read_target(reference, found), None if reserved is None else int(reserved)

    async def _get(self, reference: FunctionReference, path: str, query: str) -> dict[str, Any]:
        answer: HttpResponse = await self._cloud.call(
            "lambda",
            reference.region,
            method="GET",
            path=f"/2015-03-31/functions/{quote(reference.name)}{path}",
            query=query,
        )
        if answer.status == 404:
            raise FunctionNotFound(f"Function not found: {reference.arn}")
        content: dict[str, Any] = json.loads(answer.body or b"{}")
        if answer.status >= 400:
            raise CloudCallError(str(content.get("__type", "ServiceException")), str(content.get("message", "")))
        return content


def read_target(reference: FunctionReference, found: Mapping[str, Any]) -> Target:
    """A GetFunction answer as a target."""
    configuration, code = found["Configuration"], found.get("Code") or {}
    logging = configuration.get("LoggingConfig") or {}
    return Target(
        region=reference.region,
        account=reference.account,
        name=reference.name,
        version=str(configuration.get("Version", "$LATEST")),
        revision=str(configuration.get("RevisionId", "")),
        runtime=str(configuration.get("Runtime") or ""),
        handler=str(configuration.get("Handler") or ""),
        timeout_seconds=float(configuration.get("Timeout", 3)),
        memory_mb=int(configuration.get("MemorySize", 128)),
        code_sha256=str(configuration.get("CodeSha256", "")),
        code_location=str(code.get("Location", "")),
        package_type=str(configuration.get("PackageType", "Zip")),
        log_group=str(logging.get("LogGroup") or f"/aws/lambda/{reference.name}"),
        json_logs=logging.get("LogFormat") == "JSON",
        environment=dict((configuration.get("Environment") or {}).get("Variables") or {}),
        layers=tuple(str(layer["Arn"]) for layer in configuration.get("Layers") or ()),
        traced=(configuration.get("TracingConfig") or {}).get("Mode") == "Active",
    )
