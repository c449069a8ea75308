"""The pages that alarms send people to. Pure; the pages are in docs/runbooks, and a test holds the two together."""

from __future__ import annotations

from enum import Enum

__all__ = ["Runbook"]


class Runbook(Enum):
    """Name of the page, and what to do before reading it; ``{service}`` is filled in."""

    AVAILABILITY = ("availability", "gatewright canary status; if a canary runs, gatewright canary rollback.")
    LATENCY = (
        "latency",
        "look at 'Is the gateway slow, or the service behind it?'; if a canary runs, gatewright canary rollback.",
    )
    BREAKER = ("breaker-open", "gatewright breaker status {service}.")
    BREAKER_STORE = ("breaker-store", "look whether the breakers' table is there and throttles nobody.")
    AUTHORIZER = ("authorizer", "read the last lines of the authorizer's log.")
    RESIDENCY = ("residency-leak", "gatewright residency prove on the deployed zone.")
    CANARY = ("canary-left-alone", "gatewright canary status; then promote it or roll it back.")

    def __init__(self, page: str, first: str) -> None:
        self.page, self.first = page, first

    @property
    def path(self) -> str:
        return f"docs/runbooks/{self.page}.md"
