"""Authorizers of an API. Memory only.

Recorded: an unknown API is a 409 on create; no TTL is shown when none was given (the default of 300 s is the data
plane's to apply). The checks of the members are documented, their exact texts are unsure.
"""

from __future__ import annotations

from infra.local.control import lookup, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict, limit_exceeded
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import RestApi, Shape

MAXIMUM_TTL_SECONDS = 3600
MAXIMUM_PER_API = 10  # the default quota
_TTL = f"Authorizer result TTL must be between 0 and {MAXIMUM_TTL_SECONDS} seconds"
_COPIED = [
    "authType",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
    "providerARNs",
]


def create_authorizer(call: Call) -> Shape:
    api = call.state.rest_apis.get(call.params["restApiId"])
    if api is None:
        raise conflict("Unable to complete operation due to concurrent modification. Please try again later.")
    if len(api.live.authorizers) >= MAXIMUM_PER_API:
        raise limit_exceeded("Maximum number of Authorizers for this API has been reached.")
    shape = checked(
        {
            "id": call.new_id(6),
            "name": call.params["name"],
            "type": call.params["type"],
            **present(**{name: call.arg(name) for name in _COPIED}),
        }
    )
    if any(other["name"] == shape["name"] for other in api.live.authorizers.values()):
        raise conflict("Authorizer name must be unique. Authorizer with given name already exists in this API.")
    api.live.authorizers = {**api.live.authorizers, shape["id"]: shape}
    return shape


def checked(shape: Shape) -> Shape:
    """The authorizer with its default ``authType``.

    Raises:
        AwsError: BadRequestException.
    """
    cognito = shape["type"] == "COGNITO_USER_POOLS"
    shape.setdefault("authType", "cognito_user_pools" if cognito else "custom")
    if not shape["name"]:
        raise bad_request("Authorizer name must be non-empty")
    ttl = shape.get("authorizerResultTtlInSeconds")
    if ttl is not None and not 0 <= ttl <= MAXIMUM_TTL_SECONDS:
        raise bad_request(_TTL)
    if cognito and not shape.get("providerARNs"):
        raise bad_request("Provider ARNs must be specified for an authorizer of type COGNITO_USER_POOLS")
    if not cognito:
        _check_uri(shape.get("authorizerUri"))
    if shape["type"] == "TOKEN" and not shape.get("identitySource"):
        raise bad_request("Identity source must be specified for an authorizer of type TOKEN")
    if shape["type"] == "REQUEST" and not shape.get("identitySource") and ttl != 0:
        raise bad_request("Identity source must be specified for a REQUEST authorizer when caching is enabled")
    return shape


def _check_uri(uri: str | None) -> None:
    if not uri or not uri.startswith("arn:") or ":lambda:path/" not in uri:
        raise bad_request(
            f"Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that represents a "
            "Lambda function invocation."
        )


def get_authorizer(call: Call) -> Shape:
    return find(call)[1]


def get_authorizers(call: Call) -> Shape:
    return page(call, list(lookup.rest_api(call).live.authorizers.values()))


def update_authorizer(call: Call) -> Shape:
    api, shape = find(call)
    patched = checked(patch.apply(shape, patch.operations(call), _GRAMMAR))
    api.live.authorizers = {**api.live.authorizers, patched["id"]: patched}
    return patched


def delete_authorizer(call: Call) -> None:
    api, shape = find(call)
    for resource in api.live.resources.values():
        for verb, method in resource.get("resourceMethods", {}).items():
            if method.get("authorizerId") == shape["id"]:
                place = f"{resource['path']}/{verb}"
                raise conflict(f"Cannot delete authorizer '{shape['name']}', is referenced in method: {place}")
    api.live.authorizers = {key: other for key, other in api.live.authorizers.items() if other is not shape}


def find(call: Call) -> tuple[RestApi, Shape]:
    message = "Invalid Authorizer identifier specified"
    api, shape = lookup.nested(call, "authorizers", call.params["authorizerId"], message)
    return api, shape


def _kind(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.value not in ("TOKEN", "REQUEST", "COGNITO_USER_POOLS"):
        raise bad_request("Invalid authorizer type specified")
    shape["type"] = operation.value


_GRAMMAR = Grammar(
    {
        "/name": patch.text("name", blank="Authorizer name must be non-empty"),
        "/type": Rule(("replace",), _kind),
        "/authType": patch.text("authType"),
        "/authorizerUri": patch.text("authorizerUri"),
        "/authorizerCredentials": patch.text("authorizerCredentials", ops=("replace", "remove")),
        "/identitySource": patch.text("identitySource"),
        "/identityValidationExpression": patch.text("identityValidationExpression", ops=("replace", "remove")),
        "/authorizerResultTtlInSeconds": patch.number("authorizerResultTtlInSeconds", _TTL),
        "/providerARNs": patch.scopes("providerARNs"),
    }
)
