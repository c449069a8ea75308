"""Texts stay what they are, and intrinsics become Terraform's expressions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.terraform.syntax import Hcl, encode, json_text, literal, translate

NAMES = {
    "AWS::Region": "us-east-1",
    "AWS::Partition": Hcl("${data.aws_partition.current.partition}"),
    "Users": Hcl("${aws_iam_role.users.name}"),
    "Users.Arn": Hcl("${aws_iam_role.users.arn}"),
    "Pools:us-east-1:Arn": "arn:pool",
}


def evaluate(template: str) -> str:
    """What Terraform makes of a template without expressions (language/expressions/strings, "Escape Sequences")."""
    out, at = "", 0
    while at < len(template):
        if template[at : at + 3] in ("$${", "%%{"):
            out, at = out + template[at + 1 : at + 3], at + 3
        else:
            assert template[at : at + 2] not in ("${", "%{")
            out, at = out + template[at], at + 1
    return out


@given(st.text(alphabet='$%{}a"\\\n'))
def test_a_literal_means_exactly_its_text(text: str) -> None:
    assert evaluate(literal(text)) == text


@settings(max_examples=40)
@given(
    st.recursive(
        st.text(alphabet="$%{}a") | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner)
    )
)
def test_a_document_means_exactly_itself(value: Any) -> None:
    assert json.loads(evaluate(json_text(value))) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"Ref": "AWS::Region"}, "us-east-1", id="region"),
        pytest.param({"Ref": "Users"}, "${aws_iam_role.users.name}", id="ref"),
        pytest.param({"Fn::GetAtt": ["Users", "Arn"]}, "${aws_iam_role.users.arn}", id="attribute"),
        pytest.param({"Fn::GetAtt": "Users.Arn"}, "${aws_iam_role.users.arn}", id="attribute-as-text"),
        pytest.param(
            {"Fn::Sub": "arn:${AWS::Partition}:x:${AWS::Region}:${Users}"},
            "arn:${data.aws_partition.current.partition}:x:us-east-1:${aws_iam_role.users.name}",
            id="sub",
        ),
        pytest.param({"Fn::Sub": "${!HOME} ${Users.Arn}%{"}, "$${HOME} ${aws_iam_role.users.arn}%%{", id="sub-literal"),
        pytest.param({"Fn::FindInMap": ["Pools", {"Ref": "AWS::Region"}, "Arn"]}, "arn:pool", id="map"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Users"}]]}, "a-${aws_iam_role.users.name}", id="join"),
        pytest.param({"a": [{"Ref": "Users"}]}, {"a": ["${aws_iam_role.users.name}"]}, id="inside"),
        pytest.param({"Ref": "AWS::Region", "b": 1}, {"Ref": "AWS::Region", "b": 1}, id="two-keys-are-no-intrinsic"),
    ],
)
def test_intrinsics_become_expressions(value: Any, expected: Any) -> None:
    assert encode(translate(value, NAMES.__getitem__)) == expected


@pytest.mark.parametrize("value", [{"Ref": "Nobody"}, {"Fn::Select": [0, []]}, {"Fn::Sub": "${Nobody}"}], ids=str)
def test_what_has_no_translation_is_never_passed_on(value: Any) -> None:
    with pytest.raises(KeyError):
        translate(value, NAMES.__getitem__)
