"""CloudFormation's handlers for ``AWS::ApiGateway::*``, over the control plane's own operations. Memory only.

``handlers`` gives a dict of resource type -> ``Handler``, to be put into a CloudFormation engine that calls
``create(logical_id, props, stack_name)``, ``update(physical_id, old, new, stack_name)`` and ``delete(physical_id, props)``
from worker threads. A handler that returns another physical id has replaced the resource; the engine deletes the old one.
An error of the control plane is raised as it is: its text is the resource's status reason.

Behaviour that AWS documents or users report, kept on purpose: a RestApi's body is put in place; a stage's update sends only
what changed in the template, so a canary that *disappears* from it stays on the stage (aws-cdk issue 33901), and a canary
set by hand survives unrelated updates; a deployment in use cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.control import cloudformation_api as api_handlers
from infra.local.control import cloudformation_edge as edge_handlers
from infra.local.control import cloudformation_stage as stage_handlers
from infra.local.control.cloudformation_props import Attributes, Handler, Plane, Props
from infra.local.control.plane import ControlPlane
from infra.local.control.store import Shape

__all__ = ["Attributes", "Handler", "ObjectReader", "Props", "handlers"]


class ObjectReader(Protocol):
    """Reads an S3 object synchronously, for ``BodyS3Location``."""

    def __call__(self, bucket: str, key: str, version: str | None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Bound:
    """The control plane for the account and region of the stack that is being worked on."""

    control: ControlPlane
    account_of: Callable[[], str]
    region_of: Callable[[], str]
    read_object: ObjectReader | None
    find_stack_id: Callable[[str], str | None] | None

    def __call__(self, operation: str, **params: Any) -> Shape:
        return self.control.perform(operation, params, account=self.account_of(), region=self.region_of())

    @property
    def account(self) -> str:
        return self.account_of()

    @property
    def region(self) -> str:
        return self.region_of()

    def object(self, bucket: str, key: str, version: str | None) -> bytes:
        if self.read_object is None:
            raise ValueError("BodyS3Location needs an S3 reader, and none was given to the handlers")
        return self.read_object(bucket, key, version)

    def stack_id(self, stack: str) -> str | None:
        return None if self.find_stack_id is None else self.find_stack_id(stack)


def handlers(
    control: ControlPlane,
    *,
    account: Callable[[], str],
    region: Callable[[], str],
    read_object: ObjectReader | None = None,
    stack_id: Callable[[str], str | None] | None = None,
) -> dict[str, Handler]:
    """All handlers by resource type.

    Args:
        control: the control plane that serves the API too.
        account: gives the account of the calling thread's stack.
        region: gives its region.
        read_object: reads an S3 object; without it ``BodyS3Location`` fails with a clear error.
        stack_id: gives a stack's ARN by its name, for the ``aws:cloudformation:stack-id`` tag.
    """
    plane: Plane = _Bound(control, account, region, read_object, stack_id)
    return {
        **api_handlers.handlers(plane),
        **stage_handlers.handlers(plane),
        **edge_handlers.handlers(plane),
    }
