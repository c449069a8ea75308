"""``python -m infra.bundle LOCK``: builds the layer of a lock file below this folder, once. `make setup` runs it.

``python -m infra.bundle requirements.txt`` writes the lock file beside it anew. `make lock` runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra.bundle.layer import layer_of
from infra.bundle.lock import write_lock
from infra.errors import GatewrightError


def main(arguments: list[str]) -> int:
    """One line on standard output when something was built; failures are one line on standard error."""
    try:
        for lock in arguments:
            if lock.endswith(".txt"):
                sys.stdout.write(f"wrote {write_lock(Path(lock))}\n")
                continue
            layer = layer_of(Path(lock), project=Path.cwd())
            if layer.build():
                sys.stdout.write(f"built {layer.folder.relative_to(Path.cwd())} from {lock}\n")
    except GatewrightError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
