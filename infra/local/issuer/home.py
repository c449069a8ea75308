"""Which issuer the laptop stands in for, kept in `.gatewright/issuer`: `gatewright up` writes it, the engine reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.config.model import Auth

__all__ = ["FOLDER", "Stand", "prepare", "read"]

FOLDER = "issuer"
_FILE = "issuer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The issuer of gateway.yaml, to stand in for.

    Args:
        issuer: its `iss`.
        jwks_url: where its keys are expected.
        algorithm: what tokens are signed with: the first of the gateway's list.
    """

    issuer: str
    jwks_url: str
    algorithm: str

    @property
    def discovery_url(self) -> str:
        """OpenID Connect Discovery 1.0, section 4: a slash at the issuer's end is not doubled."""
        return self.issuer.rstrip("/") + "/.well-known/openid-configuration"

    @property
    def authorities(self) -> tuple[str, ...]:
        """``host:port`` of everything that is served."""
        parts = [urlsplit(url) for url in (self.issuer, self.jwks_url)]
        return tuple(dict.fromkeys(f"{part.hostname}:{part.port or 443}" for part in parts))

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(authority.rpartition(":")[0] for authority in self.authorities))


def prepare(home: Path, auth: Auth | None) -> Stand | None:
    """Writes the stand-in for a gateway, or takes it away when the gateway has no `auth.jwt`.

    Args:
        home: the project's `.gatewright`.
    """
    file = home / FOLDER / _FILE
    jwt = auth.jwt if auth is not None else None
    if jwt is None:
        file.unlink(missing_ok=True)
        return None
    jwks_url = jwt.jwks_url or jwt.issuer.rstrip("/") + "/.well-known/jwks.json"
    stand = Stand(issuer=jwt.issuer, jwks_url=jwks_url, algorithm=jwt.algorithms[0])
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(json.dumps(asdict(stand), indent=2) + "\n", encoding="utf-8")
    return stand


def read(home: Path) -> Stand | None:
    """What `prepare` wrote; None when there is nothing to stand in for."""
    try:
        return Stand(**json.loads((home / FOLDER / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
