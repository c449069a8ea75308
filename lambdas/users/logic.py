"""The users of the shop: a fixed set, so that any two calls agree. Pure; a created user is answered, not stored."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from shop_runtime.checks import Checks, body_of, limit_of
from shop_runtime.messages import Answer, Problem, Request

_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Dennis", "Frances", "Ken")
_COUNTRIES = ("US", "DE", "FR", "IE", "GB", "JP")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

USERS: dict[str, dict[str, Any]] = {
    str(number): {
        "id": str(number),
        "name": name,
        "email": f"{name.lower()}@shop.example",
        "country": _COUNTRIES[number % len(_COUNTRIES)],
    }
    for number, name in enumerate(_NAMES, start=1)
}


def list_users(request: Request) -> Answer:
    items = list(USERS.values())[: limit_of(request, default=20)]
    return Answer({"items": items, "count": len(items)})


def read_user(request: Request) -> Answer:
    user = USERS.get(request.parameters.get("userId", ""))
    if user is None:
        raise Problem(404, "There is no such user.")
    return Answer(user)


def create_user(request: Request) -> Answer:
    body, checks = body_of(request), Checks()
    checks.only(body, "name", "email", "country")
    name, email, country = (checks.text(body, field) for field in ("name", "email", "country"))
    if email and not _EMAIL.fullmatch(email):
        checks.wrong("#/email", "an address like name@host.example is needed")
    if country and country not in _COUNTRIES:
        checks.wrong("#/country", f"one of {', '.join(_COUNTRIES)} is needed")
    checks.done()
    if any(user["email"] == email.lower() for user in USERS.values()):
        raise Problem(409, "A user with this address exists.")
    key = "u" + hashlib.sha256(email.lower().encode()).hexdigest()[:8]  # the same user gets the same id everywhere
    user = {"id": key, "name": name, "email": email.lower(), "country": country}
    return Answer(user, 201, {"Location": f"{request.url_path.rstrip('/')}/{key}"})
