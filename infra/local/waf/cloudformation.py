"""CloudFormation's WAFv2 resources: ministack's web ACL with what it leaves out, and the two types that it lacks.

Runs in ministack's worker threads. In a template a search string is text (or ``SearchStringBase64``), in the API it is base64: it
is stored as the API would.
"""

# ruff: noqa: ARG002 - every handler has the engine's signature, whatever it needs of it

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.waf import records
from infra.local.waf.api import WafApi
from infra.local.waf.checks import check_web_acl
from infra.local.waf.firewall import Firewall

__all__ = ["Association", "Logging", "WebAcl", "handlers"]

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
Where = Callable[[], str]


class WebAcl:
    """AWS::WAFv2::WebACL."""

    def __init__(self, theirs: Mapping[str, Any], firewall: Firewall, *, account: Where, region: Where) -> None:
        self._theirs, self._firewall, self._account, self._region = dict(theirs), firewall, account, region

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        props = as_stored(props)
        check_web_acl(props)
        return self._completed(self._theirs["create"](logical_id, props, stack_name), props)

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        new = as_stored(new)
        check_web_acl(new)
        # An unnamed web ACL keeps the name that CloudFormation made of the logical id, which the seam does not pass on.
        named = {"Name": physical_id.partition("|")[0]}
        made = self._theirs["update"](physical_id, {**named, **old}, {**named, **new}, stack_name)
        return self._completed(made, new)

    def delete(self, physical_id: str, props: Properties) -> None:
        self._theirs["delete"](physical_id, props)
        self._firewall.changed()

    def _completed(self, made: Made, props: Properties) -> Made:
        physical_id, attributes = made
        record = records.web_acl(self._account(), self._region(), attributes["Arn"])
        if record is not None:
            records.complete(record, props)
        self._firewall.changed()
        name = attributes["Arn"].split("/")[-2]
        # https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html, LabelNamespace
        return physical_id, {**attributes, "LabelNamespace": f"awswaf:{self._account()}:webacl:{name}:"}


class Association:
    """AWS::WAFv2::WebACLAssociation; both properties mean replacement. The physical id is ours (unsure what AWS's is)."""

    def __init__(self, api: WafApi, firewall: Firewall, *, account: Where, region: Where) -> None:
        self._api, self._firewall, self._account, self._region = api, firewall, account, region

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        self._api.associate(self._account(), self._region(), props["ResourceArn"], props["WebACLArn"])
        return f"{props['WebACLArn']}|{props['ResourceArn']}", {}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        return self.create("", new, stack_name)

    def delete(self, physical_id: str, props: Properties) -> None:
        web_acl_arn, _, resource_arn = physical_id.partition("|")
        account, region = self._account(), self._region()
        # The new association of a replacement is made before the old one goes, and must survive it.
        if records.associated(account, region, resource_arn) == web_acl_arn:
            records.dissociate(account, region, resource_arn)
            self._firewall.changed()


class Logging:
    """AWS::WAFv2::LoggingConfiguration; ``Ref`` is the web ACL's ARN."""

    def __init__(self, api: WafApi, *, account: Where, region: Where) -> None:
        self._api, self._account, self._region = api, account, region

    def create(self, logical_id: str, props: Properties, stack_name: str) -> Made:
        self._api.put_logging(self._account(), self._region(), props)
        return str(props["ResourceArn"]), {"ManagedByFirewallManager": False}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
        return self.create("", new, stack_name)

    def delete(self, physical_id: str, props: Properties) -> None:
        self._api.delete_logging(self._account(), self._region(), physical_id)


def as_stored(value: Any) -> Any:
    """Properties of a template as the API has them: numbers and truth values typed, search strings in base64."""
    if isinstance(value, list):
        return [as_stored(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: as_stored(inner) for name, inner in value.items()}
    if "SearchStringBase64" in found:
        found["SearchString"] = found.pop("SearchStringBase64")
    elif isinstance(found.get("SearchString"), str):
        found["SearchString"] = base64.b64encode(found["SearchString"].encode()).decode()
    for name in ("Limit", "EvaluationWindowSec", "Priority", "ResponseCode", "Size"):
        if isinstance(found.get(name), str) and found[name].isdigit():
            found[name] = int(found[name])
    for name in ("CloudWatchMetricsEnabled", "SampledRequestsEnabled"):
        if isinstance(found.get(name), str):
            found[name] = found[name].lower() == "true"
    return found


def handlers(
    theirs: Mapping[str, Mapping[str, Any]], api: WafApi, firewall: Firewall, *, account: Where, region: Where
) -> dict[str, WebAcl | Association | Logging]:
    """The handlers to put into ministack's table.

    Args:
        theirs: ministack's table as it is now.
        account, region: of the CloudFormation operation that runs in this thread.
    """
    return {
        "AWS::WAFv2::WebACL": WebAcl(theirs["AWS::WAFv2::WebACL"], firewall, account=account, region=region),
        "AWS::WAFv2::WebACLAssociation": Association(api, firewall, account=account, region=region),
        "AWS::WAFv2::LoggingConfiguration": Logging(api, account=account, region=region),
    }
