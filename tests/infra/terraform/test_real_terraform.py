"""Real Terraform (or OpenTofu) on every root: init, validate, plan with made-up credentials and no network.

Skipped with the reason where there is no program, or no provider: set TF_CLI_CONFIG_FILE to a file with a mirror, or have
/opt/tf-plugins. What a plan says of a second release is here too: it never destroys the first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.terraform.output import apply, plan_output
from tests.infra.terraform.conftest import Shop

PROGRAM = shutil.which("terraform") or shutil.which("tofu")
MIRROR = Path("/opt/tf-plugins")
SKIPS = {"skip_credentials_validation": True, "skip_requesting_account_id": True, "skip_metadata_api_check": True}

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="neither terraform nor tofu is on PATH")


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment |= {"AWS_ACCESS_KEY_ID": "mock", "AWS_SECRET_ACCESS_KEY": "mock", "CHECKPOINT_DISABLE": "1"}
    configured = environment.get("TF_CLI_CONFIG_FILE")
    if (configured is None or not Path(configured).is_file()) and MIRROR.is_dir():
        file = tmp_path_factory.mktemp("mirror") / "terraformrc"
        file.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
        environment["TF_CLI_CONFIG_FILE"] = str(file)

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(PROGRAM), *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


def ready(shop: Shop, out: Path, terraform: Any, root: str) -> Path:
    """The written root, initialised."""
    apply(plan_output(shop.synthesis, out, gateway=shop.gateway.name, force=False))
    providers = shop.root(root)["provider"]["aws"]
    mock = [{**{k: v for k, v in one.items() if k == "alias"}, **SKIPS} for one in providers]
    (out / root / "mock_override.tf.json").write_text(json.dumps({"provider": {"aws": mock}}))
    done = terraform(out / root, "init", "-no-color", "-input=false")
    if done.returncode != 0:
        pytest.skip(f"the provider cannot be had here: {done.stderr.strip().splitlines()[:1]}")
    return out / root


@pytest.mark.parametrize("root", ["us-east-1", "eu-west-1", "dns"])
def test_every_root_is_valid_and_can_be_planned(shop: Shop, tmp_path: Path, terraform: Any, root: str) -> None:
    folder = ready(shop, tmp_path / "out", terraform, root)
    valid = json.loads(terraform(folder, "validate", "-json").stdout)
    assert valid["diagnostics"] == []
    planned = terraform(folder, "plan", "-no-color", "-refresh=false", "-input=false")
    assert planned.returncode == 0, planned.stderr
    assert "0 to destroy" in planned.stdout


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("canary_percent=101", "A percentage is from 0 to 100"),
        ("canary_percent=-1", "A percentage is from 0 to 100"),
        ("baseline_deployment=No!", "lower-case letters and digits only"),
        ('releases=["latest"]', "eight hexadecimal digits"),
    ],
)
def test_variables_out_of_range_are_refused(
    small: Callable[..., Shop], tmp_path: Path, terraform: Any, variable: str, message: str
) -> None:
    folder = ready(small(), tmp_path / "out", terraform, "eu-west-1")
    planned = terraform(folder, "plan", "-no-color", "-refresh=false", "-input=false", "-var", variable)
    assert planned.returncode == 1
    assert message in " ".join(planned.stderr.split())


@pytest.mark.parametrize(("forgotten", "refused"), [(False, False), (True, True)], ids=["kept", "variables-file-lost"])
def test_a_new_release_never_destroys_the_one_before(
    small: Callable[..., Shop], tmp_path: Path, terraform: Any, forgotten: bool, refused: bool
) -> None:
    out = tmp_path / "out"
    first = small()
    folder = ready(first, out, terraform, "eu-west-1")
    old = first.synthesis.releases["eu-west-1"]
    (folder / "terraform.tfstate").write_text(json.dumps(_state(old)))
    second = small("def handler(event, context): return 2\n")
    apply(plan_output(second.synthesis, out, gateway="little", force=False))
    if forgotten:
        (folder / "gateway.auto.tfvars.json").unlink()
    planned = terraform(folder, "plan", "-no-color", "-refresh=false", "-input=false", "-out=plan")
    assert (planned.returncode == 1) is refused, planned.stderr
    if refused:
        assert f'aws_api_gateway_deployment.release["{old}"]' in planned.stderr
        return
    changes = json.loads(terraform(folder, "show", "-json", "plan").stdout)["resource_changes"]
    releases = {c["index"]: c["change"]["actions"] for c in changes if c["type"] == "aws_api_gateway_deployment"}
    assert releases == {old: ["no-op"], second.synthesis.releases["eu-west-1"]: ["create"]}


def _state(release: str) -> dict[str, Any]:
    """What an apply leaves of an API with one release."""
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    api = {"id": "abc", "name": "little", "body": "{}", "put_rest_api_mode": "overwrite", "fail_on_warnings": True}
    api |= {"endpoint_configuration": [{"types": ["REGIONAL"], "vpc_endpoint_ids": [], "ip_address_type": "ipv4"}]}
    deployment = {"id": "dep1", "rest_api_id": "abc", "description": f"release {release}", "created_date": "x"}

    def resource(kind: str, name: str, **instance: Any) -> dict[str, Any]:
        one = {"schema_version": 0, **instance}
        return {"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": [one]}

    resources = [
        resource("aws_api_gateway_rest_api", "rest_api", attributes=api),
        resource("aws_api_gateway_deployment", "release", index_key=release, attributes=deployment),
    ]
    return {
        "version": 4,
        "terraform_version": "1.5.0",
        "serial": 1,
        "lineage": "x",
        "outputs": {},
        "resources": resources,
    }
