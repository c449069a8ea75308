"""gateway.yaml to model: the good files, every finding of the bad ones with its place, and no traceback for any text."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config import Gateway, load, parse
from infra.config.model import (
    ForwardedAddress,
    Jurisdiction,
    Limits,
    ManagedRules,
    PerIp,
    Quota,
    Region,
    Release,
    Service,
)
from infra.errors import ConfigError, Finding

HERE = Path(__file__).parent / "fixtures"
SHOP = Path(__file__).parents[3] / "gateway.yaml"
EVERYTHING = (HERE / "good" / "everything.yaml").read_text()
SMALL = "gateway: g\nregions:\n  eu-west-1: {jurisdiction: eu}\nservices:\n"


def findings(text: str, *, folder: Path | None = None) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, file="gateway.yaml", folder=folder)
    return caught.value.findings


def service(entry: str, *, rest: str = "") -> str:
    return f"{SMALL}  users: {entry}\n{rest}"


def test_shop_keeps_the_order_of_regions_and_the_units() -> None:
    gateway = parse(SHOP.read_text(), file="gateway.yaml", folder=None)

    assert [region.name for region in gateway.regions] == ["us-east-1", "eu-west-1"]
    assert [service.name for service in gateway.services] == ["users", "products", "orders", "checkout"]
    assert gateway.services[3].timeout_ms == 10_000
    assert gateway.plans[0].quota == Quota(limit=10_000, period="MONTH")
    assert gateway.release == Release(stage="live", steps_percent=(10.0, 50.0), bake_seconds=900, keep=10)
    assert gateway.log_retention_days == 30


def test_everything_that_can_be_said() -> None:
    gateway = parse(EVERYTHING, file="gateway.yaml", folder=None)

    users, legacy = gateway.services
    assert (users.timeout_ms, users.memory_mb, users.requires_api_key) == (250, 1024, True)
    assert users.environment == {"LEVEL": "1", "MODE": "on"}
    assert (legacy.url, legacy.methods) == ("https://legacy.example/base/", ("GET", "POST"))
    assert gateway.regions[2] == Region(name="eu-west-2", jurisdiction=Jurisdiction.OTHER)
    assert gateway.limits.stage is not None
    assert gateway.limits.stage.rate_per_second == 0.5
    assert gateway.release.steps_percent == (0.5, 10.0, 100.0)
    assert gateway.release.bake_seconds == 3600


def test_what_is_left_out_has_the_models_own_default() -> None:
    gateway = parse((HERE / "good" / "smallest.yaml").read_text(), file="gateway.yaml", folder=None)

    assert gateway == Gateway(
        name="g",
        regions=(Region(name="eu-west-1", jurisdiction=Jurisdiction.EU),),
        services=(Service(name="a", path="/", url="http://localhost:8080"),),
    )


@pytest.mark.parametrize("name", ["shape", "rules", "list", "missing"])
def test_every_finding_of_a_bad_file_at_once(name: str, snapshot: object) -> None:
    text = (HERE / "bad" / f"{name}.yaml").read_text()

    assert [str(finding) for finding in findings(text)] == snapshot


@pytest.mark.parametrize(
    ("entry", "path", "problem"),
    [
        pytest.param("{path: /u, lambda: l, timeout: 5}", "timeout", "no unit", id="bare number"),
        pytest.param(
            "{path: /u, lambda: l, timeout: 49ms}", "timeout", "out of range", id="timeout below API Gateway's"
        ),
        pytest.param("{path: /u, lambda: l, timeout: 29001ms}", "timeout", "out of range", id="timeout above"),
        pytest.param("{path: /u, lambda: l, timeout: 5m}", "timeout", "not a quantity", id="unit of another kind"),
        pytest.param("{path: /u, lambda: l, timeout: 0.0505s}", "timeout", "whole number", id="half a millisecond"),
        pytest.param("{path: /u, lambda: l, memory: 127MB}", "memory", "out of range", id="memory below"),
        pytest.param("{path: /u, lambda: l, memory: 11GB}", "memory", "out of range", id="memory above"),
        pytest.param("{path: u, lambda: l}", "path", "not accepted", id="path without slash"),
        pytest.param("{path: /u/, lambda: l}", "path", "not accepted", id="path with slash at the end"),
        pytest.param("{path: '/u/{proxy+}', lambda: l}", "path", "not accepted", id="greedy path"),
        pytest.param("{path: '/{a}/{a}', lambda: l}", "path", "twice", id="variable twice"),
        pytest.param("{path: /u/.., lambda: l}", "path", "never arrives", id="dots"),
        pytest.param("{path: /sping, lambda: l}", "path", "reserved", id="reserved by API Gateway"),
        pytest.param("{path: /u, lambda: ../l}", "lambda", "not accepted", id="folder above"),
        pytest.param("{path: /u, lambda: /etc}", "lambda", "not accepted", id="absolute folder"),
        pytest.param("{path: /u, url: 'http://x.example'}", "url", "in clear", id="http"),
        pytest.param("{path: /u, url: 'https://x.example/?a=1'}", "url", "not accepted", id="query"),
        pytest.param("{path: /u, url: 'https://[::1/'}", "url", "Invalid IPv6", id="broken host"),
        pytest.param("{path: /u, url: 'https://x:99999/'}", "url", "Port out of range", id="broken port"),
        pytest.param("{path: /u, lambda: l, environment: {A1: 1}}", "environment.A1", "not text", id="number as text"),
        pytest.param("{path: /u, lambda: l, environment: {AWS_X: a}}", "environment.AWS_X", "not accepted", id="AWS_"),
        pytest.param("{path: /u, lambda: l, methods: []}", "methods", "empty", id="no method"),
        pytest.param("{path: /u, lambda: l, methods: [GET, GET]}", "methods", "twice", id="method twice"),
        pytest.param(
            "{path: /u, lambda: l, operations: o, methods: [GET]}", "methods", "already", id="methods given twice"
        ),
        pytest.param("{path: /u, lambda: l, timeout: }", "timeout", "no value", id="value left out"),
        pytest.param("{path: /u, lambda: l, api_key: yes}", "api_key", "not accepted", id="yes is text"),
    ],
)
def test_a_services_value(entry: str, path: str, problem: str) -> None:
    (finding,) = findings(service(entry))

    assert finding.path == f"services.users.{path}"
    assert problem in finding.problem
    assert finding.line == 5


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        pytest.param("", 1, 1, "empty", id="empty"),
        pytest.param("# only a comment\n", 1, 1, "empty", id="comment"),
        pytest.param("null", 1, 1, "not a mapping", id="null"),
        pytest.param("a: b: c", 1, 5, "not YAML", id="does not parse"),
        pytest.param("a: b\n\tc: d", 2, 1, "not YAML", id="tab"),
        pytest.param("a: 1\n---\nb: 2", 2, 1, "not YAML", id="two documents"),
        pytest.param("a: \x07", 1, 4, "U+0007", id="control character"),
        pytest.param("[" * 500, 1, 41, "nesting", id="deep"),
        pytest.param("a: &a [x]\nb: [" + "*a, " * 101 + "]", 2, 405, "aliases", id="many aliases"),
        pytest.param("a: &a [*a]", 1, 4, "endless", id="alias of itself"),
    ],
)
def test_text_that_is_no_gateway(text: str, line: int, column: int, problem: str) -> None:
    (finding,) = [finding for finding in findings(text) if problem in finding.problem]

    assert (finding.line, finding.column) == (line, column)


def test_a_file_that_nests_without_end_stays_small() -> None:
    assert len(findings("[" * 500_000)) == 1
    assert "characters" in findings("a" * 2_000_000)[0].problem


def test_an_alias_bomb_stays_small() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert any("too large" in finding.problem for finding in findings("\n".join(lines)))


def test_a_key_given_twice_is_reported_with_both_places() -> None:
    found = findings(service("{path: /u, lambda: l}", rest="gateway: h\n"))

    assert [(f.line, f.column, f.path) for f in found] == [(6, 1, "gateway")]
    assert "first in line 1" in found[0].problem


def test_an_unknown_key_names_the_near_one_of_its_own_section() -> None:
    text = f"{SMALL}  path: {{path: /u, lambda: l, timeuot: 5s}}\n"

    assert findings(text)[0].advice.startswith("Did you mean 'timeout'? Known here: path, lambda,")


def test_one_wrong_unit_does_not_hide_an_overlap() -> None:
    text = f"{SMALL}  a: {{path: /u, lambda: l, timeout: 5}}\n  b: {{path: /u/x, lambda: l}}\n"

    assert [finding.path for finding in findings(text)] == ["services.a.timeout", "services.b.path"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("/api/a", "/api/b", id="side by side"),
        pytest.param("/api/a", "/api/ab", id="common letters are no common segment"),
        pytest.param("/api/{x}/a", "/api/{x}/b", id="same variable"),
        pytest.param("/api/{x}/a", "/api/y/b", id="variable beside text"),
    ],
)
def test_prefixes_that_can_live_together(one: str, other: str) -> None:
    text = f"{SMALL}  a: {{path: '{one}', lambda: l}}\n  b: {{path: '{other}', lambda: l}}\n"

    assert len(parse(text, file="gateway.yaml", folder=None).services) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("/a", "/a", id="same"),
        pytest.param("/a/{x}", "/a/{y}", id="same but for names"),
        pytest.param("/a", "/a/b", id="below"),
        pytest.param("/a/b", "/a", id="above"),
        pytest.param("/", "/a", id="root"),
        pytest.param("/a/{x}/b", "/a/{y}", id="below a variable"),
        pytest.param("/a/{x}/b", "/a/{y}/c", id="two names for one place"),
    ],
)
def test_prefixes_that_cannot(one: str, other: str) -> None:
    text = f"{SMALL}  a: {{path: '{one}', lambda: l}}\n  b: {{path: '{other}', lambda: l}}\n"

    (finding,) = findings(text)
    assert finding.path == "services.b.path"


def test_files_that_are_named_must_exist(tmp_path: Path) -> None:
    text = service("{path: /u, lambda: code, operations: code/o.yaml}")
    assert [f.path for f in findings(text, folder=tmp_path)] == ["services.users.lambda", "services.users.operations"]

    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").touch()
    (tmp_path / "code" / "o.yaml").write_text("paths: {/: {}}")
    assert parse(text, file="gateway.yaml", folder=tmp_path).services[0].lambda_folder == "code"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(b"a: [", "o.yaml cannot be read: line", id="no YAML"),
        pytest.param(b"", "o.yaml cannot be read: line 1: the file is empty", id="empty"),
        pytest.param(b"paths: []", "o.yaml has no paths", id="no paths"),
        pytest.param(b"\xff", "o.yaml is no text file", id="no text"),
    ],
)
def test_operations_must_be_a_fragment(tmp_path: Path, text: bytes, problem: str) -> None:
    (tmp_path / "o.yaml").write_bytes(text)

    (finding,) = findings(service("{path: /u, url: 'https://u.example', operations: o.yaml}"), folder=tmp_path)
    assert finding.path == "services.users.operations"
    assert finding.problem.startswith(problem)


def test_a_limit_per_address_says_what_it_leaves_out() -> None:
    told = service("{path: /u, lambda: l}", rest="limits: {per_ip: {requests: 100}}\n")
    assert parse(told, file="gateway.yaml", folder=None).limits == Limits(
        per_ip=PerIp(
            requests=100,
            window_seconds=60,
            forwarded=None,
            managed_rules=ManagedRules(known_bad_inputs="block", common="count"),
        )
    )


def test_a_limit_per_address_whole() -> None:
    told = service(
        "{path: /u, lambda: l}",
        rest="limits: {per_ip: {requests: 2000000000, window: 600s, forwarded: {header: X-Forwarded-For, "
        "fallback: no_match}, managed_rules: {known_bad_inputs: off, common: block}}}\n",
    )
    assert parse(told, file="gateway.yaml", folder=None).limits.per_ip == PerIp(
        requests=2_000_000_000,
        window_seconds=600,
        forwarded=ForwardedAddress(header="X-Forwarded-For", fallback="no_match"),
        managed_rules=ManagedRules(known_bad_inputs="off", common="block"),
    )


@pytest.mark.parametrize(
    ("per_ip", "path", "said"),
    [
        pytest.param("{requests: 9}", "limits.per_ip.requests", "at least 10", id="fewer than WAF counts"),
        pytest.param(
            "{requests: 2000000001}", "limits.per_ip.requests", "at most 2000000000", id="more than WAF counts"
        ),
        pytest.param(
            "{requests: 100, window: 90s}", "limits.per_ip.window", "60s, 120s, 300s or 600s", id="no window of WAF"
        ),
        pytest.param("{requests: 100, window: 60}", "limits.per_ip.window", "unit", id="no unit"),
        pytest.param(
            "{requests: 100, forwarded: {fallback: match}}", "limits.per_ip.forwarded.header", "missing", id="no header"
        ),
        pytest.param(
            "{requests: 100, forwarded: {header: X_F}}",
            "limits.per_ip.forwarded.header",
            "hyphens",
            id="no header name",
        ),
        pytest.param(
            "{requests: 100, forwarded: {header: X, fallback: maybe}}",
            "limits.per_ip.forwarded.fallback",
            "no_match",
            id="no fallback of WAF",
        ),
        pytest.param(
            "{requests: 100, managed_rules: {common: on}}",
            "limits.per_ip.managed_rules.common",
            "'off'",
            id="no mode",
        ),
        pytest.param(
            "{requests: 100, managed_rules: {sqli: count}}",
            "limits.per_ip.managed_rules.sqli",
            "common",
            id="no such group",
        ),
    ],
)
def test_a_limit_per_address_that_waf_does_not_know(per_ip: str, path: str, said: str) -> None:
    (finding,) = findings(service("{path: /u, lambda: l}", rest=f"limits: {{per_ip: {per_ip}}}\n"))
    assert finding.path == path
    assert said in str(finding)


def test_load_reads_the_file_and_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text((HERE / "good" / "smallest.yaml").read_text())
    assert load(file).name == "g"

    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml")


def gateway_or_findings(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(parse(text, file="gateway.yaml", folder=Path(__file__).parent), Gateway)


@given(st.text())
def test_no_text_gives_a_traceback(text: str) -> None:
    gateway_or_findings(text)


@given(st.data())
@settings(max_examples=200)
def test_no_cut_of_the_good_file_gives_a_traceback(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EVERYTHING)))
    end = data.draw(st.integers(start, min(len(EVERYTHING), start + 12)))
    piece = st.sampled_from(
        ["{", "}", "[", "&a ", "*a", "!!int ", "!!python/name:x ", "? ", "null", '"\\ud800"', "1e999"]
    )
    gateway_or_findings(EVERYTHING[:start] + data.draw(piece | st.text(max_size=6)) + EVERYTHING[end:])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=200)
def test_no_value_in_the_wrong_place_gives_a_traceback(data: st.DataObject) -> None:
    plain = yaml.safe_load(EVERYTHING)
    node = plain
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node)))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(VALUES)
            break
        node = node[key]
    gateway_or_findings(yaml.safe_dump(plain, sort_keys=False))
