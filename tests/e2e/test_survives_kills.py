"""Every command of a canary is killed after each of its mutating calls to a real engine, and run again.

After the rerun, stage, stack parameters and ledger must agree. Runs after the story, on the same engine, and leaves the
stage as it was. The killed command is a forked child of this process, ended by ``os._exit`` right after the n-th call.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.cli.main import app
from infra.release import awsclient
from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

US = "us-east-1"
KILLED = 137
MUTATING = ("Update", "Put", "Delete", "Create", "Transact")


@pytest.fixture(scope="module")
def dark(shop: Checkout) -> Iterator[Checkout]:
    """The shop with a dark release in us-east-1, whatever the tests before left there."""
    status = json.loads(shop.run("status", "--region", US, "--output", "json").out)["regions"][0]
    assert status["agrees"] == "yes"
    if not status["dark"]:
        shop.change_checkout('RELEASE = "', 'RELEASE = "k')
        assert shop.run("deploy", "--region", US, "--yes").code == 0
    yield shop
    assert "canarySettings" not in shop.stage(US)


def run(shop: Checkout, *arguments: str, killed_after: int = 0) -> int:
    """Runs the command line in a forked child; ``killed_after`` n means that the n-th mutating call is its last act."""
    child = os.fork()
    if child == 0:  # pragma: no cover  the child never returns
        try:
            os.chdir(shop.folder)
            os.environ.clear()
            os.environ.update(shop.environment)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            if killed_after:
                awsclient.boto_client = counting(awsclient.boto_client, killed_after)
            app(list(arguments), standalone_mode=True)
        except SystemExit as done:
            os._exit(done.code if isinstance(done.code, int) else 1)
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def counting(factory: Callable[[str, str], Any], last: int) -> Callable[[str, str], Any]:
    """A client factory whose ``last``-th mutating call over all clients ends the process after AWS has answered."""
    made = [0]

    def after(model: Any, **_: Any) -> None:
        if model.name.startswith(MUTATING):
            made[0] += 1
            if made[0] == last:
                os._exit(KILLED)

    def build(service: str, region: str) -> Any:
        client = factory(service, region)
        client.meta.events.register("after-call", after)
        return client

    return build


def agreement(shop: Checkout) -> dict[str, Any]:
    """The region as `status` shows it: agreeing, with nothing half done and nobody's lock."""
    row: dict[str, Any] = json.loads(shop.run("status", "--region", US, "--output", "json").out)["regions"][0]
    assert (row["agrees"], row["pending"]) == ("yes", ""), row
    return row


def kill_after_every_call(shop: Checkout, *arguments: str, prepare: Callable[[], None]) -> int:
    """Kills ``arguments`` after call 1, 2, ... until a run is too short to be killed; gives the number of kills."""
    for call in range(1, 30):
        prepare()
        code = run(shop, *arguments, killed_after=call)
        if code != KILLED:
            assert code == 0
            return call - 1
        again = run(shop, *arguments)
        # A run that had finished but for giving back its lock is told that there is nothing left to do.
        assert again in (0, 2), (call, again)
        agreement(shop)
    raise AssertionError("the command never ends")


def test_start(dark: Checkout) -> None:
    def without_a_canary() -> None:
        if "canarySettings" in dark.stage(US):
            assert run(dark, "canary", "rollback", "--region", US, "--yes") == 0

    start = ("canary", "start", "--region", US, "--percent", "10", "--yes")
    assert kill_after_every_call(dark, *start, prepare=without_a_canary) >= 4
    row = agreement(dark)
    assert (row["canary"] != "", row["percent"]) == (True, 10)


def test_rollback(dark: Checkout) -> None:
    baseline = dark.stage(US)["deploymentId"]

    def with_a_canary() -> None:
        if "canarySettings" not in dark.stage(US):
            assert run(dark, "canary", "start", "--region", US, "--percent", "10", "--yes") == 0

    assert kill_after_every_call(dark, "canary", "rollback", "--region", US, "--yes", prepare=with_a_canary) >= 4
    row = agreement(dark)
    assert (row["canary"], dark.stage(US)["deploymentId"]) == ("", baseline)


def test_the_second_call_of_a_rollback_finds_no_traffic_on_the_canary(dark: Checkout) -> None:
    """The first call takes the lock; the next is the one that ends the harm."""
    assert run(dark, "canary", "start", "--region", US, "--percent", "50", "--yes") == 0
    assert run(dark, "canary", "rollback", "--region", US, "--yes", killed_after=2) == KILLED
    assert len(dark.releases_seen(US, 200)) == 1
    assert run(dark, "canary", "rollback", "--region", US, "--yes") == 0
    agreement(dark)


def test_promote(dark: Checkout) -> None:
    baseline = dark.stage(US)["deploymentId"]

    def with_a_canary() -> None:
        if dark.stage(US)["deploymentId"] != baseline:
            assert run(dark, "release", "rollback", "--region", US, "--yes") == 0
        if "canarySettings" not in dark.stage(US):
            assert run(dark, "canary", "start", "--region", US, "--percent", "10", "--yes") == 0

    assert kill_after_every_call(dark, "canary", "promote", "--region", US, "--yes", prepare=with_a_canary) >= 5
    row = agreement(dark)
    assert (row["canary"], row["dark"]) == ("", False)
