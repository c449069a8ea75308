"""The API of a gateway: RestApi, release (an API Gateway deployment), stage with its canary, usage plans.

One RestApi with the OpenAPI document as its body is one resource, whatever the number of routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.config.model import Gateway, Plan
from infra.residency.placing import CUSTOM_DOMAIN
from infra.signals import access_log_format
from stacks import names
from stacks.access_log import AccessLog
from stacks.names import said

__all__ = ["GatewayApi"]


class GatewayApi(Construct):
    """The API, with one release of it and the stage that clients reach.

    **What has the stage.** Two parameters decide, and survive a plain `cdk deploy` because the CDK CLI keeps the values
    that a stack has:

    | BaselineDeployment | CanaryPercent | stage | canary |
    | --- | --- | --- | --- |
    | empty | any | this release | none |
    | a deployment id | 0 | that deployment | none: this release is dark, nobody gets it |
    | a deployment id | above 0 | that deployment | this release, with that percentage |

    **Traps that the template cannot close by itself** (`gatewright` does; sources: aws/aws-cdk issue 33901 and the API
    Gateway guide, canary-release):

    - A canary that leaves the template stays on the stage: going from above 0 to 0 alone ends nothing. Remove
      `/canarySettings` with UpdateStage first, then set the parameter.
    - Promotion exists only as an UpdateStage call; afterwards the parameters must say the same, or the next change of
      the stage undoes it.
    - A plain `cdk deploy` of new code while a canary runs gives the canary's share to the *newer* release.
    - A deployment captures the API as it is *now*; so the baseline is always an id of an earlier deployment and never a
      second deployment resource of this template.

    **No stage variables.** A promotion copies a canary's overrides into the stage's variables by merging, so any
    variable here would be drift after it. Nothing needs one: the document names exact function versions, the access log
    has the arm and the deployment id, and a function knows its own version (`context.function_version`).

    The release and every earlier one are retained: a rollback is one pointer. `gatewright release prune` deletes.
    Execution logging is off: it writes parameters and payloads, which are personal data, and costs per request.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        gateway: Gateway,
        document: Mapping[str, Any],
        release_name: str,
        access_log: AccessLog,
    ) -> None:
        super().__init__(scope, construct_id)
        self._parameters()
        self.api = said(
            apigateway.CfnRestApi(
                self,
                "RestApi",
                name=gateway.name,
                body=document,
                mode="overwrite",  # the body is the whole truth: a route that left it leaves the API
                fail_on_warnings=True,
                endpoint_configuration=apigateway.CfnRestApi.EndpointConfigurationProperty(types=["REGIONAL"]),
                # Behind a domain, the domain's names are the only way in: nobody goes round its records.
                disable_execute_api_endpoint=True if gateway.dns_region else None,
                security_policy=CUSTOM_DOMAIN["SecurityPolicy"] if gateway.dns_region else None,
                endpoint_access_mode=CUSTOM_DOMAIN["EndpointAccessMode"] if gateway.dns_region else None,
            ),
            "RestApi",
        )
        self.release = self._release(release_name)
        self.stage = self._stage(gateway, access_log)
        for plan in gateway.plans:
            self._plan(plan)

    def _parameters(self) -> None:
        baseline = cdk.CfnParameter(
            self,
            "BaselineDeployment",
            type="String",
            default="",
            allowed_pattern="[a-z0-9]*",
            description="Deployment id that has the stage; empty gives the stage to this template's release",
        )
        percent = cdk.CfnParameter(
            self,
            "CanaryPercent",
            type="Number",
            default=0,
            min_value=0,
            max_value=100,
            description="Share of the stage's traffic for this template's release while a baseline is set",
        )
        said(baseline, "BaselineDeployment")
        said(percent, "CanaryPercent")
        pinned = cdk.Fn.condition_not(cdk.Fn.condition_equals(baseline.value_as_string, ""))
        shared = cdk.Fn.condition_not(cdk.Fn.condition_equals(cdk.Fn.ref("CanaryPercent"), "0"))
        said(cdk.CfnCondition(self, "BaselinePinned", expression=pinned), "BaselinePinned")
        said(cdk.CfnCondition(self, "CanaryOn", expression=cdk.Fn.condition_and(pinned, shared)), "CanaryOn")

    def _release(self, name: str) -> apigateway.CfnDeployment:
        """A snapshot of the API as it is after this update. No stage name: CloudFormation would move a stage itself."""
        release = apigateway.CfnDeployment(self, "Release", rest_api_id=self.api.ref, description=f"release {name}")
        release.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        release.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
        release.add_resource_dependency(self.api)
        return said(release, f"Release{name}")

    def _stage(self, gateway: Gateway, access_log: AccessLog) -> apigateway.CfnStage:
        throttle = gateway.limits.stage
        stage = said(
            apigateway.CfnStage(
                self,
                "Stage",
                rest_api_id=self.api.ref,
                stage_name=gateway.release.stage,
                tracing_enabled=gateway.tracing.xray,
                access_log_setting=apigateway.CfnStage.AccessLogSettingProperty(
                    destination_arn=access_log.destination_arn, format=access_log_format()
                ),
                method_settings=[
                    apigateway.CfnStage.MethodSettingProperty(
                        http_method="*",
                        resource_path="/*",
                        metrics_enabled=True,
                        logging_level="OFF",
                        data_trace_enabled=False,
                        throttling_rate_limit=throttle.rate_per_second if throttle else None,
                        throttling_burst_limit=throttle.burst if throttle else None,
                    )
                ],
            ),
            "Stage",
        )
        release = {"Ref": self._logical(self.release)}
        stage.add_property_override(
            "DeploymentId", {"Fn::If": ["BaselinePinned", {"Ref": "BaselineDeployment"}, release]}
        )
        canary = {"DeploymentId": release, "PercentTraffic": {"Ref": "CanaryPercent"}, "UseStageCache": False}
        stage.add_property_override("CanarySetting", {"Fn::If": ["CanaryOn", canary, {"Ref": "AWS::NoValue"}]})
        for needed in access_log.prerequisites:
            stage.add_resource_dependency(needed)
        return stage

    def _plan(self, plan: Plan) -> None:
        """A usage plan of the stage. Keys are data, not template: the CLI makes them."""
        quota = plan.quota
        logical_id = f"{names.logical(plan.name)}Plan"
        said(
            apigateway.CfnUsagePlan(
                self,
                logical_id,
                usage_plan_name=plan.name,
                api_stages=[
                    apigateway.CfnUsagePlan.ApiStageProperty(api_id=self.api.ref, stage=self.stage.ref),
                ],
                throttle=apigateway.CfnUsagePlan.ThrottleSettingsProperty(
                    rate_limit=plan.throttle.rate_per_second, burst_limit=plan.throttle.burst
                ),
                quota=apigateway.CfnUsagePlan.QuotaSettingsProperty(limit=quota.limit, period=quota.period)
                if quota
                else None,
            ),
            logical_id,
        )

    def _logical(self, element: cdk.CfnElement) -> str:
        return str(cdk.Stack.of(self).resolve(element.logical_id))
