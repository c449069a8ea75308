"""The inside of a Python worker: imports the handler, then answers one request after another until its pipe ends.

Runs in its own process (``python -I -S boot.py <socket fd> <parent pid> <site-packages>...``) and imports nothing of
ours, so that a handler sees what it would see in Lambda. What it costs: one process for every concurrent request.

Frames on the socket, big endian: to us ``header length, payload length, header JSON, payload``; from us ``kind,
length, body``, where the body of a result is the peak memory in KiB (4 bytes) followed by the payload as it is.
The shapes of errors are those of Lambda's Python runtime interface client,
https://github.com/aws/aws-lambda-python-runtime-interface-client.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import resource
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

READY, RESULT, ERROR, LOGS, INIT_ERROR = 1, 2, 3, 4, 5
FLUSH_SECONDS = 0.1  # printed lines leave a busy handler this often; a quick one sends them with its answer


class Channel:
    """The socket to the parent, and the printed lines that still have to go there."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._input = connection.makefile("rb", buffering=1 << 16)
        self._lock = threading.Lock()
        self._lines: list[tuple[int, str]] = []

    def log(self, message: str) -> None:
        self._lines.append((int(time.time() * 1000), message))

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        head = self._input.read(8)
        if len(head) < 8:
            return None
        header_size, payload_size = struct.unpack(">II", head)
        header = json.loads(self._input.read(header_size))
        return header, self._input.read(payload_size)

    def send(self, kind: int, body: bytes) -> None:
        """Sends a frame, after the lines printed before it, in one system call."""
        with self._lock:
            self._socket.sendall(self._take_lines() + struct.pack(">BI", kind, len(body)) + body)

    def flush(self) -> None:
        if self._lines:
            with self._lock:
                if frame := self._take_lines():
                    self._socket.sendall(frame)

    def _take_lines(self) -> bytes:
        if not self._lines:
            return b""
        lines, self._lines = self._lines, []
        body = json.dumps(lines).encode()
        return struct.pack(">BI", LOGS, len(body)) + body


class Printed(io.TextIOBase):
    """sys.stdout and sys.stderr: whole lines become log events."""

    encoding = "utf-8"

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._rest = ""

    @property
    def buffer(self) -> io.FileIO:
        """Bytes go past us, to the descriptor."""
        return io.FileIO(1, "w", closefd=False)

    def fileno(self) -> int:
        return 1

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if "\n" not in text:
            self._rest += text
            return len(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._channel.log(line)
        return len(text)

    def flush(self) -> None:
        """Lines are events: an unfinished one waits for its end."""

    def finish(self) -> None:
        if self._rest:
            self._channel.log(self._rest)
            self._rest = ""


class CognitoIdentity:
    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


class Client:
    installation_id = app_title = app_version_name = app_version_code = app_package_name = None

    def __init__(self, given: dict[str, Any]) -> None:
        self.__dict__.update(given)


class ClientContext:
    def __init__(self, given: dict[str, Any]) -> None:
        self.custom = given.get("custom")
        self.env = given.get("env")
        self.client = Client(given.get("client") or {})


class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
    tenant_id = None

    def __init__(self, header: dict[str, Any]) -> None:
        self.aws_request_id = header["id"]
        self.invoked_function_arn = header["arn"]
        self._deadline_ms = header["deadline_ms"]
        given = header.get("client_context")
        self.client_context = ClientContext(given) if given else None
        self.identity = CognitoIdentity()

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def log(self, message: Any) -> None:
        sys.stdout.write(str(message) + "\n")


class Fault(Exception):
    """The handler cannot be found: what Lambda reports when a function does not start."""

    def __init__(self, kind: str, message: str, stack: Sequence[str] = ()) -> None:
        self.kind, self.stack = kind, list(stack)
        super().__init__(message)


def load_handler(name: str) -> Callable[[Any, LambdaContext], Any]:
    """Imports ``folder/module.function``."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        )
    dotted = module_name.replace("/", ".")
    try:
        module = importlib.import_module(dotted)
    except ImportError as problem:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {problem}") from problem
    except SyntaxError as problem:
        place = [f'  File "{shown_path(problem.filename or "")}" Line {problem.lineno}\n    {problem.text}']
        raise Fault(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {problem}", place
        ) from problem
    handler: Callable[[Any, LambdaContext], Any] | None = getattr(module, function_name, None)
    if handler is None:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


def shown_path(path: str) -> str:
    """A file of the package under the name it has in Lambda."""
    root = os.environ["GATEWRIGHT_TASK_ROOT"]
    return "/var/task" + path[len(root) :] if path.startswith(root) else path


def describe(problem: BaseException, request_id: str) -> dict[str, Any]:
    """Lambda's error object of an exception."""
    if isinstance(problem, Fault):
        kind, stack = problem.kind, problem.stack
    else:
        frames = [
            (shown_path(frame.filename), frame.lineno or 0, frame.name, frame.line)
            for frame in traceback.extract_tb(problem.__traceback__)
            if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
        ]
        kind, stack = type(problem).__name__, traceback.format_list(frames)
    return {"errorMessage": str(problem), "errorType": kind, "requestId": request_id, "stackTrace": stack}


def error_line(error: dict[str, Any]) -> str:
    """How Lambda's Python runtime writes an error into the log: one event."""
    head = f"[ERROR] {error['errorType']}: {error['errorMessage']}"
    return "\n".join([head, "Traceback (most recent call last):", *error["stackTrace"]])


def exact_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# Python 3.12 runtimes and later do not escape other scripts.
_ASCII_ONLY = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2] in ("8", "9", "10", "11")
_ENCODER = json.JSONEncoder(ensure_ascii=_ASCII_ONLY, default=exact_number)


def encode(answer: Any) -> bytes:
    try:
        return _ENCODER.encode(answer).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as problem:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {problem}") from None


class LogFormatter:
    """The root logger's format in Lambda: level, time, request id, message, separated by tabs."""

    request_id = ""

    def install(self) -> None:
        import logging

        outer = self

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
                line = f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{outer.request_id}\t"
                message = record.getMessage()
                if record.exc_info:
                    message += "\n" + logging.Formatter().formatException(record.exc_info)
                outer.channel.log(line + message)

        logging.getLogger().addHandler(Handler())

    def __init__(self, channel: Channel) -> None:
        self.channel = channel


def watch(channel: Channel, parent: int) -> None:
    """Sends the lines of a handler that is still running, and ends us when the parent is gone."""
    while True:
        time.sleep(FLUSH_SECONDS)
        if os.getppid() != parent:
            os._exit(1)
        try:
            channel.flush()
        except OSError:
            os._exit(1)


class Memory:
    """Peak memory of this process. Read at most once a second: it costs as much as a quick handler."""

    def __init__(self) -> None:
        self._kib, self._read_at = 0, 0.0

    def kib(self) -> int:
        now = time.monotonic()
        if now - self._read_at > 1.0:
            self._read_at, self._kib = now, self._read()
        return self._kib

    @staticmethod
    def _read() -> int:
        try:  # ru_maxrss begins with the size of the parent
            with open("/proc/self/status", "rb") as status:
                return next(int(line.split()[1]) for line in status if line.startswith(b"VmHWM"))
        except (OSError, StopIteration):
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            return peak // 1024 if sys.platform == "darwin" else peak


def serve(channel: Channel, printed: Printed, handler: Callable[[Any, LambdaContext], Any], logs: LogFormatter) -> None:
    memory = Memory()
    while (request := channel.receive()) is not None:
        header, payload = request
        logs.request_id = header["id"]
        if header.get("trace"):
            os.environ["_X_AMZN_TRACE_ID"] = header["trace"]
        try:
            kind, body = RESULT, encode(handler(json.loads(payload), LambdaContext(header)))
        except Exception as problem:
            error = describe(problem, header["id"])
            channel.log(error_line(error))
            kind, body = ERROR, json.dumps(error).encode()
        printed.finish()
        channel.send(kind, struct.pack(">I", memory.kib()) + body)


def resolve_here(hosts: dict[str, int]) -> None:
    """Lets some names stand for ports of this machine, as a hosts file does: ``host:port`` -> port on 127.0.0.1.

    For the local issuer: the handler asks for the real issuer's address and knows nothing of a laptop.
    """
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        local = hosts.get(f"{host}:{port}")
        return ask(host, port, *rest, **options) if local is None else ask("127.0.0.1", local, *rest, **options)

    socket.getaddrinfo = getaddrinfo


def main() -> None:
    if hosts := os.environ.pop("_GATEWRIGHT_HOSTS", ""):
        resolve_here(json.loads(hosts))
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    os.environ["GATEWRIGHT_TASK_ROOT"] = root = os.getcwd()
    sys.path[:0] = [root]
    sys.path.extend(sys.argv[3:])
    printed = Printed(channel)
    sys.stdout = sys.stderr = printed
    logs = LogFormatter(channel)
    logs.install()
    threading.Thread(target=watch, args=(channel, int(sys.argv[2])), daemon=True).start()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as problem:
        error = describe(problem, "")
        channel.log(error_line(error))
        channel.send(INIT_ERROR, json.dumps(error).encode())
        return
    except BaseException:
        channel.flush()
        raise
    printed.finish()
    channel.send(READY, b"")
    try:
        serve(channel, printed, handler, logs)
    finally:
        printed.finish()
        channel.flush()


if __name__ == "__main__":
    main()
