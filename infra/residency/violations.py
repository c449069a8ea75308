"""A proof that failed as violations of templates, for whoever checks them at synthesis. Pure.

Each is one kind of leak by its shortest path, at the record that begins it; what is no leak of a record (a gap, a side path, a
template that cannot be read) is at its own place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from infra.errors import ConfigError, Refused
from infra.residency.proof import Leak, Proof, prove
from infra.residency.report import leak_lines, leaks_alike
from infra.residency.side_paths import SidePath, side_paths
from infra.residency.template import TemplateText, read_templates
from infra.residency.territory import Territory

__all__ = ["RULES", "Violation", "violations"]

RULES = {
    "residency-leak": "Keep the record inside: docs/residency.md says what a safe zone looks like",
    "residency-gap": "Close the gap: what has no rule is not proved",
    "residency-side-path": "Keep the data inside, or take the resource out of the EU's stack",
    "residency-unread": "Write out what only a deployment would know: a record that cannot be read may be the one that leaks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that must not be deployed.

    Args:
        rule: a key of ``RULES``.
        text: what happens, over several lines: the shortest path to it.
        file: the template.
        resource: its logical id, "" when no resource is to blame.
        location: the place below the resource.
    """

    rule: str
    text: str
    file: str = ""
    resource: str = ""
    location: str = ""

    @property
    def fix(self) -> str:
        return RULES[self.rule]


def violations(texts: Sequence[TemplateText], *, territory: Territory, allowed: Collection[str]) -> list[Violation]:
    """What keeps these templates from being proved; empty when they are, and when they answer for no name at all."""
    try:
        read = read_templates(texts)
        side = [path for path in side_paths(read.scopes, allowed) if path.leaks]
        found = [_of_side_path(path) for path in side]
        if not read.zone.groups:
            return found
        proof = prove(read.zone, territory=territory, allowed=allowed, file="templates")
    except ConfigError as error:
        return [
            Violation(
                rule="residency-unread",
                text=f"{finding.path} {finding.problem}. {finding.advice}.",
                file=finding.file,
                resource=_logical_id(finding.path.removeprefix("Resources.")),
                location=finding.path,
            )
            for finding in error.findings
        ]
    except Refused as error:
        return [Violation(rule="residency-unread", text=str(error))]
    files = {scope.stack: scope.file for scope in read.scopes}
    checks = {check: f"{check} ({about.probes})" for check, about in read.zone.checks.items() if about.probes}
    return [*_of_proof(proof, files, checks), *found]


def _of_proof(proof: Proof, files: dict[str, str], checks: dict[str, str]) -> Iterator[Violation]:
    for name in proof.names:
        for group in leaks_alike(name.leaks):
            stack, _, path = _begin(group[0]).partition("/")
            yield Violation(
                rule="residency-leak",
                text="\n  ".join(line.strip() for line in leak_lines(group, checks)),
                file=files.get(stack, ""),
                resource=_logical_id(path),
                location=path,
            )
        for gap in name.gaps:
            yield Violation(rule="residency-gap", text=f"{gap.name} {gap.problem}. {gap.advice}.")


def _begin(leak: Leak) -> str:
    """The first record of the path decides that it leaks: the others are below it."""
    return leak.steps[0].record.origin if leak.steps else ""


def _of_side_path(path: SidePath) -> Violation:
    logical_id = path.resource.partition(" ")[0]
    return Violation(
        rule="residency-side-path", text=str(path), file=path.template, resource=logical_id, location=logical_id
    )


def _logical_id(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
