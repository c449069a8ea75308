"""`gatewright canary judge`: the verdict for programs, as JSON lines over stdin and stdout. Touches neither AWS nor the disk."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from infra.cli.terminal import tell
from infra.errors import Refused

__all__ = ["judge"]

_MOST_BYTES = 65_536  # what a pipe holds, some eighty intervals: a sender in a hurry has answers within milliseconds
_SELDOM = 100_000


def judge(
    stream: Annotated[
        bool, typer.Option("--stream", help="Read JSON lines from stdin; answer every interval at once on stdout.")
    ] = False,
) -> None:
    """Judge intervals that another program measured: continue, rollback or promote, with the evidence.

    The first line begins a canary and has no answer: {"type":"start","config":{"share":0.1,"slo_ms":500,
    "bucket_edges_ms":[0,100,500,"inf"],"pre":{"n":72000,"e5xx":360,"e4xx":2160,"hist":[...]}}}. Then a line for each closed
    interval: {"type":"interval","i":1,"t_end_s":60,"baseline":{"n":1080,"e5xx":5,"e4xx":32,"hist":[...]},"canary":{...}}. Another
    start line begins another canary.
    """
    from infra.judge import Session

    if not stream:
        raise Refused("canary judge: reads JSON lines and nothing else yet. Give --stream and write to its stdin.")
    # A look makes no cycles: the collector would only walk again and again over what was imported and what a look just made.
    gc.freeze()
    gc.set_threshold(_SELDOM)
    session = Session(complain=lambda problem: tell(f"error: {problem}"))
    stdin, write, flush = sys.stdin.fileno(), sys.stdout.buffer.write, sys.stdout.buffer.flush
    try:
        while chunk := os.read(stdin, _MOST_BYTES):  # what is there: no answer waits for a later line
            if answers := session.feed(chunk):
                write(answers)
                flush()
        write(session.end())
        flush()
    except BrokenPipeError:
        # The reader has left. Python would flush stdout once more at its end and complain: give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
