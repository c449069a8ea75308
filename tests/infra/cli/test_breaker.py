"""`breaker`: all regions, what reaches the screen, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli.breaker import parse_for
from infra.config.breaker_model import Breaker
from infra.config.model import Gateway, Service
from infra.errors import Refused
from infra.release.awsclient import AwsClient
from tests.infra.breaker.fake_breakers import FakeBreakers
from tests.infra.cli.conftest import EU, GATEWAY, US, FakeFactory, Shop

BREAKER = Breaker(call_timeout_ms=3850, slow_call_ms=1000)
WHY = ("--reason", "users is down")


PROTECTED = GATEWAY.model_copy(
    update={
        "services": (
            Service(name="users", path="/api/users", url="https://users.example", breaker=BREAKER),
            Service(name="products", path="/api/products", url="https://products.example"),
        )
    }
)


class BreakerFactory(FakeFactory):
    def __init__(self, breakers: FakeBreakers) -> None:
        self.breakers, self.error, self.gateway_read = breakers, None, PROTECTED

    def gateway(self, file: Path) -> Gateway:
        return self.gateway_read

    def aws(self, region: str) -> AwsClient:
        return self.breakers.aws(region)


class BreakerShop(Shop):
    def __init__(self) -> None:
        self.breakers = FakeBreakers()
        self.factory = BreakerFactory(self.breakers)


@pytest.fixture
def shop() -> BreakerShop:
    return BreakerShop()


def test_open_is_done_in_every_region_at_once(shop: BreakerShop) -> None:
    result = shop.run("breaker", "open", "users", *WHY, "--for", "2h")
    assert f"{US}: breaker open done: users: CLOSED -> FORCED_OPEN" in result.stdout
    assert {shop.breakers.state(region) for region in (US, EU)} == {"FORCED_OPEN"}


def test_one_region_and_the_other_stays(shop: BreakerShop) -> None:
    shop.run("breaker", "disable", "users", *WHY, "--region", EU)
    assert shop.breakers.state(EU) == "DISABLED"
    assert not shop.breakers.tables[US].items


def test_disable_may_go_on_counting(shop: BreakerShop) -> None:
    shop.run("breaker", "disable", "users", *WHY, "--count")
    assert shop.breakers.state(US) == "METRICS_ONLY"


def test_a_region_without_an_answer_does_not_save_the_other(shop: BreakerShop) -> None:
    shop.breakers.down = {US}
    result = shop.run("breaker", "open", "users", *WHY, code=1)
    assert US in result.stderr
    assert shop.breakers.state(EU) == "FORCED_OPEN"


def test_a_dry_run_shows_the_calls_and_makes_none(shop: BreakerShop) -> None:
    result = shop.run("breaker", "open", "users", *WHY, "--dry-run")
    assert "dynamodb update_item" in result.stdout
    assert not shop.breakers.tables[US].writes
    assert shop.json("breaker", "open", "users", *WHY, "--dry-run")["results"][0]["steps"][0]["key"] == "transition"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(("open", "mars", *WHY), "no such service", id="service"),
        pytest.param(("open", "products", *WHY), "products has no breaker", id="service without a breaker"),
        pytest.param(("status", "products"), "`breaker: on`", id="status of a service without a breaker"),
        pytest.param(("open", "users", "--reason", " "), "--reason", id="reason"),
        pytest.param(("open", "users", *WHY, "--for", "30"), "--for", id="for"),
        pytest.param(("open", "users", *WHY, "--region", "mars-1"), "does not run in", id="region"),
        pytest.param(("auto", "users", *WHY), "nothing is forced", id="auto"),
        pytest.param(("close", "users", *WHY), "it is CLOSED", id="close"),
    ],
)
def test_refusals_end_with_two(shop: BreakerShop, arguments: tuple[str, ...], text: str) -> None:
    assert text in shop.run("breaker", *arguments, code=2).stderr


def test_status_shows_every_region_and_what_changed(shop: BreakerShop) -> None:
    shop.breakers.fail(shop.breakers.container())
    shop.run("breaker", "open", "users", *WHY, "--region", EU)
    result = shop.run("breaker", "status")
    assert "CLOSED -> OPEN  a rate is too high  (breaker)" in result.stdout
    table = [line for line in result.stdout.splitlines() if not line.startswith("  ")]
    assert "PERMITS" not in table[0], "no breaker is half-open"
    assert max(map(len, table)) <= 120
    assert "CLOSED -> FORCED_OPEN  users is down" in result.stdout
    us, eu = shop.json("breaker", "status", "users")["breakers"]
    assert (us["state"], us["calls"], us["failure_percent"]) == ("OPEN", 2, 100)
    assert (eu["state"], eu["audit"][0]["verb"]) == ("FORCED_OPEN", "open")


def test_a_breaker_that_no_call_went_through_is_shown(shop: BreakerShop) -> None:
    (us, eu) = shop.json("breaker", "status")["breakers"]
    assert (us["service"], us["state"], us["calls"], eu["region"]) == ("users", "CLOSED", 0, EU)


def test_a_breaker_that_is_switched_off_can_still_be_acted_on(shop: BreakerShop) -> None:
    """An older release may have the stage, and go through it."""
    off = PROTECTED.services[0].model_copy(update={"breaker": BREAKER.model_copy(update={"enabled": False})})
    shop.factory.gateway_read = PROTECTED.model_copy(update={"services": (off,)})
    shop.run("breaker", "open", "users", *WHY)


def test_without_any_breaker_the_way_to_one_is_said(shop: BreakerShop) -> None:
    shop.factory.gateway_read = GATEWAY
    assert "Write `breaker: on`" in shop.run("breaker", "status", code=2).stderr


def test_status_of_a_region_without_an_answer_ends_with_one(shop: BreakerShop) -> None:
    shop.breakers.down = {EU}
    result = shop.run("breaker", "status", "users", code=1)
    assert "no answer" in result.stdout
    assert US in result.stdout


def test_watch_looks_again_until_it_is_stopped(shop: BreakerShop) -> None:
    result = shop.run("breaker", "status", "users", "--watch")
    assert shop.breakers.slept == [2, 2]
    assert result.stdout.count("REGION") == 2


@pytest.mark.parametrize(("text", "seconds"), [("1m", 60), ("30m", 1800), ("2h", 7200), ("7d", 604_800)])
def test_a_time_has_a_unit(text: str, seconds: int) -> None:
    assert parse_for(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "0m", "8d", "-1h", "30s", "1.5h", "for ever", "٣m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="--for"):
        parse_for(text)
