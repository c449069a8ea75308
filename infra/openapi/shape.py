"""The part of OpenAPI 3.0 that a service's fragment may use. Pure; touches nothing.

A subset on purpose: what API Gateway does not import (cookies, links, callbacks, TRACE), what the gateway decides itself
(servers, security, extensions) is an unknown key here, and so a finding with its place.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.config.syntax import SEGMENT
from infra.config.units import Text

__all__ = ["METHODS", "FragmentShape", "OperationShape"]

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")

Schema = dict[str, Any]
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


class Shape(BaseModel):
    """Closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


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
