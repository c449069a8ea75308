"""``python -m benchmarks [authorizer|breaker|synth|terraform|gateway|judge|laptop|observe|residency|spans|tracing ...]``: runs the benchmarks, prints a table of each, writes build/bench.json."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import authorizer, breaker, gateway, judge, laptop, observe, residency, spans, synth, terraform, tracing

BENCHMARKS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "authorizer": authorizer.measure,
    "breaker": breaker.measure,
    "synth": synth.measure,
    "terraform": terraform.measure,
    "gateway": gateway.measure,
    "judge": judge.measure,
    "laptop": laptop.measure,
    "observe": observe.measure,
    "residency": residency.measure,
    "spans": spans.measure,
    "tracing": tracing.measure,
}
RESULTS = Path("build/bench.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    document: dict[str, Any] = {"when": time.strftime("%Y-%m-%d"), "machine": machine}
    for name in names:
        document[name] = BENCHMARKS[name]()
        show(name, document[name])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    Console().print(f"written to {RESULTS}")


def show(name: str, rows: list[dict[str, Any]]) -> None:
    """One table for each kind of row: what has other columns is another table, not a row of blanks."""
    console = Console() if sys.stdout.isatty() else Console(width=160)
    for columns, alike in itertools.groupby(rows, key=tuple):
        table = Table(*columns, title=name)
        for row in alike:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table)


if __name__ == "__main__":
    main()
