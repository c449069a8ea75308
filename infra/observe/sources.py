"""Which metric answers what: every name, dimension and statistic that graphs and alarms use, in one place. Pure.

API Gateway's own metrics are free and know no services; ours come from the access log (`infra.signals`), the breakers publish
theirs (`lambdas/breaker`), Lambda's and WAF's are AWS's. Sources:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.observe.metrics import Metric
from infra.signals import ARM_DIMENSION, namespace

__all__ = ["Sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The metrics of one gateway, as seen from anywhere when ``region`` is given.

    Args:
        gateway: its name, which is the API's too.
        stage: of the API.
    """

    gateway: str
    stage: str
    region: str = ""

    def stage_metric(self, key: str, name: str, stat: str, label: str = "") -> Metric:
        """API Gateway's own: Count, 4XXError, 5XXError, Latency, IntegrationLatency, of the whole stage."""
        return self._metric(
            key, "AWS/ApiGateway", name, stat, (("ApiName", self.gateway), ("Stage", self.stage)), label
        )

    def service(self, key: str, service: str, name: str, stat: str, label: str = "") -> Metric:
        """Of all requests of a service: latency (its SampleCount is the requests), errors5xx, integrationLatency."""
        return self._metric(key, namespace(self.gateway), f"{service}.{name}", stat, (), label)

    def arm(self, key: str, service: str, name: str, stat: str, arm: str, label: str = "") -> Metric:
        """Of one arm of a canary: requests, errors5xx, errors4xx, overSlo, latency."""
        return self._metric(key, namespace(self.gateway), f"{service}.{name}", stat, ((ARM_DIMENSION, arm),), label)

    def whole(
        self, key: str, name: str, stat: str, label: str = "", dimensions: tuple[tuple[str, str], ...] = ()
    ) -> Metric:
        """Of the gateway, whatever the service."""
        return self._metric(key, namespace(self.gateway), name, stat, dimensions, label)

    def breaker(self, key: str, service: str, name: str, label: str = "", to: str = "") -> Metric:
        """BreakerTransition (into the state ``to``), BreakerRefused, BreakerStoreFailed, BreakerRateExceeded."""
        dimensions = (("service", service), *((("to", to),) if to else ()))
        return self._metric(key, namespace(self.gateway), name, "Sum", dimensions, label)

    def function(self, key: str, function: str, name: str, stat: str, label: str = "") -> Metric:
        """Lambda's own: Invocations, Errors, Throttles, Duration, ConcurrentExecutions."""
        return self._metric(key, "AWS/Lambda", name, stat, (("FunctionName", function),), label)

    def firewall(self, key: str, rule: str, label: str = "", name: str = "BlockedRequests", *, region: str) -> Metric:
        """WAF's own, of one rule of the gateway's web ACL; ALL is all of them."""
        dimensions = (("WebACL", f"gatewright-{self.gateway}"), ("Rule", rule), ("Region", region))
        return self._metric(key, "AWS/WAFV2", name, "Sum", dimensions, label)

    def _metric(
        self, key: str, namespace: str, name: str, stat: str, dimensions: tuple[tuple[str, str], ...], label: str
    ) -> Metric:
        return Metric(
            id=key,
            namespace=namespace,
            name=name,
            stat=stat,
            dimensions=dimensions,
            label=label,
            region=self.region,
        )
