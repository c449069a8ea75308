"""Rules that need more than one value of gateway.yaml, or the folder beside it. Pure but for seeing whether files exist.

They read the plain data and not the finished model, and pass over what has the wrong type: so a wrong unit in one
service does not hide that two others have the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from infra.config import auth_rules, breaker_rules, dns_rules, objective_rules, release_rules, tracing_rules
from infra.config.regions import known_regions
from infra.config.source import Source, Where, read, spell
from infra.config.syntax import comparable, segments
from infra.errors import Finding

__all__ = ["check", "values"]

Rule = Callable[[Source], Iterator[Finding]]
# Lambda's limit for all names and values together (Lambda quotas, "Function environment variables").
ENVIRONMENT_BYTES_MAX = 4_096


def check(source: Source, folder: Path | None) -> list[Finding]:
    """Every finding of every rule; the rules about files only with a folder."""
    found = [finding for rule in RULES for finding in rule(source)]
    if folder is not None:
        found.extend(_files(source, folder))
    return found


def _section(source: Source, *where: str) -> dict[str, Any]:
    """The mapping at a place, empty when there is none."""
    value: Any = source.plain
    for step in where:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _services(source: Source) -> Iterator[tuple[Where, str, dict[str, Any]]]:
    for name, entry in _section(source, "services").items():
        if isinstance(entry, dict):
            yield ("services", name), name, entry


def values(source: Source) -> Iterator[tuple[Where, Finding]]:
    """Every key has a value: one that was left empty is more often forgotten than meant. Of any YAML file."""
    reported = {finding.path for finding in source.findings}
    for where in source.values:
        if where and _at(source, where) is None and spell(where) not in reported:
            yield where, source.finding(where, "there is no value", "Give one, or remove the key", at_key=True)


def _at(source: Source, where: Where) -> object:
    value: Any = source.plain
    for step in where:
        value = value[step]
    return value


def jurisdictions(source: Source) -> Iterator[Finding]:
    """A region serves the law it stands on, or nobody's in particular."""
    for name, entry in _section(source, "regions").items():
        told = entry.get("jurisdiction") if isinstance(entry, dict) else None
        fact = known_regions().get(name)
        if fact is None or told not in ("eu", "us") or told == fact["jurisdiction"]:
            continue
        yield source.finding(
            ("regions", name, "jurisdiction"),
            f"{name} lies in {fact['place']} and is declared {told!r}",
            f"Declare {fact['jurisdiction']!r}"
            + (", or 'other' to serve neither" if fact["jurisdiction"] != "other" else ""),
        )


def backends(source: Source) -> Iterator[Finding]:
    """A service is a Lambda function or an endpoint: one, and only with the keys that it has."""
    for where, _, entry in _services(source):
        if "lambda" in entry and "url" in entry:
            yield source.finding(
                (*where, "url"), "both 'lambda' and 'url' are given", "Keep the one that answers", at_key=True
            )
        elif "lambda" not in entry and "url" not in entry:
            yield source.finding(where, "neither 'lambda' nor 'url' is given", "Give one", at_key=True)
        if "url" in entry and "lambda" not in entry:
            for key in ("memory", "environment"):
                if key in entry:
                    yield source.finding(
                        (*where, key), f"{key!r} is for a Lambda function, this is a url", "Remove it", at_key=True
                    )


def methods(source: Source) -> Iterator[Finding]:
    """The methods come from one place, each once."""
    for where, _, entry in _services(source):
        if "methods" not in entry:
            continue
        listed = entry["methods"] if isinstance(entry["methods"], list) else []
        names = [name for name in listed if isinstance(name, str)]
        if "operations" in entry:
            yield source.finding(
                (*where, "methods"), "the operations already name the methods", "Remove 'methods'", at_key=True
            )
        if "ANY" in names and len(names) > 1:
            yield source.finding((*where, "methods"), "ANY together with others", "ANY is every method; keep one form")
        if len(set(names)) < len(names):
            yield source.finding((*where, "methods"), "a method is listed twice", "List each once")


def environments(source: Source) -> Iterator[Finding]:
    """Lambda keeps at most 4 kB of environment."""
    for where, _, entry in _services(source):
        pairs = entry.get("environment")
        if not isinstance(pairs, dict):
            continue
        size = sum(len(f"{name}{value}".encode()) for name, value in pairs.items())
        if size > ENVIRONMENT_BYTES_MAX:
            yield source.finding(
                (*where, "environment"),
                f"names and values have {size} bytes",
                f"Lambda accepts {ENVIRONMENT_BYTES_MAX}; keep larger settings in SSM or S3",
                at_key=True,
            )


def names(source: Source) -> Iterator[Finding]:
    """Two services keep different names where hyphens cannot be written (models, logical ids)."""
    first: dict[str, str] = {}
    for where, name, _ in _services(source):
        bare = name.replace("-", "").lower()
        if bare in first:
            yield source.finding(
                where,
                f"{name!r} and {first[bare]!r} differ in hyphens only",
                "Rename one: model names and logical ids have letters and digits only",
                at_key=True,
            )
        first.setdefault(bare, name)


def paths(source: Source) -> Iterator[Finding]:
    """Two services share no request: API Gateway has one resource tree, and a service owns a whole branch of it."""
    prefixes = [
        (where, name, entry["path"]) for where, name, entry in _services(source) if isinstance(entry.get("path"), str)
    ]
    for (_, one, upper), (where, other, lower) in combinations(prefixes, 2):
        if problem := _overlap(one, upper, other, lower):
            yield source.finding((*where, "path"), problem, "Give each service a prefix of its own, side by side")


def _overlap(one: str, upper: str, other: str, lower: str) -> str | None:
    """Why the two prefixes cannot live together."""
    a, b = comparable(upper), comparable(lower)
    if a == b:
        same = "is also the path" if upper == lower else f"differs only by the names in braces from {upper!r}"
        return f"{lower!r} of {other!r} {same} of {one!r}"
    short = min(len(a), len(b))
    if a[:short] == b[:short]:
        outer, prefix = (one, upper) if len(a) < len(b) else (other, lower)
        return f"{lower!r} of {other!r} overlaps {upper!r} of {one!r}: all below {prefix!r} belongs to {outer!r}"
    for x, y in zip(segments(upper), segments(lower), strict=False):
        if x == y:
            continue
        if x.startswith("{") and y.startswith("{"):
            # Recorded: "A sibling ({x}) of this resource already has a variable path part -- only one is allowed".
            return (
                f"{lower!r} of {other!r} calls {y} what {upper!r} of {one!r} calls {x}; a place in a path has one name"
            )
        break
    return None


RULES: tuple[Rule, ...] = (
    jurisdictions,
    backends,
    methods,
    environments,
    names,
    paths,
    *release_rules.RULES,
    *auth_rules.RULES,
    *dns_rules.RULES,
    *objective_rules.RULES,
    *breaker_rules.RULES,
    *tracing_rules.RULES,
)


def _files(source: Source, folder: Path) -> Iterator[Finding]:
    """What the file names is there."""
    for where, _, entry in _services(source):
        code = entry.get("lambda")
        if isinstance(code, str) and not _exists(folder / code / "handler.py"):
            yield source.finding(
                (*where, "lambda"), f"there is no {code}/handler.py", f"Add it below {folder.name or folder}/"
            )
        operations = entry.get("operations")
        if isinstance(operations, str):
            for problem in _operations(folder, operations):
                yield source.finding((*where, "operations"), *problem)
            yield from _scoped_methods(source, where, folder / operations)


def _operations(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Whether the file can be an OpenAPI fragment at all; `infra.openapi` checks what is in it."""
    if not _exists(folder / name):
        yield f"there is no {name}", "Add it, or remove the key"
        return
    try:
        fragment = read((folder / name).read_text(encoding="utf-8"), file=name)
    except (OSError, ValueError):
        yield f"{name} is no text file", "Give an OpenAPI 3.0 fragment in YAML"
        return
    if fragment.findings:
        yield f"{name} cannot be read: line {fragment.findings[0].line}: {fragment.findings[0].problem}", "Correct it"
    elif not isinstance(fragment.plain, dict) or not isinstance(fragment.plain.get("paths"), dict):
        yield f"{name} has no paths", "Give an OpenAPI 3.0 fragment, its paths relative to the service's"


def _scoped_methods(source: Source, where: Where, operations: Path) -> Iterator[Finding]:
    """A scope of a method that no operation has would protect nothing, and its writer thinks it does."""
    scopes = _section(source, *map(str, where), "scopes")
    if not scopes:
        return
    try:
        fragment = read(operations.read_text(encoding="utf-8"), file=operations.name)
    except (OSError, ValueError):
        return
    items = _section(fragment, "paths").values()
    known = {str(key).upper() for item in items if isinstance(item, dict) for key in item}
    for method in scopes:
        if method != "ANY" and method not in known:
            yield source.finding(
                (*where, "scopes", method), f"no operation of the service is a {method}", "Remove it", at_key=True
            )


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL: reported by its own rule
        return True
