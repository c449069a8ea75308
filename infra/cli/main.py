"""The entry point: puts the command groups together and turns errors into lines and exit codes.

Exit codes: 0 done, 1 failed, 2 a difference or a refusal. Imports nothing heavy, so that `--help` is quick.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from infra.cli import (
    breaker,
    canary,
    config,
    deploy,
    incident,
    keys,
    observe,
    release,
    residency,
    residency_map,
    residency_probe,
    resolve,
    status,
    terraform,
    token,
    top,
    trace,
    usage,
)
from infra.cli.factory import Factory
from infra.cli.terminal import tell
from infra.errors import ConfigError, GatewrightError

__all__ = ["app", "main"]

_INTERRUPTED = 130  # what a shell reports for a program ended by Ctrl-C


class Commands(TyperGroup):
    """Every error that we know ends as lines on stderr and an exit code; no traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for finding in error.findings:
                tell(f"error: {finding}")
            raise typer.Exit(error.exit_code) from None
        except GatewrightError as error:
            tell(f"error: {error}")
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            tell("stopped. Run the same command again: it resumes where it stopped.")
            raise typer.Exit(_INTERRUPTED) from None
        except Exception as error:
            if not type(error).__module__.startswith("botocore"):
                raise
            tell(f"error: AWS: {error}. Check the network, the credentials and AWS_ENDPOINT_URL.")
            raise typer.Exit(1) from None


app = typer.Typer(
    name="gatewright",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Multi-region API gateways as code: deploy, release by canary, go back in one call.",
    epilog="Exit codes: 0 done, 1 failed, 2 a difference or a refusal. Begin with: gatewright status",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"gatewright {version('gatewright')}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colors; NO_COLOR does the same.")] = False,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    if no_color:
        os.environ["NO_COLOR"] = "1"
    if ctx.obj is None:
        ctx.obj = Factory()


deploy.register(app)
status.register(app)
app.add_typer(canary.app)
app.add_typer(release.app)
app.add_typer(keys.app)
usage.register(app)
app.add_typer(breaker.app)
app.add_typer(observe.app)
app.add_typer(config.app)
residency_map.register(residency.app)
residency_probe.register(residency.app)
app.add_typer(residency.app)
app.add_typer(terraform.app)
resolve.register(app)
token.register(app)
incident.register(app)
trace.register(app)
top.register(app)
if importlib.util.find_spec("infra.cli.local") is not None:
    importlib.import_module("infra.cli.local").register(app)
    importlib.import_module("infra.cli.region").register(app)
    importlib.import_module("infra.cli.service").register(app)


def main() -> None:
    app()
