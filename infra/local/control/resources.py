"""Resources: the path tree of an API. Memory only.

Recorded: the sibling and greedy rules and their texts, that a moved resource takes its subtree's paths with it, that a
cycle is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from infra.local.control import lookup, patch
from infra.local.control.call import Call
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.paging import page
from infra.local.control.patch import Grammar, PatchOperation, Rule
from infra.local.control.store import Definition, RestApi, Shape

_PART = re.compile(r"[a-zA-Z0-9._\-:~!$&'()*+,;=@%]+|\{[a-zA-Z0-9._\-]+\+?\}")
_MISSING = "Invalid Resource identifier specified"


def create_resource(call: Call) -> Shape:
    api, parent = lookup.resource(call, "parentId")
    part = call.params["pathPart"]
    check_part(part)
    check_place(children(api.live, parent["id"]), parent, part)
    resource_id = call.new_id(6)
    shape = {"id": resource_id, "parentId": parent["id"], "pathPart": part, "path": child_path(parent, part)}
    api.live.resources[resource_id] = shape
    return shape


def get_resource(call: Call) -> Shape:
    _, found = lookup.resource(call)
    return view(found, with_methods="methods" in call.arg("embed", []))


def get_resources(call: Call) -> Shape:
    api = lookup.rest_api(call)
    with_methods = "methods" in call.arg("embed", [])
    ordered = sorted(api.live.resources.values(), key=lambda shape: shape["path"])
    return page(call, [view(shape, with_methods=with_methods) for shape in ordered])


def delete_resource(call: Call) -> None:
    api, found = lookup.resource(call)
    if found["id"] == api.root_resource_id:
        raise bad_request("Root resource cannot be deleted.")  # unsure of the text
    doomed = {found["id"], *(shape["id"] for shape in descendants(api.live, found["id"]))}
    api.live.resources = {key: shape for key, shape in api.live.resources.items() if key not in doomed}


def update_resource(call: Call) -> Shape:
    api, found = lookup.resource(call)
    patched = patch.apply(found, patch.operations(call), _GRAMMAR)
    if patched == found:
        return view(found)
    _check_move(api, found, patched)
    moved = {**api.live.resources, patched["id"]: patched}
    _repath(moved, patched)
    api.live.resources = moved
    return view(moved[patched["id"]])


def view(shape: Shape, *, with_methods: bool = False) -> Shape:
    """Without ``embed=methods`` only the verbs are shown (recorded)."""
    methods = shape.get("resourceMethods")
    if not methods or with_methods:
        return shape
    return {**shape, "resourceMethods": {verb: {} for verb in methods}}


def check_part(part: str) -> None:
    if not _PART.fullmatch(part):
        raise bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )


def check_place(siblings: Iterable[Shape], parent: Shape, part: str, *, moving: str | None = None) -> None:
    """That a part may stand under a parent.

    Raises:
        AwsError: under a greedy parent, with the same name as a sibling, or as a second variable.
    """
    greedy = parent.get("pathPart", "")
    if greedy.endswith("+}"):
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {greedy}")
    for sibling in siblings:
        name = sibling["pathPart"]
        if sibling["id"] == moving:
            continue
        if name == part:
            raise conflict(f"Another resource with the same parent already has this name: {part}")
        if name.startswith("{") and part.startswith("{"):
            raise bad_request(
                f"A sibling ({name}) of this resource already has a variable path part -- only one is allowed"
            )


def children(definition: Definition, parent_id: str) -> list[Shape]:
    return [shape for shape in definition.resources.values() if shape.get("parentId") == parent_id]


def descendants(definition: Definition, resource_id: str) -> Iterator[Shape]:
    """All resources below one, breadth first; ends on any tree, because parents cannot form a cycle."""
    waiting, seen = [resource_id], {resource_id}
    while waiting:
        for child in children(definition, waiting.pop(0)):
            if child["id"] not in seen:
                seen.add(child["id"])
                waiting.append(child["id"])
                yield child


def child_path(parent: Shape, part: str) -> str:
    return f"{parent['path'].rstrip('/')}/{part}"


def _check_move(api: RestApi, found: Shape, patched: Shape) -> None:
    if found["id"] == api.root_resource_id:
        member = "pathPart" if patched.get("pathPart") != found.get("pathPart") else "parentId"
        raise bad_request(f"Root resource cannot update its {member}.")
    parent = api.live.resources.get(patched["parentId"])
    if parent is None:
        raise not_found(_MISSING)
    below = {shape["id"] for shape in descendants(api.live, found["id"])}
    if parent["id"] == found["id"] or parent["id"] in below:
        raise bad_request("Resources cannot be cyclical.")
    check_part(patched["pathPart"])
    if below and patched["pathPart"].endswith("+}"):  # the rule is recorded for creating; for renaming: unsure
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {patched['pathPart']}")
    check_place(children(api.live, parent["id"]), parent, patched["pathPart"], moving=found["id"])
    patched["path"] = child_path(parent, patched["pathPart"])


def _repath(resources: dict[str, Shape], top: Shape) -> None:
    """New paths for everything below, as new shapes: a reader never sees a half-moved one."""
    waiting = [top]
    while waiting:
        parent = waiting.pop()
        for key, shape in list(resources.items()):
            if shape.get("parentId") == parent["id"]:
                resources[key] = {**shape, "path": child_path(parent, shape["pathPart"])}
                waiting.append(resources[key])


def _replace(name: str) -> Rule:
    def change(shape: Shape, _: tuple[str, ...], operation: PatchOperation) -> None:
        if "parentId" not in shape:
            raise bad_request(f"Root resource cannot update its {name}.")
        shape[name] = operation.value or ""

    return Rule(("replace",), change)


_GRAMMAR = Grammar({"/parentId": _replace("parentId"), "/pathPart": _replace("pathPart")}, listing=True)
