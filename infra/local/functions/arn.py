"""Function references: the ARN and name forms that Lambda accepts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["FunctionReference", "parse_reference"]

_FORMS = re.compile(
    r"^(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]{1,128}))?$"
)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """Which function, where. ``qualifier`` is a version, an alias, "$LATEST" or None (unqualified)."""

    region: str
    account: str
    name: str
    qualifier: str | None = None

    @property
    def unqualified_arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def arn(self) -> str:
        return self.unqualified_arn + (f":{self.qualifier}" if self.qualifier else "")


def parse_reference(text: str, *, region: str, account: str) -> FunctionReference | None:
    """Reads a name, partial ARN or ARN; what it leaves out comes from the arguments. None when it has no such form.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName).
    """
    found = _FORMS.match(text)
    if not found:
        return None
    return FunctionReference(
        region=found["region"] or region,
        account=found["account"] or account,
        name=found["name"],
        qualifier=found["qualifier"],
    )
