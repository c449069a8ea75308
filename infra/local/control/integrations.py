"""Integrations of a method. Memory only. The rules are in ``integration_rules``."""

from __future__ import annotations

from infra.local.control import integration_rules, lookup, methods, patch
from infra.local.control.call import Call
from infra.local.control.errors import bad_request
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Shape

_TIMEOUT = "Timeout should be between 50 ms and 29000 ms"


def put_integration(call: Call) -> Shape:
    """A new integration; the responses of an earlier one are not kept (unsure, but a console change behaves so)."""
    _, resource, verb = lookup.method(call)
    integration = integration_rules.normalized(call.params, resource["id"])
    integration_rules.check(integration, verb)
    methods.store(resource, {**verb, "methodIntegration": integration})
    return integration


def get_integration(call: Call) -> Shape:
    _, verb = lookup.integration(call)
    integration: Shape = verb["methodIntegration"]
    return integration


def update_integration(call: Call) -> Shape:
    _, resource, verb = lookup.method(call)
    lookup.integration(call)
    patched = patch.apply(verb["methodIntegration"], patch.operations(call), _GRAMMAR)
    integration_rules.check(patched, verb)
    methods.store(resource, {**verb, "methodIntegration": patched})
    return patched


def delete_integration(call: Call) -> None:
    _, resource, verb = lookup.method(call)
    lookup.integration(call)
    methods.store(resource, {key: value for key, value in verb.items() if key != "methodIntegration"})


def _insecure(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    shape["tlsConfig"] = {"insecureSkipVerification": patch.flag_of(operation.value)}


def _kind(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.value not in ("HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"):
        raise bad_request("Invalid integration type specified")  # unsure of the text
    shape["type"] = operation.value


_GRAMMAR = Grammar(
    {
        "/type": Rule(("replace",), _kind),
        "/uri": patch.text("uri"),
        "/httpMethod": patch.text("httpMethod"),
        "/credentials": patch.text("credentials", ops=("add", "remove", "replace")),
        "/passthroughBehavior": patch.text("passthroughBehavior"),
        "/contentHandling": patch.text("contentHandling"),
        "/connectionId": patch.text("connectionId"),
        "/connectionType": patch.text("connectionType"),
        "/cacheNamespace": patch.text("cacheNamespace"),
        "/timeoutInMillis": patch.number("timeoutInMillis", _TIMEOUT),
        "/responseTransferMode": patch.text("responseTransferMode"),
        "/integrationTarget": patch.text("integrationTarget"),
        "/tlsConfig/insecureSkipVerification": Rule(("replace",), _insecure),
        "/cacheKeyParameters/*": patch.member("cacheKeyParameters", keep_empty=True),
        "/requestParameters/*": patch.entry("requestParameters", missing=patch.UNKNOWN_PARAMETER),
        "/requestTemplates/*": patch.entry("requestTemplates", missing=patch.UNKNOWN_CONTENT_TYPE),
    }
)
