"""Finding what a request names, with the 404 of each noun. Reads the store only.

Real AWS looks nested things up by their whole key, so a wrong API id is reported as the *inner* thing that is missing
(recorded: a method under an unknown API is "Invalid Resource identifier specified").
"""

from __future__ import annotations

from typing import Any

from infra.local.control.call import Call
from infra.local.control.errors import AwsError, not_found
from infra.local.control.store import Deployment, RestApi, Shape


def unknown_api(call: Call, api_id: str) -> AwsError:
    return not_found(f"Invalid API identifier specified {call.state.account}:{api_id}")


def rest_api(call: Call) -> RestApi:
    api_id = call.params["restApiId"]
    api = call.state.rest_apis.get(api_id)
    if api is None:
        raise unknown_api(call, api_id)
    return api


def api_or(call: Call, message: str) -> RestApi:
    """The API, or a 404 with the message of what the caller really wanted below it."""
    api = call.state.rest_apis.get(call.params["restApiId"])
    if api is None:
        raise not_found(message)
    return api


def nested(call: Call, attribute: str, key: str, message: str) -> tuple[RestApi, Any]:
    """An API and the entry of one of its live collections, or a 404 with ``message``."""
    api = api_or(call, message)
    found = getattr(api.live, attribute).get(key)
    if found is None:
        raise not_found(message)
    return api, found


def resource(call: Call, member: str = "resourceId") -> tuple[RestApi, Shape]:
    message = "Invalid Resource identifier specified"
    api, found = nested(call, "resources", call.params[member], message)
    return api, found


def method(call: Call, *, missing: str = "Invalid Method identifier specified") -> tuple[RestApi, Shape, Shape]:
    """API, resource and method."""
    api, found = resource(call)
    verb = found.get("resourceMethods", {}).get(call.params["httpMethod"])
    if verb is None:
        raise not_found(missing)
    return api, found, verb


def integration(call: Call, *, missing_method: str = "Invalid Method identifier specified") -> tuple[RestApi, Shape]:
    """API and the *method* that has the integration."""
    api, _, verb = method(call, missing=missing_method)
    if "methodIntegration" not in verb:
        raise not_found("Invalid Integration identifier specified")
    return api, verb


def deployment(call: Call) -> tuple[RestApi, Deployment]:
    api = rest_api(call)
    found = api.deployments.get(call.params["deploymentId"])
    if found is None:
        raise not_found("Invalid Deployment identifier specified")
    return api, found


def stage(call: Call) -> tuple[RestApi, Shape]:
    api = rest_api(call)
    found = api.stages.get(call.params["stageName"])
    if found is None:
        raise not_found("Invalid stage identifier specified")
    return api, found
