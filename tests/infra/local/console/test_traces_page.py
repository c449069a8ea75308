"""The page of traces in the whole engine, as a browser shows it where one is installed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.local.edge.engine import Engine, running
from tests.infra.local.traces.engine import ALLOW, BACK, FRONT, deploy, function

pytestmark = pytest.mark.embedded
REGION = "eu-west-1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the PATH (Debian's package chromium)")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("page")) as made:
        function(made, "back", BACK, REGION)
        own = function(made, "allow", ALLOW, REGION)
        api = deploy(made, REGION, front=function(made, "front", FRONT, REGION), authorizer=own)
        for number in range(3):
            root = f"1-{int(time.time()):08x}-{number:024x}"
            path = f"/_aws/execute-api/{api}/live/guarded?back=1"
            made.request("GET", path, X_Amzn_Trace_Id=f"Root={root};Sampled=1", Authorization="x")
        yield made


def shown(engine: Engine, folder: Path, page: str) -> str:
    url = f"http://127.0.0.1:{engine.port}/_gatewright/console/{page}"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
               "--virtual-time-budget=3000", "--enable-logging=stderr", "--dump-dom", url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "CONSOLE" not in done.stderr, done.stderr
    return done.stdout


def test_the_console_answers_lists_and_traces(engine: Engine) -> None:
    found = engine.request("GET", "/_gatewright/console/traces.json?find=back").body
    assert [one["region"] for one in found["traces"]] == [REGION] * 3
    first = found["traces"][0]
    one = engine.request("GET", f"/_gatewright/console/trace.json?id={first['id']}").body
    assert {span["kind"] for span in one["spans"]} == {"gateway", "call", "lambda", "function", "work"}
    assert abs(sum(span["own_ms"] for span in one["spans"]) - one["duration_ms"]) < 0.1
    assert engine.request("GET", "/_gatewright/console/traces.json?minutes=x").status == 400
    assert engine.request("GET", "/_gatewright/console/trace.json?id=x").status == 404
    assert engine.request("GET", "/_gatewright/console/traces.json", Host="evil.example").status == 403


@needs_chromium
def test_a_browser_draws_the_slowest_request(engine: Engine, tmp_path: Path) -> None:
    page = shown(engine, tmp_path, "traces")
    assert page.count('aria-label="trace of GET /live/guarded') == 3
    assert 'aria-label="Waterfall of' in page
    assert "gatewright trace 1-" in page
    assert page.count('class="own"') > 5


@needs_chromium
def test_an_address_with_an_id_is_a_link_to_its_trace(engine: Engine, tmp_path: Path) -> None:
    least = engine.request("GET", "/_gatewright/console/traces.json").body["traces"][-1]
    assert f"gatewright trace {least['id']} --region {REGION}" in shown(engine, tmp_path, f"traces#{least['id']}")
    assert "not recorded here" in shown(engine, tmp_path, f"traces#{REGION}/1-5759e988-bd862e3fe1be46a994272793")


@needs_chromium
def test_the_first_page_links_to_the_slowest(engine: Engine, tmp_path: Path) -> None:
    assert 'href="traces#eu-west-1/1-' in shown(engine, tmp_path, "")
