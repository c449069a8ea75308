"""`gatewright terraform ...`: write the roots, compare them with the CDK's templates. Touches files; `pin` alone touches AWS."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.act import act
from infra.cli.factory import factory_of
from infra.cli.options import DryRun, File, Format, Output, Regions
from infra.cli.terminal import emit, progress, tell

if TYPE_CHECKING:
    from infra.config import Gateway
    from infra.terraform.output import OutputPlan
    from infra.terraform.synth import Synthesis

app = typer.Typer(name="terraform", no_args_is_help=True, help="The same gateway in Terraform.")

DEFAULT_FILE = Path("gateway.yaml")
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="The output folder. Default: the file's terraform.folder, beside the file."
    ),
]


def output_folder(gateway: Gateway, file: Path, out: Path | None) -> Path:
    """Where the roots are."""
    return out if out is not None else file.parent / gateway.terraform.folder


@app.command(epilog="Example: gatewright terraform synth && terraform -chdir=terraform/us-east-1 init")
def synth(
    ctx: typer.Context,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that gatewright did not write.")] = False,
    account_role: Annotated[
        bool,
        typer.Option(
            "--account-role/--no-account-role",
            help="Whether the roots set each region's CloudWatch role for API Gateway, one setting for all APIs there.",
        ),
    ] = True,
    guard: Annotated[
        bool,
        typer.Option(
            "--guard/--no-guard",
            help="Whether releases and ledger have prevent_destroy; without it `terraform destroy` takes them.",
        ),
    ] = True,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
) -> None:
    """Write one Terraform root per region, and one for DNS, below the output folder. Needs no network.

    Files that gatewright did not write, or that were changed since, are never overwritten without --force. The variables file of
    each root (baseline, canary, kept releases) is kept: only the new release's name is added to it.
    """
    from infra.terraform.output import apply, plan_output
    from infra.terraform.synth import synth as synthesize

    gateway = factory_of(ctx).gateway(file)
    synthesis = synthesize(gateway, folder=file.resolve().parent, account_role=account_role, guarded=guard)
    plan = plan_output(synthesis, output_folder(gateway, file, out), gateway=gateway.name, force=force)
    if not dry_run:
        apply(plan)
    emit(output, _document(plan, synthesis, dry_run=dry_run), _lines(plan, synthesis, dry_run=dry_run))
    for name in plan.left:
        tell(
            f"note: {plan.folder / name} is left alone: gateway.yaml no longer has it, but what it deployed is still there"
        )


def _document(plan: OutputPlan, synthesis: Synthesis, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "folder": str(plan.folder),
        "releases": dict(synthesis.releases),
        "roots": list(synthesis.roots),
        "files": [{"path": write.path, "change": write.kind} for write in plan.writes],
        "left": list(plan.left),
    }


def _lines(plan: OutputPlan, synthesis: Synthesis, *, dry_run: bool) -> list[str]:
    would = "would " if dry_run else ""
    lines = [f"{would}{write.kind} {plan.folder / write.path}" for write in plan.changes]
    for name in synthesis.roots:
        release = f": release {synthesis.releases[name]}" if name in synthesis.releases else ""
        lines.append(f"{plan.folder / name}{release}")
    if not plan.changes:
        lines.append("nothing has changed")
    return lines


@app.command(epilog="Example: gatewright terraform check. Exit codes: 0 equal, 2 a difference, 1 unreadable.")
def check(
    ctx: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Roots to read. Default: the file's terraform.folder, or made anew."),
    ] = None,
    assembly: Annotated[
        Path | None,
        typer.Option("--assembly", metavar="DIR", help="Templates to read. Default: made anew by `cdk synth`."),
    ] = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Compare what the roots and the CDK's templates mean, and print every difference.

    Routes and integrations, who may call, limits, plans, the canary with every combination of its two parameters, DNS answers, logs
    and metrics, IAM statements, and whatever else either output has: a resource that no reader knows is a difference too.
    """
    from infra.terraform import check as checking

    gateway = factory_of(ctx).gateway(file)
    roots = _roots(gateway, file, out)  # first, because a wrong folder is quicker to say than a synth is to make
    found = checking.check(gateway, _templates(ctx, gateway, file, assembly), roots)
    rows = [{**asdict(one.difference), "scenarios": [str(scenario) for scenario in one.scenarios]} for one in found]
    document = {"equal": not found, "differences": rows}
    emit(output, document, [*(str(one) for one in found), checking.summary(gateway, found)])
    if found:
        raise typer.Exit(2)


def _templates(ctx: typer.Context, gateway: Gateway, file: Path, assembly: Path | None) -> dict[str, Any]:
    from infra.terraform.check import read_templates

    if assembly is not None:
        return read_templates(gateway, assembly)
    with tempfile.TemporaryDirectory(prefix="gatewright-") as scratch, progress() as show:
        cdk = replace(factory_of(ctx).cdk(file), assembly=Path(scratch))
        show("cdk synth: templates to compare with")
        cdk.run(cdk.synth_arguments(), on_line=lambda _: None)
        return read_templates(gateway, Path(scratch))


def _roots(gateway: Gateway, file: Path, out: Path | None) -> dict[str, Any]:
    from infra.terraform.check import read_roots
    from infra.terraform.synth import synth as synthesize

    folder = output_folder(gateway, file, out)
    if out is not None or folder.exists():
        return read_roots(folder)
    return synthesize(gateway, folder=file.resolve().parent).roots


@app.command(epilog="Example: gatewright terraform pin --region us-east-1")
def pin(
    ctx: typer.Context,
    regions: Regions = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
) -> None:
    """Pin what each stage serves as its baseline, after the first apply: from then on an apply publishes a release dark."""
    from infra.release import commands

    act(ctx, lambda *_: commands.pin(), file=file, regions=regions, output=output, dry_run=dry_run)
