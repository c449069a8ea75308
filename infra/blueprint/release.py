"""A release's name. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

__all__ = ["release_name"]


def release_name(document_digest: str, fingerprints: Mapping[str, str]) -> str:
    """Eight hexadecimal digits: the same API with the same code has the same name, on every machine and in every region."""
    text = json.dumps([document_digest, dict(sorted(fingerprints.items()))])
    return hashlib.sha256(text.encode()).hexdigest()[:8]
