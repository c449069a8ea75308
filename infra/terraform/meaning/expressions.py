"""Terraform's expressions, evaluated as far as our roots use them. Pure.

Templates with ``${...}``, paths, conditionals, comparisons, lists, and the functions `concat`, `split` and `toset`. Whatever
else somebody writes is a value that equals nothing, and so a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Evaluator", "Resolve"]

Resolve = Callable[[Sequence[Any]], Any]
"""A path, ``("var", "x")`` or ``("aws_iam_role", "users", "arn")``, -> its value or symbol."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"""
    r"""|(?P<sign>==|!=|>=|<=|&&|\|\||[?:<>!()\[\],.]))"""
)
_MARK = re.compile(r"\$\$\{|%%\{|\$\{")
# A function's published version, said by two attributes.
_VERSION = re.compile(r"<([a-z0-9_]+)_function\.Arn>:<\1_function\.Version>")
# What CloudFormation calls the label namespace of a web ACL.
_LABELS = re.compile(r"awswaf:<account>:webacl:<([a-z0-9_]+)\.Name>:")
_STREAMS = re.compile(r"<([a-z0-9_]+)\.ArnWithoutStreams>:\*")


class NotUnderstood(ValueError):
    """The expression is beyond this reader."""


class Evaluator:
    """Evaluates templates; paths are resolved by ``resolve``."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def value(self, value: Any) -> Any:
        """A JSON value with every template in it evaluated."""
        if isinstance(value, str):
            return self.template(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {self.template(key): self.value(one) for key, one in value.items()}
        return value

    def template(self, text: str) -> Any:
        parts: list[Any] = []
        at, plain = 0, ""
        while mark := _MARK.search(text, at):
            plain += text[at : mark.start()]
            if mark[0] != "${":  # an escaped one
                plain, at = plain + mark[0][1:], mark.end()
                continue
            end = _end(text, mark.end())
            if plain:
                parts, plain = [*parts, plain], ""
            parts.append(self.expression(text[mark.end() : end]))
            at = end + 1
        plain += text[at:]
        if plain or not parts:
            parts.append(plain)
        return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else _tidy("".join(map(str, parts)))

    def expression(self, text: str) -> Any:
        try:
            return _Parser(text, self._resolve).parse()
        except (NotUnderstood, KeyError, IndexError, TypeError) as error:
            return f"<not understood: {text.strip()} ({error})>"


def _tidy(text: str) -> str:
    if "<" not in text:  # nothing was resolved to a symbol
        return text
    text = _LABELS.sub(r"<\1.LabelNamespace>", text)
    return _STREAMS.sub(r"<\1.Arn>", _VERSION.sub(r"<\1_version>", text))


def _end(text: str, at: int) -> int:
    """Where the expression that begins at ``at`` ends."""
    depth = 0
    while at < len(text):
        if text[at] == '"':
            at = _string_end(text, at)
        elif text[at] == "{":
            depth += 1
        elif text[at] == "}":
            if depth == 0:
                return at
            depth -= 1
        at += 1
    return len(text)


def _string_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at


class _Parser:
    """Recursive descent over ``? :``, ``||``, ``&&``, comparisons, ``!`` and primaries, loosest first."""

    def __init__(self, text: str, resolve: Resolve) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._resolve = resolve

    def parse(self) -> Any:
        value = self._conditional()
        if self._at != len(self._tokens):
            raise NotUnderstood(f"at {self._tokens[self._at][1]}")
        return value

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *signs: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at] in [("sign", sign) for sign in signs]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise NotUnderstood(f"no {sign}")

    def _conditional(self) -> Any:
        condition = self._or()
        if not self._take("?"):
            return condition
        yes = self._conditional()
        self._need(":")
        no = self._conditional()
        return yes if _truth(condition) else no

    def _or(self) -> Any:
        value = self._and()
        while self._take("||"):
            other = self._and()
            value = _truth(value) or _truth(other)
        return value

    def _and(self) -> Any:
        value = self._comparison()
        while self._take("&&"):
            other = self._comparison()
            value = _truth(value) and _truth(other)
        return value

    def _comparison(self) -> Any:
        value = self._unary()
        while sign := self._take("==", "!=", ">=", "<=", ">", "<"):
            value = _COMPARE[sign](value, self._unary())
        return value

    def _unary(self) -> Any:
        return not _truth(self._unary()) if self._take("!") else self._primary()

    def _primary(self) -> Any:
        if self._take("("):
            value = self._conditional()
            self._need(")")
            return value
        if self._take("["):
            return self._list("]")
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "nothing")
        self._at += 1
        match kind:
            case "string":
                return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            case "number":
                return float(text)
            case "name":
                return self._named(text)
        raise NotUnderstood(f"at {text}")

    def _named(self, name: str) -> Any:
        if name in ("true", "false"):
            return name == "true"
        if self._take("("):
            value = _FUNCTIONS[name](*self._list(")"))
            while sign := self._take("[", "."):
                value = value[int(self._list("]")[0])] if sign == "[" else self._attribute(value)
            return value
        path: list[Any] = [name]
        while sign := self._take(".", "["):
            if sign == "[":
                (index,) = self._list("]")
                path.append((index,))
            else:
                path.append(self._tokens[self._at][1])
                self._at += 1
        return self._resolve(path)

    def _attribute(self, value: Any) -> str:
        self._at += 1
        return f"{value}.{self._tokens[self._at - 1][1]}"

    def _list(self, end: str) -> list[Any]:
        values: list[Any] = []
        while not self._take(end):
            values.append(self._conditional())
            if self._peek() != end:
                self._need(",")
        return values


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            raise NotUnderstood(f"at {text[at : at + 10]!r}")
        found.append((str(token.lastgroup), str(token.group(str(token.lastgroup)))))
        at = token.end()
    return found


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotUnderstood(f"{value!r} is no condition")
    return value


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def _split(separator: str, text: str) -> list[str]:
    """The parts of an ARN that is a symbol are known by their place: arn, partition, service, region, account."""
    if separator == ":" and text.endswith((".Arn>", ".ArnWithoutStreams>")):
        return ["arn", "<partition>", f"<service of {text}>", f"<region of {text}>", "<account>"]
    return text.split(separator)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: [one for values in lists for one in values],
    "join": lambda separator, values: f"<{values} joined by {separator!r}>",
    "split": _split,
    "tolist": lambda values: values if isinstance(values, list) else [values],
    "toset": lambda values: list(dict.fromkeys(values)),
}
