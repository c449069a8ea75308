"""Neither a value nor the secret is in any plan, message, error or ledger; only what is shown holds values."""

from __future__ import annotations

import base64
import copy
import json
import logging

import pytest
from botocore.exceptions import ClientError

from infra.errors import CloudError, Refused
from infra.keys.secret import Secret
from infra.keys.steps import Hidden
from infra.release.display import plan_lines
from tests.infra.keys import commands
from tests.infra.keys.fake_keys import EU, US, Desk, texts


def secrets_of(desk: Desk) -> set[str]:
    found = set(desk.shown)
    for region in (US, EU):
        k = desk.aws.keys(region)
        found |= set(k.values().values())
        for text in k.secrets.values():
            found |= set(json.loads(text)["versions"].values())
    return found


def test_nothing_that_is_kept_or_said_holds_a_value(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for command in (commands.create(), commands.rotate(), commands.revoke(version="v1")):
        plans = desk.ring().plan(command)
        said += [texts(plans, plan_lines), json.dumps([p.as_json() for p in plans]), repr(plans)]
        report = desk.run(command)
        said += [repr(report), repr(desk.ring().look())]
    said += [*desk.operators.messages, caplog.text]
    said += [repr(desk.aws.region(region).items) for region in (US, EU)]
    hidden = secrets_of(desk)
    assert len(hidden) >= 3
    assert not [value for value in hidden if any(value in text for text in said)]
    assert any("(hidden value)" in text for text in said)


def test_an_error_that_quotes_the_value_loses_it(desk: Desk) -> None:
    quoted: list[str] = []

    def on_call(aws: object, service: str, operation: str) -> None:
        if operation == "create_api_key":
            quoted.append(str(desk.aws.calls[-1][2]["value"]))
            raise ClientError({"Error": {"Code": "BadRequestException", "Message": f"not {quoted[0]}"}}, "Fake")

    desk.aws.on_call = on_call  # type: ignore[assignment]
    with pytest.raises(CloudError, match=r"not \(hidden value\)") as failed:
        desk.run(commands.create())
    assert quoted[0] not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__  # a traceback would show the first error


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"current":"v1","versions":{}}', '{"current":"v2","versions":{"v1":"c2VjcmV0LXRleHQ="}}', "c2Vj"],
)
def test_a_foreign_secret_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Secret.parse(text, place="secret x in us-east-1")
    assert "secret x in us-east-1" in str(refused.value)
    assert "c2Vj" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_hidden_text_shows_only_its_description() -> None:
    hidden = Hidden("the value", "hidden value")
    for shown in (str(hidden), repr(hidden), f"{hidden}", json.dumps(hidden), repr(copy.deepcopy(hidden))):
        assert "hidden value" in shown
        assert "the value" not in shown
    assert copy.deepcopy(hidden).reveal() == "the value"


def test_the_secret_shows_its_versions_only() -> None:
    secret = Secret.first(b"k" * 32).with_next(b"l" * 32)
    for text in (str(secret), repr(secret)):
        assert "kkkk" not in text
        assert base64.b64encode(b"k" * 32).decode() not in text
    assert str(secret) == "versions v1, v2; current v1"
    assert Secret.parse(secret.dumps(), place="x") == secret
