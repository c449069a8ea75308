"""Integration responses, by status code. Memory only. Texts as recorded."""

from __future__ import annotations

from infra.local.control import integration_rules, lookup, methods, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import not_found
from infra.local.control.patch import Grammar
from infra.local.control.store import Shape


def put_integration_response(call: Call) -> Shape:
    """Creates or overwrites; an empty template is stored as null (recorded)."""
    _, verb = lookup.integration(call)
    templates = call.arg("responseTemplates")
    shape = {
        "statusCode": call.params["statusCode"],
        **present(
            selectionPattern=call.arg("selectionPattern"),
            responseParameters=call.arg("responseParameters"),
            responseTemplates=None if templates is None else {key: text or None for key, text in templates.items()},
            contentHandling=call.arg("contentHandling"),
        ),
    }
    integration_rules.check_response(shape, verb)
    _store(call, verb, {**verb["methodIntegration"].get("integrationResponses", {}), shape["statusCode"]: shape})
    return shape


def get_integration_response(call: Call) -> Shape:
    _, verb = lookup.integration(call)
    return _find(call, verb)


def update_integration_response(call: Call) -> Shape:
    _, verb = lookup.integration(call)
    patched = patch.apply(_find(call, verb), patch.operations(call), _GRAMMAR)
    integration_rules.check_response(patched, verb)
    _store(call, verb, {**verb["methodIntegration"]["integrationResponses"], patched["statusCode"]: patched})
    return patched


def delete_integration_response(call: Call) -> None:
    _, verb = lookup.integration(call, missing_method="Invalid Integration identifier specified")
    doomed = _find(call, verb)
    responses = verb["methodIntegration"]["integrationResponses"]
    _store(call, verb, {key: shape for key, shape in responses.items() if shape is not doomed})


def _find(call: Call, verb: Shape) -> Shape:
    shape = verb["methodIntegration"].get("integrationResponses", {}).get(call.params["statusCode"])
    if shape is None:
        raise not_found("Invalid Response status code specified")
    found: Shape = shape
    return found


def _store(call: Call, verb: Shape, responses: Shape) -> None:
    _, resource = lookup.resource(call)
    integration = {key: value for key, value in verb["methodIntegration"].items() if key != "integrationResponses"}
    if responses:
        integration["integrationResponses"] = responses
    methods.store(resource, {**verb, "methodIntegration": integration})


_GRAMMAR = Grammar(
    {
        "/selectionPattern": patch.text("selectionPattern"),
        "/contentHandling": patch.text("contentHandling"),
        "/responseParameters/*": patch.entry("responseParameters", missing=patch.UNKNOWN_PARAMETER),
        "/responseTemplates/*": patch.entry(
            "responseTemplates", missing=patch.UNKNOWN_CONTENT_TYPE, convert=lambda value: value or None
        ),
    }
)
