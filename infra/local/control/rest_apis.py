"""REST APIs: create, read, patch, delete. Memory only.

Recorded from real AWS: the order of checks (description before compression before endpoint types), the default models of
a new API, ``tags: {}`` in single answers but not in lists, the policy returned as an escaped string.
"""

from __future__ import annotations

import json
from typing import Any

from infra.local.control import lookup, models, patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Definition, RestApi, Shape

MAXIMUM_COMPRESSION_SIZE = 10_485_760
_COMPRESSION = f"Invalid minimum compression size, must be between 0 and {MAXIMUM_COMPRESSION_SIZE}"
_DUALSTACK_ONLY = "Only dualstack ipAddressType is supported for Private APIs."
_POLICY = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
DEPLOYED_SETTINGS = (
    "apiKeySource",
    "binaryMediaTypes",
    "minimumCompressionSize",
    "policy",
    "disableExecuteApiEndpoint",
)


def create_rest_api(call: Call) -> Shape:
    params = call.params
    if params.get("description") == "":
        raise bad_request("Description cannot be an empty string")
    check_compression(call.arg("minimumCompressionSize"))
    api = new_api(
        call,
        name=params["name"],
        endpoint=endpoint_configuration(call.arg("endpointConfiguration")),
        description=call.arg("description"),
        version=call.arg("version"),
        binaryMediaTypes=call.arg("binaryMediaTypes") or None,
        minimumCompressionSize=call.arg("minimumCompressionSize"),
        apiKeySource=call.arg("apiKeySource", "HEADER"),
        policy=check_policy(call.arg("policy")),
        disableExecuteApiEndpoint=call.arg("disableExecuteApiEndpoint", False),
        securityPolicy=call.arg("securityPolicy"),
        endpointAccessMode=call.arg("endpointAccessMode"),
        tags=call.arg("tags") or None,
    )
    if clone := call.arg("cloneFrom"):
        _clone(call, api, clone)
    else:
        models.add_defaults(call, api)
    return view(api)


def new_api(call: Call, *, name: str, endpoint: Shape, **attributes: Any) -> RestApi:
    """An API with a root resource and nothing else, put into the store."""
    api_id, root = call.new_id(10), call.new_id(10)
    shape = {
        "id": api_id,
        "name": name,
        "createdDate": call.now,
        "endpointConfiguration": endpoint,
        "rootResourceId": root,
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        **present(**attributes),
    }
    live = Definition(resources={root: {"id": root, "path": "/"}})
    api = RestApi(
        id=api_id,
        account=call.state.account,
        region=call.state.region,
        root_resource_id=root,
        attributes=shape,
        live=live,
    )
    sync_settings(api)
    call.state.rest_apis[api_id] = api
    return api


def _clone(call: Call, api: RestApi, source_id: str) -> None:
    source = call.state.rest_apis.get(source_id)
    if source is None:
        del call.state.rest_apis[api.id]
        raise lookup.unknown_api(call, source_id)
    api.live = source.live.snapshot()
    api.root_resource_id = api.attributes["rootResourceId"] = source.root_resource_id
    sync_settings(api)


def get_rest_api(call: Call) -> Shape:
    return view(lookup.rest_api(call), tags=True)


def get_rest_apis(call: Call) -> Shape:
    return page(call, [view(api) for api in call.state.rest_apis.values()])


def delete_rest_api(call: Call) -> None:
    api = lookup.rest_api(call)
    mapped = [
        shape["basePath"]
        for mappings in call.state.base_path_mappings.values()
        for shape in mappings.values()
        if shape.get("restApiId") == api.id
    ]
    if mapped:
        # wording of AWS for an API that custom domains still point at (reported by users; unsure of the exact text)
        raise bad_request(
            "Please remove all base path mappings related to the API in your account before deleting the API."
        )
    del call.state.rest_apis[api.id]


def update_rest_api(call: Call) -> Shape:
    api = lookup.rest_api(call)
    attributes = patch.apply(api.attributes, patch.operations(call), _GRAMMAR)
    api.attributes = attributes
    sync_settings(api)
    return view(api, tags=True)


def view(api: RestApi, *, tags: bool = False) -> Shape:
    """The answer of a read; the policy is a JSON string whose quotes are escaped once more, as AWS sends it."""
    shape = dict(api.attributes)
    if shape.get("policy"):
        shape["policy"] = shape["policy"].replace('"', '\\"')
    if tags:
        shape.setdefault("tags", {})
    return shape


def sync_settings(api: RestApi) -> None:
    """API-level settings are deployed too, so they are kept in the live definition."""
    api.live.settings = {name: api.attributes[name] for name in DEPLOYED_SETTINGS if name in api.attributes}


# --- checks ----------------------------------------------------------------------------------------------------------


def check_compression(size: int | None) -> None:
    if size is not None and not 0 <= size <= MAXIMUM_COMPRESSION_SIZE:
        raise bad_request(_COMPRESSION)


def check_policy(policy: Any) -> str | None:
    """The policy as compact JSON text, None when there is none."""
    if not policy:
        return None
    if isinstance(policy, str):
        for candidate in (policy, policy.replace('\\"', '"')):
            try:
                policy = json.loads(candidate)
                break
            except ValueError:
                continue
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise bad_request(_POLICY)
    return json.dumps(policy, separators=(",", ":"))


def endpoint_configuration(given: Shape | None) -> Shape:
    """The endpoint configuration with its defaults: EDGE, and ipv4 unless the API is private."""
    types = ["EDGE"] if given is None or given.get("types") is None else given["types"]
    if not types:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise bad_request("Cannot create an api with multiple Endpoint Types.")
    private = types == ["PRIVATE"]
    address = (given or {}).get("ipAddressType") or ("dualstack" if private else "ipv4")
    if private and address != "dualstack":
        raise bad_request(_DUALSTACK_ONLY)
    return {
        "types": list(types),
        "ipAddressType": address,
        **present(vpcEndpointIds=(given or {}).get("vpcEndpointIds") or None),
    }


# --- patch rules -----------------------------------------------------------------------------------------------------


def _compression(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if not operation.value:
        shape.pop("minimumCompressionSize", None)
        return
    size = patch.whole_number(operation.value, _COMPRESSION)
    check_compression(size)
    shape["minimumCompressionSize"] = size


def _policy(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    policy = check_policy(operation.value)
    if policy is None:
        shape.pop("policy", None)
    else:
        shape["policy"] = policy


def _key_source(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.value not in ("HEADER", "AUTHORIZER"):
        raise bad_request(
            "Invalid API key source specified. Must be one of: [HEADER, AUTHORIZER]"
        )  # unsure of the text
    shape["apiKeySource"] = operation.value


def _endpoint_type(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.op != "replace":
        raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")  # recorded, for remove
    if operation.value not in ("REGIONAL", "EDGE", "PRIVATE"):
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    configuration = shape["endpointConfiguration"]
    configuration["types"] = [operation.value]
    if operation.value == "PRIVATE":
        configuration["ipAddressType"] = "dualstack"


def _address_type(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.value not in ("ipv4", "dualstack"):
        raise bad_request("ipAddressType must be either ipv4 or dualstack.")
    if shape["endpointConfiguration"]["types"] == ["PRIVATE"] and operation.value != "dualstack":
        raise bad_request(_DUALSTACK_ONLY)
    shape["endpointConfiguration"]["ipAddressType"] = operation.value


def _vpc_endpoints(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    configuration = shape["endpointConfiguration"]
    known = [value for value in configuration.get("vpcEndpointIds", []) if value != operation.value]
    if operation.op == "remove" and len(known) == len(configuration.get("vpcEndpointIds", [])):
        raise not_found("Invalid VPC endpoint identifier specified")  # unsure of the text
    if operation.op == "add" and operation.value:
        known.append(operation.value)
    configuration.pop("vpcEndpointIds", None)
    if known:
        configuration["vpcEndpointIds"] = known


_GRAMMAR = Grammar(
    {
        "/name": patch.text("name", blank="API name cannot be an empty string"),  # unsure of the text
        "/description": patch.text("description", ops=("replace", "remove")),
        "/version": patch.text("version"),
        "/policy": Rule(("replace", "remove"), _policy),
        "/apiKeySource": Rule(("replace",), _key_source),
        "/minimumCompressionSize": Rule(("replace",), _compression),
        "/disableExecuteApiEndpoint": patch.flag("disableExecuteApiEndpoint"),
        "/securityPolicy": patch.text("securityPolicy"),
        "/endpointAccessMode": patch.text("endpointAccessMode"),
        "/binaryMediaTypes/*": patch.member("binaryMediaTypes"),
        "/endpointConfiguration/types/*": Rule(("add", "remove", "replace"), _endpoint_type),
        "/endpointConfiguration/ipAddressType": Rule(("replace",), _address_type),
        "/endpointConfiguration/vpcEndpointIds": Rule(("add", "remove"), _vpc_endpoints),
    }
)
