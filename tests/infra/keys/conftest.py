"""A gateway in two regions with three plans and no keys yet."""

from __future__ import annotations

import pytest

from tests.infra.keys.fake_keys import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
