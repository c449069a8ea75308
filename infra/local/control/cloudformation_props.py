"""CloudFormation's properties as the API's members, and what a handler looks like. Touches nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.control.errors import AwsError
from infra.local.control.store import Shape

Props = dict[str, Any]
Attributes = dict[str, Any]
Created = tuple[str, Attributes]

# members whose keys are the user's own and must not change case
_MAPS = {
    "Variables",
    "StageVariableOverrides",
    "RequestParameters",
    "RequestTemplates",
    "RequestModels",
    "ResponseParameters",
    "ResponseTemplates",
    "ResponseModels",
}
_IRREGULAR = {"ProviderARNs": "providerARNs", "RestApiId": "restApiId"}


@dataclass(frozen=True, slots=True)
class Handler:
    """``create(logical_id, props, stack)``, ``update(physical_id, old, new, stack)``, ``delete(physical_id, props)``."""

    create: Callable[[str, Props, str], Created]
    update: Callable[[str, Props, Props, str], Created]
    delete: Callable[[str, Props], None]


class Plane(Protocol):
    """The operations of the control plane, bound to a stack's account and region."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...

    def __call__(self, operation: str, **params: Any) -> Shape:
        """Raises AwsError."""
        ...

    def object(self, bucket: str, key: str, version: str | None) -> bytes: ...

    def stack_id(self, stack: str) -> str | None: ...


def members(props: Props, *names: str) -> Shape:
    """The named properties as API members: ``StageName`` -> ``stageName``, nested ones too; absent ones left out."""
    return {member_name(name): lowered(props[name], name) for name in names if props.get(name) is not None}


def member_name(name: str) -> str:
    return _IRREGULAR.get(name, name[:1].lower() + name[1:])


def lowered(value: Any, name: str = "") -> Any:
    if isinstance(value, dict) and name not in _MAPS:
        return {member_name(key): lowered(item, key) for key, item in value.items()}
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not None}
    return [lowered(item) for item in value] if isinstance(value, list) else value


def tags(props: Props) -> Shape | None:
    """CloudFormation's list of Key and Value as a map."""
    given = props.get("Tags")
    if isinstance(given, list):
        return {item["Key"]: str(item["Value"]) for item in given} or None
    return dict(given) if given else None


def boolean(value: Any) -> bool | None:
    """A template may carry "true"; None stays None."""
    return value.lower() == "true" if isinstance(value, str) else value


def whole(value: Any) -> int | None:
    return None if value is None else int(value)


def text(value: Any) -> str:
    """A patch value: the API wants strings."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def changed(old: Props, new: Props, *names: str) -> bool:
    return any(old.get(name) != new.get(name) for name in names)


def replace_operations(old: Props, new: Props, paths: Sequence[tuple[str, str]]) -> list[Shape]:
    """``replace`` operations for the (property, path) pairs whose value changed; a removed one is set empty."""
    return [
        {"op": "replace", "path": path, "value": "" if new.get(name) is None else text(new[name])}
        for name, path in paths
        if old.get(name) != new.get(name)
    ]


def gone(action: Callable[[], Any]) -> None:
    """Deletes; something that is not there any more is deleted already."""
    try:
        action()
    except AwsError as error:
        if error.status != 404:
            raise


def generated_name(stack: str, logical_id: str) -> str:
    return f"{stack}-{logical_id}" if stack else logical_id


def mark(plane: Plane, path: str, logical_id: str, stack: str) -> None:
    """Puts the tags on a new thing that CloudFormation itself puts there (recorded)."""
    own = {"aws:cloudformation:logical-id": logical_id, "aws:cloudformation:stack-name": stack}
    if stack_id := plane.stack_id(stack):
        own["aws:cloudformation:stack-id"] = stack_id
    plane("TagResource", resourceArn=f"arn:aws:apigateway:{plane.region}::/{path}", tags=own)


def sync_tags(plane: Plane, path: str, old: Shape | None, new: Shape | None) -> None:
    """Makes the tags of something follow the template's."""
    arn = f"arn:aws:apigateway:{plane.region}::/{path}"
    if removed := [key for key in old or {} if key not in (new or {})]:
        plane("UntagResource", resourceArn=arn, tagKeys=removed)
    if new:
        plane("TagResource", resourceArn=arn, tags=new)


class Kind:
    """One resource type. ``REPLACING`` names the properties whose change makes a new resource."""

    REPLACING: tuple[str, ...] = ()

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self._logical_ids: dict[str, str] = {}  # by physical id: an engine does not tell it again for a replacement

    def handler(self) -> Handler:
        return Handler(self._create, self._update_or_replace, self._delete)

    def _create(self, logical_id: str, props: Props, stack: str) -> Created:
        made = self.create(logical_id, props, stack)
        self._logical_ids[made[0]] = logical_id
        return made

    def _update_or_replace(self, physical_id: str, old: Props, new: Props, stack: str) -> Created:
        if changed(old, new, *self.REPLACING):
            return self._create(self._logical_ids.get(physical_id, physical_id), new, stack)
        return self.update(physical_id, old, new)

    def _delete(self, physical_id: str, props: Props) -> None:
        self.delete(physical_id, props)
        self._logical_ids.pop(physical_id, None)

    def create(self, logical_id: str, props: Props, stack: str) -> Created:
        raise NotImplementedError

    def update(self, physical_id: str, old: Props, new: Props) -> Created:
        raise NotImplementedError

    def delete(self, physical_id: str, props: Props) -> None:
        raise NotImplementedError
