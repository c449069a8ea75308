"""The rollout where nobody watches: one tick for each call of the region's state machine. Touches AWS, as the attended one does.

Everything between two calls is in the ledger, so a call that died, was repeated or ran beside another costs nothing: the state has a revision.
What AWS does not answer is no error here but a tick that held; the state machine goes on. It may promote by itself only where gateway.yaml
says `mode: automatic`; else it waits at its last step for `gatewright canary run`, which takes over.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from infra.errors import CloudError, Refused
from infra.release.away import AwayAws
from infra.release.awsclient import boto_client
from infra.release.ledger import Ledger
from infra.release.observe import ledger_table
from infra.release.owner import Owner
from infra.release.session import Session
from infra.rollout.begin import STALE_MINUTES
from infra.rollout.driver import Driver, Heard
from infra.rollout.names import driver_name
from infra.rollout.regions import Place
from infra.rollout.state import Outcome, Rollout
from infra.rollout.store import Store

__all__ = ["tick"]

TAKING_BACK_SECONDS = 5
# A standard execution ends at 25,000 events of history, and a tick writes nine or so; a new one goes on well before.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
TICKS_OF_AN_EXECUTION = 1_500

Connect = Callable[[str], Session]


def _print(text: str) -> None:
    """Into the function's log."""
    sys.stdout.write(f"{text}\n")


def tick(
    event: Mapping[str, Any],
    *,
    gateway: str,
    home: str,
    connect: Connect | None = None,
    say: Callable[[str], None] = _print,
) -> dict[str, Any]:
    """One turn, and what the state machine does next: `running`, how long to wait, and how many ticks this execution had.

    Args:
        connect: a session for a region; the real one by default.
    """
    reach = connect or (lambda region: _session(gateway, region))
    session = reach(home)
    clock = session.aws.clock
    store = Store(ledger=session.ledger, clock=clock)
    count = int(event.get("ticks", 0)) + 1
    rollout = store.load()
    if rollout is None or rollout.outcome is not Outcome.RUNNING:
        return _answer(rollout, count, running=False)
    if rollout.driver != driver_name(home) and clock() - rollout.seen <= _stale_seconds(rollout):
        return {**_answer(rollout, count, running=False), "outcome": "taken over", "by": rollout.driver}
    rollout.driver = driver_name(home)
    places = {
        name: Place(session=session if name == home else reach(name), strategy=rollout.strategy, clock=clock)
        for name in rollout.regions
    }
    driver = Driver(rollout=rollout, places=places, store=store, clock=clock)
    try:
        _tell(driver.tick(), say)
    except (CloudError, Refused) as error:  # another call was faster, or the ledger did not answer
        say(f"holds: {error}")
        return {**_answer(rollout, count, running=True), "held": str(error)}
    return _answer(rollout, count, running=rollout.outcome is Outcome.RUNNING)


def _stale_seconds(rollout: Rollout) -> float:
    return STALE_MINUTES * rollout.strategy.minute_seconds


def _answer(rollout: Rollout | None, count: int, *, running: bool) -> dict[str, Any]:
    wait = 60
    if rollout is not None:
        back = rollout.ending is not Outcome.RUNNING
        wait = TAKING_BACK_SECONDS if back else rollout.strategy.minute_seconds
    return {
        "running": running,
        "outcome": rollout.outcome.value if rollout else "none",
        "reason": rollout.reason if rollout else "there is no rollout",
        "rollout": rollout.id if rollout else "",
        "wait_seconds": wait,
        "ticks": count,
        "again": count >= TICKS_OF_AN_EXECUTION,
    }


def _tell(heard: Heard, say: Callable[[str], None]) -> None:
    for region, text in heard.events:
        say(f"{region}: {text}" if region else text)


def _session(gateway: str, region: str) -> Session:
    table = ledger_table(gateway)
    aws = AwayAws(region=region, factory=boto_client, sleep=time.sleep, clock=time.time, table=table)
    ledger = Ledger(
        client=aws.client("dynamodb"),
        table=table,
        region=region,
        # The same for every call, so that a call takes over the lock of one that died. Nobody else is on this host.
        owner=Owner(user="rollout", host="aws-states", pid=0),
        clock=time.time,
        is_alive=lambda _: True,
    )
    return Session(
        gateway=gateway,
        aws=aws,
        ledger=ledger,
        new_id=lambda: uuid.uuid4().hex[:12],
        progress=_print,
        unpin=None,  # its role has no right to change domains, plans and firewalls; what it leaves it says
    )
