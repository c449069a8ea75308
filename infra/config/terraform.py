"""The `terraform` section of gateway.yaml: where the roots are written, and where Terraform keeps their state. Pure."""

from __future__ import annotations

from typing import Annotated

from infra.config import model
from infra.config.regions import region_name
from infra.config.section import Section
from infra.config.units import Text

__all__ = ["StateEntry", "TerraformEntry", "to_terraform"]

_FOLDER = Text(
    r"(?!/)(?!.*(^|/)\.\.(/|$))[A-Za-z0-9._-][A-Za-z0-9._/-]*",
    "A folder below that of gateway.yaml: letters, digits, . _ - and /",
    200,
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = Text(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "The name of a bucket: lower-case letters, digits, . and -", 63)
_PREFIX = Text(r"[A-Za-z0-9][A-Za-z0-9/_.-]*", "The beginning of the objects' keys: letters, digits, / _ . and -", 200)


class StateEntry(Section):
    """A bucket for Terraform's state, with a lock beside it; Terraform 1.10 or OpenTofu 1.10, at least."""

    bucket: Annotated[str, _BUCKET]
    """The bucket; it is there already, versioned and private."""
    region: Annotated[str, region_name]
    """The bucket's region."""
    prefix: Annotated[str, _PREFIX] | None = None
    """The beginning of the keys; the root's name follows. Default: gatewright/<gateway>."""


class TerraformEntry(Section):
    """The same gateway in Terraform; nothing of it matters to a gateway that CloudFormation deploys."""

    folder: Annotated[str, _FOLDER] = model.TERRAFORM_FOLDER_DEFAULT
    """Where `gatewright terraform synth` writes, and where the release commands find the variables. Default: terraform."""
    state: StateEntry | None = None
    """Where Terraform keeps the state. Default: a file beside each root."""


def to_terraform(entry: TerraformEntry) -> model.Terraform:
    """What the section means."""
    if entry.state is None:
        return model.Terraform(folder=entry.folder)
    state = model.TerraformState(bucket=entry.state.bucket, region=entry.state.region, prefix=entry.state.prefix)
    return model.Terraform(folder=entry.folder, state=state)
