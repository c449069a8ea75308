"""`gatewright release`: list, going back, pruning."""

from __future__ import annotations

from tests.infra.cli.conftest import EU, US, Shop


def test_the_list_says_what_each_release_is_used_for(dark: Shop) -> None:
    rows = dark.json("release", "list", "--region", US)["releases"]
    assert [(r["release"], r["state"]) for r in rows] == [
        ("two", "is dark: nobody gets it yet"),
        ("one", "has the stage"),
    ]
    dark.run("canary", "start", "--region", US)
    rows = dark.json("release", "list", "--region", US)["releases"]
    assert rows[0]["state"] == "is the canary at 10 %"
    assert rows[0]["function_versions"]
    assert "d-two" in dark.run("release", "list").stdout


def test_rollback_without_a_name_returns_to_the_release_before(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US)
    dark.run("canary", "promote", "--region", US)
    dark.run("release", "rollback", "--region", US)
    assert dark.aws.region(US).stage["deploymentId"] == "d-one"
    assert dark.aws.region(US).parameters["BaselineDeployment"] == "d-one"


def test_prune_keeps_what_is_in_use(dark: Shop) -> None:
    for release in ("three", "four"):
        dark.deploy(release)
    done = dark.json("release", "prune", "--keep", "1", "--yes")
    assert [one["operation"] for one in done["results"]] == ["prune", "prune"]
    for region in (US, EU):
        assert set(dark.aws.region(region).deployments) == {"d-one", "d-four"}
    assert "none is both old and unused" in dark.run("release", "prune", "--keep", "1").stdout
