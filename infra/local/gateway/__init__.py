"""API Gateway's data plane: from one HTTP request below a stage to one HTTP response, as real REST APIs were recorded to answer."""

from infra.local.gateway.dataplane import DataPlane

__all__ = ["DataPlane"]
