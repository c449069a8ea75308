"""The errors of API Gateway's control plane in AWS form. Touches nothing.

An operation raises one of these; the plane turns it into a status, the ``x-amzn-ErrorType`` header and a JSON message.
Statuses are those of the service model (botocore ``apigateway/2015-07-09``); ValidationException and
SerializationException are not modelled but were recorded from real AWS.
"""

from __future__ import annotations

from collections.abc import Sequence


class AwsError(Exception):
    """An error answer: ``code`` is the exception's name, ``message`` the text the client sees."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def bad_request(message: str) -> AwsError:
    return AwsError(400, "BadRequestException", message)


def not_found(message: str) -> AwsError:
    return AwsError(404, "NotFoundException", message)


def conflict(message: str) -> AwsError:
    return AwsError(409, "ConflictException", message)


def limit_exceeded(message: str) -> AwsError:
    return AwsError(429, "LimitExceededException", message)


def serialization(message: str) -> AwsError:
    return AwsError(400, "SerializationException", message)


def validation(findings: Sequence[str]) -> AwsError:
    """One ValidationException for all findings, worded as recorded."""
    noun = "error" if len(findings) == 1 else "errors"
    return AwsError(400, "ValidationException", f"{len(findings)} validation {noun} detected: {'; '.join(findings)}")


def not_implemented(what: str) -> AwsError:
    """501: an operation that the embedded API Gateway does not have (AWS never answers this)."""
    return AwsError(501, "NotImplementedException", f"The embedded API Gateway does not implement {what}.")
