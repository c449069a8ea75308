"""What CloudWatch asks of the order in which alarms come and go."""

from __future__ import annotations

import re

from tests.infra.terraform.conftest import Shop


def test_what_a_composite_alarm_names_is_there_before_it_and_goes_after_it(shop: Shop) -> None:
    """PutCompositeAlarm refuses a name that is not there; DeleteAlarms refuses one that a rule still has."""
    alarms = {
        f"{kind}.{label}": body
        for kind in ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
        for label, body in shop.root()["resource"][kind].items()
    }
    address_of = {body["alarm_name"]: address for address, body in alarms.items()}
    composites = [body for body in alarms.values() if "alarm_rule" in body]
    assert len(composites) > 2
    for body in composites:
        named = {address_of[name] for name in re.findall(r'ALARM\("?([\w-]+)"?\)', body["alarm_rule"])}
        assert named
        assert set(body["depends_on"]) == named
        assert all(alarms[address]["lifecycle"] == {"create_before_destroy": True} for address in named)
