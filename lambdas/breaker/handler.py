"""The circuit breaker in front of one service. The Lambda entry point: wires settings, clock and output.

Settings are read once: a wrong one ends the cold start by its name. Bulkhead: this function's reserved concurrency.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from circuit.proxy import from_environment

_proxy = from_environment(os.environ, write=lambda line: sys.stdout.write(line), clock=time.time)
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"):  # INIT has burst CPU; a plain import touches no network
    _proxy.warm()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return _proxy.answer(event, remaining() if remaining else None)
