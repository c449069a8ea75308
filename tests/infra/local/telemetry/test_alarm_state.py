"""States of metric alarms; the cases with gaps are those of AWS's page on missing data, three datapoints out of three."""

from __future__ import annotations

import pytest

from infra.local.telemetry.alarm_state import Rule, judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def state(
    values: list[float | None], *, missing: str = "missing", m: int = 3, n: int = 3, before: str = "INSUFFICIENT_DATA"
) -> str:
    rule = Rule(comparison="GreaterThanThreshold", threshold=0.5, periods=n, datapoints=m, missing=missing)
    return judge(rule, values, state=before).state


X, OK, GAP = 1.0, 0.0, None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([OK, GAP, X, GAP, X], ("OK", "OK", "OK", "OK")),
        ([OK, GAP, GAP, GAP, GAP], ("OK", "OK", "OK", "OK")),
        ([GAP, GAP, GAP, GAP, GAP], ("INSUFFICIENT_DATA", "retained", "ALARM", "OK")),
        ([OK, X, X, GAP, X], ("ALARM", "ALARM", "ALARM", "ALARM")),
        ([GAP, GAP, X, GAP, GAP], ("ALARM", "retained", "ALARM", "OK")),
    ],
    ids=["enough data", "one good", "no data", "three bad and a gap", "one bad"],
)
def test_missing_data(values: list[float | None], expected: tuple[str, ...]) -> None:
    for missing, wanted in zip(TREATMENTS, expected, strict=True):
        assert state(values, missing=missing, before="retained") == wanted, missing


@pytest.mark.parametrize(
    ("values", "wanted"), [([X, X, OK], "ALARM"), ([X, OK, OK], "OK"), ([OK, OK, X, OK, X], "ALARM")]
)
def test_some_of_some(values: list[float | None], wanted: str) -> None:
    assert state(values, m=2, n=3) == wanted


@pytest.mark.parametrize(
    ("comparison", "at_the_threshold"),
    [
        ("GreaterThanThreshold", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM"),
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
    ],
)
def test_at_the_threshold(comparison: str, at_the_threshold: str) -> None:
    rule = Rule(comparison=comparison, threshold=5.0)
    assert judge(rule, [5.0], state="OK").state == at_the_threshold


def test_the_reason_names_values_and_threshold() -> None:
    rule = Rule(comparison="GreaterThanThreshold", threshold=1.44)
    reason = judge(rule, [25.0], state="OK").reason
    assert reason == "Threshold Crossed: 1 datapoint [25] was greater than the threshold (1.44)."


def test_a_comparison_of_anomalies_is_not_evaluated() -> None:
    with pytest.raises(ValueError, match="LessThanLower"):
        judge(Rule(comparison="LessThanLowerThreshold", threshold=1.0), [1.0], state="OK")
