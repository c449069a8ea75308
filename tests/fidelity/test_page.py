"""The published table names exactly the facts that the tests ask for. Reads docs/fidelity.md."""

from __future__ import annotations

from . import table


def test_the_published_table_has_every_fact_once() -> None:
    assert sorted(table.published()) == sorted(table.load())


def test_every_statement_is_one_sentence_of_its_own() -> None:
    statements = [fact.statement for fact in table.load().values()]
    assert len(set(statements)) == len(statements)
    assert all(statement[0].isupper() or statement[0] in "`$" for statement in statements)
    assert not any(statement.endswith(".") or "\n" in statement for statement in statements)
