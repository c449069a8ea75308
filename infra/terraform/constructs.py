"""Roots as cdktn constructs, and the Terraform JSON that cdktn makes of them. Starts node; writes to a scratch folder only.

One generic resource class, and not the prebuilt bindings of the provider: those take three times as long and ten times the memory
(docs/adr/0018), and pin one exact version of the provider.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.release.cdk import node_path
from infra.terraform.root import PROVIDER, Root, alias_of
from infra.terraform.syntax import encode

__all__ = ["REQUIRED_TERRAFORM", "synthesize"]

# `terraform plan` keeps validations and dynamic blocks of 1.5 and later; remote state locks by file since 1.10.
REQUIRED_TERRAFORM = ">= 1.5"
REQUIRED_WITH_REMOTE_STATE = ">= 1.10"


def synthesize(roots: Sequence[Root]) -> dict[str, dict[str, Any]]:
    """Name of the root -> its Terraform JSON, in one order of keys wherever it runs."""
    sys.dont_write_bytecode = False  # without it every run compiles cdktn anew
    os.environ.setdefault("JSII_NODE", str(node_path()))
    import cdktn

    with tempfile.TemporaryDirectory(prefix="gatewright-") as scratch:
        app = cdktn.App(outdir=scratch)
        for root in roots:
            _place(cdktn, app, root)
        app.synth()
        files = {root.name: Path(scratch, "stacks", root.name, "cdk.tf.json") for root in roots}
        return {name: _clean(json.loads(file.read_text(encoding="utf-8"))) for name, file in files.items()}


def _place(cdktn: Any, app: Any, root: Root) -> None:
    stack = cdktn.TerraformStack(app, root.name)
    metadata = cdktn.TerraformProviderGeneratorMetadata(provider_name="aws")
    provider = cdktn.TerraformProvider(
        stack,
        "aws",
        terraform_resource_type="aws",
        terraform_generator_metadata=metadata,
        terraform_provider_source=PROVIDER["source"],
    )
    provider.add_override("region", root.region)
    for region in root.other_regions:
        other = cdktn.TerraformProvider(
            stack,
            f"aws-{region}",
            terraform_resource_type="aws",
            terraform_generator_metadata=metadata,
            terraform_provider_source=PROVIDER["source"],
        )
        other.add_override("alias", alias_of(region))
        other.add_override("region", region)
    for type_, named in root.data.items():
        for name, body in named.items():
            made = cdktn.TerraformDataSource(
                stack, f"{type_}-{name}", terraform_resource_type=type_, terraform_generator_metadata=metadata
            )
            _say(made, name, body)
    for resource in root.resources:
        made = cdktn.TerraformResource(
            stack, resource.address, terraform_resource_type=resource.type, terraform_generator_metadata=metadata
        )
        _say(made, resource.label, resource.body)
    remote = root.backend.get("s3")
    required = REQUIRED_WITH_REMOTE_STATE if remote else REQUIRED_TERRAFORM
    stack.add_override("terraform.required_version", required)
    stack.add_override("terraform.required_providers.aws", PROVIDER)
    stack.add_override(
        "terraform.backend", encode(root.backend) if remote else {"local": {"path": "terraform.tfstate"}}
    )
    for key, value in (("variable", root.variables), ("locals", root.locals), ("output", root.outputs)):
        if value:
            stack.add_override(key, encode(value))


def _say(element: Any, label: str, body: Any) -> None:
    element.override_logical_id(label)
    for key, value in encode(body).items():
        element.add_override(key, value)


def _clean(document: dict[str, Any]) -> dict[str, Any]:
    """Without cdktn's notes of itself (its version, construct paths), which say nothing to Terraform."""
    document.pop("//", None)
    for kind in ("resource", "data"):
        for named in document.get(kind, {}).values():
            for body in named.values():
                body.pop("//", None)
    return dict(sorted(document.items()))
