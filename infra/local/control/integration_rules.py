"""What an integration must look like, for the API and for imports alike. Touches nothing.

Recorded: the texts, their order, the defaults, that MOCK forgets method and URI, that only HTTP types get a connection
type.
"""

from __future__ import annotations

import re
from typing import Any

from infra.local.control.call import present
from infra.local.control.errors import AwsError, bad_request
from infra.local.control.methods import REQUEST_PARAMETER, invalid_mapping
from infra.local.control.store import Shape

DEFAULT_TIMEOUT_MS = 29_000
_MINIMUM_TIMEOUT_MS = 50
_HTTP = ("HTTP", "HTTP_PROXY")
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
_HTTP_URI = re.compile(r"https?://[^\s/]+.*", re.DOTALL)
_LAMBDA_URI = re.compile(
    r"arn:[\w-]+:apigateway:[^:]+:lambda:path/(2015-03-31/functions/.+/invocations"
    r"|2021-11-15/functions/.+/response-streaming-invocations)"
)
_FIREHOSE_URI = re.compile(r"arn:[\w-]+:apigateway:[^:]+:firehose:action/.+")
_KEY = re.compile(r"integration\.request\.(path|querystring|header|multivaluequerystring|multivalueheader)\.(.+)")
_SOURCE = re.compile(
    r"'.*'|method\.request\.(body.*|multivalue(header|querystring)\..+|(header|path|querystring)\..+)"
    r"|context\..+|stageVariables\..+",
    re.DOTALL,
)
_RESPONSE_KEY = re.compile(r"method\.response\.header\.(.+)")
_CONTENT_TYPE = re.compile(r"[^/\s]+/[^/\s].*")


def normalized(given: Shape, resource_id: str) -> Shape:
    """An integration as GetIntegration shows it, from PutIntegration's members (``integrationHttpMethod`` included)."""
    kind = given["type"]
    mock = kind == "MOCK"
    connection = given.get("connectionType") or ("INTERNET" if kind in _HTTP else None)
    return {
        "type": kind,
        "passthroughBehavior": (given.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        "timeoutInMillis": given.get("timeoutInMillis") or DEFAULT_TIMEOUT_MS,
        "cacheNamespace": given.get("cacheNamespace") or resource_id,
        "cacheKeyParameters": list(given.get("cacheKeyParameters") or []),
        **present(
            httpMethod=None if mock else given.get("integrationHttpMethod"),
            uri=None if mock else given.get("uri"),
            connectionType=connection,
            connectionId=given.get("connectionId"),
            credentials=given.get("credentials"),
            requestParameters=given.get("requestParameters"),
            requestTemplates=given.get("requestTemplates"),
            contentHandling=given.get("contentHandling"),
            tlsConfig=given.get("tlsConfig"),
            responseTransferMode=given.get("responseTransferMode"),
            integrationTarget=given.get("integrationTarget"),
        ),
    }


def check(integration: Shape, method: Shape) -> None:
    """That a normalized integration is one that AWS takes, on a method.

    Raises:
        AwsError: BadRequestException.
    """
    kind = integration["type"]
    if kind != "MOCK" and not integration.get("httpMethod"):
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    if kind != "MOCK":
        _check_uri(kind, integration.get("uri") or "")
    if integration["passthroughBehavior"] not in _PASSTHROUGH:
        raise bad_request(f"Invalid passthrough behavior. Must be one of: [{', '.join(_PASSTHROUGH)}]")  # unsure
    check_timeout(integration["timeoutInMillis"])
    check_parameters(integration.get("requestParameters") or {}, method)
    check_templates(integration.get("requestTemplates") or {})


def check_timeout(timeout_ms: int) -> None:
    if not _MINIMUM_TIMEOUT_MS <= timeout_ms <= DEFAULT_TIMEOUT_MS:
        raise bad_request(f"Timeout should be between {_MINIMUM_TIMEOUT_MS} ms and {DEFAULT_TIMEOUT_MS} ms")


def _check_uri(kind: str, uri: str) -> None:
    if kind in _HTTP:
        if not _HTTP_URI.match(uri) and "${stageVariables." not in uri:
            raise bad_request("Invalid HTTP endpoint specified for URI")
        return
    parts = uri.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise bad_request("Invalid ARN specified in the request")
    if parts[2] != "apigateway" or not parts[5].startswith(("path/", "action/")):
        raise bad_request("AWS ARN for integration must contain path or action")
    if kind == "AWS_PROXY" and not (_LAMBDA_URI.fullmatch(uri) or _FIREHOSE_URI.fullmatch(uri)):
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )


def check_parameters(parameters: Shape, method: Shape) -> None:
    """Request parameter mappings; a mapped method parameter must be declared on the method."""
    declared = method.get("requestParameters") or {}
    for key, source in parameters.items():
        if not _KEY.fullmatch(key):
            raise invalid_mapping(f"Invalid mapping expression specified: {key}")
        if not isinstance(source, str) or not _SOURCE.fullmatch(source):
            raise invalid_mapping(f"Invalid mapping expression specified: {source}")
        if REQUEST_PARAMETER.fullmatch(source) and source.replace(".multivalue", ".") not in declared | _plain(
            declared
        ):
            raise invalid_mapping(f"Invalid mapping expression parameter specified: {source}")


def _plain(declared: Shape) -> dict[str, Any]:
    return {name.replace(".multivalue", "."): None for name in declared}


def check_templates(templates: Shape) -> None:
    for content_type in templates:
        if not _CONTENT_TYPE.fullmatch(content_type) and content_type != "$default":
            raise bad_request(
                f"Validation Result: warnings : [], errors : [Invalid content type specified: {content_type}]"
            )


def check_response(response: Shape, method: Shape) -> None:
    """An integration response; the headers it sets must be declared on the method response.

    Raises:
        AwsError: BadRequestException.
    """
    declared = method.get("methodResponses", {}).get(response["statusCode"], {}).get("responseParameters") or {}
    for key in response.get("responseParameters") or {}:
        if not _RESPONSE_KEY.fullmatch(key):
            raise invalid_mapping(f"Invalid mapping expression specified: {key}")
        if key not in declared:
            raise invalid_mapping(f"Invalid mapping expression parameter specified: {key}")
    check_templates(response.get("responseTemplates") or {})


def first_error(*checks: Any) -> AwsError | None:
    """The first of some (function, arguments) checks that refuses, for callers that collect findings."""
    for function, *arguments in checks:
        try:
            function(*arguments)
        except AwsError as error:
            return error
    return None
