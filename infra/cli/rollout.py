"""`gatewright canary run|progress|abort`: a release's whole way, decided by the verdict. Touches AWS through the rollout room.

Exit codes of `run`: 0 promoted everywhere, 3 rolled back, 4 undecided; 1 failed and 2 refused, as everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.options import DryRun, File, Format, Output, Regions, Yes
from infra.cli.rollout_desk import Desk, desk_of, drive, stored, write_report
from infra.cli.rollout_view import view_for
from infra.cli.terminal import emit, progress, say, table, tell
from infra.errors import NothingToDo, Refused

if TYPE_CHECKING:
    from infra.cli.rollout_view import Plain
    from infra.rollout.state import RegionState, Rollout

__all__ = ["abort", "progress_of", "run"]

DEFAULT_FILE = Path("gateway.yaml")
EXITS = {"promoted": 0, "rolled back": 3, "undecided": 4, "abandoned": 2}

Services = Annotated[
    list[str] | None,
    typer.Option("--service", "-s", help="Judge this service; repeat for more. Default: those whose code changed."),
]
Report = Annotated[Path | None, typer.Option("--report", help="Where the HTML report goes. Default: .gatewright/.")]
MinuteSeconds = Annotated[
    int,
    typer.Option(
        "--minute-seconds",
        min=1,
        max=60,
        help="On an embedded AWS only: how long a minute lasts, so that an hour's rollout takes minutes.",
    ),
]


def run(
    ctx: typer.Context,
    regions: Regions = None,
    services: Services = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask before each promotion, whatever gateway.yaml says.")] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Let the region's own state machine drive it, and end at once.")
    ] = False,
    report: Report = None,
    minute_seconds: MinuteSeconds = 60,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Release the newest, dark release step by step and region by region; the verdict promotes it or takes it back.

    Steps, bakes, waves, tolerances and windows are `release` in gateway.yaml. Ctrl-C leaves the canary as it is; the same command goes on
    with the same evidence. Exit codes: 0 promoted everywhere, 3 rolled back, 4 undecided.
    """
    with progress() as show:
        desk = desk_of(ctx, file, regions, show)
        opened = _open(desk, regions or (), services or (), ask=ask, minute_seconds=minute_seconds)
        rollout, resumed = opened
        hours = {} if resumed else _hours(desk, rollout)
        if dry_run:
            _preview(rollout, hours, output, resumed=resumed)
            return
        if not resumed and output is Format.TABLE:
            for line in _before(rollout, hours):
                say(line)
        _confirm(rollout, show, yes=yes or resumed)
        if detach:
            _detach(desk, rollout, output)
            return
    target = report or file.parent / ".gatewright" / f"rollout-{rollout.id}.html"
    with view_for(output) as view:
        driver = desk.driver(rollout, lambda state: _agree(state, view))
        drive(driver, view, target)
    raise typer.Exit(EXITS[rollout.outcome.value])


def _open(
    desk: Desk, regions: Sequence[str], services: Sequence[str], *, ask: bool, minute_seconds: int
) -> tuple[Rollout, bool]:
    """The rollout to go on with, or a new one."""
    from infra.rollout.begin import judged, new_rollout, require_free, takes_up
    from infra.rollout.state import Outcome
    from infra.rollout.strategy import strategy_of

    if minute_seconds != 60 and not desk.factory.embedded():
        raise Refused(
            "--minute-seconds: only an embedded AWS can hurry: the metrics of AWS have minutes. Leave it out, or point "
            'AWS_ENDPOINT_URL at one (`eval "$(gatewright env)"`).'
        )
    known = [one.name for one in desk.gateway.services]
    strategy = strategy_of(desk.gateway, services=known, regions=regions, ask=ask, minute_seconds=minute_seconds)
    found = desk.store(strategy.home).load()
    first = desk.sessions[_under_way(found) if found is not None else strategy.home]
    situation = first.observe(with_history=True)
    if found is not None and takes_up(found, situation):
        ledger = first.ledger
        require_free(found, ledger.owner, now=first.aws.clock(), is_alive=ledger.is_alive)
        tell(
            f"goes on with the rollout that {found.owner} began at {found.started}, by its rules and with its evidence"
        )
        return found, True
    if first.region != strategy.home:
        situation = desk.sessions[strategy.home].observe(with_history=True)
    names = judged(desk.gateway.name, situation, known, services)
    strategy = strategy_of(desk.gateway, services=names, regions=regions, ask=ask, minute_seconds=minute_seconds)
    now = datetime.fromtimestamp(first.aws.clock(), UTC).isoformat(timespec="milliseconds")
    rollout = new_rollout(strategy, situation, id=first.new_id(), owner=str(first.ledger.owner), started=now)
    if found is not None:
        rollout.revision = found.revision
        if found.outcome is Outcome.RUNNING:
            tell(
                f"the rollout of {found.release}, begun at {found.started}, is left: the gateway has moved on without it"
            )
    return rollout, False


def _under_way(rollout: Rollout) -> str:
    """The region in which one sees whether a rollout is still what it was."""
    from infra.rollout.state import Phase

    baking = [name for name, state in rollout.regions.items() if state.phase is Phase.BAKING]
    return baking[0] if baking else rollout.strategy.waves[rollout.wave][0]


def _hours(desk: Desk, rollout: Rollout) -> dict[str, Mapping[str, Any]]:
    """The hour before in each region.

    Raises:
        CloudError: CloudWatch does not answer; better known before anything was started.
    """
    from infra.rollout.regions import Place

    hours: dict[str, Mapping[str, Any]] = {}
    period = rollout.strategy.minute_seconds
    for name in rollout.regions:
        session = desk.sessions[name]
        place = Place(session=session, strategy=rollout.strategy, clock=session.aws.clock)
        hours[name] = place.reader.before(int(session.aws.clock() // period) * period)
    return hours


def _before(rollout: Rollout, hours: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What can be noticed, as lines."""
    from infra.rollout.foresight import SHOWN_RISES, foresight_rows

    strategy = rollout.strategy
    rises = [f"+{rise * 100:g} pp" for rise in SHOWN_RISES]
    rows = foresight_rows(strategy, hours)
    columns = ("region", "share", "canary/min", "metric", "least", *rises, "safe after")
    return [
        f"{strategy.gateway}: release {rollout.release} in place of {rollout.baseline_release}; judged: "
        f"{', '.join(strategy.objectives_ms)}",
        "What this traffic can show (the least regression that is found before the horizon; half of those of a size within):",
        *table(rows, columns=columns),
        "",
    ]


_AFTERWARDS = (
    "  when it has ended: gatewright terraform pin (the variables file follows; an apply before that gives the stage back to "
    "the release from before)",
)


def _detach(desk: Desk, rollout: Rollout, output: Format) -> None:
    """Hand the rollout to the state machine of its home region.

    Raises:
        Refused: the stack has none, or the rollout needs a person.
    """
    from infra.release.observe import stack_name
    from infra.rollout.names import driver_name

    home = rollout.strategy.home
    session = desk.sessions[home]
    stack = session.aws.stack(stack_name(desk.gateway.name, home))
    machine = stack.outputs.get("RolloutMachine")
    if not machine:
        deploy = "gatewright terraform synth` and `terraform apply" if stack.variables_file else "gatewright deploy"
        raise Refused(f"{desk.gateway.name} in {home}: there is no state machine yet. Run `{deploy}` first.")
    if not rollout.strategy.automatic:
        raise Refused(
            f"{desk.gateway.name}: a person agrees to each promotion (`mode: ask`, or --ask), and nobody can be asked there. "
            "Leave --detach out."
        )
    rollout.driver = driver_name(home)
    desk.store(home).save(rollout)
    name = f"{rollout.id}-{session.new_id()}"
    started = session.aws.call("stepfunctions", "start_execution", stateMachineArn=machine, name=name, input="{}")
    arn = started["executionArn"]
    emit(
        output,
        {"rollout": rollout.id, "execution": arn},
        [
            f"{desk.gateway.name}: {driver_name(home)} drives release {rollout.release} now ({arn})",
            "  watch it: gatewright canary progress",
            "  end it:   gatewright canary abort",
            *(_AFTERWARDS if stack.variables_file else ()),
        ],
    )


def _preview(rollout: Rollout, hours: Mapping[str, Mapping[str, Any]], output: Format, *, resumed: bool) -> None:
    """What `run` would do, without doing it."""
    from infra.rollout.foresight import foresight_rows

    strategy = rollout.strategy
    lines = ["would go on with the rollout that runs"] if resumed else _before(rollout, hours)
    for number, wave in enumerate(strategy.waves, 1):
        steps = ", ".join(f"{step:g} %" for step in strategy.steps_percent)
        lines.append(
            f"wave {number}: {', '.join(wave)}: {steps}, {strategy.bake_minutes(wave[0]):g} min each, then all"
            + (f"; {strategy.pause_seconds / 60:g} min pause" if number < len(strategy.waves) else "")
        )
    document = {
        "dry_run": True,
        "resumes": resumed,
        "strategy": strategy.to_json(),
        "foresight": foresight_rows(strategy, hours),
    }
    emit(output, document, lines)


def _confirm(rollout: Rollout, show: Any, *, yes: bool) -> None:
    if yes or not sys.stdin.isatty():
        return
    with show.paused():
        if not typer.confirm("Begin?", err=True):
            raise Refused(
                f"{rollout.strategy.gateway}: not confirmed; nothing was changed. Use --yes to go ahead unasked."
            )


def _agree(state: RegionState, view: Plain) -> bool:
    """Whether the operator agrees to a promotion; where nobody can be asked, nobody agrees."""
    if not sys.stdin.isatty():
        return False
    with view.paused():
        return typer.confirm(f"{state.region}: safe to promote. Promote now?", err=True)


def progress_of(
    ctx: typer.Context,
    report: Report = None,
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
) -> None:
    """Show where the rollout is, whoever drives it; --report writes its report as it is now."""
    from infra.cli.rollout_view import screen

    with progress() as show:
        desk = desk_of(ctx, file, None, show)
        rollout = stored(desk)
    if report is not None:
        write_report(desk.driver(rollout, lambda _: False), report)
    document = {**rollout.to_json(), "report": str(report) if report else None}
    lines = [text for text, _ in screen(rollout, {})]
    emit(output, document, [*lines, f"{rollout.outcome.value} {rollout.reason}".strip()])


def abort(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")] = "",
    file: File = DEFAULT_FILE,
    output: Output = Format.TABLE,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001
) -> None:
    """End the rollout now and take the release off every region that it has touched. Never asks."""
    from infra.rollout.state import Outcome

    with progress() as show:
        desk = desk_of(ctx, file, None, show)
        rollout = stored(desk)
        if rollout.outcome is not Outcome.RUNNING:
            raise NothingToDo(
                f"{desk.gateway.name}: no rollout runs; the last one ended {rollout.outcome.value}. To take a release back use "
                "`gatewright release rollback`."
            )
        touched = [name for name, state in rollout.regions.items() if state.touched]
        if dry_run:
            pinned = [name for name in touched if desk.sessions[name].observe().pinned_stage]
            emit(
                output,
                {"dry_run": True, "regions": touched, "testers": pinned},
                [
                    f"would take {rollout.release} off: {', '.join(touched) or 'nothing'}",
                    *([f"would take pinned testers back: {', '.join(pinned)}"] if pinned else []),
                ],
            )
            return
        # Whoever drives it meets our revision at its next write, and stops.
        rollout.stop = reason or "aborted by a person"
        driver = desk.driver(rollout, lambda _: False)
    with view_for(output) as view:
        drive(driver, view, file.parent / ".gatewright" / f"rollout-{rollout.id}.html")
