"""How a rollout begins, or goes on where an earlier run stopped. Touches AWS: looks at the first region, reads and writes the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from infra.breaker.names import BREAKER_SUFFIX
from infra.errors import NothingToDo, Refused
from infra.release.situation import Situation
from infra.rollout.state import Outcome, Phase, RegionState, Rollout
from infra.rollout.strategy import Strategy

if TYPE_CHECKING:
    from infra.release.owner import Owner

__all__ = ["STALE_MINUTES", "changed_services", "judged", "new_rollout", "require_free", "takes_up"]

AUTHORIZER = "authorizer"
STALE_MINUTES = 3  # a driver looks every minute; one that has not for so long is gone


def changed_services(gateway: str, before: Collection[str], after: Collection[str]) -> frozenset[str]:
    """The services whose function version differs between two releases, by their versions' ARNs.

    Only they can behave differently by their own code; empty when nothing is known, or when only the API's definition changed.
    """
    prefix = f"gatewright-{gateway}-"
    known = {arn.rpartition(":")[0].rpartition(":")[2] for arn in after if arn not in set(before)} if before else set()
    names = (name.removeprefix(prefix) for name in known if name.startswith(prefix))
    return frozenset(name.removesuffix(BREAKER_SUFFIX) for name in names)


def judged(gateway: str, situation: Situation, services: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Which services the verdict is about: those asked for, else those that changed, else all.

    Raises:
        Refused: one was asked for that the gateway does not have.
    """
    unknown = [name for name in wanted if name not in services]
    if unknown:
        raise Refused(f"--service: gateway {gateway} has no {', '.join(unknown)}. It has: {', '.join(services)}.")
    if wanted:
        return tuple(name for name in services if name in wanted)
    before = situation.manifests.get(situation.serving, ())
    changed = changed_services(gateway, before, situation.stack.function_versions)
    if AUTHORIZER in changed:  # in front of all that ask for a token
        return tuple(services)
    return tuple(name for name in services if name in changed) or tuple(services)


def new_rollout(strategy: Strategy, situation: Situation, *, id: str, owner: str, started: str) -> Rollout:  # noqa: A002
    """A rollout in which nothing was done yet.

    Raises:
        NothingToDo: there is no release that is not live.
    """
    if situation.stage is None:
        raise NothingToDo(
            f"{situation.place}: there is no gateway yet. Run `gatewright deploy --region {situation.region}` first."
        )
    if situation.newest == situation.serving:
        raise NothingToDo(
            f"{situation.place}: the newest release {situation.name_of(situation.newest)} has the stage already, so there is "
            "nothing to release. Change something and run `gatewright deploy`."
        )
    newest, serving = situation.deployment(situation.newest), situation.deployment(situation.serving)
    return Rollout(
        id=id,
        strategy=strategy,
        regions={name: RegionState(region=name) for name in strategy.regions},
        started=started,
        owner=owner,
        release=newest.release if newest else situation.newest,
        baseline_release=serving.release if serving else situation.serving,
    )


def takes_up(rollout: Rollout | None, situation: Situation) -> bool:
    """Whether a stored rollout is the one to go on with: it runs, and the region it is in is as it left it."""
    if rollout is None or rollout.outcome is not Outcome.RUNNING:
        return False
    state = rollout.regions.get(situation.region)
    if state is None:
        return False
    if rollout.ending is not Outcome.RUNNING:
        return True
    if state.phase is Phase.WAITING:
        return rollout.release == _release(situation)
    canary = situation.canary.deployment_id if situation.canary else ""
    return state.target in (canary, situation.serving)


def _release(situation: Situation) -> str:
    newest = situation.deployment(situation.newest)
    return newest.release if newest else situation.newest


def require_free(rollout: Rollout, owner: Owner, *, now: float, is_alive: Callable[[int], bool]) -> None:
    """Refuses to go on with a rollout that somebody else drives now.

    Raises:
        Refused: with who, and what to do.
    """
    stale = STALE_MINUTES * rollout.strategy.minute_seconds
    mine = rollout.driver in ("", str(owner))
    dead = owner.is_dead(rollout.driver, is_alive)
    if mine or dead or now - rollout.seen > stale:
        return
    raise Refused(
        f"{rollout.strategy.gateway}: {rollout.driver} drives this rollout and looked {now - rollout.seen:.0f} s ago. "
        "Watch it with `gatewright canary progress`, or end it with `gatewright canary abort`."
    )
