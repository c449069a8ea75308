"""Statistics over a range: values above the lower end and up to the upper one; in ministack itself too."""

from __future__ import annotations

import types

import pytest

from infra.errors import SeamChanged
from infra.local.cloud import ACCOUNT, Ministack
from infra.local.telemetry.trimmed import install, statistic

SAMPLES = [(0.0, 1.0), (100.0, 2.0), (150.0, 3.0), (300.0, 4.0)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TC(100:300)", 7.0),
        ("TC(:100)", 3.0),
        ("TC(150:)", 4.0),
        ("TC(0.005:0.030)", 0.0),
        ("tc90", 9.0),
        ("TC(10%:90%)", 8.0),
        ("TC(80%:)", 2.0),
        ("PR(:150)", 60.0),
        ("PR(100:2000)", 70.0),
        ("TS(100:300)", 1650.0),
        ("TM(100:150)", 150.0),
        ("tm60", (0 + 200 + 450) / 6),
        ("TM(1000:)", None),
        ("p99", None),
        ("Average", None),
    ],
)
def test_a_range_counts_above_its_lower_end_and_up_to_its_upper(name: str, value: float | None) -> None:
    assert statistic(name, SAMPLES) == pytest.approx(value)


@pytest.mark.parametrize("name", ["TC(:)", "TC(5:5)", "TC(9:1)", "TC(1:90%)", "PR(10%:90%)"])
def test_a_range_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"TC|PR"):
        statistic(name, SAMPLES)


def test_ministack_of_another_shape_is_refused() -> None:
    with pytest.raises(SeamChanged, match="statistic"):
        install(types.SimpleNamespace())


async def test_get_metric_data_answers_trimmed_counts_and_still_the_others() -> None:
    cloud = Ministack.load(account=ACCOUNT, port=4598)
    from ministack.services import cloudwatch

    install(cloudwatch)
    install(cloudwatch)  # a second engine in one process changes nothing
    target, region = "GraniteServiceVersion20100801", "eu-central-1"
    datum = {"MetricName": "ms", "Timestamp": 1_900_000_000, "Values": [5.0, 10.0, 20.0], "Counts": [1.0, 2.0, 4.0]}
    await cloud.json("monitoring", region, f"{target}.PutMetricData", {"Namespace": "Trim", "MetricData": [datum]})
    metric = {"Namespace": "Trim", "MetricName": "ms"}
    queries = [
        {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
        for number, stat in enumerate(("TC(5:10)", "TC(:5)", "TC(30:)", "TC(9:1)", "SampleCount", "p50"))
    ]
    asked = {"MetricDataQueries": queries, "StartTime": 1_899_999_960, "EndTime": 1_900_000_040}
    answer = await cloud.json("monitoring", region, f"{target}.GetMetricData", asked)
    assert [one["Values"] for one in answer["MetricDataResults"]] == [[2.0], [1.0], [0.0], [], [7.0], [20.0]]
