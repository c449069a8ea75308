"""The state of the embedded API Gateway, per account and region. Memory only.

Everything below a REST API is kept in the shapes of the API's own answers (AWS SDK field names), so that what is stored
is what is shown. A deployment holds a deep copy of the definition: nothing can change it afterwards, which is why the
data plane may compile and cache it by deployment id.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Shape = dict[str, Any]


@dataclass(slots=True)
class Definition:
    """What a deployment captures.

    ``resources``: resource id -> Resource shape (``id parentId pathPart path resourceMethods{VERB: Method}``), each Method
    with its ``methodIntegration``. ``models`` by name, ``request_validators``, ``authorizers`` by id,
    ``gateway_responses`` by response type (only the customised ones). ``settings``: the API-level fields that are
    deployed too (``apiKeySource``, ``binaryMediaTypes``, ``minimumCompressionSize``, ``policy``).
    """

    resources: dict[str, Shape] = field(default_factory=dict)
    models: dict[str, Shape] = field(default_factory=dict)
    request_validators: dict[str, Shape] = field(default_factory=dict)
    authorizers: dict[str, Shape] = field(default_factory=dict)
    gateway_responses: dict[str, Shape] = field(default_factory=dict)
    settings: Shape = field(default_factory=dict)

    def snapshot(self) -> Definition:
        return copy.deepcopy(self)


@dataclass(frozen=True, slots=True)
class Deployment:
    id: str
    description: str | None
    created: float  # epoch seconds
    definition: Definition


@dataclass(slots=True)
class RestApi:
    """``attributes`` is the GetRestApi answer; ``stages`` holds GetStage answers by stage name."""

    id: str
    account: str
    region: str
    root_resource_id: str
    attributes: Shape
    live: Definition
    deployments: dict[str, Deployment] = field(default_factory=dict)
    stages: dict[str, Shape] = field(default_factory=dict)
    documentation_parts: dict[str, Shape] = field(default_factory=dict)
    documentation_versions: dict[str, Shape] = field(default_factory=dict)


@dataclass(slots=True)
class RegionState:
    """``usage_plan_keys``: plan id -> key ids. ``usage``: (plan id, key id) -> ISO date -> requests used.

    ``authorizer_epoch``: (api id, stage name) -> number, raised by FlushStageAuthorizersCache.
    """

    account: str
    region: str
    rest_apis: dict[str, RestApi] = field(default_factory=dict)
    api_keys: dict[str, Shape] = field(default_factory=dict)
    usage_plans: dict[str, Shape] = field(default_factory=dict)
    usage_plan_keys: dict[str, list[str]] = field(default_factory=dict)
    usage: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    domain_names: dict[str, Shape] = field(default_factory=dict)
    base_path_mappings: dict[str, dict[str, Shape]] = field(default_factory=dict)  # domain -> base path -> shape
    routing_rules: dict[str, dict[str, Shape]] = field(default_factory=dict)  # domain -> rule id -> shape
    client_certificates: dict[str, Shape] = field(default_factory=dict)
    vpc_links: dict[str, Shape] = field(default_factory=dict)
    account_settings: Shape = field(default_factory=dict)
    authorizer_epoch: dict[tuple[str, str], int] = field(default_factory=dict)


class Store:
    """All regions of all accounts."""

    def __init__(self) -> None:
        self._regions: dict[tuple[str, str], RegionState] = {}

    def region(self, account: str, region: str) -> RegionState:
        """The state of one region, made empty when it is first asked for."""
        key = (account, region)
        if key not in self._regions:
            self._regions[key] = RegionState(account=account, region=region)
        return self._regions[key]

    def find_api(self, api_id: str) -> RestApi | None:
        """An API by its id in any region: ids are unique over all of them."""
        for state in self._regions.values():
            if api_id in state.rest_apis:
                return state.rest_apis[api_id]
        return None

    def regions(self) -> tuple[RegionState, ...]:
        return tuple(self._regions.values())
