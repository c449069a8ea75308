"""The start line's config: defaults, every problem at once, and the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.errors import Refused
from infra.judge import Policy

FULL: dict[str, Any] = {
    "interval_s": 10,
    "share": 0.1,
    "horizon_intervals": 60,
    "slo_ms": 500,
    "alpha": 0.02,
    "beta": 0.1,
    "tol_error": 0.01,
    "tol_slow": 0.02,
    "tol_4xx": 0.03,
    "min_bake_s": 60,
    "warmup_s": 0,
    "bucket_edges_ms": [0, 100, 500, "inf"],
    "slo_edge": 2,
    "pre": {"n": 1000, "e5xx": 5, "e4xx": 30, "hist": [800, 190, 10]},
}


def test_what_is_not_said_has_the_default_of_the_documentation() -> None:
    policy = Policy.from_config({})
    assert policy == Policy()
    assert (policy.alpha, policy.beta, policy.warmup_seconds, policy.min_bake_seconds) == (0.01, 0.05, 120, 1800)


def test_the_config_goes_to_json_and_back() -> None:
    policy = Policy.from_config(FULL)
    assert Policy.from_config(json.loads(json.dumps(policy.to_config()))) == policy
    assert (policy.interval_seconds, policy.buckets, policy.prior.n) == (10, 3, 1000)


def test_the_edge_of_the_objective_follows_from_it() -> None:
    assert Policy.from_config({**FULL, "slo_edge": None}).slo_edge == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"alpha": 0}, "alpha is 0", id="no risk"),
        pytest.param({"alpha": float("nan")}, "alpha is nan", id="NaN"),
        pytest.param({"beta": "5%"}, "beta is '5%'", id="text"),
        pytest.param({"tol_error": True}, "tol_error is True", id="bool"),
        pytest.param({"bucket_edges_ms": [0, 100, 100]}, "does not rise", id="edges"),
        pytest.param({"bucket_edges_ms": [0, float("nan"), 100]}, "does not rise", id="NaN edge"),
        pytest.param({"bucket_edges_ms": 5}, "not a list", id="no edges"),
        pytest.param({"bucket_edges_ms": "123"}, "not a list", id="text edges"),
        pytest.param({"bucket_edges_ms": [0, 10**400]}, "not a list", id="huge edge"),
        pytest.param({"slo_edge": 3}, "slo_edge is 3", id="outer edge"),
        pytest.param({"slo_edge": "2"}, "slo_edge is '2'", id="text edge"),
        pytest.param({"slo_ms": 1e6, "slo_edge": None}, "slo_edge", id="objective beyond the buckets"),
        pytest.param({"pre": []}, "pre is missing", id="no hour"),
        pytest.param({"pre": {"n": 5, "e5xx": 9, "e4xx": 0}}, "more than n", id="inconsistent hour"),
        pytest.param({"pre": {**FULL["pre"], "hist": [1, 2]}}, "3 buckets", id="short histogram"),
    ],
)
def test_refusals_name_the_key(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(Refused, match=problem) as refusal:
        Policy.from_config({**FULL, **change})
    assert "start again" in str(refusal.value)


def test_all_problems_are_in_one_refusal() -> None:
    with pytest.raises(Refused, match=r"alpha.*beta"):
        Policy.from_config({"alpha": 2, "beta": 2})


@pytest.mark.parametrize("config", [None, [], "x"], ids=str)
def test_a_config_that_is_no_object_is_refused(config: object) -> None:
    with pytest.raises(Refused, match="not an object"):
        Policy.from_config(config)
