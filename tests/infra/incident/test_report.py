"""The same findings as lines, as Markdown and as JSON."""

from __future__ import annotations

import json

from infra.incident.report import document, lines, look, markdown
from tests.infra.incident.cases import calm, facts, slow_orders

FORCED = {"state": "FORCED_OPEN", "by": "ada@host", "why": "see `x` | <b>", "until": ""}


def test_lines_have_the_headline_the_numbers_the_chain_and_the_next_commands():
    told = "\n".join(
        lines("orders", [look(facts(slow_orders(), protected=True, breaker={"state": "CLOSED"}))], minutes=30)
    )
    assert "us-east-1: 90 % of 1000 requests took longer than 1.0 s" in told
    assert "3.0 s   98 %  ####" in told
    assert told.split("Next:\n")[1].startswith("  gatewright breaker open orders")


def test_a_region_without_an_answer_does_not_hide_the_others():
    looked = [look(facts({}, problem="nobody answers", region="eu-west-1")), look(facts(calm()))]
    told = "\n".join(lines("orders", looked, minutes=30))
    assert "eu-west-1: no answer\n  nobody answers" in told
    assert "us-east-1: nothing stands out" in told
    assert [one["headline"] for one in document("orders", looked, minutes=30)["regions"]] == [
        "no answer",
        "nothing stands out",
    ]
    assert "nobody answers" in "\n".join(markdown("orders", looked, minutes=30))


def test_what_is_not_known_is_said():
    told = "\n".join(lines("orders", [look(facts(calm(), gaps=("alarms: denied",)))], minutes=30))
    assert "not read: alarms: denied" in told
    assert "traces: no tracer was asked" in told


def test_the_document_is_json_and_whole():
    shown = json.loads(json.dumps(document("orders", [look(facts(slow_orders()))], minutes=30)))
    (region,) = shown["regions"]
    assert region["findings"][0]["numbers"]["late"] == 900
    assert [part["name"] for part in region["chain"]["parts"]][:2] == ["gateway", "gatewright-shop-orders"]
    assert region["began"] == min(at for at, late in slow_orders()["late"].items() if late)
    assert shown["next"]


def test_what_others_wrote_stays_text_in_markdown():
    told = "\n".join(markdown("orders", [look(facts(calm(), protected=True, breaker=FORCED))], minutes=30))
    assert "see \\`x\\` \\| \\<b\\>" in told
    assert told.startswith("# orders: ")


def test_without_requests_there_is_no_table():
    told = "\n".join(lines("orders", [look(facts({}))], minutes=30))
    assert "p99" not in told
    assert "| now |" not in "\n".join(markdown("orders", [look(facts({}))], minutes=30))
