"""Reads the key secret from Secrets Manager. boto3 (Lambda's own) is imported at the first need: it takes 180 ms."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["secret_reader"]


def secret_reader(secret_id: str) -> Callable[[], str]:
    """Gives a function that reads the secret's text; it raises what boto3 raises."""

    def read() -> str:
        import boto3
        from botocore.config import Config

        impatient = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2, "mode": "standard"})
        client = boto3.client("secretsmanager", config=impatient)
        return str(client.get_secret_value(SecretId=secret_id)["SecretString"])

    return read
