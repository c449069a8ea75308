"""Environment -> frozen settings, once, at cold start. Touches nothing else.

Names and rules are OpenTelemetry's, so that a function of somebody else in the same gateway reads the same:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
https://opentelemetry.io/docs/specs/otel/protocol/exporter/

| variable | meaning | default |
| --- | --- | --- |
| OTEL_EXPORTER_OTLP_ENDPOINT | `https://collector:4318`; `/v1/traces` is appended; none: spans go to X-Ray | empty |
| OTEL_EXPORTER_OTLP_TRACES_ENDPOINT | the same for traces alone, taken as it is | empty |
| OTEL_TRACES_SAMPLER | always_on, always_off, traceidratio, or parentbased_ with one of these | parentbased_always_on |
| OTEL_TRACES_SAMPLER_ARG | the share of traces of traceidratio, 0 to 1 | 1 |
| OTEL_SERVICE_NAME | who says so | the function's name |
| OTEL_RESOURCE_ATTRIBUTES | more of the same: `key=value,key=value`, percent-encoded | empty |
| OTEL_SDK_DISABLED | `true`: no spans, and a client's headers are passed on as they came | false |

And what Lambda sets: AWS_XRAY_DAEMON_ADDRESS. As OpenTelemetry says, what cannot be used is told once and taken for not set: a
wrong setting of a trace never ends a function, as a wrong one of its own does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Sampler", "Settings"]

# The share is of the last eight bytes of the id, which every SDK compares: the same trace is kept everywhere or nowhere.
# https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased
_RANGE = 1 << 64
_SAMPLERS = ("always_on", "always_off", "traceidratio")
_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[\x21-\x22\x24-\x3e\x40-\x7e]*)?")


class Sampler(NamedTuple):
    """Whether a trace is recorded.

    Attributes:
        bound: of the last eight bytes of a trace id that are below it.
        follows: what the caller decided is kept.
    """

    bound: int = _RANGE
    follows: bool = True

    @classmethod
    def of(cls, ratio: float, *, follows: bool = True) -> Sampler:
        return cls(round(ratio * _RANGE), follows)

    def takes(self, trace_id: str, parent: bool | None = None) -> bool:
        """`parent`: what the caller decided; None without a caller who did."""
        if parent is not None and self.follows:
            return parent
        return int(trace_id[16:], 16) < self.bound


class Settings(NamedTuple):
    """`endpoint` and `daemon` are both empty when nothing is to be sent; `disabled`: because somebody said so."""

    endpoint: str
    daemon: str
    sampler: Sampler
    service: str
    problems: tuple[str, ...] = ()
    disabled: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Never raises; what is wrong is in `problems`."""
        problems: list[str] = []
        service = environment.get("OTEL_SERVICE_NAME") or environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
        if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            return cls("", "", Sampler(), service, disabled=True)
        endpoint = _endpoint(environment, problems)
        sampler = _sampler(environment, problems) if endpoint else Sampler()
        daemon = "" if endpoint or problems else environment.get("AWS_XRAY_DAEMON_ADDRESS", "")
        return cls(endpoint, daemon, sampler, service, tuple(problems))


def _endpoint(environment: Mapping[str, str], problems: list[str]) -> str:
    for name, path in (("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces")):
        url = environment.get(name, "").strip()
        if not url:
            continue
        if not _URL.fullmatch(url):
            problems.append(f"{name}: an http(s):// address without credentials and query is needed")
            continue
        return url.rstrip("/") + path if path else url
    return ""


def _sampler(environment: Mapping[str, str], problems: list[str]) -> Sampler:
    name = environment.get("OTEL_TRACES_SAMPLER", "").strip().lower() or "parentbased_always_on"
    kind = name.removeprefix("parentbased_")
    if kind not in _SAMPLERS:
        problems.append(f"OTEL_TRACES_SAMPLER: one of {', '.join(_SAMPLERS)}, or parentbased_ with one of them")
        return Sampler()
    ratio = _ratio(environment, problems) if kind == "traceidratio" else float(kind == "always_on")
    return Sampler.of(ratio, follows=name != kind)


def _ratio(environment: Mapping[str, str], problems: list[str]) -> float:
    text = environment.get("OTEL_TRACES_SAMPLER_ARG", "").strip() or "1"
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if 0 <= ratio <= 1:  # and not nan
        return ratio
    problems.append("OTEL_TRACES_SAMPLER_ARG: a number from 0 to 1 is needed")
    return 1.0
