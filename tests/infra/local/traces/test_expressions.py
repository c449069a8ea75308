from __future__ import annotations

import pytest

from infra.local.traces.expressions import Facts, UnknownExpression, parse

FACTS = Facts(
    texts={"http.url": "https://a.example/api/orders", "http.method": "GET"},
    numbers={"responsetime": 1.5, "duration": 2.0, "http.status": 503.0},
    booleans={"fault": True, "error": False, "throttle": False, "ok": False, "partial": False},
    services=frozenset({"orders", 'the "best"'}),
    annotations={"state": ("open", "closed"), "calls": (3, 7), "refused": (True,)},
)


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ('http.url CONTAINS "/api/orders"', True),
        ('http.url CONTAINS "/api/users"', False),
        ('http.url contains "orders" and http.method = "GET"', True),
        ('http.url BEGINSWITH "https://a" AND http.url ENDSWITH "/x"', False),
        ('http.method != "GET"', False),
        ("responsetime > 1", True),
        ("responsetime>1.5", False),
        ("responsetime >= 1.5 AND duration < 2.5", True),
        ("duration <= 1.9", False),
        ("http.status = 503", True),
        ("http.status != 503", False),
        ("fault", True),
        ("error", False),
        ("!error", True),
        ("fault = true", True),
        ("fault = false", False),
        ("error != TRUE", True),
        ('service("orders") AND fault AND responsetime > 0.5', True),
        ('service("users")', False),
        ('service("the \\"best\\"")', True),
        ('! service("users")', True),
        ('annotation.state = "open"', True),
        ('annotation.state = "half"', False),
        ("annotation.calls > 5", True),
        ("annotation.calls > 7", False),
        ("annotation.refused = true", True),
        ("annotation.refused = false", False),
        ('annotation.nothing = "x"', False),
    ],
)
def test_known(expression: str, fits: bool) -> None:
    assert parse(expression)(FACTS) is fits


@pytest.mark.parametrize(
    "expression",
    [
        "fault OR error",
        "fault error",
        "fault AND",
        "responsetime > 5ms",
        "responsetime > 1.2.3",
        'responsetime > "1"',
        "responsetime",
        "http.url CONTAINS orders",
        'http.url > "a"',
        'service("orders") { fault }',
        "service(orders)",
        'service("orders"',
        'service("orders)',
        'edge("a", "b")',
        "(fault)",
        "user = 1",
        "!responsetime > 1",
        "fault = maybe",
        "annotation.x <",
        "&",
    ],
)
def test_unknown_is_said(expression: str) -> None:
    with pytest.raises(UnknownExpression, match="embedded X-Ray does not know"):
        parse(expression)
