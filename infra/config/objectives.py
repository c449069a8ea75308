"""The `objectives` of gateway.yaml: what is promised to the callers, and who hears when it is not kept. Pure.

An objective is a share of requests over 30 days: `availability` of those that do not end in a 5xx, `latency` of those that are
answered in time. The gateway's objective holds for each service by itself, and a service may say its own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.config import model
from infra.config.regions import region_name
from infra.config.section import Section
from infra.config.units import Quantity, Text

__all__ = ["ObjectivesEntry", "ServiceObjectivesEntry", "to_notify", "to_objectives"]

_TOPIC = r"arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}"
_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
_RECIPIENT = Text(
    rf"({_TOPIC})|({_ADDRESS})",
    "The ARN of a topic, arn:aws:sns:<region>:<account>:<name>, or an e-mail address",
    350,
)

Availability = Annotated[
    float | None,
    Quantity(
        {"%": 1},
        model.AVAILABILITY_PERCENT_MIN,
        model.AVAILABILITY_PERCENT_MAX,
        "from 90% to 99.999%",
        whole=False,
    ),
]
Under = Annotated[int | None, Quantity({"ms": 1, "s": 1000}, 1, model.TIMEOUT_MS_MAX, "from 1ms to 29s")]
Share = Annotated[
    float | None,
    Quantity({"%": 1}, model.SHARE_PERCENT_MIN, model.SHARE_PERCENT_MAX, "from 50% to 99.99%", whole=False),
]


class LatencyEntry(Section):
    """How many requests are answered how fast; what is left out is the gateway's own, or the default."""

    under: Under = None
    """The time of a good answer as the caller sees it at the gateway, 1ms to 29s. Default: 1s."""
    share: Share = None
    """The share of requests that are that fast, 50% to 99.99%. Default: 99%."""


class ServiceObjectivesEntry(Section):
    """What this service promises; what is left out is the gateway's."""

    availability: Availability = None
    """The share of requests that do not end in a 5xx, 90% to 99.999%. Default: 99.9%."""
    latency: LatencyEntry = LatencyEntry()
    """How fast it answers."""


class ObjectivesEntry(ServiceObjectivesEntry):
    """What every service promises for any 30 days, unless it says otherwise, and who is told when it is at stake."""

    notify: dict[Annotated[str, region_name], Annotated[str, _RECIPIENT]] = Field(default_factory=dict)
    """Region -> the SNS topic there (its ARN), or an e-mail address. Default: a new topic without subscribers."""


def to_objectives(entry: ServiceObjectivesEntry | None, inherited: model.Objectives | None = None) -> model.Objectives:
    """What the section means, with what it leaves out."""
    base = inherited if inherited is not None else model.Objectives()
    if entry is None:
        return base
    under, share = entry.latency.under, entry.latency.share
    return model.Objectives(
        availability_percent=base.availability_percent if entry.availability is None else entry.availability,
        latency_ms=base.latency_ms if under is None else under,
        latency_share_percent=base.latency_share_percent if share is None else share,
    )


def to_notify(entry: ObjectivesEntry) -> model.Notify:
    """Topics and addresses apart."""
    return model.Notify(
        topics={region: text for region, text in entry.notify.items() if text.startswith("arn:")},
        addresses={region: text for region, text in entry.notify.items() if not text.startswith("arn:")},
    )
