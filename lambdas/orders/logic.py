"""The orders of the shop: a fixed set; a created order is priced and answered, not stored. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from shop_runtime.checks import Checks, body_of, limit_of
from shop_runtime.messages import Answer, Fault, Problem, Request

STATUSES = ("placed", "paid", "shipped")
_PRICES_CENTS = {f"p{number}": 500 + 250 * number for number in range(1, 13)}
_SOLD_OUT = frozenset({"p5", "p10"})


def _order(key: str, user: str, status: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    total = sum(_PRICES_CENTS[line["productId"]] * line["quantity"] for line in lines)
    return {"id": key, "userId": user, "status": status, "lines": lines, "totalCents": total}


ORDERS: dict[str, dict[str, Any]] = {
    f"o{number}": _order(
        f"o{number}",
        str(number % 10 + 1),
        STATUSES[number % len(STATUSES)],
        [{"productId": f"p{number % 4 + 1}", "quantity": number % 3 + 1}],
    )
    for number in range(1, 9)
}


def list_orders(request: Request) -> Answer:
    status, user = request.query.get("status"), request.query.get("userId")
    if status is not None and status not in STATUSES:
        raise Problem(400, "The query is wrong.", faults=[Fault("status", f"one of {', '.join(STATUSES)}")])
    found = [o for o in ORDERS.values() if status in (None, o["status"]) and user in (None, o["userId"])]
    items = found[: limit_of(request, default=20)]
    return Answer({"items": items, "count": len(items)})


def read_order(request: Request) -> Answer:
    order = ORDERS.get(request.parameters.get("orderId", ""))
    if order is None:
        raise Problem(404, "There is no such order.")
    return Answer(order)


def create_order(request: Request) -> Answer:
    body, checks = body_of(request), Checks()
    checks.only(body, "userId", "lines")
    user = checks.text(body, "userId", longest=40)
    lines: list[dict[str, Any]] = []
    for pointer, entry in checks.entries(body, "lines", most=50):
        checks.only(entry, "productId", "quantity", at=pointer)
        product = checks.text(entry, "productId", longest=40, at=pointer)
        if product and product not in _PRICES_CENTS:
            checks.wrong(f"{pointer}/productId", "there is no such product")
        lines.append({"productId": product, "quantity": checks.whole(entry, "quantity", low=1, high=99, at=pointer)})
    checks.done()
    sold_out = sorted({line["productId"] for line in lines} & _SOLD_OUT)
    if sold_out:
        raise Problem(409, f"Sold out: {', '.join(sold_out)}.")
    # The same order gets the same id: a client that repeats a lost request sees that it was the same one.
    key = "o" + hashlib.sha256(json.dumps([user, lines]).encode()).hexdigest()[:8]
    return Answer(_order(key, user, "placed", lines), 201, {"Location": f"{request.url_path.rstrip('/')}/{key}"})
