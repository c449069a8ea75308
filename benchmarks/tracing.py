"""What tracing costs on the laptop: one engine with two APIs on the same function, one traced and one not, in turns.

"traced" is X-Ray's default rule (the first request of each second and one in twenty); "all recorded" asks for every request by its
header, which no stage does by itself: it is the price of one recorded request.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from benchmarks.servers import SILENT, Server, api, function, load, running

CONNECTIONS = 8
ROUNDS = 8
RECORDED = "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
BY = {"untraced": (False, ()), "traced": (True, ()), "all recorded": (True, ("--header", RECORDED))}


def measure(*, seconds: float = 2.0) -> list[dict[str, Any]]:
    """A row of each: requests a second, median and 99th percentile, and the engine's processor time for a request."""
    with running("gatewright") as server:
        urls = {traced: _url(server, traced=traced) for traced in (False, True)}
        for url in urls.values():
            load(url, connections=2, seconds=1)  # warm workers
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in BY}
        for turn in range(ROUNDS):
            for name in list(BY)[:: 1 if turn % 2 else -1]:  # there and back: a drift of the machine hits all alike
                traced, more = BY[name]
                before = server.cpu_seconds()
                done = load(urls[traced], connections=CONNECTIONS, seconds=seconds, more=more)
                done["cpu_us"] = (server.cpu_seconds() - before) / done["requests"] * 1e6
                found[name].append(done)
        kept = server.client("xray").get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["FixedRate"]
    assert kept == 0.05, "the rule that the figures are of"
    return [_row(name, turns, found["untraced"]) for name, turns in found.items()]


def _row(name: str, turns: list[dict[str, Any]], untraced: list[dict[str, Any]]) -> dict[str, Any]:
    def middle(field: str, digits: int) -> float:
        return round(statistics.median(float(one[field]) for one in turns), digits)

    def ratio(field: str) -> float:
        shares = [float(a[field]) / float(b[field]) for a, b in zip(turns, untraced, strict=True)]
        return round(statistics.median(shares), 3)

    return {
        "stage": name,
        "per_second": middle("per_second", 1),
        "ratio": ratio("per_second"),
        "p50_ms": middle("p50_ms", 3),
        "p50 of untraced": ratio("p50_ms"),
        "p99_ms": middle("p99_ms", 3),
        "engine's us a request": middle("cpu_us", 0),
        "us of untraced": ratio("cpu_us"),
    }


def _url(server: Server, *, traced: bool) -> str:
    name = "traced" if traced else "untraced"
    arn = function(server, name, {"handler.py": SILENT.encode()})
    mode = "Active" if traced else "PassThrough"
    server.client("lambda").update_function_configuration(FunctionName=name, TracingConfig={"Mode": mode})
    url = api(server, arn)
    if traced:
        change = {"op": "replace", "path": "/tracingEnabled", "value": "true"}
        api_id = url.split("/execute-api/")[1].partition("/")[0]
        server.client("apigateway").update_stage(restApiId=api_id, stageName="live", patchOperations=[change])
    return url


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
