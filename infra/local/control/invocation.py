"""TestInvokeMethod and TestInvokeAuthorizer: the control plane's checks, then the data plane. Awaits the invoker."""

from __future__ import annotations

from collections.abc import Awaitable

from infra.local.control import authorizers, lookup
from infra.local.control.call import Call
from infra.local.control.errors import not_implemented
from infra.local.control.store import Shape


def test_invoke_method(call: Call) -> Awaitable[Shape]:
    api, resource, _ = lookup.method(call)
    if call.invoker is None:
        raise not_implemented("TestInvokeMethod without a data plane")
    return call.invoker.test_invoke_method(api, resource["id"], call.params["httpMethod"], call.params)


def test_invoke_authorizer(call: Call) -> Awaitable[Shape]:
    api, authorizer = authorizers.find(call)
    if call.invoker is None:
        raise not_implemented("TestInvokeAuthorizer without a data plane")
    return call.invoker.test_invoke_authorizer(api, authorizer, call.params)
