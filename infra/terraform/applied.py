"""Which releases a root has deployed, as far as this machine can tell without Terraform. Reads the root's folder.

A name that was synthesized and never applied must not be kept: ``for_each`` would make a deployment of it, and that would have
today's API under yesterday's name.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["applied_releases"]

STATE = "terraform.tfstate"


def applied_releases(root: Path, *, remote: bool) -> frozenset[str] | None:
    """The releases in the root's local state; None when the state is elsewhere, so that nobody knows."""
    if remote or (root / "terraform.tfstate.d").exists() or _says_backend(root):
        return None
    try:
        state = json.loads((root / STATE).read_text(encoding="utf-8"))
        return frozenset(
            str(instance["index_key"])
            for resource in state.get("resources", ())
            if resource.get("type") == "aws_api_gateway_deployment" and resource.get("mode") == "managed"
            for instance in resource["instances"]
            if "index_key" in instance
        )
    except FileNotFoundError:
        return frozenset()
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return None  # Terraform will say what is wrong with it


def _says_backend(root: Path) -> bool:
    """Whether a file of the user's own puts the state elsewhere."""
    own = [path for pattern in ("*.tf", "*.tf.json") for path in root.glob(pattern) if path.name != "main.tf.json"]
    return any("backend" in text or "cloud" in text for text in (_text(path) for path in own))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
