"""Who holds a lock: ``user@host:pid``. Reads the host's name and process table, nothing else."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Owner", "process_is_alive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    user: str
    host: str
    pid: int

    @classmethod
    def here(cls) -> Owner:
        """This process. A user without a passwd entry (containers) is shown by number."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = str(os.getuid())
        return cls(user=user, host=socket.gethostname(), pid=os.getpid())

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.pid}"

    def is_dead(self, other: str, is_alive: Callable[[int], bool]) -> bool:
        """Whether ``other`` was a process of this host that runs no more. Of other hosts nothing is known."""
        place, _, pid = other.rpartition(":")
        _, _, host = place.rpartition("@")
        return host == self.host and pid.isdigit() and not is_alive(int(pid))


def process_is_alive(pid: int) -> bool:
    """Whether a process runs on this host (POSIX signal 0: permission denied means that it does)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
