"""Prometheus' text format: what is written is what its parser reads."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from infra.local.meter.exposition import Family, Histogram, text
from infra.signals.prometheus import DURATION, DURATION_BUCKETS_SECONDS, METRICS, REQUESTS, RESIDENCY_REFUSED

LABELS = ("shop", "us-east-1", "orders", "none")


def parsed_value(line: str) -> str:
    """The value of a label called `service`, unescaped as the format says."""
    found = re.search(r'service="((?:[^"\\]|\\.)*)"', line)
    assert found is not None, line
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], found[1])


def test_a_counter_in_full():
    family = Family(metric=RESIDENCY_REFUSED)
    family.add(2, "shop", "us-east-1")
    family.add(1, "shop", "us-east-1")
    assert text([family]) == (
        f"# HELP gatewright_residency_refused_total {RESIDENCY_REFUSED.help}\n"
        "# TYPE gatewright_residency_refused_total counter\n"
        'gatewright_residency_refused_total{gateway="shop",region="us-east-1"} 3\n'
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20))
def test_any_label_value_is_one_line_and_comes_back(value):
    family = Family(metric=REQUESTS)
    family.add(1, "shop", "us-east-1", value, "none", "2xx")
    lines = text([family]).split("\n")
    assert len(lines) == 4
    assert parsed_value(lines[2]) == value


@given(st.dictionaries(st.integers(0, 40_000), st.integers(1, 1000), max_size=30))
def test_buckets_are_cumulative_and_end_with_the_count(counts):
    histogram = Histogram(counts=Counter(counts), total=1.5, bounds=DURATION_BUCKETS_SECONDS, scale=1000)
    lines = text([Family(metric=DURATION, histograms={LABELS: histogram})]).splitlines()[2:]
    buckets = [int(line.rpartition(" ")[2]) for line in lines if "_bucket" in line]
    assert buckets == sorted(buckets)
    assert len(buckets) == len(DURATION_BUCKETS_SECONDS) + 1
    assert buckets[-1] == int(lines[-1].rpartition(" ")[2]) == sum(counts.values())
    assert buckets[0] == sum(many for ms, many in counts.items() if ms <= 5), "bounds are inclusive"
    assert lines[-2].endswith(" 1.5")


def test_every_metric_has_a_head_without_samples():
    document = text(Family(metric=metric) for metric in METRICS)
    assert document.count("# TYPE") == document.count("# HELP") == len(METRICS)
