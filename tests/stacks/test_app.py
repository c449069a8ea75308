"""The app as `cdk` runs it: the same bytes anywhere, no network, nothing for the CDK's own validation to say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.conftest import NODE, REPOSITORY, Assembly, copy_shop, synthesize

NO_SOCKETS_PYTHON = """
import socket
def refuse(*_a, **_k):
    raise AssertionError("a synthesis must not open a socket")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
"""
NO_SOCKETS_NODE = """
const refuse = () => { throw new Error("a synthesis must not open a socket"); };
require("net").Socket.prototype.connect = refuse;
require("dns").lookup = refuse;
"""


def copy_routed_shop(home: Path) -> Path:
    """With a domain, so that every kind of stack is there."""
    path = copy_shop(home)
    path.write_text(path.read_text().replace("regions:", "domain: api.shop.example\nregions:", 1))
    return path


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    home = tmp_path_factory.mktemp("routed")
    return synthesize(copy_routed_shop(home), home / "out")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """A second synthesis: another directory, process, hash seed and time zone; no AWS settings, no sockets, validated."""
    home = tmp_path_factory.mktemp("another place")
    copy_routed_shop(home)
    (home / "block").mkdir()
    (home / "block/sitecustomize.py").write_text(NO_SOCKETS_PYTHON)
    (home / "block/net.js").write_text(NO_SOCKETS_NODE)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(home)),
        "PYTHONPATH": os.pathsep.join([str(home / "block"), str(REPOSITORY)]),
        "PYTHONHASHSEED": "4711",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "Asia/Tokyo",
        "JSII_NODE": str(NODE),
        "NODE_OPTIONS": f'--require "{home / "block/net.js"}"',
        "CDK_OUTDIR": str(home / "out"),
    }
    subprocess.run([sys.executable, "-m", "stacks.app"], cwd=home, env=environment, check=True, timeout=120)
    return Assembly(home / "out")


def files(assembly: Assembly) -> dict[str, bytes]:
    return {
        str(path.relative_to(assembly.folder)): path.read_bytes()
        for path in sorted(assembly.folder.rglob("*"))
        if path.is_file() and path.name != "validation-report.json"
    }


def test_two_places_give_the_same_bytes(routed: Assembly, elsewhere: Assembly) -> None:
    assert len(list(routed.folder.glob("*.template.json"))) == 4
    assert files(routed) == files(elsewhere)


def test_the_validation_of_the_cdk_has_nothing_to_say(elsewhere: Assembly) -> None:
    # Written only when the validation ran.
    reports = json.loads((elsewhere.folder / "validation-report.json").read_text())["pluginReports"]
    assert [violation for report in reports for violation in report["violations"]] == []


def test_a_wrong_file_is_told_and_not_traced(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("gateway: shop\nservice: {}\n")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "JSII_NODE": str(NODE)}
    result = subprocess.run(
        [sys.executable, "-m", "stacks.app"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "gateway.yaml:2" in result.stderr
    assert "Traceback" not in result.stderr


def test_cdk_nag_has_nothing_to_say_but_what_we_accept(changed_shop: Any) -> None:
    assembly = changed_shop(nag="true")  # an error that is not accepted ends the synthesis
    found = json.loads((assembly.folder / "validation-report.json").read_text())
    violations = [violation for plugin in found["pluginReports"] for violation in plugin["violations"]]
    assert [(v["ruleName"], v["severity"]) for v in violations] == []


def test_cdk_nag_has_nothing_to_say_of_a_domain_without_traces(changed_shop: Any) -> None:
    def change(document: dict[str, Any]) -> None:
        document["tracing"] = "off"
        document["domain"] = "api.shop.example"
        document["regions"]["eu-central-1"] = {"jurisdiction": "eu"}

    changed_shop(change, nag="true")


def test_cdk_nag_still_sees_what_nobody_accepted(changed_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.nag.accepted", lambda _gateway: [])
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        changed_shop(nag="true")


def test_cdk_json_runs_the_app_of_this_folder() -> None:
    settings = json.loads((REPOSITORY / "cdk.json").read_text())
    assert settings["app"].endswith("python3 -m stacks.app")
    # Paths and versions of the machine stay out of the templates.
    assert (settings["pathMetadata"], settings["versionReporting"], settings["assetMetadata"]) == (False, False, False)
