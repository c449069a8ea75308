"""`gatewright canary replay`: recorded intervals under another policy. Reads one file; touches nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.options import Format, Output
from infra.cli.terminal import emit
from infra.errors import Refused

if TYPE_CHECKING:
    from infra.judge.replay import Decision, Replay

__all__ = ["replay"]

DIFFERENT = 2


def _option(flag: str, help_text: str) -> Any:
    return typer.Option(flag, help=help_text, show_default="as recorded")


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A report of `canary run`, or a stream's JSON lines.")],
    alpha: Annotated[float | None, _option("--alpha", "Highest chance to roll back a canary that is no worse.")] = None,
    beta: Annotated[float | None, _option("--beta", "Highest chance to promote one that is worse.")] = None,
    tol_error: Annotated[
        float | None, _option("--tol-error", "5xx that are tolerated on top: 0.005 is half a point.")
    ] = None,
    tol_4xx: Annotated[float | None, _option("--tol-4xx", "4xx that are tolerated on top.")] = None,
    tol_slow: Annotated[float | None, _option("--tol-slow", "Slow requests that are tolerated on top.")] = None,
    slo_ms: Annotated[
        float | None, _option("--slo-ms", "Slower than this is slow; moved to the next bucket's edge.")
    ] = None,
    min_bake_s: Annotated[float | None, _option("--min-bake-s", "No promotion before.")] = None,
    warmup_s: Annotated[float | None, _option("--warmup-s", "Earlier intervals are no evidence.")] = None,
    horizon_intervals: Annotated[int | None, _option("--horizon-intervals", "Undecided after so many.")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Judge recorded intervals again under another policy, and show where it would have decided differently.

    Exit code 0 when it decides the same at every interval, 2 when it does not.
    """
    from infra.judge.replay import read_recordings, replay

    given = {
        "alpha": alpha,
        "beta": beta,
        "tol_error": tol_error,
        "tol_4xx": tol_4xx,
        "tol_slow": tol_slow,
        "slo_ms": slo_ms,
        "min_bake_s": min_bake_s,
        "warmup_s": warmup_s,
        "horizon_intervals": horizon_intervals,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    replays = [replay(one, changes) for one in read_recordings(_text(file), name=str(file))]
    document = {"file": str(file), "replays": [one.to_json() for one in replays]}
    emit(output, document, [line for one in replays for line in _lines(one)])
    if any(one.difference for one in replays):
        raise typer.Exit(DIFFERENT)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"{file}: cannot be read ({error.strerror}). Give a report of `canary run` or a recorded stream."
        ) from error
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: is not UTF-8 text, so it is no report and no recorded stream.") from error


def _lines(one: Replay) -> list[str]:
    changed = ", ".join(f"{key} {_plain(old)} -> {_plain(new)}" for key, (old, new) in one.changed.items())
    lines = [
        f"{one.region or 'canary'}: {one.intervals} intervals, {one.skipped} of them no evidence; {changed or 'the policy as recorded'}",
        f"  recorded: {_decided(one.recorded)}",
        f"  replayed: {_decided(one.replayed)}",
    ]
    if one.difference is None:
        return [*lines, "  the same at every interval"]
    at = one.difference
    return [
        *lines,
        f"  first difference: interval {_plain(at.interval)}, minute {at.elapsed_seconds / 60:.0f}: {at.recorded} ({at.recorded_reason}) "
        f"-> {at.replayed} ({at.replayed_reason})",
    ]


def _decided(decision: Decision) -> str:
    where = f"minute {decision.elapsed_seconds / 60:.0f}, after {decision.canary_requests} canary requests, e-value {decision.e_value:.3g}"
    if decision.verdict == "continue":
        return f"no decision up to {where}: {decision.reason}"
    return f"{decision.verdict} at {where}: {decision.reason}"


def _plain(value: object) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
