"""Our signatures are botocore's, whatever is signed."""

from __future__ import annotations

import datetime
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings

from lambdas.breaker.circuit.sigv4 import Credentials, Signer

NOW = 1_790_000_000
PATHS = ("/", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Aorders/invocations")


@pytest.mark.parametrize("path", PATHS)
@given(body=st.binary(max_size=300), token=st.sampled_from(["", "a-token"]), query=st.sampled_from(["", "Qualifier=7"]))
@settings(max_examples=25, deadline=None)
def test_signatures_are_those_of_botocore(path: str, body: bytes, token: str, query: str) -> None:
    headers = {"host": "lambda.eu-west-1.amazonaws.com", "content-type": "application/json", "x-amz-target": "A  b"}
    ours = Signer(Credentials("AKID", "secret", token), service="lambda", region="eu-west-1")
    signed = ours.sign("POST", path, query, headers, body, NOW)
    url = f"https://{headers['host']}{path}{'?' + query if query else ''}"
    request = AWSRequest("POST", url, data=body, headers={k: v for k, v in headers.items() if k != "host"})
    moment = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(BotoCredentials("AKID", "secret", token or None), "lambda", "eu-west-1").add_auth(request)
    assert signed["authorization"] == request.headers["Authorization"]
