"""Fragments: every finding with its place, for any text."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config.model import Service
from infra.errors import ConfigError, Finding
from infra.openapi import assemble, dumps, parse_fragment, read_fragments
from tests.infra.openapi.gateways import FIXTURES, gateway

PETS = (FIXTURES / "pets.yaml").read_text()
GET = "paths:\n  /:\n    get: {operationId: a, responses: {200: {description: ok}}}\n"


def findings(text: str) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_fragment(text, file="o.yaml")
    return caught.value.findings


def operation(path: str, rest: str = "", *, name: str = "a") -> str:
    return f"  '{path}':\n    get: {{operationId: {name}, responses: {{200: {{description: ok}}}}{rest}}}\n"


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        pytest.param("", "(top)", "empty", id="empty"),
        pytest.param("[]", "(top)", "not a mapping", id="list"),
        pytest.param("paths: {}", "paths", "empty", id="no path"),
        pytest.param("paths: {/: {}}", "paths./", "no operation", id="no operation"),
        pytest.param("paths: {a: {}}", "paths.a", "not accepted", id="path without slash"),
        pytest.param("paths:\n" + operation("/{a+}"), "paths./{a+}", "not accepted", id="greedy path"),
        pytest.param("paths:\n" + operation("/x{a}"), "paths./x{a}", "not accepted", id="part of a segment"),
        pytest.param("servers: []\n" + GET, "servers", "unknown key", id="servers"),
        pytest.param("x-a: 1\n" + GET, "x-a", "unknown key", id="extension"),
        pytest.param("openapi: 3.1.0\n" + GET, "openapi", "not accepted", id="OpenAPI 3.1"),
        pytest.param("paths: {/: {trace: {}}}", "paths./.trace", "unknown key", id="trace"),
        pytest.param("paths:\n" + operation("/", ", security: []"), "paths./.get.security", "unknown", id="security"),
        pytest.param(
            "paths:\n" + operation("/", ", parameters: [{name: a, in: cookie, schema: {}}]"),
            "paths./.get.parameters[0].in",
            "not accepted",
            id="cookie",
        ),
        pytest.param("paths:\n" + operation("/{a}"), "paths./{a}.get", "no parameter", id="variable not declared"),
        pytest.param(
            "paths:\n" + operation("/", ", parameters: [{name: a, in: path, required: true, schema: {}}]"),
            "paths./.get",
            "no {a}",
            id="parameter not in the path",
        ),
        pytest.param(
            "paths:\n" + operation("/{a}", ", parameters: [{name: a, in: path, schema: {}}]"),
            "paths./{a}.get",
            "not required",
            id="optional path parameter",
        ),
        pytest.param("paths: {/: {get: {operationId: a, responses: {2XX: {description: a}}}}}", "paths./.get.responses.2XX", "not accepted", id="2XX"),
        pytest.param(GET + "components: {schemas: {A-b: {}}}", "components.schemas.A-b", "not accepted", id="model name"),
        pytest.param(GET + "components: {schemas: {A: {nullable: true}}}", "components.schemas.A.nullable", "no 'nullable'", id="nullable"),
        pytest.param(GET + "components: {schemas: {A: {discriminator: {}}}}", "components.schemas.A.discriminator", "no 'discriminator'", id="discriminator"),
        pytest.param(GET + "components: {schemas: {A: {items: 1}}}", "components.schemas.A.items", "not a mapping", id="no schema"),
        pytest.param(GET + "components: {schemas: {A: {type: [string]}}}", "components.schemas.A.type", "not accepted", id="list of types"),
        pytest.param(GET + "components: {schemas: {A: {properties: {b: {x-c: 1}}}}}", "components.schemas.A.properties.b.x-c", "unknown key", id="extension of a schema"),
        pytest.param(GET + "components: {schemas: {A: {$ref: '#/components/schemas/B'}}}", "components.schemas.A.$ref", "not here", id="unknown reference"),
        pytest.param(GET + "components: {schemas: {A: {$ref: 'https://a.example'}}}", "components.schemas.A.$ref", "not here", id="foreign reference"),
    ],
)  # fmt: skip
def test_a_finding(text: str, path: str, problem: str) -> None:
    found = [finding for finding in findings(text) if finding.path == path]

    assert [problem in finding.problem for finding in found] == [True]
    assert found[0].line >= 1


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param("{minLenght: 1}", id="named schema"),
        pytest.param("{properties: {a: {items: {allOf: [{minLenght: 1}]}}}}", id="schema in a schema"),
    ],
)
def test_a_misspelled_keyword_names_the_near_one(schema: str) -> None:
    (finding,) = findings(GET + f"components: {{schemas: {{A: {schema}}}}}")

    assert finding.advice.startswith("Did you mean 'minLength'?")


def test_a_key_without_a_value_is_one_finding() -> None:
    assert [(f.path, f.problem) for f in findings(GET + "components:\n")] == [("components", "there is no value")]


def test_null_is_a_value_of_an_enum() -> None:
    assert parse_fragment(GET + "components: {schemas: {A: {enum: [null], default: null}}}", file="o.yaml")


def test_two_names_for_one_place_in_a_path() -> None:
    parameter = ", parameters: [{{name: {0}, in: path, required: true, schema: {{}}}}]"
    text = "paths:\n" + operation("/{a}", parameter.format("a")) + operation("/{b}/c", parameter.format("b"), name="c")

    assert [(f.path, f.line) for f in findings(text)] == [("paths./{b}/c", 4)]


def test_all_findings_at_once() -> None:
    text = GET + "components: {schemas: {A: {nullable: true}, B: {items: {nullable: true}}}}"

    assert [f.path for f in findings(text)] == ["components.schemas.A.nullable", "components.schemas.B.items.nullable"]


def test_what_aws_does_not_apply_is_a_warning_with_its_place() -> None:
    (warning,) = parse_fragment(PETS, file="pets.yaml").warnings

    assert warning.path == "components.schemas.Pet.properties.tags.maxItems"
    assert PETS.splitlines()[warning.line - 1][warning.column - 1 :].startswith("maxItems")


def test_fragments_are_read_below_the_folder_and_all_findings_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GET)
    (tmp_path / "same.yaml").write_text(GET)
    (tmp_path / "bad.yaml").write_text("[]")
    model = gateway(
        *(
            Service(name=name, path=f"/{name}", lambda_folder="l", operations=f"{name}.yaml")
            for name in ("good", "same", "bad", "none")
        )
    )
    with pytest.raises(ConfigError) as caught:
        read_fragments(model, folder=tmp_path)

    assert [(f.file, f.path) for f in caught.value.findings] == [
        ("bad.yaml", "(top)"),
        ("none.yaml", "(top)"),
        ("same.yaml", "paths./.get.operationId"),
    ]


def test_an_operation_is_not_called_as_a_generated_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GET.replace("operationId: a", "operationId: oldAnyBelow"))
    model = gateway(
        Service(name="old", path="/old", url="https://old.example"),
        Service(name="a", path="/a", lambda_folder="l", operations="a.yaml"),
    )
    with pytest.raises(ConfigError, match="'oldAnyBelow' is also an operation of 'old'"):
        read_fragments(model, folder=tmp_path)


@given(st.data())
@settings(max_examples=200)
def test_no_cut_of_a_fragment_gives_a_traceback(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PETS)))
    end = data.draw(st.integers(start, min(len(PETS), start + 12)))
    piece = st.sampled_from(["{", "}", "[", "[]", "1", "null", "{}", "&a ", "$ref: 1"]) | st.text(max_size=6)
    with contextlib.suppress(ConfigError):
        fragment = parse_fragment(PETS[:start] + data.draw(piece) + PETS[end:], file="o.yaml")
        # What passes can be built.
        model = gateway(Service(name="pets", path="/pets", url="https://pets.example", operations="o.yaml"))
        assert dumps(assemble(model, fragments={"pets": fragment}, functions={}))
