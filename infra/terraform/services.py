"""The functions of a gateway in Terraform's words: log group, role, function; versions are published by the function itself.

Reads the code folders (hashes). ``publish`` makes a version at each change of code or settings, and Lambda keeps older ones: no
resource of ours ever deletes one, `gatewright release prune` does.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.blueprint import names
from infra.blueprint.access import every_version, function_policies, invoke_policy
from infra.blueprint.breaker import breaker_concurrency
from infra.blueprint.code import NOT_CODE, code_hash, zip_content
from infra.blueprint.functions import reference, service_captured, service_fingerprint, version_id
from infra.config.model import Gateway, Service
from infra.openapi import FunctionRef
from infra.terraform.roles import add_log_group, add_role
from infra.terraform.root import Root
from infra.terraform.syntax import Hcl

__all__ = ["Archive", "Functions", "add_function", "add_services"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A zip that the roots name and that has to lie beside them.

    Args:
        hash: of what goes in; names the file.
        content: the zip.
    """

    hash: str
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, folder: Path, exclude: Sequence[str], *, digest: str | None = None) -> Archive:
        """The zip of a folder; ``digest`` when its hash is known already."""
        return cls(hash=digest or code_hash(folder, exclude), content=zip_content(folder, exclude))

    @property
    def file(self) -> str:
        return f"{self.hash}.zip"

    @property
    def path(self) -> Hcl:
        return Hcl(f"${{path.module}}/../assets/{self.file}")

    @property
    def source_hash(self) -> str:
        """As Lambda answers it: base64 of SHA-256."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode("ascii")


@dataclass(slots=True, kw_only=True)
class Functions:
    """What a release consists of, besides the document: by name of service, in the order of the file.

    Attributes:
        references: what the document needs of each function.
        targets: logical id of the version of each service's own function.
        versions: logical ids of all versions that the release calls.
    """

    references: dict[str, FunctionRef] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)


def add_function(
    root: Root,
    prefix: str,
    captured: dict[str, Any],
    *,
    archive: Archive,
    version: str | None,
    layers: Sequence[Any] = (),
    concurrency: int | None = None,
) -> None:
    """A function that publishes ``version`` (the logical id that values refer to), or none."""
    body: dict[str, Any] = {
        **captured,
        "role": {"Fn::GetAtt": [f"{prefix}Role", "Arn"]},
        "filename": archive.path,
        "source_code_hash": archive.source_hash,
        "publish": version is not None,
        "layers": list(layers) or None,
        "reserved_concurrent_executions": concurrency,  # of all versions together
    }
    logical_id = f"{prefix}Function"
    root.add("aws_lambda_function", logical_id, body, after=[f"{prefix}RoleLogs"])
    if version is not None:
        function = root.resources[-1].address
        root.know(version, Hcl(f"${{{function}.arn}}:${{{function}.version}}"))


def add_services(root: Root, gateway: Gateway, folder: Path) -> Functions:
    """Every service that is a Lambda folder, and the role that API Gateway calls them with."""
    made = Functions()
    backed = [service for service in gateway.services if service.lambda_folder is not None]
    for service in backed:
        _add(root, gateway, service, folder / str(service.lambda_folder), made)
    if backed:
        arns = [every_version(gateway.name, service.name) for service in backed]
        add_role(
            root,
            "IntegrationRole",
            gateway=gateway.name,
            service="apigateway.amazonaws.com",
            policies=[invoke_policy(arns)],
        )
    return made


def _add(root: Root, gateway: Gateway, service: Service, folder: Path, made: Functions) -> None:
    prefix = names.logical(service.name)
    archive = Archive.of(folder, NOT_CODE)
    captured = service_captured(gateway, service)
    fingerprint = service_fingerprint(captured, code=archive.hash, role=f"{prefix}Role")
    version = version_id(prefix, fingerprint)
    add_log_group(root, f"{prefix}Logs", names.function_logs(gateway.name, service.name), gateway.log_retention_days)
    add_role(
        root,
        f"{prefix}Role",
        gateway=gateway.name,
        service="lambda.amazonaws.com",
        policies=function_policies(f"{prefix}Logs", gateway.tracing),
    )
    add_function(
        root,
        prefix,
        captured,
        archive=archive,
        version=version,
        concurrency=breaker_concurrency(service).get("service"),
    )
    made.references[service.name] = reference(version, "IntegrationRole")
    made.targets[service.name] = version
    made.fingerprints[service.name] = fingerprint
    made.versions.append(version)
    made.archives.append(archive)
