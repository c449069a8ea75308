"""Routing rules of custom domain names (API Gateway's second API, for REST APIs): made, read, replaced, deleted. Memory only.

Rules are made in a mode that reads them only: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-routing-mode.html
What else is allowed: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html (conditions and restrictions).
The texts of refusals are not documented, so they are unsure.
"""

from __future__ import annotations

import re

from infra.config.routing_header import header_problem
from infra.local.control.call import Call, present
from infra.local.control.domain_names import MAPPINGS_ONLY, find
from infra.local.control.errors import bad_request, conflict, not_found
from infra.local.control.paging import page
from infra.local.control.store import Shape

HEADERS_AT_MOST, PATHS_AT_MOST = 2, 1
PRIORITY_AT_MOST = 1_000_000
_PATH = re.compile(r"[A-Za-z0-9$\-_.+!*'()/]{1,127}")


def create_routing_rule(call: Call) -> Shape:
    domain = find_public(call)
    if call.state.domain_names[domain].get("routingMode", MAPPINGS_ONLY) == MAPPINGS_ONLY:
        raise bad_request(
            f"A routing rule can not be created while the routing mode is {MAPPINGS_ONLY}"
        )  # unsure of the text
    rule = _checked(call, domain, but="")
    rule_id = call.new_id(6)
    arn = f"arn:aws:apigateway:{call.state.region}:{call.state.account}:/domainnames/{domain}/routingrules/{rule_id}"
    rule = {"RoutingRuleId": rule_id, "RoutingRuleArn": arn, **rule}
    call.state.routing_rules[domain] = {**call.state.routing_rules.get(domain, {}), rule_id: rule}
    return rule


def get_routing_rule(call: Call) -> Shape:
    return _rule(call)[1]


def put_routing_rule(call: Call) -> Shape:
    """Replaces the whole rule. One that is not there is not made: its id is the service's to give (unsure)."""
    domain, before = _rule(call)
    rule_id = before["RoutingRuleId"]
    after = {**before, **_checked(call, domain, but=rule_id)}
    call.state.routing_rules[domain] = {**call.state.routing_rules[domain], rule_id: after}
    return after


def list_routing_rules(call: Call) -> Shape:
    rules = call.state.routing_rules.get(find_public(call), {}).values()
    given = {"limit": call.arg("MaxResults"), "position": call.arg("NextToken")}
    found = page(_with(call, present(**given)), sorted(rules, key=lambda rule: int(rule["Priority"])))
    return {"RoutingRules": found["items"], **present(NextToken=found.get("position"))}


def delete_routing_rule(call: Call) -> None:
    domain, rule = _rule(call)
    rules = call.state.routing_rules[domain]
    call.state.routing_rules[domain] = {key: other for key, other in rules.items() if other is not rule}


def find_public(call: Call) -> str:
    """The name of the domain that the call names."""
    return str(find(_with(call, {"domainName": call.params["DomainName"]}))["domainName"])


def _with(call: Call, params: Shape) -> Call:
    return Call(
        operation=call.operation,
        params=params,
        state=call.state,
        store=call.store,
        now=call.now,
        new_id=call.new_id,
        invoker=call.invoker,
    )


def _rule(call: Call) -> tuple[str, Shape]:
    domain = find_public(call)
    rule = call.state.routing_rules.get(domain, {}).get(call.params["RoutingRuleId"])
    if rule is None:
        raise not_found("Invalid routing rule identifier specified")
    return domain, rule


def _checked(call: Call, domain: str, *, but: str) -> Shape:
    """The rule of a request, or why AWS would refuse it; `but` is the rule that it replaces."""
    priority = call.params["Priority"]
    if not 1 <= priority <= PRIORITY_AT_MOST:
        raise bad_request(f"Priority must be between 1 and {PRIORITY_AT_MOST}")
    others = call.state.routing_rules.get(domain, {})
    if any(rule["Priority"] == priority for key, rule in others.items() if key != but):
        raise conflict(f"A routing rule with priority {priority} already exists")
    conditions, actions = call.arg("Conditions", []), call.arg("Actions", [])
    headers = [one["MatchHeaders"]["AnyOf"] for one in conditions if one.get("MatchHeaders")]
    paths = [one["MatchBasePaths"]["AnyOf"] for one in conditions if one.get("MatchBasePaths")]
    if len(headers) > HEADERS_AT_MOST or len(paths) > PATHS_AT_MOST:
        raise bad_request("A routing rule can have up to two header conditions and one base path condition")
    for values in headers:
        _check_header(values)
    for values in paths:
        if len(values) != 1 or not _PATH.fullmatch(values[0]):
            raise bad_request("Invalid base path condition specified")
    if len(actions) != 1 or not actions[0].get("InvokeApi"):
        raise bad_request("A routing rule must have exactly one action")
    action = {"StripBasePath": False, **actions[0]["InvokeApi"]}
    api = call.state.rest_apis.get(action["ApiId"])
    if api is None or action["Stage"] not in api.stages:
        raise bad_request("Invalid API or stage identifier specified")
    return {"Priority": priority, "Conditions": conditions, "Actions": [{"InvokeApi": action}]}


def _check_header(values: list[Shape]) -> None:
    if len(values) != 1:
        raise bad_request("A header condition can only contain one header value")
    problem = header_problem(str(values[0].get("Header") or ""), str(values[0].get("ValueGlob") or ""))
    if problem:
        raise bad_request(problem)
