"""An OIDC issuer on a laptop: signs tokens for `gatewright token`, and answers for the configured issuer to the workers.

docs/adr/0008 says why the deployed code and templates know nothing of it.
"""

from __future__ import annotations

from infra.local.issuer.home import Stand, prepare, read
from infra.local.issuer.keys import SigningKey
from infra.local.issuer.server import Issuer
from infra.local.issuer.tokens import claims_of, mint

__all__ = ["Issuer", "SigningKey", "Stand", "claims_of", "mint", "prepare", "read"]
