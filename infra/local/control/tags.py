"""Tags of anything that has an ARN. Memory only."""

from __future__ import annotations

import re
from collections.abc import Callable

from infra.local.control.call import Call
from infra.local.control.errors import AwsError, bad_request, not_found
from infra.local.control.store import Shape

MAXIMUM_TAGS = 50
_ARN = re.compile(r"arn:[\w-]+:apigateway:([\w-]*):(\d*):/(?P<kind>\w+)/(?P<id>[^/]+)(/stages/(?P<stage>[^/]+))?")
_Replace = Callable[[Shape], None]


def get_tags(call: Call) -> Shape:
    shape, _ = _target(call)
    return {"tags": shape.get("tags", {})}


def tag_resource(call: Call) -> None:
    shape, replace = _target(call)
    tags = {**shape.get("tags", {}), **call.params["tags"]}
    if len(tags) > MAXIMUM_TAGS:
        raise bad_request(f"The number of tags must not exceed {MAXIMUM_TAGS}")  # unsure of the text
    replace({**shape, "tags": tags})


def untag_resource(call: Call) -> None:
    shape, replace = _target(call)
    doomed = set(call.params["tagKeys"])
    replace({**shape, "tags": {key: value for key, value in shape.get("tags", {}).items() if key not in doomed}})


def _target(call: Call) -> tuple[Shape, _Replace]:
    """What an ARN names, and how to put a changed shape in its place."""
    found = _ARN.fullmatch(call.params["resourceArn"])
    if found is None:
        raise bad_request("Invalid ARN specified in the request")
    if found["kind"] == "restapis":
        return _api_target(call, found["id"], found["stage"])
    state = call.state
    owners = {
        "apikeys": state.api_keys,
        "usageplans": state.usage_plans,
        "domainnames": state.domain_names,
        "clientcertificates": state.client_certificates,
        "vpclinks": state.vpc_links,
    }
    owner = owners.get(found["kind"], {})
    key = found["id"]
    if key not in owner:
        raise _unknown()
    return owner[key], lambda shape: owner.__setitem__(key, shape)


def _api_target(call: Call, api_id: str, stage: str | None) -> tuple[Shape, _Replace]:
    api = call.state.rest_apis.get(api_id)
    if api is None or (stage is not None and stage not in api.stages):
        raise _unknown()
    if stage is not None:
        return api.stages[stage], lambda shape: api.stages.__setitem__(stage, shape)
    return api.attributes, lambda shape: setattr(api, "attributes", shape)


def _unknown() -> AwsError:
    return not_found("Invalid resource identifier specified")  # unsure of the text
