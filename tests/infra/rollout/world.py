"""Two regions with traffic: requests go to the arm that the stage's canary gives them, and CloudWatch counts them a minute."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.config.model import Gateway, Jurisdiction, Region, Service
from infra.config.release_model import Release
from infra.local.telemetry.trimmed import statistic
from infra.release.pinning import apply
from infra.release.pins import Header, plan_pin
from infra.release.session import Session
from infra.rollout.begin import judged, new_rollout
from infra.rollout.driver import Driver, Heard
from infra.rollout.regions import Place
from infra.rollout.state import Outcome, RegionState, Rollout
from infra.rollout.store import Store
from infra.rollout.strategy import strategy_of
from tests.infra.release.fake_aws import FakeAws, Operators, refuse

US, EU = "us-east-1", "eu-west-1"
# A quarter of a point of tolerance would take hours of these requests; two points take half an hour.
QUICK = Release.model_validate(
    {
        "bake_seconds": 600,
        "later_bake_seconds": 300,
        "pause_seconds": 300,
        "tolerances": {"errors_percent": 2, "client_errors_percent": 2, "slow_percent": 2},
    }
)


def gateway(release: Release = QUICK) -> Gateway:
    return Gateway(
        name="shop",
        regions=(Region(name=US, jurisdiction=Jurisdiction.US), Region(name=EU, jurisdiction=Jurisdiction.EU)),
        services=(Service(name="users", path="/api/users", url="https://users.example"),),
        release=release,
    )


@dataclass(frozen=True)
class Behaviour:
    """Of the new release, in shares."""

    fails: float = 0.005
    slow: float = 0.01


@dataclass
class World:
    """Advance it by minutes; `behaviour` is the new release's, the old one's is the default."""

    requests_a_minute: int = 900
    behaviour: Behaviour = Behaviour()
    aws: FakeAws = field(default_factory=FakeAws)
    traffic: dict[str, bool] = field(default_factory=lambda: {US: True, EU: True})
    counts: dict[tuple[str, str, str], dict[int, Counter[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    alarms: list[str] = field(default_factory=list)
    error: ClientError | None = None
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    def __post_init__(self) -> None:
        self.aws.metrics = self.cloudwatch
        self.operators = Operators(self.aws)
        for region in (US, EU):
            self.aws.deploy(region, "one")
        self.aws.now = self.aws.now // 60 * 60 + 1
        self.minutes(60)
        for region in (US, EU):
            session = self.operators.session(region)
            from infra.release import commands

            session.apply(commands.pin())
            self.aws.deploy(region, "two")

    def minutes(self, count: int = 1) -> None:
        """Let time pass, with traffic."""
        for _ in range(count):
            at = int(self.aws.now // 60) * 60
            for region in (US, EU):
                if self.traffic[region]:
                    self._serve(region, at)
            self.aws.now += 60

    def _serve(self, region: str, at: int) -> None:
        stage = self.aws.region(region).stage
        canary = stage.get("canarySettings")
        share = canary["percentTraffic"] / 100 if canary else 0.0
        for _ in range(self.requests_a_minute):
            new = canary is not None and self.rng.random() < share
            arm = ("true" if new else "false") if canary else "-"
            release = (canary or {}).get("deploymentId") if new else stage["deploymentId"]
            how = self.behaviour if release == "d-two" else Behaviour()
            ms = 2000.0 if self.rng.random() < how.slow else round(self.rng.lognormvariate(3.0, 0.5))
            self._count(region, arm, at, failed=self.rng.random() < how.fails, ms=float(ms))

    def _count(self, region: str, arm: str, at: int, *, failed: bool, ms: float) -> None:
        found = {"requests": 1.0, "latency": ms}
        if failed:
            found["errors5xx"] = 1.0
        if ms > 1000:
            found["overSlo"] = 1.0
        for name, value in found.items():
            self.counts[region, f"users.{name}", arm][at][value] += 1

    def cloudwatch(self, region: str, operation: str, **request: Any) -> Any:
        if self.error is not None:
            raise self.error
        if operation == "describe_alarms":
            names = [name for name in request["AlarmNames"] if name in self.alarms]
            return {"MetricAlarms": [{"AlarmName": name, "StateValue": "ALARM"} for name in names]}
        return {"MetricDataResults": [self._series(region, query, request) for query in request["MetricDataQueries"]]}

    def _series(self, region: str, query: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        stat = query["MetricStat"]
        arm = stat["Metric"]["Dimensions"][0]["Value"]
        start, end = request["StartTime"].timestamp(), request["EndTime"].timestamp()
        series = {}
        for at, values in self.counts[region, stat["Metric"]["MetricName"], arm].items():
            if start <= at < end:
                total = sum(value * count for value, count in values.items())
                series[at] = total if stat["Stat"] == "Sum" else statistic(stat["Stat"], list(values.items()))
        return {
            "Id": query["Id"],
            "Timestamps": [datetime.fromtimestamp(at, UTC) for at in series],
            "Values": list(series.values()),
            "StatusCode": "Complete",
        }

    # --- the rollout -----------------------------------------------------------------------------------------

    def sessions(self) -> dict[str, Session]:
        return {region: self.operators.session(region) for region in (US, EU)}

    def driver(self, release: Release = QUICK, *, agree: Callable[[RegionState], bool] = lambda _: False) -> Driver:
        """A driver as a new process has it: of the stored rollout, or of a new one."""
        sessions = self.sessions()
        store = Store(ledger=sessions[US].ledger, clock=self.aws.clock)
        rollout = store.load()
        if rollout is None or rollout.outcome is not Outcome.RUNNING:
            situation = sessions[US].observe(with_history=True)
            services = judged("shop", situation, ["users"], [])
            strategy = strategy_of(gateway(release), services=services)
            fresh = new_rollout(strategy, situation, id="r1", owner="ann", started="2026-01-01T01:00:00.000+00:00")
            fresh.revision = rollout.revision if rollout else 0
            rollout = fresh
        places = {
            name: Place(session=one, strategy=rollout.strategy, clock=self.aws.clock) for name, one in sessions.items()
        }
        return Driver(rollout=rollout, places=places, store=store, clock=self.aws.clock, agree=agree)

    def run(self, driver: Driver, *, minutes: int = 240) -> list[Heard]:
        """Tick every minute until the end."""
        heard = []
        for _ in range(minutes):
            heard.append(driver.tick())
            if driver.rollout.outcome is not Outcome.RUNNING:
                break
            self.minutes()
        return heard

    def pin(self, region: str) -> None:
        """Testers ask for release two."""
        header = Header(name="X-Release", value="canary")
        apply(self.operators.session(region), lambda scene: plan_pin(scene, header), header=header)

    def pinned(self, region: str) -> list[str]:
        return [one["deploymentId"] for one in self.aws.region(region).other_stages]

    def serving(self, region: str) -> str:
        return str(self.aws.region(region).stage["deploymentId"])

    def canary(self, region: str) -> Any:
        return self.aws.region(region).stage.get("canarySettings")


def throttled() -> ClientError:
    return refuse("Throttling", "Rate exceeded")


def stored(world: World) -> Rollout:
    found = Store(ledger=world.operators.session(US).ledger, clock=world.aws.clock).load()
    assert found is not None
    return found
