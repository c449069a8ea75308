"""The private places of ministack that we build on: its table of CloudFormation resource handlers, and one function.

ministack has no plug-in interface. Its provisioners look each resource type up in a module-level dict at the time of use,
so an entry of ours replaces theirs. That dict and the signature of its entries are checked at start-up (``check``) and by a
contract test; the version is pinned exactly.

The function resolves intrinsic functions. It knows ``Fn::GetStackOutput`` and looks for the stack in the region of the stack
that asks, whatever ``Region`` says; AWS reads any region's
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html).
May touch: that dict and that function, in this process.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from infra.errors import SeamChanged

__all__ = [
    "PINNED_VERSION",
    "Handler",
    "account_and_region",
    "check",
    "handlers",
    "install",
    "let_outputs_be_read_across_regions",
    "scope",
]

PINNED_VERSION = "1.5.33"

Entries = MutableMapping[str, dict[str, Any]]
_CREATE = ("logical_id", "props", "stack_name")
_NEEDED = ("AWS::ApiGateway::Stage", "AWS::ApiGateway::RestApi", "AWS::Lambda::Function", "AWS::Lambda::Version")


class Handler(Protocol):
    """One CloudFormation resource type, as ministack calls it (from a worker thread).

    ``create`` and ``update`` give the physical id and the attributes of Fn::GetAtt; another physical id from ``update``
    means replacement. An exception fails the resource and rolls the stack back, with its text as the reason.
    """

    def create(self, logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]: ...

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]: ...

    def delete(self, physical_id: str, props: dict[str, Any]) -> None: ...


def handlers() -> Entries:
    """ministack's live table. Raises SeamChanged when it is not where this version expects it."""
    try:
        from ministack.services.cloudformation import provisioners

        table: Entries = provisioners._RESOURCE_HANDLERS
    except (ImportError, AttributeError) as error:
        raise SeamChanged(_advice(f"its table of CloudFormation handlers is gone ({error})")) from error
    check(table)
    return table


def check(table: object) -> None:
    """Verifies shape and signatures. Raises SeamChanged with the first difference."""
    if not isinstance(table, dict):
        raise SeamChanged(_advice(f"its table of CloudFormation handlers is a {type(table).__name__}, not a dict"))
    for name in _NEEDED:
        entry = table.get(name)
        if not isinstance(entry, dict) or not callable(entry.get("create")) or not callable(entry.get("delete")):
            raise SeamChanged(_advice(f"it has no create and delete for {name}"))
        parameters = len(inspect.signature(entry["create"]).parameters)
        if parameters < len(_CREATE):
            raise SeamChanged(_advice(f"create of {name} takes {parameters} arguments, not {len(_CREATE)}"))


def install(table: Entries, ours: Mapping[str, Handler]) -> None:
    """Puts our handlers in ministack's place."""
    for name, handler in ours.items():
        table[name] = {"create": handler.create, "update": handler.update, "delete": handler.delete}


def account_and_region() -> tuple[Callable[[], str], Callable[[], str]]:
    """The getters of the account and region that the current CloudFormation operation works in."""
    try:
        from ministack.core.responses import get_account_id, get_region
    except ImportError as error:
        raise SeamChanged(_advice(f"the getters of account and region are gone ({error})")) from error
    return get_account_id, get_region


_OUTPUT = "Fn::GetStackOutput"
_RESOLVED = ("value", "resources", "params", "conditions", "mappings", "stack_name", "stack_id")


def let_outputs_be_read_across_regions(*, account: Callable[[], str]) -> None:
    """Lets ``Fn::GetStackOutput`` with a ``Region`` read there. Safe to call again. Raises SeamChanged."""
    try:
        from ministack.core.responses import request_scope
        from ministack.services.cloudformation import engine

        theirs = engine._resolve_refs
    except (ImportError, AttributeError) as error:
        raise SeamChanged(_advice(f"its resolver of intrinsic functions is gone ({error})")) from error
    if getattr(theirs, "reads_any_region", False):
        return
    if tuple(inspect.signature(theirs).parameters) != _RESOLVED:
        raise SeamChanged(_advice("its resolver of intrinsic functions takes other arguments"))

    def resolve(value: Any, *context: Any) -> Any:
        asked = value.get(_OUTPUT) if isinstance(value, dict) else None
        if not isinstance(asked, dict) or "Region" not in asked:
            return theirs(value, *context)
        region = theirs(asked["Region"], *context)
        with request_scope(account(), region):
            return theirs({_OUTPUT: {name: inner for name, inner in asked.items() if name != "Region"}}, *context)

    resolve.reads_any_region = True  # type: ignore[attr-defined]
    engine._resolve_refs = resolve


def scope() -> Callable[[str, str], AbstractContextManager[Any]]:
    """A context that is one of an account and a region, as a request of theirs is."""
    try:
        from ministack.core.responses import request_scope
    except ImportError as error:
        raise SeamChanged(_advice(f"its scope of a request is gone ({error})")) from error
    return request_scope  # type: ignore[no-any-return]


def _advice(difference: str) -> str:
    return (
        f"ministack: {difference}. This version of gatewright is built on ministack {PINNED_VERSION} exactly; "
        "run `make setup` to install it again."
    )
