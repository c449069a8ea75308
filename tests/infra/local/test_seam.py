"""The contract with the pinned ministack: when this fails, the pin moved and the seam must be looked at."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest

from infra.errors import SeamChanged
from infra.local import seam


def _create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    return "id", {}


def _good() -> dict[str, Any]:
    entry = {"create": _create, "delete": lambda physical_id, props: None}
    return {name: dict(entry) for name in seam._NEEDED}


def test_the_installed_ministack_is_the_pinned_one() -> None:
    assert version("ministack") == seam.PINNED_VERSION


def test_the_pinned_ministack_has_the_table() -> None:
    table = seam.handlers()
    for name in seam._NEEDED:
        assert callable(table[name]["create"])


def test_account_and_region_are_given_outside_a_request_too() -> None:
    account, region = seam.account_and_region()
    assert account().isdigit()
    assert region()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(lambda t: [], "not a dict", id="another container"),
        pytest.param(lambda t: {}, "no create and delete", id="types gone"),
        pytest.param(
            lambda t: t | {"AWS::ApiGateway::Stage": _create}, "no create and delete", id="entry is a function"
        ),
        pytest.param(
            lambda t: t | {"AWS::Lambda::Version": {"create": lambda a: a, "delete": _create}},
            "takes 1",
            id="signature",
        ),
    ],
)
def test_a_changed_seam_is_one_clear_line(change: Any, named: str) -> None:
    with pytest.raises(SeamChanged, match=named) as caught:
        seam.check(change(_good()))
    assert "\n" not in str(caught.value)
    assert seam.PINNED_VERSION in str(caught.value)


def test_install_replaces_create_update_and_delete() -> None:
    class Ours:
        def create(self, logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
            return "ours", {}

        def update(
            self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
        ) -> tuple[str, dict[str, Any]]:
            return physical_id, {}

        def delete(self, physical_id: str, props: dict[str, Any]) -> None:
            return None

    table = _good()
    seam.install(table, {"AWS::ApiGateway::Stage": Ours()})
    assert table["AWS::ApiGateway::Stage"]["create"]("L", {}, "s") == ("ours", {})
    assert set(table["AWS::ApiGateway::Stage"]) == {"create", "update", "delete"}


def test_outputs_are_read_in_the_region_that_is_asked_for() -> None:
    from ministack.core.responses import request_scope
    from ministack.services import cloudformation
    from ministack.services.cloudformation import engine

    account = "000000000000"
    seam.let_outputs_be_read_across_regions(account=lambda: account)
    resolver = engine._resolve_refs
    seam.let_outputs_be_read_across_regions(account=lambda: account)
    assert engine._resolve_refs is resolver, "once is enough"
    for region in ("us-east-1", "eu-west-1"):
        with request_scope(account, region):
            cloudformation._stacks["there"] = {"Outputs": [{"OutputKey": "Target", "OutputValue": f"in {region}"}]}
    asked = {"Fn::GetStackOutput": {"StackName": "there", "OutputName": "Target"}}
    elsewhere = {"Fn::GetStackOutput": {**asked["Fn::GetStackOutput"], "Region": {"Ref": "Home"}}}
    try:
        with request_scope(account, "us-east-1"):
            found = engine._resolve_refs(
                [asked, {"x": elsewhere}], {}, {"Home": {"Value": "eu-west-1"}}, {}, {}, "s", "i"
            )
            assert found == ["in us-east-1", {"x": "in eu-west-1"}]
            with pytest.raises(ValueError, match="not found"):
                engine._resolve_refs(
                    {"Fn::GetStackOutput": {"StackName": "gone", "OutputName": "x", "Region": "eu-west-1"}},
                    *({}, {}, {}, {}, "s", "i"),
                )
    finally:
        for region in ("us-east-1", "eu-west-1"):
            with request_scope(account, region):
                del cloudformation._stacks["there"]
