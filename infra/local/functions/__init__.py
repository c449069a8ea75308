"""Lambda on a laptop: resolves ARNs through the control plane, runs handlers in long-lived worker processes.

May touch: processes, and files below the state folder. Costs one process (about 11 MB, 30 ms) per concurrent request
of a function version; a warm invocation is one round trip over a socket pair.
"""

from __future__ import annotations

from infra.local.functions.invoke_api import InvokeApi
from infra.local.functions.workers import Workers

__all__ = ["InvokeApi", "Workers"]
