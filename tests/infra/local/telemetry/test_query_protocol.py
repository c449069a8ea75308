"""The Query protocol of CloudWatch: botocore writes what we read, and reads what we write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.telemetry import query_protocol
from infra.local.telemetry.cloudwatch import _OPERATIONS
from infra.local.telemetry.query_protocol import Malformed, read_request, result

MODEL = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")
NOT_IN_XML = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))
TEXT = st.text(st.characters(codec="utf-8", exclude_characters=NOT_IN_XML), min_size=1)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, tz=UTC)),
    "blob": st.just(None),
}


def values(shape: Any) -> st.SearchStrategy[Any]:
    if shape.type_name == "structure" and shape.is_tagged_union:
        return st.one_of([st.fixed_dictionaries({name: values(one)}) for name, one in shape.members.items()])
    if shape.type_name == "structure":
        return st.fixed_dictionaries({}, optional={name: values(one) for name, one in shape.members.items()})
    if shape.type_name == "list":
        return st.lists(values(shape.member), min_size=1, max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(TEXT, values(shape.value), min_size=1, max_size=2)
    return SCALARS[shape.type_name]


def spoken(value: Any) -> Any:
    """What of a request's value travels: structures without members do not, moments are texts."""
    if isinstance(value, dict):
        return {key: spoken(one) for key, one in value.items() if one is not None and spoken(one) != {}}
    if isinstance(value, list):
        return [spoken(one) for one in value if spoken(one) != {}]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


REQUESTS = ["PutMetricAlarm", "PutCompositeAlarm", "DescribeAlarms", "GetMetricData", "PutMetricData", "TagResource"]
ANSWERS = ["DescribeAlarms", "DescribeAlarmsForMetric", "DescribeAlarmHistory", "GetMetricData", "ListTagsForResource"]


@pytest.mark.parametrize("operation", REQUESTS)
@settings(max_examples=30)
@given(data=st.data())
def test_what_an_sdk_sends_is_read(operation: str, data: st.DataObject) -> None:
    model = MODEL.operation_model(operation)
    asked = data.draw(values(model.input_shape))
    body = create_serializer("query", include_validation=False).serialize_to_request(asked, model)["body"]
    sent = parse_qs(urlencode(body), keep_blank_values=True)
    assert without_nothing(read_request(operation, sent)) == without_nothing(spoken(asked))


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: inner for key, one in value.items() if (inner := without_nothing(one)) not in ({}, [])}
    return (
        [inner for one in value if (inner := without_nothing(one)) not in ({}, [])]
        if isinstance(value, list)
        else value
    )


@pytest.mark.parametrize("operation", ANSWERS)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_answered_an_sdk_reads(operation: str, data: st.DataObject) -> None:
    model = MODEL.operation_model(operation)
    answer = data.draw(values(model.output_shape))
    body = (
        f'<{operation}Response xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">{result(operation, in_json(answer))}'
        f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
    )
    read = create_parser("query").parse({"status_code": 200, "headers": {}, "body": body.encode()}, model.output_shape)
    del read["ResponseMetadata"]
    assert without_nothing(read) == without_nothing(answer)


def in_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [in_json(one) for one in value]
    return value.timestamp() if isinstance(value, datetime) else value


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Threshold": "high"}, "Threshold: 'high' is no double"),
        ({"EvaluationPeriods": "1.5"}, "EvaluationPeriods: '1.5' is no integer"),
        ({"ActionsEnabled": "yes"}, "ActionsEnabled: 'yes' is no boolean"),
        ({"Metrics.member.x.Id": "m"}, "Metrics.member: members are counted from 1"),
        ({"AlarmActions.member.1.more": "a"}, "AlarmActions.member.1: a value is missing"),
        ({"Dimensions.member.2.Name.x": "a"}, "Dimensions.member.2.Name: a value is missing"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_of_its_type_is_named(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(Malformed) as raised:
        read_request("PutMetricAlarm", parameters)
    assert str(raised.value) == message


def test_what_no_xml_can_say_is_left_out() -> None:
    assert result("GetDashboard", {"DashboardName": "a\x00b\x1f\ufffec\td"}) == (
        "<GetDashboardResult><DashboardName>abc\td</DashboardName></GetDashboardResult>"
    )


def test_members_come_in_the_order_of_their_numbers_whatever_that_of_the_parameters() -> None:
    sent = {f"AlarmNames.member.{number}": [str(number)] for number in (10, 2, 1)}
    assert read_request("DescribeAlarms", sent) == {"AlarmNames": ["1", "2", "10"]}


def test_an_empty_list_and_what_is_unknown() -> None:
    assert read_request("PutMetricAlarm", {"Dimensions": [""], "Action": ["x"], "Version": ["y"]}) == {"Dimensions": []}


@pytest.mark.parametrize("operation", _OPERATIONS.values())
def test_every_operation_of_the_engine_is_in_the_model(operation: str) -> None:
    assert read_request(operation, {"Action": [operation]}) == {}
    assert query_protocol.result(operation, {}).startswith(f"<{operation}Result>") or result(operation, {}) == ""
