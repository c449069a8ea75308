"""Small gateways and their functions, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from infra.config import Gateway
from infra.config.model import Jurisdiction, Plan, RateLimit, Region, Service
from infra.openapi import FunctionRef

FIXTURES = Path(__file__).parent / "fixtures"


def gateway(*services: Service) -> Gateway:
    return Gateway(
        name="g",
        regions=(Region(name="eu-west-1", jurisdiction=Jurisdiction.EU),),
        services=services,
        plans=(Plan(name="free", throttle=RateLimit(rate_per_second=1, burst=1)),),
    )


def functions(gateway: Gateway) -> dict[str, FunctionRef]:
    return {
        service.name: FunctionRef(
            uri={"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:::{service.name}"},
            credentials={"Fn::GetAtt": ["InvokeRole", "Arn"]},
        )
        for service in gateway.services
        if service.lambda_folder
    }


def spec_errors(document: dict[str, Any]) -> Sequence[str]:
    """What the OpenAPI 3.0 validator finds. ``{proxy+}`` is API Gateway's spelling of a parameter named ``proxy``."""
    plain = {**document, "paths": {path.replace("+}", "}"): item for path, item in document["paths"].items()}}
    return [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in OpenAPIV30SpecValidator(plain).iter_errors()
    ]
