"""WAF's API on the way to ministack: what it lacks is answered here, what it drops is kept, what changed is told.

May touch: ministack's records, through `records`. Answers and errors are those of the WAFV2 API reference; the texts of errors
are unsure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any

from infra.local.ports import HttpResponse
from infra.local.waf import records
from infra.local.waf.checks import Invalid, check_logging, check_web_acl
from infra.local.waf.firewall import Firewall

__all__ = ["WafApi"]

Shape = Mapping[str, Any]
Forward = Callable[[dict[str, Any]], Awaitable[HttpResponse]]

_READS = ("Get", "List", "Describe", "Check")
_STAGE = re.compile(r"^arn:aws:apigateway:([a-z0-9-]+)::/restapis/([^/]+)/stages/([^/]+)$")
_NO_RESOURCE = "AWS WAF couldn’t perform the operation because your resource doesn’t exist."
_IN_USE = "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource."


class WafApi:
    """One call at a time; everything that is not named here goes on to ministack.

    Args:
        stage_exists: whether a region has a stage of an API, by region, API id and stage name.
        clock: epoch seconds.
    """

    def __init__(
        self, firewall: Firewall, *, stage_exists: Callable[[str, str, str], bool], clock: Callable[[], float]
    ) -> None:
        self._firewall, self._stage_exists, self._clock = firewall, stage_exists, clock
        self._own: dict[str, Callable[[str, str, Shape], Shape]] = {
            "GetSampledRequests": self._samples,
            "GetRateBasedStatementManagedKeys": self._managed_keys,
            "PutLoggingConfiguration": self._put_logging,
            "GetLoggingConfiguration": self._get_logging,
            "DeleteLoggingConfiguration": self._delete_logging,
            "ListLoggingConfigurations": self._list_logging,
        }

    async def answer(
        self, account: str, region: str, operation: str, parameters: dict[str, Any], forward: Forward
    ) -> HttpResponse:
        """The answer to one call."""
        try:
            if own := self._own.get(operation):
                return _answered(own(account, region, parameters))
            self._refuse(account, region, operation, parameters)
        except Invalid as problem:
            return _answered({"__type": problem.code, "message": str(problem)}, status=400)
        response = await forward(parameters)
        if operation in ("GetWebACL", "GetWebACLForResource"):
            return self._shown(operation, response)
        if response.status < 300 and not operation.startswith(_READS):
            self._passed(account, region, operation, parameters, response)
        return response

    def associate(self, account: str, region: str, resource_arn: str, web_acl_arn: str) -> None:
        """As AssociateWebACL does; for CloudFormation. Raises Invalid."""
        self._refuse(account, region, "AssociateWebACL", {"ResourceArn": resource_arn})
        _existing(account, region, web_acl_arn)
        records.associate(account, region, resource_arn, web_acl_arn)
        self._firewall.changed()

    def put_logging(self, account: str, region: str, configuration: Shape) -> None:
        """As PutLoggingConfiguration does; for CloudFormation. Raises Invalid."""
        self._put_logging(account, region, {"LoggingConfiguration": configuration})

    def delete_logging(self, account: str, region: str, web_acl_arn: str) -> None:
        """Takes the configuration away if there is one; for CloudFormation."""
        record = records.web_acl(account, region, web_acl_arn)
        if record is not None:
            record.pop(records.LOGGING, None)
            self._firewall.changed()

    def forget_gone(self, account: str, region: str) -> None:
        """Drops the associations of stages that are gone, as AWS does: a stage made anew has no web ACL (unsure)."""
        for resource in records.associations(account, region):
            stage = _STAGE.match(resource)
            if stage and not self._stage_exists(*stage.groups()):
                records.dissociate(account, region, resource)
                self._firewall.changed()

    # on the way

    def _refuse(self, account: str, region: str, operation: str, parameters: Shape) -> None:
        if operation in ("CreateWebACL", "UpdateWebACL"):
            check_web_acl(parameters)
        elif operation in ("AssociateWebACL", "GetWebACLForResource"):
            stage = _STAGE.match(str(parameters.get("ResourceArn", "")))
            if stage and (stage[1] != region or not self._stage_exists(*stage.groups())):
                raise Invalid(_NO_RESOURCE, code="WAFNonexistentItemException")
        elif operation == "DeleteWebACL":
            for record in records.web_acls(account, region):
                if record["Id"] == parameters.get("Id") and self._in_use(account, region, record["ARN"]):
                    raise Invalid(_IN_USE, code="WAFAssociatedItemException")

    def _in_use(self, account: str, region: str, web_acl_arn: str) -> bool:
        self.forget_gone(account, region)
        return web_acl_arn in records.associations(account, region).values()

    def _passed(self, account: str, region: str, operation: str, parameters: Shape, response: HttpResponse) -> None:
        if operation in ("CreateWebACL", "UpdateWebACL"):
            identity = parameters.get("Id") or json.loads(response.body)["Summary"]["Id"]
            for record in records.web_acls(account, region):
                if record["Id"] == identity:
                    records.complete(record, parameters)
        self._firewall.changed()

    def _shown(self, operation: str, response: HttpResponse) -> HttpResponse:
        document = json.loads(response.body or b"{}")
        if operation == "GetWebACLForResource" and response.status == 400 and "WAFNonexistentItem" in str(document):
            return _answered({})  # no web ACL is no error
        (document.get("WebACL") or {}).pop(records.LOGGING, None)
        return _answered(document, status=response.status)

    # answered here

    def _samples(self, account: str, region: str, parameters: Shape) -> Shape:
        record = _existing(account, region, str(parameters.get("WebAclArn", "")))
        window: Shape = parameters.get("TimeWindow") or {}
        return self._firewall.samples.answer(
            record,
            str(parameters.get("RuleMetricName", "")),
            start=float(window.get("StartTime", 0)),
            end=float(window.get("EndTime", self._clock())),
            most=max(1, min(500, int(parameters.get("MaxItems", 500)))),
            now=self._clock(),
        )

    def _managed_keys(self, account: str, region: str, parameters: Shape) -> Shape:
        found = [record for record in records.web_acls(account, region) if record["Id"] == parameters.get("WebACLId")]
        rule = str(parameters.get("RuleName", ""))
        group = parameters.get("RuleGroupRuleName")
        if not found or (group is None and rule not in [entry["Name"] for entry in found[0].get("Rules") or ()]):
            raise Invalid(_NO_RESOURCE, code="WAFNonexistentItemException")
        if group is None:
            _require_address_key(found[0], rule)
        path = f"{group}/{rule}" if group else rule
        addresses = [ip_address(key) for key in self._firewall.blocked_addresses(found[0]["ARN"], path)]
        return {
            f"ManagedKeysIPV{version}": {
                "IPAddressVersion": f"IPV{version}",
                "Addresses": [f"{key}/{key.max_prefixlen}" for key in addresses if key.version == version],
            }
            for version in (4, 6)
        }

    def _put_logging(self, account: str, region: str, parameters: Shape) -> Shape:
        configuration: Shape = parameters.get("LoggingConfiguration") or {}
        record = _existing(account, region, str(configuration.get("ResourceArn", "")))
        check_logging(configuration)
        record[records.LOGGING] = dict(configuration)
        self._firewall.changed()
        return {"LoggingConfiguration": configuration}

    def _get_logging(self, account: str, region: str, parameters: Shape) -> Shape:
        record = _existing(account, region, str(parameters.get("ResourceArn", "")))
        if records.LOGGING not in record:
            raise Invalid(_NO_RESOURCE, code="WAFNonexistentItemException")
        return {"LoggingConfiguration": record[records.LOGGING]}

    def _delete_logging(self, account: str, region: str, parameters: Shape) -> Shape:
        self._get_logging(account, region, parameters)
        self.delete_logging(account, region, parameters["ResourceArn"])
        return {}

    def _list_logging(self, account: str, region: str, _: Shape) -> Shape:
        found = [record.get(records.LOGGING) for record in records.web_acls(account, region)]
        return {"LoggingConfigurations": [configuration for configuration in found if configuration]}


def _require_address_key(record: Shape, rule: str) -> None:
    (statement,) = (entry["Statement"] for entry in record["Rules"] if entry["Name"] == rule)
    rate = statement.get("RateBasedStatement")
    if rate is None:
        raise Invalid(_NO_RESOURCE, code="WAFNonexistentItemException")
    if rate.get("AggregateKeyType") not in ("IP", "FORWARDED_IP"):
        raise Invalid(
            "The rule that you've named doesn't aggregate solely on the IP address or solely on the forwarded IP address.",
            code="WAFUnsupportedAggregateKeyTypeException",
        )


def _existing(account: str, region: str, arn: str) -> dict[str, Any]:
    record = records.web_acl(account, region, arn)
    if record is None:
        raise Invalid(_NO_RESOURCE, code="WAFNonexistentItemException")
    return record


def _answered(document: Shape, *, status: int = 200) -> HttpResponse:
    headers = [("content-type", "application/x-amz-json-1.1")]
    return HttpResponse(status=status, headers=headers, body=json.dumps(document).encode())
