"""Everything the data plane refuses or fails, as the gateway response type it becomes. Pure, touches nothing.

A fault is raised anywhere in the pipeline and caught once, in `dataplane`, which renders it through `gateway_responses`.
Types and default statuses: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
``x-amzn-ErrorType`` values and messages are the recorded ones, or marked unsure.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = [
    "GatewayFault",
    "access_denied",
    "authorizer_failure",
    "authorizer_misconfigured",
    "bad_request_body",
    "bad_request_parameters",
    "header_too_large",
    "integration_failure",
    "integration_timeout",
    "internal_error",
    "invalid_api_key",
    "malformed_request",
    "missing_authentication_token",
    "network_error",
    "not_emulated",
    "quota_exceeded",
    "request_too_large",
    "throttled",
    "unauthorized",
    "unsupported_media_type",
    "waf_filtered",
]


class GatewayFault(Exception):
    """One gateway response.

    Args:
        response_type: the gateway response type, for example ``THROTTLED``.
        status: HTTP status unless the API customised it.
        error_type: value of ``x-amzn-ErrorType``.
        message: ``$context.error.message``; None renders as JSON null, as AWS does for broken authorizers.
        reason: a sentence for the execution log, never shown to the client.
        in_execution: raised after authorization. AWS writes the default body of these with a blank after the colon
            (recorded by Content-Length 36 of ``{"message": "Internal server error"}``).
        validation: ``$context.error.validationErrorString``.
    """

    __slots__ = ("error_type", "in_execution", "message", "reason", "response_type", "status", "validation")

    def __init__(
        self,
        response_type: str,
        status: int,
        error_type: str,
        message: str | None,
        *,
        reason: str = "",
        in_execution: bool = False,
        validation: str = "",
    ) -> None:
        super().__init__(message)
        self.response_type, self.status, self.error_type, self.message = response_type, status, error_type, message
        self.reason, self.in_execution, self.validation = reason, in_execution, validation


def _fixed(response_type: str, status: int, error_type: str, message: str | None) -> Callable[[], GatewayFault]:
    def build() -> GatewayFault:
        return GatewayFault(response_type, status, error_type, message)

    return build


missing_authentication_token = _fixed(
    "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
invalid_api_key = _fixed("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden")
throttled = _fixed("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests")
quota_exceeded = _fixed("QUOTA_EXCEEDED", 429, "LimitExceededException", "Limit Exceeded")
waf_filtered = _fixed("WAF_FILTERED", 403, "ForbiddenException", "Forbidden")
unauthorized = _fixed("UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized")
# unsure: the text of the two size limits; types and statuses are documented
request_too_large = _fixed("REQUEST_TOO_LARGE", 413, "RequestTooLargeException", "Request Too Long")
header_too_large = _fixed("DEFAULT_4XX", 431, "BadRequestException", "HTTP header is larger than 10240 bytes.")


def access_denied(*, explicit: bool) -> GatewayFault:
    """403 of a policy; the default body's key is ``Message`` with a capital (see `gateway_responses`)."""
    message = "User is not authorized to access this resource"
    if explicit:
        message += " with an explicit deny"
    return GatewayFault("ACCESS_DENIED", 403, "AccessDeniedException", message)


def authorizer_failure(reason: str) -> GatewayFault:
    """The authorizer function raised, timed out or could not be reached."""
    return GatewayFault("AUTHORIZER_FAILURE", 500, "AuthorizerFailureException", None, reason=reason)


def authorizer_misconfigured(reason: str) -> GatewayFault:
    """The authorizer answered something that is no policy, or may not be invoked."""
    return GatewayFault("AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", None, reason=reason)


def bad_request_parameters(message: str) -> GatewayFault:
    return GatewayFault(
        "BAD_REQUEST_PARAMETERS", 400, "BadRequestException", message, in_execution=True, validation=message
    )


def bad_request_body(validation: str) -> GatewayFault:
    return GatewayFault(
        "BAD_REQUEST_BODY", 400, "BadRequestException", "Invalid request body", in_execution=True, validation=validation
    )


def malformed_request(message: str) -> GatewayFault:
    """A request that cannot be read: a bad percent escape, a body that is not JSON where a mapping reads it."""
    return GatewayFault("DEFAULT_4XX", 400, "BadRequestException", message)


def unsupported_media_type() -> GatewayFault:
    return GatewayFault(
        "UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type", in_execution=True
    )


def integration_timeout(reason: str = "Execution failed due to a timeout error") -> GatewayFault:
    return GatewayFault(
        "INTEGRATION_TIMEOUT",
        504,
        "InternalServerErrorException",
        "Endpoint request timed out",
        reason=reason,
        in_execution=True,
    )


def network_error() -> GatewayFault:
    return GatewayFault(
        "INTEGRATION_FAILURE",
        504,
        "InternalServerErrorException",
        "Network error communicating with endpoint",
        reason="Execution failed due to a network error communicating with endpoint",
        in_execution=True,
    )


def integration_failure(reason: str) -> GatewayFault:
    """Listed as 504, recorded as 500: a Lambda proxy whose integration method is not POST."""
    return GatewayFault(
        "INTEGRATION_FAILURE",
        500,
        "InternalServerErrorException",
        "Internal server error",
        reason=reason,
        in_execution=True,
    )


def internal_error(reason: str, *, status: int = 500, response_type: str = "DEFAULT_5XX") -> GatewayFault:
    return GatewayFault(
        response_type,
        status,
        "InternalServerErrorException",
        "Internal server error",
        reason=reason,
        in_execution=True,
    )


def not_emulated(what: str) -> GatewayFault:
    """Ours, not AWS's: a part that this engine does not have."""
    message = f"{what} is not emulated on a laptop; use a Lambda, HTTP or MOCK integration, or deploy to AWS"
    return GatewayFault("DEFAULT_5XX", 501, "NotImplementedException", message, reason=message, in_execution=True)
