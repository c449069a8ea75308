"""What the commands of a rollout work with: sessions by region, its state in the ledger, the driver, the end. Touches AWS through them.

A command drives until the end or until Ctrl-C, which leaves the canary as it is; the report goes where it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.act import session_at_home
from infra.cli.factory import Factory, factory_of, pick_regions
from infra.cli.terminal import tell
from infra.errors import CloudError, NothingToDo

if TYPE_CHECKING:
    from infra.cli.rollout_view import Plain
    from infra.config import Gateway
    from infra.release.session import Session
    from infra.rollout.driver import Driver
    from infra.rollout.state import Rollout
    from infra.rollout.store import Store

__all__ = ["Desk", "desk_of", "drive", "stored", "write_report"]

INTERRUPTED = 130
_TAKING_BACK_SECONDS = 2.0


@dataclass(slots=True)
class Desk:
    """What a command works with: the gateway, and sessions by region."""

    factory: Factory
    gateway: Gateway
    sessions: dict[str, Session]

    def store(self, home: str) -> Store:
        from infra.rollout.store import Store

        session = self.sessions[home]
        return Store(ledger=session.ledger, clock=session.aws.clock)

    def driver(self, rollout: Rollout, agree: Any) -> Driver:
        from infra.rollout.driver import Driver
        from infra.rollout.regions import Place

        home = self.sessions[rollout.strategy.home]
        clock = home.aws.clock
        rollout.driver = str(home.ledger.owner)
        places = {
            name: Place(session=self.sessions[name], strategy=rollout.strategy, clock=clock) for name in rollout.regions
        }
        store = self.store(rollout.strategy.home)
        return Driver(rollout=rollout, places=places, store=store, clock=clock, agree=agree)


def desk_of(ctx: typer.Context, file: Path, regions: Sequence[str] | None, show: Any) -> Desk:
    factory = factory_of(ctx)
    gateway = factory.gateway(file)
    pick_regions(gateway, regions)
    names = [region.name for region in gateway.regions]
    return Desk(factory, gateway, {name: session_at_home(factory, gateway, name, file, show) for name in names})


def stored(desk: Desk) -> Rollout:
    """The rollout of the gateway; the ledgers are asked in the file's order, because any region may be a rollout's first."""
    found = [one for name in desk.sessions if (one := desk.store(name).load()) is not None]
    if not found:
        raise NothingToDo(f"{desk.gateway.name}: there was no rollout yet. Begin one: `gatewright canary run`.")
    return max(found, key=lambda one: (one.outcome.value == "running", one.started))


def drive(driver: Driver, view: Plain, target: Path) -> None:
    """Tick until the end, or until Ctrl-C."""
    from infra.rollout.state import Outcome

    rollout = driver.rollout
    sleep = next(iter(driver.places.values())).session.aws.sleep
    try:
        while rollout.outcome is Outcome.RUNNING:
            try:
                heard = driver.tick()
            except CloudError as error:
                tell(f"holds: {error}")
            else:
                view.show(rollout, heard, driver.clock())
            if rollout.outcome is Outcome.RUNNING:
                sleep(
                    _TAKING_BACK_SECONDS if rollout.ending is not Outcome.RUNNING else rollout.strategy.minute_seconds
                )
    except KeyboardInterrupt:
        _leave(rollout)
        raise typer.Exit(INTERRUPTED) from None
    view.end(rollout, write_report(driver, target))


def _leave(rollout: Rollout) -> None:
    """What Ctrl-C leaves, and what to run."""
    from infra.cli.rollout_view import percent_of

    left = [
        f"{name} at {percent_of(rollout, one):g} %" for name, one in rollout.regions.items() if percent_of(rollout, one)
    ]
    tell(
        f"stopped watching. {'The canary stays as it is: ' + ', '.join(left) if left else 'No canary is on'}. Nobody judges it now: go on "
        "with `gatewright canary run`, or take it back with `gatewright canary abort`."
    )


def write_report(driver: Driver, target: Path) -> str:
    """The report's path, or why there is none; a decision that was made is not undone by a full disk."""
    from infra.rollout.report import report

    try:
        page = report(driver.rollout, driver.store.intervals(driver.rollout))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    except (OSError, CloudError) as error:
        return f"none ({error})"
    return str(target)
