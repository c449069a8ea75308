from __future__ import annotations

import pytest

from infra.local.functions.arn import FunctionReference, parse_reference

HERE = {"region": "us-east-1", "account": "111111111111"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("shop", FunctionReference("us-east-1", "111111111111", "shop"), id="name"),
        pytest.param("shop:live", FunctionReference("us-east-1", "111111111111", "shop", "live"), id="name and alias"),
        pytest.param(
            "222222222222:function:shop", FunctionReference("us-east-1", "222222222222", "shop"), id="partial ARN"
        ),
        pytest.param(
            "arn:aws:lambda:eu-west-1:222222222222:function:shop:7",
            FunctionReference("eu-west-1", "222222222222", "shop", "7"),
            id="version ARN",
        ),
        pytest.param(
            "arn:aws:lambda:eu-west-1:222222222222:function:shop:$LATEST",
            FunctionReference("eu-west-1", "222222222222", "shop", "$LATEST"),
            id="$LATEST ARN",
        ),
        pytest.param("arn:aws:lambda:eu-west-1:2:function:shop", None, id="short account"),
        pytest.param("no such name!", None, id="bad characters"),
        pytest.param("", None, id="empty"),
    ],
)
def test_reads_every_form_of_a_reference(text: str, expected: FunctionReference | None) -> None:
    assert parse_reference(text, **HERE) == expected


def test_arn_round_trips() -> None:
    arn = "arn:aws:lambda:eu-west-1:222222222222:function:shop:live"
    found = parse_reference(arn, **HERE)
    assert found is not None
    assert found.arn == arn
