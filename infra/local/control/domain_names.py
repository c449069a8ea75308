"""Custom domain names and their base path mappings. Memory only. A certificate is taken as given and never checked."""

from __future__ import annotations

from infra.local.control import patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Shape

ROOT = "(none)"
RULES_ONLY, MAPPINGS_ONLY = "ROUTING_RULE_ONLY", "BASE_PATH_MAPPING_ONLY"
# RoutingMode of the API reference; apigatewayv2's names for the same are refused here (set-routing-mode.html of the guide).
ROUTING_MODES = (MAPPINGS_ONLY, RULES_ONLY, "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
_DISTRIBUTION_ZONE = "Z2FDTNDATAQYW2"  # CloudFront's, the same everywhere
# Route 53 zones of regional endpoints: AWS General Reference, "Amazon API Gateway endpoints and quotas"
_REGIONAL_ZONES = {
    "us-east-1": "Z1UJRXOUMOOFQ8",
    "us-east-2": "ZOJJZC49E0EPZ",
    "us-west-1": "Z2MUQ32089INYE",
    "us-west-2": "Z2OJLYMUO9EFXC",
    "eu-west-1": "ZLY8HYME6SFDD",
    "eu-west-2": "ZJ5UAJN8Y3Z2Q",
    "eu-west-3": "Z3KY65QIEKYHQQ",
    "eu-central-1": "Z1U9ULNL0V5AJ3",
    "eu-north-1": "Z3UWIKFBOOGXPP",
    "eu-south-1": "Z3BT4WSQ9TDYZV",
    "ap-northeast-1": "Z1YSHQZHG15GKL",
    "ap-northeast-2": "Z20JF4UZKIW1U8",
    "ap-south-1": "Z3VO1THU9YC4UR",
    "ap-southeast-1": "ZL327KTPIQFUL",
    "ap-southeast-2": "Z2RPCDW04V8134",
    "ca-central-1": "Z19DQILCV0OWEC",
    "sa-east-1": "ZCMLWB8V5SYIT",
}
_UNKNOWN = "Invalid domain name identifier specified"
_UNKNOWN_MAPPING = "Invalid base path mapping identifier specified"
_COPIED = [
    "certificateName",
    "certificateArn",
    "regionalCertificateName",
    "regionalCertificateArn",
    "ownershipVerificationCertificateArn",
    "policy",
    "routingMode",
    "endpointAccessMode",
]


def create_domain_name(call: Call) -> Shape:
    name = call.params["domainName"]
    if not name:
        raise bad_request("No Domain Name specified")
    if name in call.state.domain_names:
        raise bad_request("The domain name you provided already exists.")
    endpoint = call.arg("endpointConfiguration", {})
    types = endpoint.get("types") or ["EDGE"]
    shape = {
        "domainName": name,
        "domainNameArn": f"arn:aws:apigateway:{call.state.region}::/domainnames/{name}",
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": call.arg("securityPolicy", "TLS_1_2"),
        "endpointConfiguration": {"types": types, "ipAddressType": endpoint.get("ipAddressType") or "ipv4"},
        **present(**{member: call.arg(member) for member in _COPIED}, tags=call.arg("tags") or None),
        **_endpoints(call, types),
    }
    if tls := call.arg("mutualTlsAuthentication"):
        shape["mutualTlsAuthentication"] = dict(tls)
    call.state.domain_names[name] = shape
    call.state.base_path_mappings.setdefault(name, {})
    return shape


def _check_mode(mode: str | None) -> None:
    """A patch's values are any text to the service model, which checks those of a request by itself."""
    if mode is not None and mode not in ROUTING_MODES:
        raise bad_request(f"Invalid routing mode specified. Valid options are {','.join(ROUTING_MODES)}")  # unsure


def _endpoints(call: Call, types: list[str]) -> Shape:
    """What DNS should point at: a regional endpoint, or a CloudFront distribution."""
    region = call.state.region
    if "EDGE" in types:
        host = f"d{call.new_id(13)}.cloudfront.net"
        return {"distributionDomainName": host, "distributionHostedZoneId": _DISTRIBUTION_ZONE}
    return {
        "regionalDomainName": f"d-{call.new_id(10)}.execute-api.{region}.amazonaws.com",
        "regionalHostedZoneId": _REGIONAL_ZONES.get(region, "Z0000000000000"),
    }


def find(call: Call) -> Shape:
    shape = call.state.domain_names.get(call.params["domainName"])
    if shape is None:
        raise not_found(_UNKNOWN)
    return shape


def get_domain_name(call: Call) -> Shape:
    return {"tags": {}, **find(call)}


def get_domain_names(call: Call) -> Shape:
    return page(call, list(call.state.domain_names.values()))


def update_domain_name(call: Call) -> Shape:
    shape = find(call)
    patched = patch.apply(shape, patch.operations(call), _GRAMMAR)
    _check_mode(patched.get("routingMode"))
    if patched["endpointConfiguration"]["types"] != shape["endpointConfiguration"]["types"]:
        patched.update(_endpoints(call, patched["endpointConfiguration"]["types"]))
    call.state.domain_names[patched["domainName"]] = patched
    return {"tags": {}, **patched}


def delete_domain_name(call: Call) -> None:
    name = find(call)["domainName"]
    del call.state.domain_names[name]
    call.state.base_path_mappings.pop(name, None)
    call.state.routing_rules.pop(name, None)


# --- base path mappings ----------------------------------------------------------------------------------------------


def create_base_path_mapping(call: Call) -> Shape:
    shape = find(call)
    if shape.get("routingMode") == RULES_ONLY:
        raise bad_request(f"A mapping can not be created while the routing mode is {RULES_ONLY}")  # unsure of the text
    domain = shape["domainName"]
    base_path = call.arg("basePath") or ROOT
    _check_base_path(base_path)
    _check_target(call, call.params["restApiId"], call.arg("stage"))
    mappings = call.state.base_path_mappings[domain]
    if base_path in mappings:
        raise conflict("Base path already exists for this domain name")
    shape = {
        "basePath": base_path,
        "restApiId": call.params["restApiId"],
        **present(stage=call.arg("stage") or None),
    }
    call.state.base_path_mappings[domain] = {**mappings, base_path: shape}
    return shape


def _check_base_path(base_path: str) -> None:
    if "/" in base_path:
        raise bad_request(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. "
            "To create a multi-level base path mapping, use API Gateway V2."
        )


def _check_target(call: Call, api_id: str, stage: str | None) -> None:
    api = call.state.rest_apis.get(api_id)
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    if stage and stage not in api.stages:
        raise bad_request("Invalid stage identifier specified")


def _mapping(call: Call) -> tuple[str, Shape]:
    domain = call.params["domainName"]
    shape = call.state.base_path_mappings.get(domain, {}).get(call.params["basePath"] or ROOT)
    if shape is None:
        raise not_found(_UNKNOWN_MAPPING)
    return domain, shape


def get_base_path_mapping(call: Call) -> Shape:
    return _mapping(call)[1]


def get_base_path_mappings(call: Call) -> Shape:
    return page(call, list(call.state.base_path_mappings[find(call)["domainName"]].values()))


def update_base_path_mapping(call: Call) -> Shape:
    domain, shape = _mapping(call)
    patched = patch.apply(shape, patch.operations(call), _MAPPING_GRAMMAR)
    patched["basePath"] = patched.get("basePath") or ROOT
    _check_base_path(patched["basePath"])
    _check_target(call, patched["restApiId"], patched.get("stage"))
    mappings = dict(call.state.base_path_mappings[domain])
    del mappings[shape["basePath"]]
    if patched["basePath"] in mappings:
        raise conflict("Base path already exists for this domain name")
    call.state.base_path_mappings[domain] = {**mappings, patched["basePath"]: patched}
    return patched


def delete_base_path_mapping(call: Call) -> None:
    domain, shape = _mapping(call)
    mappings = call.state.base_path_mappings[domain]
    call.state.base_path_mappings[domain] = {key: other for key, other in mappings.items() if other is not shape}


def _types(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
    if operation.value not in ("REGIONAL", "EDGE", "PRIVATE"):
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    shape["endpointConfiguration"]["types"] = [operation.value]


def _mutual_tls(shape: Shape, keys: tuple[str, ...], operation: PatchOperation) -> None:
    shape.setdefault("mutualTlsAuthentication", {})[keys[0]] = operation.value


_GRAMMAR = Grammar(
    {
        **{f"/{name}": patch.text(name) for name in (*_COPIED, "securityPolicy")},
        "/endpointConfiguration/types/*": Rule(("replace", "add", "remove"), _types),
        "/endpointConfiguration/ipAddressType": Rule(
            ("replace",), lambda shape, _, op: shape["endpointConfiguration"].update(ipAddressType=op.value)
        ),
        "/mutualTlsAuthentication/*": Rule(("replace", "add"), _mutual_tls),
    }
)
_MAPPING_GRAMMAR = Grammar(
    {
        "/basePath": patch.text("basePath"),
        "/basepath": patch.text("basePath"),
        "/restapiId": patch.text("restApiId", blank="Invalid REST API identifier specified"),
        "/restApiId": patch.text("restApiId", blank="Invalid REST API identifier specified"),
        "/stage": patch.text("stage"),
    }
)
