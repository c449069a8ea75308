"""Lambda's error objects that do not come out of a handler. Pure.

Shapes: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html and the runtimes' own sources.
"""

from __future__ import annotations

import json
import re
import signal

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "MAX_RESPONSE_BYTES",
    "exit_fault",
    "image_fault",
    "response_too_large",
    "runtime_fault",
    "timed_out",
    "with_request_id",
]

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
MAX_RESPONSE_BYTES = 6_291_556  # the figure in AWS's own message; 6 MiB and 100 bytes


def _encode(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def timed_out(request_id: str, limit_seconds: float) -> bytes:
    return _encode(
        errorType="Sandbox.Timedout",
        errorMessage=f"RequestId: {request_id} Error: Task timed out after {limit_seconds:.2f} seconds",
    )


def exit_fault(request_id: str, return_code: int | None) -> bytes:
    """The process ended before it answered: sys.exit, a crash, or out of memory."""
    if return_code is not None and return_code < 0:
        name = signal.strsignal(-return_code) or f"signal {-return_code}"
        reason = f"Runtime exited with error: signal: {name.lower()}"
    elif return_code:
        reason = f"Runtime exited with error: exit status {return_code}"
    else:
        reason = "Runtime exited without providing a reason"
    return _encode(errorType="Runtime.ExitError", errorMessage=f"RequestId: {request_id} Error: {reason}")


def response_too_large() -> bytes:
    return _encode(
        errorType="Function.ResponseSizeTooLarge",
        errorMessage=f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
    )


def runtime_fault(request_id: str, runtime: str, advice: str) -> bytes:
    """A runtime that we cannot run. Local: AWS has no such error, it refuses the runtime when the function is made."""
    return _encode(
        errorType="Runtime.InvalidRuntime",
        errorMessage=f"RequestId: {request_id} Error: runtime '{runtime}' is not available on this machine. {advice}",
    )


def image_fault(request_id: str) -> bytes:
    return runtime_fault(request_id, "container image", "The embedded AWS runs zip packages only.")


def with_request_id(error: bytes, request_id: str) -> bytes:
    """The error object of a failed start, told by the request that met it."""
    return re.sub(rb'"requestId": ""', b'"requestId": "' + request_id.encode() + b'"', error, count=1)
