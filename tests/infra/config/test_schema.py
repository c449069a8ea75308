"""The JSON schema agrees with the parser, as far as a schema can tell, and helps in an editor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from infra.config import parse, schema
from infra.config.source import read
from infra.errors import ConfigError

FIXTURES = Path(__file__).parent / "fixtures"
SHOP = Path(__file__).parents[3] / "gateway.yaml"
GOOD = [SHOP, *sorted((FIXTURES / "good").glob("*.yaml"))]
SEEN_BY_THE_SCHEMA = ["list", "missing", "shape"]


def paths_of_errors(file: Path) -> set[str]:
    errors = Draft202012Validator(schema()).iter_errors(read(file.read_text(), file=file.name).plain)
    return {".".join(str(step) for step in error.absolute_path) for error in errors}


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_files_pass_both(file: Path) -> None:
    assert parse(file.read_text(), file=file.name, folder=None)
    assert paths_of_errors(file) == set()


@pytest.mark.parametrize("name", SEEN_BY_THE_SCHEMA)
def test_bad_shapes_fail_both(name: str) -> None:
    file = FIXTURES / "bad" / f"{name}.yaml"
    with pytest.raises(ConfigError):
        parse(file.read_text(), file=file.name, folder=None)
    assert paths_of_errors(file)


def test_the_schema_marks_each_wrong_value_of_the_shapes() -> None:
    file = FIXTURES / "bad" / "shape.yaml"
    with pytest.raises(ConfigError) as caught:
        parse(file.read_text(), file=file.name, folder=None)
    # The schema says of an unknown key that its holder is wrong, the parser says which key.
    of_values = {
        finding.path.replace("[", ".").replace("]", "")
        for finding in caught.value.findings
        if "unknown key" not in finding.problem and "neither" not in finding.problem
    }
    assert of_values - {"regions.eu-west-9"} <= paths_of_errors(file)


def test_every_key_is_described() -> None:
    def keys(node: Any, trail: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                yield f"{trail}.{name}", inner
            for name, inner in node.items():
                yield from keys(inner, f"{trail}.{name}")

    found = dict(keys(schema(), ""))
    assert len(found) > 30
    assert [trail for trail, key in found.items() if not key.get("description")] == []


def test_no_section_takes_an_unknown_key() -> None:
    body = schema()
    sections = [body, *body["$defs"].values()]
    assert [section["title"] for section in sections if section.get("additionalProperties") is not False] == []


def test_a_name_that_does_not_fit_is_refused() -> None:
    plain = yaml.safe_load(SHOP.read_text())
    plain["plans"]["Big Plan"] = plain["plans"]["free"]
    assert not Draft202012Validator(schema()).is_valid(plain)


def test_a_range_is_only_the_parsers() -> None:
    plain = yaml.safe_load(SHOP.read_text())
    plain["services"]["users"]["timeout"] = "30s"
    assert Draft202012Validator(schema()).is_valid(plain)
    plain["services"]["users"]["timeout"] = 30
    assert not Draft202012Validator(schema()).is_valid(plain)
