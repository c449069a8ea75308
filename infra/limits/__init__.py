"""Limits of one client address -> the rules of a web ACL, as plain data. Pure; imports neither aws_cdk nor boto3."""

from __future__ import annotations

from infra.limits.web_acl import logging_configuration, web_acl

__all__ = ["logging_configuration", "web_acl"]
