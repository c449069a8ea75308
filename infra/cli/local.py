"""`gatewright up|down|env|doctor`: AWS on this machine. Touches the project's `.gatewright` folder and processes of ours.

`up` points this one process at the engine before it deploys, whatever the shell's AWS variables say: it can never reach
an AWS account.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.act import sessions_of
from infra.cli.deploy import deployed_lines
from infra.cli.factory import factory_of
from infra.cli.options import File, Format, Output
from infra.cli.terminal import emit, progress, say, tell
from infra.errors import LocalError

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.config.model import Service
    from infra.local.engine import Engine
    from infra.release.situation import Situation

__all__ = ["execute_url", "point_at", "register"]

DEFAULT_FILE = Path("gateway.yaml")
_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


def register(app: typer.Typer) -> None:
    app.command("up", epilog="Example: gatewright up --port 0")(up)
    app.command("down", epilog="Example: gatewright down")(down)
    app.command("env", epilog='Example: eval "$(gatewright env)"')(env)
    app.command("doctor", epilog="Example: gatewright doctor")(doctor)


def point_at(environment: MutableMapping[str, str], engine: Engine) -> None:
    """Sets the AWS variables for the engine and drops those that would name somebody's account."""
    from infra.local.engine import environment as local

    for name in _FOREIGN:
        environment.pop(name, None)
    environment.update(local(engine))


def stand_in(home: Path, gateway: Gateway | None) -> None:
    """Lets this machine answer for the gateway's issuer, or for none. Without `auth.jwt` nothing is imported."""
    if gateway is not None and gateway.auth is not None:
        from infra.local.issuer import prepare

        prepare(home, gateway.auth)
    else:
        (home / "issuer" / "issuer.json").unlink(missing_ok=True)


def execute_url(endpoint: str, api_id: str, stage: str) -> str:
    """The URL of a stage on the engine."""
    return f"{endpoint}/_aws/execute-api/{api_id}/{stage}"


def up(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(help="Loopback port; 0 takes a free one.", min=0, max=65535)] = 4566,
    deploy: Annotated[bool, typer.Option("--deploy/--no-deploy", help="Deploy the gateway to every region.")] = True,
    state: Annotated[
        Path | None, typer.Option(help="Keep the engine's state in this folder over restarts. Default: volatile.")
    ] = None,
    local_issuer: Annotated[
        bool,
        typer.Option(
            "--local-issuer/--real-issuer", help="Who answers for auth.jwt.issuer here: this machine, or the network."
        ),
    ] = True,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Start AWS on this machine, deploy the gateway to every region, and say what to try. Safe to run again."""
    from infra.local import engine
    from infra.release import deploy as release_deploy
    from infra.release.domain import domain_stacks

    gateway = factory_of(ctx).gateway(file) if deploy else None
    if gateway is not None:
        stand_in(file.resolve().parent / engine.HOME, gateway if local_issuer else None)
    running = engine.start(file.resolve().parent, port=port, state=state, progress=tell)
    if gateway is None:
        emit(output, {"endpoint": running.endpoint, "regions": {}}, [f"endpoint  {running.endpoint}", *_hints()])
        return
    point_at(os.environ, running)
    with progress() as show:
        show(f"the embedded AWS answers at {running.endpoint}")
        _, sessions = sessions_of(ctx, file, None, show)
        cdk = factory_of(ctx).cdk(file)
        around = domain_stacks(gateway, [session.region for session in sessions])
        release_deploy.bootstrap([session.aws for session in sessions], cdk, show)
        deployed = release_deploy.deploy(sessions, cdk, around)
        urls = {session.region: _url(running, session.observe()) for session in sessions}
    dark = ["", *deployed_lines([one for one in deployed if one.dark])] if any(one.dark for one in deployed) else []
    emit(output, {"endpoint": running.endpoint, "regions": urls}, [*_welcome(running, gateway, urls), *dark])


def _url(engine: Engine, situation: Situation) -> str:
    return execute_url(engine.endpoint, situation.api_id, situation.stage.name if situation.stage else "")


def _welcome(engine: Engine, gateway: Gateway, urls: dict[str, str]) -> list[str]:
    lines = [f"{gateway.name} is up in {len(urls)} regions", "", f"  endpoint   {engine.endpoint}"]
    lines += [f"  {region:<10} {url}" for region, url in urls.items()]
    first = next(iter(urls.values()), "")
    lines += [f"  console    {engine.endpoint}/_gatewright/console/", "", "Try:"]
    lines += [f"  curl {_bearer(gateway, service)}{first}{service.path}" for service in gateway.services]
    return [*lines, *_hints()]


def _bearer(gateway: Gateway, service: Service) -> str:
    """The header of a protected service, with a token that may read it."""
    if not service.requires_jwt or gateway.auth is None or gateway.auth.jwt is None:
        return ""
    by_method = {str(method): scopes for method, scopes in service.scopes.items()}
    wanted = "".join(f" --scope {scope}" for scope in by_method.get("GET", by_method.get("ANY", ())))
    return f'-H "Authorization: Bearer $(gatewright token{wanted})" '


def _hints() -> list[str]:
    return [
        "",
        "Point this shell's AWS tools (gatewright, cdk, aws, boto3) at it:",
        '  eval "$(gatewright env)"',
        "Stop it: gatewright down",
    ]


def down(file: File = DEFAULT_FILE) -> None:
    """Stop AWS on this machine. What was not kept with --state is gone."""
    from infra.local import engine

    stopped = engine.stop(file.resolve().parent)
    say("The embedded AWS has stopped." if stopped else "The embedded AWS was not running.")


def env(file: File = DEFAULT_FILE) -> None:
    """Print the variables that point AWS tools at the engine, for `eval` in a POSIX shell."""
    from infra.local import engine

    running = engine.find(file.resolve().parent)
    if running is None:
        raise LocalError("The embedded AWS is not running here. Start it: `gatewright up`.")
    for name in _FOREIGN:
        say(f"unset {name}")
    for name, value in engine.environment(running).items():
        say(f"export {name}={shlex.quote(value)}")


def doctor(file: File = DEFAULT_FILE, output: Output = Format.TABLE) -> None:
    """Check what the laptop road needs: packages, node, the cdk command, the seam to ministack, the engine."""
    from infra.local.doctor import examine

    findings = examine(file.resolve().parent)
    lines = [f"{'ok ' if one.ok else 'BAD'}  {one.what:<22} {one.detail}" for one in findings]
    emit(output, [{"what": f.what, "ok": f.ok, "detail": f.detail} for f in findings], lines)
    if not all(one.ok for one in findings):
        raise typer.Exit(1)
