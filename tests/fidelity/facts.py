"""What a fact is: a stable id, one sentence, where it is known from and how surely. Touches nothing.

A test is one fact (``@fact(...)``) or a table of facts (``pytest.mark.parametrize(names, [case(...), ...])``).
Every fact is registered when its module is imported, so that ``docs/fidelity.md`` can be compared without a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

RECORDINGS = "localstack/localstack tests/aws/services/apigateway/test_apigateway_{name}.snapshot.json::{test}"
GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/{page}.html"
REFERENCE = "https://docs.aws.amazon.com/apigateway/latest/api/{page}.html"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact is known from; ``confidence`` is recorded, documented or unsure."""

    confidence: str
    place: str


@dataclass(frozen=True, slots=True)
class Fact:
    id: str
    statement: str
    source: Source


FACTS: dict[str, Fact] = {}

# Facts that the embedded engine is known not to hold, by id, with the reason.
NOT_HELD: dict[str, str] = {
    "FLT-12": "a function's resource policy is not looked at",
    "FLT-13": "a function's resource policy is not looked at",
    "SVC-06": "the query protocol that SSM is answered in is not emulated",
}


def recorded(name: str, test: str) -> Source:
    """A recording made against AWS, by the short name of its file and its test."""
    return Source("recorded", RECORDINGS.format(name=name, test=test))


def guide(page: str) -> Source:
    """A page of the API Gateway developer guide."""
    return Source("documented", GUIDE.format(page=page))


def reference(page: str) -> Source:
    """A page of the API Gateway API reference (the same text as in the SDK's model)."""
    return Source("documented", REFERENCE.format(page=page))


def documented(url: str) -> Source:
    """Any other page of AWS."""
    return Source("documented", url)


def unsure(place: str) -> Source:
    """Community knowledge or our own inference: a failure here is a question, not a defect."""
    return Source("unsure", place)


def _register(fact_id: str, statement: str, source: Source) -> pytest.MarkDecorator:
    known = FACTS.get(fact_id)
    new = Fact(fact_id, statement, source)
    if known is not None and known != new:
        raise ValueError(f"the id {fact_id} is given to two facts: {known.statement!r} and {statement!r}")
    FACTS[fact_id] = new
    return pytest.mark.fact(fact_id)


def fact(fact_id: str, statement: str, source: Source) -> pytest.MarkDecorator:
    """Makes a test function one fact."""
    return _register(fact_id, statement, source)


def case(fact_id: str, statement: str, source: Source, *values: Any) -> Any:
    """One row of a parametrized test, and one fact."""
    return pytest.param(*values, id=fact_id, marks=_register(fact_id, statement, source))
