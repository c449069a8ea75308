"""The part of OpenAPI 3.0 that a service's fragment may use. Pure; touches nothing.

A subset on purpose: what API Gateway does not import (cookies, links, callbacks, TRACE), what the gateway decides itself
(servers, security, extensions) is an unknown key here, and so a finding with its place.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

from infra.config.syntax import SEGMENT
from infra.config.units import Text, shown, wrong

__all__ = ["METHODS", "FragmentShape", "OperationShape"]

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")

RelativePath = Annotated[
    str,
    Text(rf"/|(/{SEGMENT})+", "A path is / or segments of letters, digits and . _ : - or {variable}, one by one", 200),
]
StatusCode = Annotated[str, Text(r"[1-5][0-9][0-9]|default", "A status from 100 to 599, or default", 7)]
# Model names on API Gateway have letters and digits only (developer guide, "Important notes").
ModelName = Annotated[str, Text(r"[A-Za-z][A-Za-z0-9]*", "A schema is named with letters and digits only", 100)]
OperationId = Annotated[str, Text(r"[A-Za-z][A-Za-z0-9_-]*", "Letters, digits, _ and -, beginning with a letter", 64)]
HeaderOrVariable = Annotated[
    str, Text(r"[A-Za-z0-9._$:-]+", "Letters, digits and . _ $ : - as API Gateway has it", 100)
]


Count = Annotated[int, Field(ge=0)]


def _regular_expression(text: str | None) -> str | None:
    try:
        re.compile(text or "")
    except (re.error, OverflowError, RecursionError) as error:
        raise wrong(f"{shown(text)} is not a regular expression: {error}", "Correct the pattern") from error
    return text


class Shape(BaseModel):
    """Closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _or_boolean(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, bool) else check(value)


class SchemaShape(Shape):
    """A Schema Object of OpenAPI 3.0, without extensions."""

    model_config = ConfigDict(alias_generator=to_camel)

    ref: Annotated[str | None, Field(alias="$ref")] = None
    type: Literal["array", "boolean", "integer", "number", "object", "string"] | None = None
    title: str | None = None
    description: str | None = None
    format: str | None = None
    pattern: Annotated[str | None, AfterValidator(_regular_expression)] = None
    enum: Annotated[list[Any], Field(min_length=1)] | None = None
    default: Any = None
    example: Any = None
    multiple_of: Annotated[float, Field(gt=0)] | None = None
    maximum: float | None = None
    minimum: float | None = None
    exclusive_maximum: bool | None = None
    exclusive_minimum: bool | None = None
    max_length: Count | None = None
    min_length: Count | None = None
    max_items: Count | None = None
    min_items: Count | None = None
    max_properties: Count | None = None
    min_properties: Count | None = None
    unique_items: bool | None = None
    required: Annotated[list[str], Field(min_length=1)] | None = None
    properties: dict[str, SchemaShape] = Field(default_factory=dict)
    additional_properties: Annotated[SchemaShape | None, WrapValidator(_or_boolean)] = None
    items: SchemaShape | None = None
    all_of: Annotated[list[SchemaShape], Field(min_length=1)] | None = None
    any_of: Annotated[list[SchemaShape], Field(min_length=1)] | None = None
    one_of: Annotated[list[SchemaShape], Field(min_length=1)] | None = None
    not_: Annotated[SchemaShape | None, Field(alias="not")] = None
    nullable: bool | None = None
    discriminator: Any = None
    deprecated: bool | None = None
    read_only: bool | None = None
    write_only: bool | None = None
    xml: Any = None
    external_docs: Any = None


class _AsWritten:
    """Annotation of a schema: checked as a SchemaShape, kept as it is written."""

    checked_as = SchemaShape

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._keep, handler.generate_schema(self.checked_as))

    @staticmethod
    def _keep(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        check(value)
        return value


Schema = Annotated[dict[str, Any], _AsWritten()]


class MediaShape(Shape):
    body: Annotated[Schema | None, Field(alias="schema")] = None
    example: Any = None
    examples: Any = None


class ParameterShape(Shape):
    name: HeaderOrVariable
    place: Annotated[Literal["path", "query", "header"], Field(alias="in")]
    required: bool = False
    description: str | None = None
    body: Annotated[Schema, Field(alias="schema")]
    example: Any = None


class BodyShape(Shape):
    content: Annotated[dict[str, MediaShape], Field(min_length=1)]
    required: bool = False
    description: str | None = None


class HeaderShape(Shape):
    body: Annotated[Schema, Field(alias="schema")]
    description: str | None = None
    required: bool = False


class ResponseShape(Shape):
    description: str
    content: dict[str, MediaShape] = Field(default_factory=dict)
    headers: dict[HeaderOrVariable, HeaderShape] = Field(default_factory=dict)


class OperationShape(Shape):
    operation_id: Annotated[OperationId, Field(alias="operationId")]
    summary: str | None = None
    description: str | None = None
    deprecated: bool = False
    parameters: tuple[ParameterShape, ...] = ()
    request: Annotated[BodyShape | None, Field(alias="requestBody")] = None
    responses: Annotated[dict[StatusCode, ResponseShape], Field(min_length=1)]


class PathShape(Shape):
    summary: str | None = None
    description: str | None = None
    parameters: tuple[ParameterShape, ...] = ()
    get: OperationShape | None = None
    head: OperationShape | None = None
    post: OperationShape | None = None
    put: OperationShape | None = None
    patch: OperationShape | None = None
    delete: OperationShape | None = None
    options: OperationShape | None = None

    def operations(self) -> dict[str, OperationShape]:
        """By method, in the order of METHODS."""
        found = ((method, getattr(self, method)) for method in METHODS)
        return {method: operation for method, operation in found if operation is not None}


class ComponentsShape(Shape):
    schemas: dict[ModelName, Schema] = Field(default_factory=dict)


class FragmentShape(Shape):
    """``paths`` relative to the service's prefix, and ``components.schemas``; ``openapi`` and ``info`` are for tools."""

    openapi: Annotated[str, Text(r"3\.0\.[0-9]+", "OpenAPI 3.0, for example '3.0.1'", 10)] = "3.0.1"
    info: Any = None
    paths: Annotated[dict[RelativePath, PathShape], Field(min_length=1)]
    components: ComponentsShape = ComponentsShape()
