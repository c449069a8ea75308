"""`gatewright token`: an access token of the local issuer, for trying protected routes. Touches `.gatewright/issuer` only.

Only the engine of this project trusts it: nothing that is deployed to AWS knows the key.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.factory import factory_of
from infra.cli.options import File
from infra.cli.terminal import say
from infra.errors import Refused

if TYPE_CHECKING:
    from infra.config.model import Gateway, JwtAuth

__all__ = ["register"]

DEFAULT_FILE = Path("gateway.yaml")
_HOME = ".gatewright"
_LONGEST_SECONDS = 86_400
_EXAMPLE = 'Example: curl -H "Authorization: Bearer $(gatewright token --scope orders:read)" URL'


def register(app: typer.Typer) -> None:
    app.command("token", epilog=_EXAMPLE)(token)


def token(
    ctx: typer.Context,
    scope: Annotated[list[str] | None, typer.Option(help="What it may do; repeat for more.")] = None,
    customer: Annotated[str | None, typer.Option(help="Who is metered.")] = None,
    plan: Annotated[str | None, typer.Option(help="The usage plan that meters the customer.")] = None,
    residency: Annotated[str | None, typer.Option(help="Where the customer's data must stay: eu or us.")] = None,
    subject: Annotated[str | None, typer.Option(help="The claim sub. Default: local-customer.")] = None,
    expires: Annotated[str, typer.Option(help="How long it is valid, for example 10m; up to 1d.")] = "10m",
    file: File = DEFAULT_FILE,
) -> None:
    """Print a token of the local issuer, which stands in for auth.jwt.issuer on this machine."""
    from infra.local.issuer import SigningKey, claims_of, mint, read

    gateway = factory_of(ctx).gateway(file)
    jwt = _jwt(gateway)
    _known_plan(gateway, plan)
    home = file.resolve().parent / _HOME
    stand = read(home)
    if stand is None or stand.issuer != jwt.issuer:
        raise Refused(f"nobody on this machine stands in for {jwt.issuer}. Start the embedded AWS: `gatewright up`.")
    claims = claims_of(
        jwt,
        now=int(time.time()),
        expires_seconds=_seconds(expires),
        token_id=uuid.uuid4().hex,
        scopes=scope or (),
        subject=subject,
        customer=customer,
        plan=plan,
        residency=residency,
    )
    say(mint(claims, SigningKey.kept(home, stand.algorithm)))


def _jwt(gateway: Gateway) -> JwtAuth:
    jwt = gateway.auth.jwt if gateway.auth is not None else None
    if jwt is None:
        raise Refused(f"gateway {gateway.name} has no auth.jwt, so no token would be checked. Add it to gateway.yaml.")
    return jwt


def _known_plan(gateway: Gateway, plan: str | None) -> None:
    known = [one.name for one in gateway.plans]
    if plan is not None and plan not in known:
        raise Refused(f"--plan: gateway {gateway.name} has no plan {plan!r}. It has: {', '.join(known) or 'none'}.")


def _seconds(text: str) -> int:
    from pydantic_core import PydanticCustomError

    from infra.config.units import Quantity

    unit = Quantity({"s": 1, "m": 60, "h": 3600, "d": 86_400}, 1, _LONGEST_SECONDS, "from 1s to 1d")
    try:
        return int(unit.parse(text))
    except PydanticCustomError as error:
        context = error.context or {}
        raise Refused(f"--expires: {context['problem']}. {context['advice']}.") from None
