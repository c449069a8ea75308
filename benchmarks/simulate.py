"""``python -m benchmarks.simulate [--runs N]``: thousands of simulated canaries, a table against the goals, build/simulate.json.

Twenty requests a second, a tenth to the canary, a look a minute for three hours, as in the goals. Requests are the canary's, counted from
its first, warm-up included. The traffic is this project's idea of traffic (`traffic`): other traffic gives other numbers.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import traffic
from benchmarks.traffic import Canary, seeded
from infra.judge import Judge, Policy, Verdict, read_interval

RESULTS = Path("build/simulate.json")


@dataclass(frozen=True)
class End:
    """How one canary ended."""

    verdict: Verdict
    minute: int
    requests: int
    excess: float  # failed requests of the canary beyond what the baseline's rate would have given


Ends = list[End]
Check = tuple[str, bool]


@dataclass(frozen=True)
class Row:
    goal: str
    what: str
    canary: Canary
    check: Callable[[Ends], Check]


def one(canary: Canary, *, promotion_ends: bool, seed: int) -> End:
    """One canary from its first minute to its end; `promotion_ends` false looks for false rollbacks to the horizon."""
    rng = seeded(seed)
    judge = Judge(Policy.from_config(canary.config(rng)))
    minute, requests, excess = 0, 0, 0.0
    for minute, message in enumerate(canary.intervals(rng), start=1):
        requests += message["canary"]["n"]
        excess += message["canary"]["e5xx"] - canary.rate_5xx * message["canary"]["n"]
        verdict = judge.look(read_interval(message, judge.policy.buckets)).verdict
        if verdict is Verdict.ROLLBACK or (verdict is Verdict.PROMOTE and promotion_ends):
            return End(verdict, minute, requests, excess)
    return End(Verdict.CONTINUE, minute, requests, excess)


def share(ends: Ends, verdict: Verdict) -> float:
    return sum(end.verdict is verdict for end in ends) / len(ends)


def never_rolled_back(ends: Ends) -> Check:
    false = share(ends, Verdict.ROLLBACK)
    return f"{false:.2%} rolled back", false <= 0.01


def found(
    ends: Ends, *, typical: int, nine_of_ten: int | None = None, least: float = 0.995, minutes: int = 180
) -> Check:
    rolled = sorted((end.requests, end.minute) for end in ends if end.verdict is Verdict.ROLLBACK)
    part = len(rolled) / len(ends)
    if not rolled:
        return "none found", False
    middle, (p90, p90_minute) = rolled[len(rolled) // 2][0], rolled[int(len(rolled) * 0.9)]
    good = part >= least and middle <= typical and p90 <= (nine_of_ten or p90) and p90_minute <= minutes
    return f"{part:.1%} found, median {middle}, p90 {p90} ({p90_minute} min)", good


def not_promoted(ends: Ends) -> Check:
    part, wrong = share(ends, Verdict.ROLLBACK), share(ends, Verdict.PROMOTE)
    return f"{part:.1%} found, {wrong:.1%} promoted", part >= 0.95 and wrong <= 0.05


def little_harm(ends: Ends) -> Check:
    mean = sum(end.excess for end in ends) / len(ends)
    return f"{mean:.1f} failed requests", mean <= 16


def promoted(ends: Ends, *, minutes: int | None = 35, least: float = 0.99) -> Check:
    part = share(ends, Verdict.PROMOTE)
    middle = median(end.minute for end in ends if end.verdict is Verdict.PROMOTE) if part else 0
    return f"{part:.1%} promoted, median {middle:.0f} min", part >= least and (minutes is None or middle <= minutes)


def only_continue(ends: Ends) -> Check:
    part = share(ends, Verdict.CONTINUE)
    return f"{part:.1%} neither promoted nor rolled back", part == 1.0


def first_look(ends: Ends) -> Check:
    latest = max(end.minute for end in ends)
    return f"all by minute {latest}", latest == 1 and share(ends, Verdict.ROLLBACK) == 1.0


WEATHERS = {
    "steady": Canary(),
    "drift": Canary(weather=traffic.drift),
    "bursts": Canary(weather=traffic.bursts),
    "overdispersion": Canary(weather=traffic.overdispersion),
    "share ramp 1-50 %": Canary(weather=traffic.ramp),
    "twice the share": Canary(weather=traffic.wrong_share),
    "cold start": Canary(weather=traffic.cold_start),
    "low traffic": Canary(rps=0.5),
    "metric gaps": Canary(weather=traffic.gaps),
}

ONE, FIVE, HALF = 0.01, 0.05, 0.005
ROWS = [
    *(Row("G1 <= 1 %", f"healthy, {name}", canary, never_rolled_back) for name, canary in WEATHERS.items()),
    Row("G2 1500/2600", "5xx 0.5 + 1", Canary(more_5xx=ONE), partial(found, typical=1500, nine_of_ten=2600)),
    Row("G3 850", "5xx 0.1 + 1", Canary(rate_5xx=0.001, more_5xx=ONE), partial(found, typical=850)),
    Row("G3 2000", "5xx 1 + 1", Canary(rate_5xx=0.01, more_5xx=ONE), partial(found, typical=2000)),
    Row("G4 380", "5xx 0.1 + 5", Canary(rate_5xx=0.001, more_5xx=FIVE), partial(found, typical=380, minutes=5)),
    Row("G4 400", "5xx 0.5 + 5", Canary(more_5xx=FIVE), partial(found, typical=400, minutes=5)),
    Row("G4 500", "5xx 1 + 5", Canary(rate_5xx=0.01, more_5xx=FIVE), partial(found, typical=500, minutes=5)),
    Row("G5 95/5 %", "5xx 0.1 + 0.5, the tolerance", Canary(rate_5xx=0.001, more_5xx=HALF), not_promoted),
    Row("G5 95/5 %", "5xx 0.5 + 0.5, the tolerance", Canary(more_5xx=HALF), not_promoted),
    Row("G5 95/5 %", "5xx 1 + 0.5, the tolerance", Canary(rate_5xx=0.01, more_5xx=HALF), not_promoted),
    Row("G6 2400", "p99 + 20 %, tail only", Canary(latency=traffic.tail_slower(1.2)), partial(found, typical=2400)),
    Row("G6 520", "p99 x 2, tail only", Canary(latency=traffic.tail_slower(2)), partial(found, typical=520)),
    Row("G6 520", "all twice as slow", Canary(latency=traffic.everything_slower(2)), partial(found, typical=520)),
    Row("G6 480", "5 % slow mode", Canary(latency=traffic.slow_mode(0.05)), partial(found, typical=480)),
    Row("G7 <= 16", "excess of 5xx 0.5 + 1 in 3 h", Canary(more_5xx=ONE), little_harm),
    *(Row("G8 99 %, 35 min", f"healthy, 5xx {q:.1%}", Canary(rate_5xx=q), promoted) for q in (0.001, 0.005, 0.01)),
    *(
        Row("(promotion)", f"healthy, {name}", WEATHERS[name], partial(promoted, minutes=None, least=0.9))
        for name in ("drift", "bursts", "overdispersion", "metric gaps")
    ),
    Row("G9 neither", "no canary traffic", Canary(weather=traffic.no_canary), only_continue),
    Row("G10 1 look", "total outage", Canary(more_5xx=1.0), first_look),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="canaries of each kind (default 1000)")
    runs = parser.parse_args().runs
    table = Table("goal", "canary", f"of {runs}", "", title="simulated canaries")
    document = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for row in ROWS:
            run = _Run(row.canary, row.check is not never_rolled_back)
            ends = list(pool.map(run, range(runs), chunksize=max(runs // 50, 1)))
            measured, good = row.check(ends)
            table.add_row(row.goal, row.what, measured, "ok" if good else "MISSED")
            document.append({"goal": row.goal, "canary": row.what, "measured": measured, "ok": good})
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"runs": runs, "rows": document}, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Run:
    """`one` for a pool: weather and checks are functions, which go to another process by their names."""

    canary: Canary
    promotion_ends: bool

    def __call__(self, seed: int) -> End:
        return one(self.canary, promotion_ends=self.promotion_ends, seed=seed)


if __name__ == "__main__":
    main()
