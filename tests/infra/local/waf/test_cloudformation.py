"""Templates say some things another way than the API does; the stack as a whole is in `test_embedded`."""

from __future__ import annotations

import base64

from infra.local.waf.cloudformation import as_stored


def test_a_search_string_is_stored_as_the_api_has_it() -> None:
    plain = {"Statement": {"ByteMatchStatement": {"SearchString": "a"}}}
    encoded = {"Statement": {"ByteMatchStatement": {"SearchStringBase64": base64.b64encode(b"a").decode()}}}
    assert as_stored(plain) == as_stored(encoded) == {"Statement": {"ByteMatchStatement": {"SearchString": "YQ=="}}}


def test_numbers_and_truth_values_of_a_template_are_typed() -> None:
    told = [{"Priority": "0", "Limit": "100", "VisibilityConfig": {"SampledRequestsEnabled": "true"}, "Name": "7"}]
    assert as_stored(told) == [
        {"Priority": 0, "Limit": 100, "VisibilityConfig": {"SampledRequestsEnabled": True}, "Name": "7"}
    ]
