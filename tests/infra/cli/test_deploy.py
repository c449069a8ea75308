"""`gatewright deploy`: what it says, and what to do next."""

from __future__ import annotations

from tests.infra.cli.conftest import EU, US, Shop


def test_the_first_deploy_says_that_it_is_live_and_pinned(shop: Shop) -> None:
    text = shop.run("deploy").stdout
    assert f"{US}: release one (d-one) is live at https://" in text
    assert "the baseline is pinned to one (d-one)" in text


def test_a_later_deploy_says_that_it_is_dark_and_what_is_next(shop: Shop) -> None:
    shop.deploy("one")
    shop.factory.fake_cdk.release = "two"
    text = shop.run("deploy", "--region", EU).stdout
    assert "release two (d-two) was published and is dark; one (d-one) keeps all requests" in text
    assert f"gatewright canary start --region {EU}" in text
    assert US not in text
    assert "was there already" in shop.run("deploy", "--region", EU).stdout


def test_json_is_one_document_while_progress_goes_to_stderr(shop: Shop) -> None:
    results = shop.json("deploy")["results"]
    assert [(r["region"], r["first"], r["dark"]) for r in results] == [(US, True, False), (EU, True, False)]


def test_a_canary_refuses_the_deploy_with_the_way_out(dark: Shop) -> None:
    dark.run("canary", "start", "--region", US)
    result = dark.run("deploy", code=2)
    assert f"gatewright canary promote --region {US}" in result.stderr
    assert f"gatewright canary rollback --region {US}" in result.stderr


def test_a_failing_cdk_is_exit_1_with_its_output(shop: Shop) -> None:
    shop.factory.fake_cdk.fail_in = US
    assert "cdk.log" in shop.run("deploy", code=1).stderr


def test_a_dry_run_prints_the_cdk_command(shop: Shop) -> None:
    assert "Gatewright-shop-eu-west-1" in shop.run("deploy", "--dry-run").stdout
    assert shop.factory.fake_cdk.ran == []
    assert len(shop.json("deploy", "--dry-run")["results"]) == 2
