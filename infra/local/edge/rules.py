"""Which routing rule of a custom domain takes a request, before its API mappings are asked. Pure.

Rules go by priority, the lowest first; all conditions of a rule must match; the first rule that matches decides. Header names match in any
case, values literally with a wildcard at either end; of several headers of one name, as of the values of one, the text is what was sent.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html, and -examples.html. What the domain
answers where neither matches is not documented there: unsure, taken as for a path without mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from infra.local.addresses import Target
from infra.local.control.store import RegionState, Shape
from infra.local.ports import HttpRequest

__all__ = ["first_ruled", "ruled"]

MODES = ("ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")


def first_ruled(state: RegionState, host: str, raw_path: str) -> Target | None:
    """A target without stage for a domain that may have no mapping: `ruled` must still find its stage. None without rules."""
    rules = _rules(state, host)
    return Target(_action(rules[0])["ApiId"], "", raw_path, custom_domain=True) if rules else None


def ruled(state: RegionState, host: str, request: HttpRequest, target: Target) -> Target:
    """Where a request that came for `host` goes: by the first rule that matches, else as its mapping says."""
    rules = _rules(state, host)
    for rule in rules:
        path = _matched_path(rule, request.path)
        if path is not None and _headers_match(rule, request.headers):
            action = _action(rule)
            rest = request.path[len(path) :] or "/"
            return Target(
                action["ApiId"],
                action["Stage"],
                rest if action.get("StripBasePath") else request.path,
                custom_domain=True,
            )
    only = state.domain_names.get(host, {}).get("routingMode") == "ROUTING_RULE_ONLY"
    return replace(target, stage="") if only else target


def _rules(state: RegionState, host: str) -> Sequence[Shape]:
    if state.domain_names.get(host, {}).get("routingMode") not in MODES:
        return ()
    return sorted(state.routing_rules.get(host, {}).values(), key=lambda rule: int(rule["Priority"]))


def _action(rule: Shape) -> Shape:
    action: Shape = rule["Actions"][0]["InvokeApi"]
    return action


def _matched_path(rule: Shape, path: str) -> str | None:
    """The base path that matched, with its slash; "" when the rule asks for none, None when it does not match."""
    for condition in rule["Conditions"]:
        if condition.get("MatchBasePaths"):
            wanted = "/" + condition["MatchBasePaths"]["AnyOf"][0].strip("/")
            return wanted if path == wanted or path.startswith(f"{wanted}/") else None
    return ""


def _headers_match(rule: Shape, headers: Iterable[tuple[str, str]]) -> bool:
    sent = [(name.lower(), value) for name, value in headers]
    wanted = [one["MatchHeaders"]["AnyOf"][0] for one in rule["Conditions"] if one.get("MatchHeaders")]
    return all(
        any(name == one["Header"].lower() and _fits(one["ValueGlob"], value) for name, value in sent) for one in wanted
    )


def _fits(glob: str, value: str) -> bool:
    inner = glob.strip("*")
    if glob == "*" or not inner:
        return True
    begins, ends = not glob.startswith("*"), not glob.endswith("*")
    if begins and ends:
        return value == inner
    return value.startswith(inner) if begins else value.endswith(inner) if ends else inner in value
