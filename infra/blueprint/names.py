"""Names of stacks and resources, in one place. Pure; touches nothing.

Logical ids are said here and not derived from a construct tree, so that moving code between constructs never replaces
a resource. Physical names are given only where something outside the template must know them beforehand: the CLI (stack,
ledger), IAM policies (functions, log groups).
"""

from __future__ import annotations

__all__ = [
    "access_logs",
    "canary_logs",
    "dns_stack",
    "firewall_logs",
    "function",
    "function_logs",
    "ledger",
    "logical",
    "metric_filter",
    "stack",
    "zone_stack",
]


def stack(gateway: str, region: str) -> str:
    return f"Gatewright-{gateway}-{region}"


def zone_stack(gateway: str) -> str:
    """No region is called so."""
    return stack(gateway, "zone")


def dns_stack(gateway: str) -> str:
    """No region is called so."""
    return stack(gateway, "dns")


def ledger(gateway: str) -> str:
    return f"gatewright-{gateway}-ledger"


def function(gateway: str, service: str) -> str:
    """At most 60 characters of Lambda's 64, because names in gateway.yaml end at 24."""
    return f"gatewright-{gateway}-{service}"


def function_logs(gateway: str, service: str) -> str:
    """The name Lambda writes to by itself; the group exists before the first line, so its retention holds."""
    return f"/aws/lambda/{function(gateway, service)}"


def access_logs(gateway: str) -> str:
    return f"/gatewright/{gateway}/access"


def canary_logs(gateway: str) -> str:
    """API Gateway writes canary requests to the access log group *and* to this one; the suffix is its own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html (older edition)
    """
    return f"{access_logs(gateway)}/Canary"


def firewall_logs(gateway: str) -> str:
    """WAF writes only to groups whose names begin like this."""
    return f"aws-waf-logs-gatewright-{gateway}"


def metric_filter(service: str, name: str, *, total: bool) -> str:
    """Logical id of a metric filter: ``UsersRequests``; ``UsersRequestsTotal`` over both arms; ``Throttled`` of no service."""
    suffix = "Total" if total and service else ""
    return f"{logical(service) if service else ''}{name[0].upper()}{name[1:]}{suffix}"


def logical(name: str) -> str:
    """``free-trial`` -> ``FreeXtrial``. Names have no capital letters, so no two names give the same id."""
    return (name[0].upper() + name[1:]).replace("-", "X")
