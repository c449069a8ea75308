"""What Lambda runs on, and the libraries that its functions bring, built for it. Touches the project's `build` folder."""

from __future__ import annotations

from infra.bundle.layer import Layer, layer_of
from infra.bundle.target import ARCHITECTURE, RUNTIME

__all__ = ["ARCHITECTURE", "RUNTIME", "Layer", "layer_of"]
