"""The checkout of the shop: what it is, and the total of a cart in cents. Pure.

Change RELEASE (or anything else here) and deploy: that is a new release.
"""

from __future__ import annotations

from shop_runtime.checks import Checks, body_of
from shop_runtime.messages import Answer, Request

RELEASE = "v1"

_TAX_PERCENT = {"US": 0, "DE": 19, "FR": 20, "IE": 23}
_COUPONS_PERCENT = {"WELCOME10": 10, "SPRING25": 25}
_SHIPPING_CENTS = 495
_FREE_SHIPPING_FROM_CENTS = 5_000


def describe(_request: Request) -> Answer:
    return Answer({"service": "checkout", "release": RELEASE, "countries": sorted(_TAX_PERCENT)})


def total_cart(request: Request) -> Answer:
    body, checks = body_of(request), Checks()
    checks.only(body, "country", "lines", "coupon")
    country = checks.text(body, "country", longest=2)
    if country and country not in _TAX_PERCENT:
        checks.wrong("#/country", f"one of {', '.join(sorted(_TAX_PERCENT))} is needed")
    coupon = checks.text(body, "coupon", longest=20) if "coupon" in body else ""
    if coupon and coupon not in _COUPONS_PERCENT:
        checks.wrong("#/coupon", "this coupon is not known")
    subtotal = 0
    for pointer, entry in checks.entries(body, "lines", most=50):
        checks.only(entry, "productId", "unitPriceCents", "quantity", at=pointer)
        checks.text(entry, "productId", longest=40, at=pointer)
        price = checks.whole(entry, "unitPriceCents", low=0, high=10_000_000, at=pointer)
        subtotal += price * checks.whole(entry, "quantity", low=1, high=99, at=pointer)
    checks.done()
    return Answer({"release": RELEASE, **_totals(subtotal, country, coupon)})


def _totals(subtotal: int, country: str, coupon: str) -> dict[str, int]:
    discount = subtotal * _COUPONS_PERCENT.get(coupon, 0) // 100  # rounded down: never promise a cent too much
    goods = subtotal - discount
    shipping = 0 if goods >= _FREE_SHIPPING_FROM_CENTS else _SHIPPING_CENTS
    tax = (goods + shipping) * _TAX_PERCENT[country] // 100
    return {
        "subtotalCents": subtotal,
        "discountCents": discount,
        "shippingCents": shipping,
        "taxCents": tax,
        "totalCents": goods + shipping + tax,
    }
