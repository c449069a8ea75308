"""A function's code on disk: fetched once for every digest, unpacked below the state folder, never changed after.

The folder is named by the digest, so every version with the same code shares it and $LATEST moving on disturbs
nobody. Touches the state folder; fetching is one in-process call.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import logging
import os
import re
import secrets
import shutil
import stat
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.errors import LocalError
from infra.local.functions.catalog import Target
from infra.local.functions.runtimes import runs_here
from infra.local.ports import Cloud

__all__ = ["CodeStore", "digest", "unpack"]

_LOGGER = logging.getLogger(__name__)
VersionCode = Callable[[str, str, str, str], bytes | None]
"""(account, region, function name, version) -> the zip that was published as this version."""


def digest(code: bytes) -> str:
    """CodeSha256 as Lambda prints it."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def unpack(code: bytes, folder: Path) -> None:
    """Unpacks a zip with its file modes. ``folder`` appears whole or not at all.

    Raises:
        zipfile.BadZipFile: not a zip.
    """
    staging = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for item in archive.infolist():
            place = archive.extract(item, staging)  # extract() keeps "../" and absolute names inside
            mode = item.external_attr >> 16
            if mode and not item.is_dir():
                os.chmod(place, stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR)
    staging.mkdir(parents=True, exist_ok=True)
    try:
        staging.rename(folder)
    except OSError:  # another one was quicker
        shutil.rmtree(staging, ignore_errors=True)


class CodeStore:
    """Where the code of a target lies.

    Args:
        version_code: gives the code of an old version when the control plane's ``Code.Location`` serves another one.
    """

    def __init__(self, cloud: Cloud, *, folder: Path, version_code: VersionCode | None) -> None:
        self._cloud = cloud
        self._folder = folder
        self._version_code = version_code
        self._locks: dict[str, asyncio.Lock] = {}
        self._layers: dict[str, dict[str, Any]] = {}

    async def path(self, target: Target) -> Path:
        """The folder with the unpacked code.

        Raises:
            LocalError: the control plane does not have the code, or it is not a zip.
        """
        return await self._unpacked(
            target.code_sha256 or f"{target.name}-{target.revision}", lambda: self._fetch(target)
        )

    async def _unpacked(self, name: str, fetch: Callable[[], Awaitable[bytes]]) -> Path:
        folder = self._folder / re.sub(r"[^A-Za-z0-9]", "_", name)
        async with self._locks.setdefault(name, asyncio.Lock()):
            if not folder.exists():
                code = await fetch()
                try:
                    await asyncio.to_thread(unpack, code, folder)
                except zipfile.BadZipFile as problem:
                    raise LocalError(f"the code of {name} is not a zip file; deploy the function again") from problem
        return folder

    async def _fetch(self, target: Target) -> bytes:
        """ministack's Code.Location is the same for all versions and serves $LATEST, so the digest decides."""
        code = await self._download(target.region, target.code_location)
        if digest(code) == target.code_sha256:
            return code
        if self._version_code is not None:
            kept = self._version_code(target.account, target.region, target.name, target.version)
            if kept is not None and digest(kept) == target.code_sha256:
                return kept
        if code and target.version == "$LATEST":
            return code  # a control plane that reports no digest
        raise LocalError(
            f"the code of {target.name}:{target.version} (CodeSha256 {target.code_sha256}) is not in the control plane; "
            "deploy the function again"
        )

    async def _download(self, region: str, location: str) -> bytes:
        parts = urlsplit(location)
        if not parts.path:
            return b""
        answer = await self._cloud.call("lambda", region, method="GET", path=parts.path, query=parts.query)
        return answer.body if answer.status == 200 else b""

    async def layer(self, region: str, arn: str) -> Path | None:
        """The folder with an unpacked layer version; None when it was built for another machine.

        Such a layer would shadow this installation's own packages with ones that do not import; what it brings must then
        be installed here, as the authorizer's libraries are.
        """
        shape = self._layers.get(arn)
        if shape is None:
            shape = self._layers[arn] = await self._layer_shape(region, arn)
            if not _is_for_here(shape):
                built_for = ", ".join([*shape["CompatibleArchitectures"], *(shape.get("CompatibleRuntimes") or ())])
                _LOGGER.warning(
                    "layer %s is built for %s: left out here, installed packages take its place", arn, built_for
                )
        if not _is_for_here(shape):
            return None
        return await self._unpacked(arn, lambda: self._fetch_layer(region, arn, shape))

    async def _layer_shape(self, region: str, arn: str) -> dict[str, Any]:
        found = await self._cloud.call(
            "lambda", region, method="GET", path="/2018-10-31/layers", query=f"find=LayerVersion&Arn={arn}"
        )
        shape = json.loads(found.body or b"{}") if found.status == 200 else {}
        if not shape.get("Content"):
            raise LocalError(f"layer {arn} is not in the control plane; publish it again")
        return dict(shape)

    async def _fetch_layer(self, region: str, arn: str, shape: dict[str, Any]) -> bytes:
        code = await self._download(region, str(shape["Content"].get("Location") or ""))
        if not code:
            raise LocalError(f"layer {arn} is not in the control plane; publish it again")
        return code


def _is_for_here(shape: dict[str, Any]) -> bool:
    return runs_here(shape.get("CompatibleArchitectures") or (), shape.get("CompatibleRuntimes") or ())
