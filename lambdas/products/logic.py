"""The catalogue of the shop: a fixed set, prices in cents. Pure."""

from __future__ import annotations

from typing import Any

from shop_runtime.checks import limit_of
from shop_runtime.messages import Answer, Fault, Problem, Request

CATEGORIES = ("books", "games", "music", "tools")
_TITLES = (
    "Atlas",
    "Bridge",
    "Compass",
    "Dynamo",
    "Engine",
    "Flute",
    "Gauge",
    "Hammer",
    "Index",
    "Jigsaw",
    "Keys",
    "Lamp",
)

PRODUCTS: dict[str, dict[str, Any]] = {
    f"p{number}": {
        "id": f"p{number}",
        "title": title,
        "category": CATEGORIES[number % len(CATEGORIES)],
        "priceCents": 500 + 250 * number,
        "inStock": number % 5 != 0,
    }
    for number, title in enumerate(_TITLES, start=1)
}


def list_products(request: Request) -> Answer:
    category = request.query.get("category")
    if category is not None and category not in CATEGORIES:
        raise Problem(400, "The query is wrong.", faults=[Fault("category", f"one of {', '.join(CATEGORIES)}")])
    found = [product for product in PRODUCTS.values() if category in (None, product["category"])]
    items = found[: limit_of(request, default=20)]
    return Answer({"items": items, "count": len(items)})


def read_product(request: Request) -> Answer:
    product = PRODUCTS.get(request.parameters.get("productId", ""))
    if product is None:
        raise Problem(404, "There is no such product.")
    return Answer(product)
