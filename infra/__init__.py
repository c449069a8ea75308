"""Gatewright: multi-region API gateways as code (one folder per idea)."""
