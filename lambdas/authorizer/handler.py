"""REQUEST authorizer of a REST API for any OIDC issuer. The Lambda entry point: wires settings, clock and network.

401 is the error `Unauthorized`, exactly; 403 is a policy that denies; any other error (the issuer's keys were never
to be had) is API Gateway's 500 AUTHORIZER_FAILURE. Settings are read once: a wrong one ends the cold start by its name.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from gate.answers import Refused
from gate.authorizer import Authorizer
from gate.journal import Journal
from gate.settings import Settings
from gate.traced import Traced, traced_fetch
from gate.tracer.tracing import from_environment

_tracer = from_environment(os.environ, clock=time.time, write=lambda line: sys.stdout.write(line))
_journal = Journal(lambda line: sys.stdout.write(line), trace_id=_tracer.log_id)
_authorizer = Authorizer(Settings.from_environment(os.environ), journal=_journal, fetch=traced_fetch(_tracer))
_traced = Traced(_authorizer, _tracer)
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"):  # INIT has burst CPU; a plain import touches no network
    _authorizer.warm(time.time())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    try:
        return _traced.answer(event, time.time(), remaining() if remaining else None)
    except Refused:
        raise Exception("Unauthorized") from None  # the documented way to a 401
