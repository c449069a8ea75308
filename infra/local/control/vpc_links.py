"""VPC links. Memory only; a link is available as soon as it is read again. Texts as recorded."""

from __future__ import annotations

from infra.local.control import patch
from infra.local.control.call import Call, present
from infra.local.control.errors import bad_request, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar
from infra.local.control.store import Shape


def create_vpc_link(call: Call) -> Shape:
    if not call.params["name"]:
        raise bad_request("Name cannot be empty")
    for arn in call.params["targetArns"]:
        if not arn.startswith("arn:") or arn.count(":") < 5:
            raise bad_request(f"Invalid ARN. ARN is not well formed {arn}")
    shape = {
        "id": call.new_id(6),
        "name": call.params["name"],
        "targetArns": list(call.params["targetArns"]),
        "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use",
        **present(description=call.arg("description") or None, tags=call.arg("tags") or None),
    }
    call.state.vpc_links[shape["id"]] = shape
    return {**{key: value for key, value in shape.items() if key != "statusMessage"}, "status": "PENDING"}


def get_vpc_link(call: Call) -> Shape:
    return {"tags": {}, **_find(call)}


def get_vpc_links(call: Call) -> Shape:
    return page(call, list(call.state.vpc_links.values()))


def update_vpc_link(call: Call) -> Shape:
    patched = patch.apply(_find(call), patch.operations(call), _GRAMMAR)
    call.state.vpc_links[patched["id"]] = patched
    return {"tags": {}, **patched}


def delete_vpc_link(call: Call) -> None:
    del call.state.vpc_links[_find(call)["id"]]


def _find(call: Call) -> Shape:
    shape = call.state.vpc_links.get(call.params["vpcLinkId"])
    if shape is None:
        raise not_found("Invalid Vpc Link identifier specified")
    return shape


_GRAMMAR = Grammar(
    {"/name": patch.text("name", blank="Name cannot be empty"), "/description": patch.text("description")}, listing=True
)
