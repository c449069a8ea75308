from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from infra.local.functions.package import digest, unpack
from tests.infra.local.functions.fakes import zipped


def test_digest_is_lambdas_form() -> None:
    assert digest(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_unpack_keeps_modes_and_makes_files_readable(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, mode in (("run.sh", 0o100755), ("locked.txt", 0o100000)):
            item = zipfile.ZipInfo(name)
            item.external_attr = mode << 16
            archive.writestr(item, "x")
    unpack(memory.getvalue(), tmp_path / "code")
    assert os.access(tmp_path / "code" / "run.sh", os.X_OK)
    assert (tmp_path / "code" / "locked.txt").read_text() == "x"


def test_unpack_stays_inside_its_folder(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("../../escaped.py", "x")
    unpack(memory.getvalue(), tmp_path / "a" / "code")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.py")] == ["a/code/escaped.py"]


def test_unpacking_twice_leaves_the_first(tmp_path: Path) -> None:
    unpack(zipped(a_py="1"), tmp_path / "code")
    unpack(zipped(a_py="1"), tmp_path / "code")
    assert [p.name for p in tmp_path.iterdir()] == ["code"]


def test_what_is_no_zip_is_said(tmp_path: Path) -> None:
    with pytest.raises(zipfile.BadZipFile):
        unpack(b"no zip", tmp_path / "code")
    assert list(tmp_path.iterdir()) == []
