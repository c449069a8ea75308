"""Limits of one client address, and who is answered elsewhere -> the rules of a web ACL, as plain data. Pure; imports neither aws_cdk nor boto3."""

from __future__ import annotations

from infra.limits.territory_guard import METRIC as MISDIRECTED_METRIC
from infra.limits.territory_guard import misdirected
from infra.limits.web_acl import logging_configuration, web_acl

__all__ = ["MISDIRECTED_METRIC", "logging_configuration", "misdirected", "web_acl"]
