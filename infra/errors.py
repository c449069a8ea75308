"""The error tree of the project: every failure a user can meet is one of these, and carries its exit code.

    GatewrightError                exit 1: it failed, the message says where, what and what to do next
    ├── ConfigError                gateway.yaml is wrong; holds every finding, not the first
    ├── Refused                    exit 2: understood and not done, because it would be unsafe or meaningless
    │   ├── NothingToDo            there is no gateway or no canary to act on in this region
    │   └── Locked                 another operator holds the lock of this gateway in this region
    ├── CommandFailed              a command we ran (cdk, npm) ended with an error
    ├── CloudError                 AWS answered with an error that we did not expect
    │   ├── AccessDenied           the identity lacks a permission
    │   ├── Conflict               something else changes or uses the resource
    │   ├── CredentialsProblem     credentials are missing, unknown or have run out
    │   ├── NotFound               the resource is not there
    │   ├── Throttled              AWS asks for patience
    │   └── Unreachable            no answer from the endpoint
    └── LocalError                 the embedded AWS cannot start or is not there
        ├── PortTaken              something else listens on the port
        ├── ToolMissing            a program or package that `make up` should have installed is not there
        └── SeamChanged            ministack no longer has the shape this version was built for

Exit codes: 0 done, 1 failed, 2 a difference or a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "AccessDenied",
    "CloudError",
    "CommandFailed",
    "ConfigError",
    "Conflict",
    "CredentialsProblem",
    "Finding",
    "GatewrightError",
    "LocalError",
    "Locked",
    "NotFound",
    "NothingToDo",
    "PortTaken",
    "Refused",
    "SeamChanged",
    "Throttled",
    "ToolMissing",
    "Unreachable",
]


class GatewrightError(Exception):
    """Base of everything this project raises on purpose."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong in a file.

    Args:
        file: the file's path as the user gave it.
        line: 1-based line, 0 when the place is not known.
        column: 1-based column, 0 when the place is not known.
        path: where in the document, for example ``services.orders.timeout``.
        problem: what is wrong, with the value that was found.
        advice: the rule and what to do.
    """

    file: str
    line: int
    column: int
    path: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.problem}. {self.advice}"


class ConfigError(GatewrightError):
    """gateway.yaml cannot be used; raised once with all findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(f) for f in self.findings))


class Refused(GatewrightError):
    """The request was understood and not carried out; nothing was changed."""

    exit_code = 2


class Locked(Refused):
    """Another operator holds the lock; the message names who and until when."""


class NothingToDo(Refused):
    """There is no gateway, or no canary, to act on in this region; other regions may have one."""


class CommandFailed(GatewrightError):
    """A program that we ran ended with a non-zero exit code."""


class CloudError(GatewrightError):
    """AWS answered with an error that no step expected."""


class AccessDenied(CloudError):
    """The identity that we use lacks a permission."""


class Conflict(CloudError):
    """Something else is changing the resource, or still uses it."""


class CredentialsProblem(CloudError):
    """Credentials are missing, unknown to AWS, or have run out."""


class NotFound(CloudError):
    """The resource is not there."""


class Throttled(CloudError):
    """AWS answered too many requests even to the retries."""


class Unreachable(CloudError):
    """The endpoint gave no answer."""


class LocalError(GatewrightError):
    """The embedded AWS cannot start, or is not running."""


class PortTaken(LocalError):
    """Something that is not our engine listens on the port."""


class ToolMissing(LocalError):
    """A program or package that the set-up installs is not there."""


class SeamChanged(LocalError):
    """The pinned ministack does not have the private shape that the engine builds on."""
