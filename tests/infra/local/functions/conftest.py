from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.local.functions.workers import Workers
from tests.infra.local.functions.fakes import ACCOUNT, FakeLambda, FakeTelemetry


@pytest.fixture
def control() -> FakeLambda:
    return FakeLambda()


@pytest.fixture
def telemetry() -> FakeTelemetry:
    return FakeTelemetry()


@pytest.fixture
async def workers(control: FakeLambda, telemetry: FakeTelemetry, tmp_path: Path) -> AsyncIterator[Workers]:
    made = Workers(
        control,
        telemetry=telemetry,
        endpoint="http://127.0.0.1:4599",
        account=ACCOUNT,
        state_folder=tmp_path,
        version_code=lambda account, region, name, version: control.codes.get((name, version)),
    )
    yield made
    await made.close()
