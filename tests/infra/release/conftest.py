"""A region with a pinned baseline and a dark release, and operators to work on it."""

from __future__ import annotations

import pytest

from infra.release import commands
from tests.infra.release.fake_aws import FakeAws, Operators


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def operators(aws: FakeAws) -> Operators:
    return Operators(aws)


@pytest.fixture
def dark(aws: FakeAws, operators: Operators) -> Operators:
    """Release `one` is the pinned baseline, release `two` is published and dark."""
    aws.deploy("us-east-1", "one")
    operators.session().apply(commands.pin())
    aws.deploy("us-east-1", "two")
    aws.calls.clear()
    return operators
