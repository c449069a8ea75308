"""The `tracing` section of gateway.yaml: `xray`, `off`, or a collector of OpenTelemetry's. Pure.

What needs more than one value is in `tracing_rules.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from infra.config.section import Section
from infra.config.syntax import base_url
from infra.config.tracing_model import SAMPLE_PERCENT_DEFAULT, Tracing
from infra.config.units import Quantity, Text, shown, wrong

__all__ = ["TRACES_PATH", "OtlpEntry", "TracingSwitch", "to_tracing"]

# https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
TRACES_PATH = "/v1/traces"
_WORDS = ("xray", "off")
_ADVICE = "Write 'xray', 'off', or 'otlp: https://collector.example.com:4318' below it"


def _collector_problem(url: str) -> str | None:
    if url.rstrip("/").endswith(TRACES_PATH):
        return f"{TRACES_PATH} is appended to it; leave it out"
    return base_url[3](url)


class _Collector(Text):
    """An address whose message never repeats a password."""

    def parse(self, value: str) -> str:
        if "@" in value:
            problem = "a user name or password in the address would be readable in the template"
            raise wrong(problem, "Leave it out; let the collector know its callers by their network")
        return super().parse(value).rstrip("/")


class OtlpEntry(Section):
    """Where spans go, and of how many requests."""

    otlp: Annotated[
        str, _Collector(base_url[0], f"{base_url[1]}; {TRACES_PATH} is appended", base_url[2], _collector_problem)
    ]
    """The collector's base address for OTLP over HTTP (JSON), for example `https://collector.example.com:4318`."""
    sample: Annotated[float, Quantity({"%": 1}, 0, 100, "from 0% to 100%", whole=False)] = SAMPLE_PERCENT_DEFAULT
    """The share of requests that are recorded when the client did not decide, 0% to 100%. Default: 5%."""


class _Switch:
    """Annotation: a word, or the mapping of a collector."""

    checked_as = OtlpEntry

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._parse, handler.generate_schema(OtlpEntry))

    @staticmethod
    def _parse(value: object, section: core_schema.ValidatorFunctionWrapHandler) -> object:
        if isinstance(value, dict):
            return section(value)
        if isinstance(value, str) and value in _WORDS:
            return value
        raise wrong(f"{shown(value)} is not accepted", _ADVICE)

    def __get_pydantic_json_schema__(
        self, inner: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"oneOf": [{"enum": [*_WORDS]}, handler(inner)]}


TracingSwitch = Annotated[OtlpEntry | Literal["xray", "off"], _Switch()]


def to_tracing(entry: OtlpEntry | Literal["xray", "off"]) -> Tracing:
    """What the section means."""
    if isinstance(entry, OtlpEntry):
        return Tracing(mode="otlp", endpoint=entry.otlp, sample_percent=entry.sample)
    return Tracing(mode=entry)
