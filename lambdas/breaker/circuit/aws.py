"""DynamoDB and Lambda by signed HTTP: one attempt, one deadline, one kept connection each. Touches the network.

Not boto3: importing it with one client takes 300 ms of processor, and its retries would be in the request's path
(docs/adr/0012).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .sigv4 import Credentials, Signer
from .store import StoreError
from .table import Call, ConditionFailed
from .tracer.wire import Late, Peer, Response, Unreachable

__all__ = ["Service", "dynamodb_call"]


class Service:
    """One service of AWS in one region, at its endpoint or at the one that ``AWS_ENDPOINT_URL[_<SERVICE>]`` names."""

    def __init__(self, name: str, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        region = environment.get("AWS_REGION", "us-east-1")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        url = (
            environment.get(f"AWS_ENDPOINT_URL_{name.upper()}")
            or environment.get("AWS_ENDPOINT_URL")
            or f"https://{name}.{region}.{suffix}"
        )
        self._peer, self._clock = Peer(url), clock
        credentials = Credentials(
            environment.get("AWS_ACCESS_KEY_ID", ""),
            environment.get("AWS_SECRET_ACCESS_KEY", ""),
            environment.get("AWS_SESSION_TOKEN", ""),
        )
        self._signer = Signer(credentials, service=name, region=region)

    def post(
        self,
        path: str,
        headers: dict[str, str],
        body: bytes,
        *,
        seconds: float,
        query: str = "",
        repeatable: bool = False,
        unsigned: Mapping[str, str] | None = None,
    ) -> Response:
        """Sends one request.

        Args:
            unsigned: headers that may change on the way, such as the trace's.

        Raises:
            Late, Unreachable.
        """
        headers = {"host": self._peer.host, **headers}
        signed = self._signer.sign("POST", path, query, headers, body, self._clock())
        target = f"{path}?{query}" if query else path
        signed = {**signed, **(unsigned or {})}
        return self._peer.exchange("POST", target, signed, body, seconds=seconds, repeatable=repeatable)


def dynamodb_call(service: Service, seconds: Callable[[], float]) -> Call:
    """DynamoDB's JSON API as `table.py` wants it.

    Args:
        seconds: how long a call may take.
    """

    def call(operation: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{operation}"}
        reads = operation in ("GetItem", "Query")
        content = json.dumps(body, separators=(",", ":")).encode()
        try:
            answer = service.post("/", headers, content, seconds=seconds(), repeatable=reads)
        except Late:
            raise StoreError("timeout") from None
        except Unreachable as error:
            raise StoreError(f"unreachable: {error}") from None
        return _read(answer)

    return call


def _read(answer: Response) -> dict[str, Any]:
    try:
        document = json.loads(answer.body or b"{}")
    except ValueError:
        raise StoreError(f"status {answer.status}, no JSON") from None
    if not isinstance(document, dict):
        raise StoreError(f"status {answer.status}, no object")
    if answer.status != 200:
        code = str(document.get("__type", f"status {answer.status}")).rpartition("#")[2][:60]
        raise ConditionFailed(code) if code == "ConditionalCheckFailedException" else StoreError(code)
    return document
