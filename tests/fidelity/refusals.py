"""Calls that must be refused, and the texts that more than one group of calls is refused with. Touches nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .gateway import ACCOUNT, Api

NO_RESOURCE = "Invalid Resource identifier specified"
NO_METHOD = "Invalid Method identifier specified"
NO_INTEGRATION = "Invalid Integration identifier specified"
NO_STATUS = "Invalid Response status code specified"
UNKNOWN_API = f"Invalid API identifier specified {ACCOUNT}:fake-id"
WRONG_STATUS = "Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d"

STAGE_PATHS = (
    "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled]"
)

Call = Callable[[Api], Any]


def on_api(operation: str, **settings: Any) -> Call:
    """An operation on the API under test; ``restApiId`` in the settings asks for another."""
    return lambda api: getattr(api.control, operation)(**{"restApiId": api.id} | settings)


def on_mock_method(operation: str, **settings: Any) -> Call:
    """An operation on GET /mock; the settings may name an API, a resource or a verb that is not there."""
    return lambda api: getattr(api.control, operation)(**api.at("/mock", "GET") | settings)
