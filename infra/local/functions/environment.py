"""What a worker's environment holds: Lambda's variables and the function's own, nothing else of ours. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (defined runtime variables).
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.local.functions.catalog import Target

__all__ = ["INHERITED", "worker_environment"]

INHERITED = ("PATH", "LANG", "TMPDIR")


def worker_environment(
    target: Target,
    *,
    endpoint: str,
    task_root: str,
    stream: str,
    inherited: Mapping[str, str],
    surroundings: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of a worker.

    The function's own variables win over ``AWS_ENDPOINT_URL``, ``TZ`` and the surroundings only: the others are reserved.

    Args:
        surroundings: of this machine, for example ``SSL_CERT_FILE``; ``_GATEWRIGHT_HOSTS`` among them is for `boot.py` alone.
    """
    environment = {name: inherited[name] for name in INHERITED if name in inherited}
    environment.setdefault("LANG", "en_US.UTF-8")
    environment |= {"TZ": ":UTC", "AWS_ENDPOINT_URL": endpoint, **(surroundings or {})}
    environment |= target.environment
    return environment | {
        "_HANDLER": target.handler,
        "AWS_ACCESS_KEY_ID": target.account,  # twelve digits: the embedded services take the account from it
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_SESSION_TOKEN": "embedded",
        "AWS_REGION": target.region,
        "AWS_DEFAULT_REGION": target.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{target.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": target.name,
        "AWS_LAMBDA_FUNCTION_VERSION": target.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(target.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": target.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": task_root,
    }
