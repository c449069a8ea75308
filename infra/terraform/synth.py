"""Model -> everything that belongs in the output folder, as bytes by path. Reads code folders and fragments, starts node."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.config.model import Gateway
from infra.openapi import read_fragments
from infra.terraform.constructs import synthesize
from infra.terraform.dns import dns_root
from infra.terraform.region import region_root
from infra.terraform.root import Root

__all__ = ["MAIN", "Synthesis", "synth"]

MAIN = "main.tf.json"
# State and plans hold what AWS answered; the zips are made anew from the code.
_IGNORED = "assets/\n.terraform/\n*.tfstate\n*.tfstate.*\n*.tfplan\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """What `gatewright terraform synth` writes.

    Args:
        roots: name of the root -> its Terraform JSON, in rollout order, DNS last.
        releases: name of a region's root -> the release it publishes.
        remote: whether the roots keep their state elsewhere.
        files: path below the output folder -> content.
    """

    roots: dict[str, dict[str, Any]] = field(repr=False)
    releases: dict[str, str]
    remote: bool
    files: dict[str, bytes] = field(repr=False)


def synth(gateway: Gateway, *, folder: Path, account_role: bool = True, guarded: bool = True) -> Synthesis:
    """The same bytes for the same input, on every machine.

    Args:
        folder: where gateway.yaml lies.
        account_role: whether the roots set each region's CloudWatch role for API Gateway.
        guarded: whether releases and ledger are guarded against being destroyed.

    Raises:
        ConfigError: a fragment or a code folder cannot be used.
        Refused: the gateway is more than AWS takes.
        ToolMissing: the authorizer's layer is not built.
    """
    fragments = read_fragments(gateway, folder=folder)
    made = [
        region_root(gateway, region, folder=folder, fragments=fragments, account_role=account_role, guarded=guarded)
        for region in gateway.regions
    ]
    roots = [one.root for one in made]
    if (dns := dns_root(gateway, guarded=guarded)) is not None:
        roots.append(dns)
    for root in roots:
        root.backend = _backend(gateway, root)
    documents = synthesize(roots)
    files: dict[str, bytes] = {".gitignore": _IGNORED.encode()}
    files |= {f"{name}/{MAIN}": _text(document) for name, document in documents.items()}
    files |= {f"assets/{archive.file}": archive.content for one in made for archive in one.archives}
    releases = {one.root.name: one.release for one in made}
    return Synthesis(roots=documents, releases=releases, remote=gateway.terraform.state is not None, files=files)


def _backend(gateway: Gateway, root: Root) -> dict[str, Any]:
    state = gateway.terraform.state
    if state is None:
        return {}
    prefix = (state.prefix or f"gatewright/{gateway.name}").rstrip("/")
    return {
        "s3": {
            "bucket": state.bucket,
            "key": f"{prefix}/{root.name}/terraform.tfstate",
            "region": state.region,
            "encrypt": True,
            "use_lockfile": True,
        }
    }


def _text(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
