"""Which releases a root has deployed, as far as this machine can tell without Terraform. Reads the root's folder.

A name that was synthesized and never applied must not be kept: ``for_each`` would make a deployment of it, and that would have
today's API under yesterday's name.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["applied_releases"]

STATE = "terraform.tfstate"


def applied_releases(root: Path, *, remote: bool, pinned: bool = False) -> frozenset[str] | None:
    """The releases in the root's local state; None when the state is elsewhere, so that nobody knows.

    Args:
        remote: whether gateway.yaml puts the state into a bucket.
        pinned: whether a baseline is pinned. Then something is deployed, and a state that is not here is somewhere else.
    """
    if remote or (root / "terraform.tfstate.d").exists() or _says_backend(root):
        return None
    try:
        state = json.loads(_state_file(root).read_text(encoding="utf-8"))
        return frozenset(
            str(instance["index_key"])
            for resource in state.get("resources", ())
            if resource.get("type") == "aws_api_gateway_deployment" and resource.get("mode") == "managed"
            for instance in resource["instances"]
            if "index_key" in instance
        )
    except FileNotFoundError:
        return None if pinned else frozenset()
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return None  # Terraform will say what is wrong with it


def _state_file(root: Path) -> Path:
    """Where `terraform init` was told that the state is (``-backend-config=path=...``), or where our root says.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: what init noted is not a local state that can be found.
    """
    try:
        noted = json.loads((root / ".terraform" / STATE).read_text(encoding="utf-8"))["backend"]
    except FileNotFoundError:
        return root / STATE
    if noted["type"] != "local":
        raise ValueError("the state is not a local file")
    return root / (noted["config"].get("path") or STATE)


def _says_backend(root: Path) -> bool:
    """Whether a file of the user's own puts the state elsewhere."""
    own = [path for pattern in ("*.tf", "*.tf.json") for path in root.glob(pattern) if path.name != "main.tf.json"]
    return any("backend" in text or "cloud" in text for text in (_text(path) for path in own))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
