"""Requests and web ACLs for the tests of the firewall."""

from __future__ import annotations

from typing import Any

from infra.local.ports import HttpRequest
from infra.local.waf.acl import CompiledAcl, compile_acl
from infra.local.waf.inspected import Inspected
from infra.local.waf.rates import Window

ARN = "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/shop/11111111-1111-1111-1111-111111111111"
NONE = [{"Priority": 0, "Type": "NONE"}]


def inspected(
    method: str = "GET",
    uri: str = "/live/x",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    ip: str = "198.51.100.1",
) -> Inspected:
    request = HttpRequest(
        method=method, path=uri, query=query, headers=list((headers or {}).items()), body=body, source_ip=ip
    )
    return Inspected(request, uri=uri)


def visible(name: str) -> dict[str, Any]:
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def rule(
    name: str, statement: dict[str, Any], action: str = "Block", *, priority: int = 0, **more: Any
) -> dict[str, Any]:
    acts = {} if "OverrideAction" in more else {"Action": {action: {}}}
    return {
        "Name": name, "Priority": priority, "Statement": statement, "VisibilityConfig": visible(name), **acts, **more,
    }  # fmt: skip


def web_acl(*rules: dict[str, Any], default: str = "Allow", **more: Any) -> dict[str, Any]:
    return {
        "ARN": ARN,
        "Id": ARN.rpartition("/")[2],
        "Name": "shop",
        "DefaultAction": {default: {}},
        "Rules": list(rules),
        "VisibilityConfig": visible("shop"),
        **more,
    }


class Clock:
    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def compiled(acl: dict[str, Any], *, referred: dict[str, Any] | None = None, clock: Clock | None = None) -> CompiledAcl:
    windows: dict[str, Window] = {}

    def window(path: str, statement: Any) -> Window:
        return windows.setdefault(path, Window(statement["Limit"], statement.get("EvaluationWindowSec", 300)))

    return compile_acl(acl, account="000000000000", referred=referred or {}, window=window, clock=clock or Clock())


def action(statement: dict[str, Any], request: Inspected, **more: Any) -> str:
    """What a web ACL with this one blocking statement does."""
    return compiled(web_acl(rule("r", statement)), **more).evaluate(request).action
