"""Request validation: required parameters, then the body against its model. Pure; compiled per method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
Recorded: missing parameters are listed header, path, query, each sorted; names are compared by case for headers too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft4Validator, ValidationError
from jsonschema.exceptions import SchemaError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from infra.local.gateway.exchange import Exchange
from infra.local.gateway.faults import bad_request_body, bad_request_parameters

__all__ = ["RequestRules", "compile_rules"]

DEFAULT_CONTENT_TYPE = "application/json"
_MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class RequestRules:
    """``required``: (place, name) in the order AWS names them. ``models``: media type -> validator, None if unknown."""

    required: tuple[tuple[str, str], ...]
    models: Mapping[str, Draft4Validator | None]

    def check(self, exchange: Exchange) -> None:
        """Raises GatewayFault BAD_REQUEST_PARAMETERS or BAD_REQUEST_BODY."""
        missing = [name for place, name in self.required if not _present(exchange, place, name)]
        if missing:
            raise bad_request_parameters(f"Missing required request parameters: [{', '.join(missing)}]")
        if self.models:
            self._check_body(exchange)

    def _check_body(self, exchange: Exchange) -> None:
        media_type = exchange.header("content-type") or DEFAULT_CONTENT_TYPE
        validator = self._model_for(media_type)
        if validator is _NO_MODEL:
            return  # documented: a content type without a model is not validated
        if validator is None:
            raise bad_request_body("[unknown model]")
        try:
            document = json.loads(exchange.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise bad_request_body(f"[{error}]") from error
        try:
            findings = [
                describe(e) for e, _ in zip(validator.iter_errors(document), range(_MAX_FINDINGS), strict=False)
            ]
        except (Unresolvable, SchemaError, RecursionError) as error:
            raise bad_request_body(f"[{error}]") from error
        if findings:
            raise bad_request_body(f"[{', '.join(dict.fromkeys(findings))}]")

    def _model_for(self, media_type: str) -> Any:
        plain = media_type.partition(";")[0].strip()
        for key in (media_type, plain, "$default"):
            if key in self.models:
                return self.models[key]
        return _NO_MODEL


_NO_MODEL: Any = object()
_PLACES = ("header", "path", "querystring")


def _present(exchange: Exchange, place: str, name: str) -> bool:
    """Documented: included and not blank."""
    if place == "header":
        return bool(exchange.headers.get(name) or exchange.header(name))
    if place == "path":
        return bool(exchange.path_parameters.get(name))
    return any(exchange.query.get(name, ()))


def compile_rules(
    method: Mapping[str, Any], validators: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]
) -> RequestRules | None:
    """The rules of a method, or None when it has no validator or the validator checks nothing."""
    validator = validators.get(method.get("requestValidatorId") or "")
    if not validator:
        return None
    required: list[tuple[str, str]] = []
    if validator.get("validateRequestParameters"):
        for key in sorted(k for k, needed in (method.get("requestParameters") or {}).items() if needed):
            place, _, name = key.removeprefix("method.request.").partition(".")
            if place in _PLACES:
                required.append((place, name))
    compiled: dict[str, Draft4Validator | None] = {}
    if validator.get("validateRequestBody"):
        registry = _registry(models)
        for media_type, name in (method.get("requestModels") or {}).items():
            compiled[media_type] = _compile_model(name, models, registry)
    return RequestRules(tuple(required), compiled) if required or compiled else None


def _compile_model(
    name: str, models: Mapping[str, Mapping[str, Any]], registry: Registry[Any]
) -> Draft4Validator | None:
    schema = _schema(models[name]) if name in models else None
    return None if schema is None else Draft4Validator(schema, registry=registry)


def _schema(model: Mapping[str, Any]) -> Any:
    try:
        schema = json.loads(model.get("schema") or "{}")
    except ValueError:
        return None
    if isinstance(schema, dict):
        schema.pop("$schema", None)  # every model is draft 4, whatever it calls itself
    return schema


def _registry(models: Mapping[str, Mapping[str, Any]]) -> Registry[Any]:
    """Finds ``https://apigateway.amazonaws.com/restapis/{api}/models/{name}`` by the name alone."""

    def retrieve(uri: str) -> Resource[Any]:
        model = models.get(uri.rpartition("/models/")[2])
        schema = _schema(model) if model else None
        if schema is None:
            raise KeyError(uri)
        return Resource.from_contents(schema, default_specification=DRAFT4)

    return Registry(retrieve=retrieve)  # type: ignore[call-arg]


_PRIMITIVES = ("array", "boolean", "integer", "null", "number", "object", "string")


def describe(error: ValidationError) -> str:
    """One finding in the words of the validator that API Gateway uses (fge json-schema-validator); unsure in detail."""
    rule = str(error.validator)
    limit: Any = error.validator_value
    found: Any = error.instance
    if rule == "required":
        missing = sorted(set(_strings(limit)) - set(found))
        return f"object has missing required properties ({_json(missing)})"
    if rule == "type":
        allowed = sorted({*_strings(limit), *(["integer"] if "number" in _strings(limit) else [])})
        return (
            f"instance type ({_type_of(found)}) does not match any allowed primitive type (allowed: {_json(allowed)})"
        )
    if rule == "enum":
        return f"instance value ({_json(found)}) not found in enum (possible values: {_json(limit)})"
    return _describe_limit(rule, limit, found) or error.message


def _describe_limit(rule: str, limit: Any, found: Any) -> str | None:
    sentences = {
        "minimum": "numeric instance is lower than the required minimum (minimum: {limit}, found: {found})",
        "maximum": "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})",
        "minLength": "string {found} is too short (length: {size}, required minimum: {limit})",
        "maxLength": "string {found} is too long (length: {size}, maximum allowed: {limit})",
        "pattern": "ECMA 262 regex {limit} does not match input string {found}",
        "minItems": "array is too short: must have at least {limit} elements but instance has {size} elements",
        "maxItems": "array is too long: must have at most {limit} elements but instance has {size} elements",
    }
    sentence = sentences.get(rule)
    if sentence is None:
        return None
    size = len(found) if isinstance(found, (str, list)) else 0
    return sentence.format(limit=_json(limit), found=_json(found), size=size)


def _strings(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else list(value)


def _type_of(value: Any) -> str:
    return next(kind for kind in _PRIMITIVES if Draft4Validator.TYPE_CHECKER.is_type(value, kind))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
