"""Who we are, and who is surely dead."""

from __future__ import annotations

import os

import pytest

from infra.release.owner import Owner, process_is_alive

ME = Owner(user="ann", host="laptop", pid=5)


@pytest.mark.parametrize(
    ("other", "alive", "dead"),
    [
        ("bob@laptop:9", False, True),
        ("bob@laptop:9", True, False),
        ("bob@desk:9", False, False),
        ("someone", False, False),
        ("bob@laptop:x", False, False),
    ],
)
def test_only_processes_of_this_host_can_be_known_dead(other: str, alive: bool, dead: bool) -> None:
    assert ME.is_dead(other, lambda _: alive) is dead


def test_this_process_is_alive_and_names_itself() -> None:
    here = Owner.here()
    assert here.pid == os.getpid()
    assert str(here).endswith(f":{os.getpid()}")
    assert process_is_alive(os.getpid())
    assert not process_is_alive(2**22 + 1)  # above the largest process number of Linux
