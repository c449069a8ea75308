"""What one control-plane operation gets to work with. Touches nothing.

An operation is a plain function ``(Call) -> answer`` with the snake-case name of the AWS operation, in the module of its
noun; the answer has the SDK's member names. It must replace what it changes by single assignments, because the data
plane reads the store without a lock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.control.store import RegionState, RestApi, Shape, Store


class Invoker(Protocol):
    """What the data plane offers to TestInvokeMethod and TestInvokeAuthorizer.

    Both get the live definition of the API (not a deployment) and the SDK request members
    (``pathWithQueryString body headers multiValueHeaders stageVariables``); both give the SDK's answer shape.
    """

    async def test_invoke_method(self, api: RestApi, resource_id: str, http_method: str, request: Shape) -> Shape: ...

    async def test_invoke_authorizer(self, api: RestApi, authorizer: Shape, request: Shape) -> Shape: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation with its input, by SDK member names, already type-checked.

    ``now`` is epoch seconds; ``new_id(n)`` gives n characters of ``[a-z0-9]``, unique enough for the store.
    """

    operation: str
    params: Shape
    state: RegionState
    store: Store
    now: float
    new_id: Callable[[int], str]
    invoker: Invoker | None = None

    def arg(self, name: str, default: Any = None) -> Any:
        """An input member; the default also when it was sent as null."""
        value = self.params.get(name)
        return default if value is None else value


Operation = Callable[[Call], Shape | Awaitable[Shape] | None]


def present(**members: Any) -> Shape:
    """The members that have a value: AWS leaves out what is not set, it does not send null."""
    return {name: value for name, value in members.items() if value is not None}
