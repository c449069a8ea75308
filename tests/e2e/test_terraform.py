"""The road of the README's Terraform section, on the embedded AWS with the real program: no plan finds what was not changed.

Skipped with the reason where there is no program, or no provider (TF_CLI_CONFIG_FILE with a mirror, or /opt/tf-plugins). One region with one
function, because the provider waits five seconds for each: what differs between regions and with a domain is in
tests/infra/terraform.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Checkout, Finished, new_checkout, started

PROGRAM = shutil.which("terraform") or shutil.which("tofu")
MIRROR = Path("/opt/tf-plugins")
REGION = "eu-west-1"
GATEWAY = """
gateway: little
regions:
  eu-west-1: {jurisdiction: eu}
services:
  users: {path: /api/users, lambda: little/users}
  legacy: {path: /legacy, url: "https://legacy.example", methods: [GET]}
plans:
  free: {rate: 1000/s, burst: 500}
"""
HANDLER = 'def handler(event, context):\n    return {{"statusCode": 200, "body": \'{{"release": "{release}"}}\'}}\n'

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="neither terraform nor tofu is on PATH")


@dataclass(frozen=True, slots=True)
class Terraformed:
    """A gateway in one region, deployed by Terraform only."""

    checkout: Checkout

    @property
    def root(self) -> Path:
        return self.checkout.folder / "terraform" / REGION

    def terraform(self, *arguments: str, code: int = 0) -> str:
        command = [str(PROGRAM), f"-chdir={self.root}", *arguments]
        done = self.checkout.finished(command)
        assert done.code == code, done.out[-3000:] + done.err
        return done.out + done.err

    def gatewright(self, *arguments: str, code: int = 0) -> Finished:
        done = self.checkout.run(*arguments)
        assert done.code == code, done.out + done.err
        return done

    def write(self, release: str) -> None:
        folder = self.checkout.folder / "little" / "users"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "handler.py").write_text(HANDLER.format(release=release), encoding="utf-8")

    def variables(self) -> dict[str, Any]:
        return json.loads((self.root / "gateway.auto.tfvars.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def finds_nothing_to_change(self) -> bool:
        """Whether the next plan is empty: what was deployed is read again, and is what the root says."""
        self.terraform("plan", "-input=false", "-detailed-exitcode")
        return True

    def answers(self, requests: int = 12) -> Counter[str]:
        """Which release answered how many of so many requests."""
        url = self.gatewright("url").out.strip()
        found: Counter[str] = Counter()
        for status, body in get(url + "/api/users", requests):
            assert status == 200, body
            found[json.loads(body)["release"]] += 1
        return found


def get(url: str, requests: int) -> list[tuple[int, bytes]]:
    """So many answers, one after another on one connection."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    answers = []
    for _ in range(requests):
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))
    connection.close()
    return answers


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraformed]:
    """Its roots are written and initialised; nothing is applied."""
    folder = tmp_path_factory.mktemp("terraform")
    checkout = new_checkout(folder)
    (folder / "gateway.yaml").write_text(GATEWAY, encoding="utf-8")
    environment = checkout.environment
    environment["CHECKPOINT_DISABLE"] = "1"
    if not Path(environment.get("TF_CLI_CONFIG_FILE", "")).is_file() and MIRROR.is_dir():
        environment["TF_CLI_CONFIG_FILE"] = str(folder / "terraformrc")
        text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n'
        (folder / "terraformrc").write_text(text, encoding="utf-8")
    made = Terraformed(checkout)
    made.write("v1")
    made.gatewright("terraform", "synth")
    done = checkout.finished([str(PROGRAM), f"-chdir={made.root}", "init", "-no-color", "-input=false"])
    if done.code != 0:
        pytest.skip(f"the provider cannot be had here: {done.err.strip().splitlines()[:1]}")
    with started(checkout, "--no-deploy"):
        yield made


def test_a_gateway_s_life_in_terraform(little: Terraformed) -> None:
    little.terraform("apply", "-auto-approve", "-input=false")
    assert little.answers() == {"v1": 12}

    little.gatewright("terraform", "pin")
    baseline = little.variables()["baseline_deployment"]
    assert baseline

    assert_a_new_release_destroys_nothing_and_is_dark(little)

    assert_its_state_machine_goes_on_and_stops(little)

    little.gatewright("canary", "start", "--percent", "50", "--region", REGION)
    assert little.variables() | {"releases": []} == {
        "baseline_deployment": baseline,
        "canary_percent": 50,
        "releases": [],
    }
    assert set(little.answers(60)) == {"v1", "v2"}
    assert little.finds_nothing_to_change()

    little.gatewright("canary", "promote", "--region", REGION)
    assert little.answers() == {"v2": 12}
    assert little.finds_nothing_to_change()

    little.gatewright("release", "rollback", "--yes", "--region", REGION)
    assert little.answers() == {"v1": 12}
    assert little.variables()["baseline_deployment"] == baseline

    assert_a_service_can_go(little)
    assert_destroy_needs_a_root_without_guard(little)


def assert_a_new_release_destroys_nothing_and_is_dark(little: Terraformed) -> None:
    (old,) = little.variables()["releases"]
    little.write("v2")
    little.gatewright("terraform", "synth")
    new = little.variables()["releases"][-1]
    # Exactly these, so nothing of the first apply and of the pin is left to change.
    planned = little.terraform("plan", "-input=false", "-no-color", "-out=plan")
    assert f'aws_api_gateway_deployment.release["{new}"] will be created' in planned
    assert "Plan: 1 to add, 3 to change, 0 to destroy." in planned  # the release; function, API and what the CLI reads
    assert f'release["{old}"] ' not in planned.partition("Terraform will perform")[2]
    little.terraform("apply", "-input=false", "plan")
    assert little.answers() == {"v1": 12}


def assert_its_state_machine_goes_on_and_stops(little: Terraformed) -> None:
    """The function finds the gateway by what the root left in the ledger, and gives the canary its first share."""
    little.gatewright("canary", "run", "--detach", "--yes", "--minute-seconds", "3")
    deadline = time.monotonic() + 30
    while set(little.answers(60)) != {"v1", "v2"}:
        assert time.monotonic() < deadline, little.gatewright("canary", "progress").out
        time.sleep(0.05)
    assert little.variables()["canary_percent"] == 0  # it is out of the machine's reach
    little.gatewright("canary", "abort")
    assert little.answers() == {"v1": 12}
    assert little.finds_nothing_to_change()


def assert_a_service_can_go(little: Terraformed) -> None:
    """CloudWatch deletes no alarm that a composite one names, so what names them must be changed first."""
    file = little.checkout.folder / "gateway.yaml"
    text = "".join(line for line in file.read_text().splitlines(keepends=True) if "legacy" not in line)
    file.write_text(text.replace("rate: 1000/s", "rate: 900/s"))
    little.gatewright("terraform", "synth")
    little.terraform("apply", "-auto-approve", "-input=false")
    assert little.answers() == {"v1": 12}
    assert little.finds_nothing_to_change()


def assert_destroy_needs_a_root_without_guard(little: Terraformed) -> None:
    refused = little.terraform("destroy", "-auto-approve", "-input=false", "-refresh=false", code=1)
    assert "Instance cannot be destroyed" in refused
    assert little.answers() == {"v1": 12}
    little.gatewright("terraform", "synth", "--no-guard")
    little.terraform("destroy", "-auto-approve", "-input=false")
    apis = little.checkout.client("apigateway", REGION).get_rest_apis()["items"]
    assert apis == []
    little.gatewright("terraform", "synth")
    assert little.variables()["baseline_deployment"] == ""
    assert len(little.variables()["releases"]) == 1
