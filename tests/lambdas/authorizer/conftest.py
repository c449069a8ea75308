"""An authorizer with a fake network and a journal to look at."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.authorizer.gate.authorizer import Authorizer
from lambdas.authorizer.gate.journal import Journal
from lambdas.authorizer.gate.settings import Settings

from . import issuer


class Desk:
    """An authorizer, what it fetched, and what it wrote."""

    def __init__(self, **environment: str) -> None:
        self.fetched: list[str] = []
        self.lines: list[str] = []
        self.documents: dict[str, Any] = {"https://issuer.example/jwks.json": issuer.JWKS}
        self.secret = issuer.SECRET
        self.authorizer = Authorizer(
            Settings.from_environment({**issuer.ENVIRONMENT, **environment}),
            journal=Journal(self.lines.append),
            fetch=self.fetch,
            read_secret=lambda: self.secret,
        )

    def fetch(self, url: str) -> Any:
        self.fetched.append(url)
        if url not in self.documents:
            raise OSError("down")
        return self.documents[url]

    def answer(self, event: dict[str, Any], now: float = issuer.NOW) -> dict[str, Any]:
        return self.authorizer.answer(event, now)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def shared_desk() -> Desk:
    """For property tests: made once, its keys fetched."""
    desk = Desk()
    desk.answer(issuer.bearer(issuer.token()))
    return desk
