"""gateway.yaml -> Gateway, or every finding at once. `parse` is pure but for looking whether named files exist.

The stages: text -> plain data with places (`source.py`) -> shapes and units (`document.py`) and rules across values
(`rules.py`), both over the same data -> model (`model.py`).
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from infra.config import messages, rules
from infra.config.document import Document, to_gateway
from infra.config.model import Gateway
from infra.config.source import Source, read
from infra.errors import ConfigError, Finding

__all__ = ["load", "parse"]


def load(path: Path) -> Gateway:
    """Read the one file a user edits.

    Raises:
        ConfigError: with every finding; also when there is no file, or it is not UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        source = Source(file=str(path))
        raise ConfigError([source.finding((), f"the file {told}", "Give the path of gateway.yaml")]) from error
    return parse(text, file=str(path), folder=path.parent)


def parse(text: str, *, file: str, folder: Path | None) -> Gateway:
    """The gateway that a text describes.

    Args:
        text: of gateway.yaml.
        file: its name, for the messages.
        folder: where ``lambda`` and ``operations`` are looked for; None does not look.

    Raises:
        ConfigError: with every finding, in the order of the file.
    """
    source = read(text, file=file)
    found = list(source.findings)
    if source.plain is None and found:
        raise ConfigError(found)
    if not isinstance(source.plain, dict):
        raise ConfigError([source.finding((), "the file is not a mapping", "Begin with 'gateway: <name>'")])
    missing = [finding for _, finding in rules.values(source)]
    document: Document | None = None
    try:
        # As JSON and strict: "true" is no truth value, 1.0 is no whole number, a list becomes a tuple.
        document = Document.model_validate_json(json.dumps(source.plain))
    except ValidationError as error:
        found += messages.findings(source, error, Document, reported={finding.path for finding in missing})
    found += missing + rules.check(source, folder)
    if found or document is None:
        raise ConfigError(_in_order(found))
    return to_gateway(document)


def _in_order(found: list[Finding]) -> list[Finding]:
    """By place; one finding for a place and problem."""
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.line, finding.column))
