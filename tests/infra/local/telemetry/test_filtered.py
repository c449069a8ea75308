from __future__ import annotations

from typing import Any

import pytest

from infra.local.telemetry.filtered import InvalidPattern, check_metric_filter, filter_events, narrowed, widened

EVENTS = [{"message": text, "eventId": text} for text in ("ERROR a", "fine", "ERROR b", "ERROR c")]


def test_filter_events_keeps_what_matches() -> None:
    assert [event["eventId"] for event in filter_events("ERROR -b", EVENTS)] == ["ERROR a", "ERROR c"]
    assert filter_events("", EVENTS) == EVENTS


def test_pattern_and_limit_are_applied_to_the_wider_answer() -> None:
    asked = {"logGroupName": "g", "filterPattern": "ERROR", "limit": 2, "startTime": 5}
    assert widened(asked) == {"logGroupName": "g", "startTime": 5}
    answer = narrowed(asked, {"events": EVENTS, "searchedLogStreams": []})
    assert [event["eventId"] for event in answer["events"]] == ["ERROR a", "ERROR b"]
    assert answer["searchedLogStreams"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"filterPattern": "{ oops }"},
        {"metricTransformations": [{"metricName": "M", "metricValue": "1"}]},
    ],
    ids=["pattern", "no namespace"],
)
def test_bad_metric_filters_are_refused(changes: dict[str, Any]) -> None:
    transformation = {"metricName": "M", "metricNamespace": "N", "metricValue": "1"}
    good = {"logGroupName": "g", "filterName": "f", "filterPattern": "", "metricTransformations": [transformation]}
    check_metric_filter(good)
    with pytest.raises(InvalidPattern):
        check_metric_filter(good | changes)
