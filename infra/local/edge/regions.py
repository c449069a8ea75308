"""Which regions are switched off on this laptop. Memory, and one small file when state is kept.

A region that is off answers no request to its gateways; its control plane goes on, so that it can be looked at and repaired.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from infra.config.regions import known_regions, nearest
from infra.errors import LocalError

__all__ = ["Regions"]

_FILE = "regions.json"


class Regions:
    """The switch of every region.

    Args:
        folder: where it is kept; None for a volatile engine.

    Raises:
        LocalError: the file there is not ours.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / _FILE if folder is not None else None
        self.down: frozenset[str] = frozenset()
        if self._file is not None and self._file.exists():
            self.down = _read(self._file)

    def switch(self, region: str, *, up: bool) -> bool:
        """Switch a region; whether that changed anything. Kept at once: a killed engine comes back the same.

        Raises:
            ValueError: AWS has no such region; with the advice.
        """
        if region not in known_regions():
            advice = nearest(region, list(known_regions())).strip()
            raise ValueError(f"{region[:40]!r} is not an AWS region. {advice}".strip())
        before = self.down
        self.down = before - {region} if up else before | {region}
        if self._file is not None and self.down != before:
            unfinished = self._file.with_suffix(".tmp")
            unfinished.write_text(json.dumps({"down": sorted(self.down)}) + "\n", encoding="utf-8")
            os.replace(unfinished, self._file)
        return self.down != before


def _read(file: Path) -> frozenset[str]:
    try:
        down = json.loads(file.read_text(encoding="utf-8"))["down"]
        if not set(down) <= set(known_regions()):
            raise ValueError(f"unknown regions in {down}")
        return frozenset(down)
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(f"{file} cannot be read ({error}). Remove it: then every region is up.") from error
