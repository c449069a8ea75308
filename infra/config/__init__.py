"""gateway.yaml -> one frozen, validated model. Pure but for reading the one file; imports neither aws_cdk nor boto3."""

from __future__ import annotations

from infra.config.model import Gateway
from infra.config.parser import load, parse
from infra.config.schema import schema

__all__ = ["Gateway", "load", "parse", "schema"]
