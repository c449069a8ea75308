"""Every answer of the four services is one that its OpenAPI fragment declares."""

from __future__ import annotations

import ast
import base64
import json
import sys
from typing import Any

import pytest
from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.lambdas.conftest import LAMBDAS, SERVICES, Context, event

USER = {"name": "Tim", "email": "tim@shop.example", "country": "IE"}
ORDER = {"userId": "1", "lines": [{"productId": "p1", "quantity": 2}]}
CART = {"country": "DE", "lines": [{"productId": "p1", "unitPriceCents": 1000, "quantity": 2}]}


def body(value: Any) -> dict[str, Any]:
    return {"body": value if isinstance(value, str) else json.dumps(value)}


def query(**values: str) -> dict[str, Any]:
    return {"queryStringParameters": values}


def at(**values: str) -> dict[str, Any]:
    return {"pathParameters": values}


CASES: dict[str, tuple[str, str, str, dict[str, Any], int]] = {
    "users-list": ("users", "GET", "/", {}, 200),
    "users-limit": ("users", "GET", "/", query(limit="2"), 200),
    "users-limit-zero": ("users", "GET", "/", query(limit="0"), 400),
    "users-limit-text": ("users", "GET", "/", query(limit="²"), 400),
    "users-limit-huge": ("users", "GET", "/", query(limit="9" * 5000), 400),
    "user": ("users", "GET", "/{userId}", at(userId="1"), 200),
    "user-unknown": ("users", "GET", "/{userId}", at(userId="999"), 404),
    "user-created": ("users", "POST", "/", body(USER), 201),
    "user-without-body": ("users", "POST", "/", {}, 400),
    "user-not-json": ("users", "POST", "/", body("{"), 400),
    "user-deep-json": ("users", "POST", "/", body("[" * 100_000), 400),
    "user-not-an-object": ("users", "POST", "/", body("[1]"), 400),
    "user-bad-base64": ("users", "POST", "/", {"body": "%%%", "isBase64Encoded": True}, 400),
    "user-empty-object": ("users", "POST", "/", body({}), 422),
    "user-bad-email": ("users", "POST", "/", body({**USER, "email": "tim"}), 422),
    "user-bad-country": ("users", "POST", "/", body({**USER, "country": "XX"}), 422),
    "user-unknown-field": ("users", "POST", "/", body({**USER, "admin": True}), 422),
    "user-exists": ("users", "POST", "/", body({**USER, "email": "ADA@shop.example"}), 409),
    "products-list": ("products", "GET", "/", {}, 200),
    "products-category": ("products", "GET", "/", query(category="books", limit="2"), 200),
    "products-bad-category": ("products", "GET", "/", query(category="cars"), 400),
    "product": ("products", "GET", "/{productId}", at(productId="p1"), 200),
    "product-unknown": ("products", "GET", "/{productId}", at(productId="p99"), 404),
    "orders-list": ("orders", "GET", "/", {}, 200),
    "orders-filtered": ("orders", "GET", "/", query(status="paid", userId="2"), 200),
    "orders-bad-status": ("orders", "GET", "/", query(status="lost"), 400),
    "order": ("orders", "GET", "/{orderId}", at(orderId="o1"), 200),
    "order-unknown": ("orders", "GET", "/{orderId}", at(orderId="o99"), 404),
    "order-created": ("orders", "POST", "/", body(ORDER), 201),
    "order-not-json": ("orders", "POST", "/", body("{]"), 400),
    "order-unknown-product": (
        "orders",
        "POST",
        "/",
        body({"userId": "1", "lines": [{"productId": "x", "quantity": 1}]}),
        422,
    ),
    "order-no-lines": ("orders", "POST", "/", body({"userId": "1", "lines": []}), 422),
    "order-odd-lines": ("orders", "POST", "/", body({"userId": "1", "lines": [1, {"quantity": True}]}), 422),
    "order-sold-out": (
        "orders",
        "POST",
        "/",
        body({"userId": "1", "lines": [{"productId": "p5", "quantity": 1}]}),
        409,
    ),
    "checkout": ("checkout", "GET", "/", {}, 200),
    "cart": ("checkout", "POST", "/", body(CART), 200),
    "cart-coupon": ("checkout", "POST", "/", body({**CART, "coupon": "WELCOME10"}), 200),
    "cart-bad-coupon": ("checkout", "POST", "/", body({**CART, "coupon": "FREE"}), 422),
    "cart-bad-country": ("checkout", "POST", "/", body({**CART, "country": "XX"}), 422),
    "cart-not-json": ("checkout", "POST", "/", body("nope"), 400),
}


@pytest.mark.parametrize(("service", "method", "template", "changes", "status"), CASES.values(), ids=CASES)
def test_answer_is_declared(cold_start, fragment, service, method, template, changes, status):
    resource = f"/api/{service}" + template.rstrip("/")
    answer = cold_start(service)(event(method, resource, **changes), Context())
    assert answer["statusCode"] == status
    assert answer["headers"]["X-Function-Version"] == "7"
    fragment(service).check(method, template, answer, json.loads(answer["body"]))


def test_every_declared_status_is_shown_by_a_case(fragment):
    shown = {(service, method, template, str(status)) for service, method, template, _, status in CASES.values()}
    declared = {
        (service, method.upper(), template, status)
        for service in SERVICES
        for template, item in fragment(service).document["paths"].items()
        for method, operation in item.items()
        for status in operation["responses"]
        if status != "default"
    }
    assert shown == declared


@pytest.mark.parametrize("service", SERVICES)
def test_fragment_is_openapi_with_draft_4_schemas(fragment, service):
    document = fragment(service).document
    OpenAPIV30SpecValidator(document).validate()
    assert "nullable" not in json.dumps(document)
    for schema in document["components"]["schemas"].values():
        Draft4Validator.check_schema(schema)


def test_created_resources_say_where_they_are_and_repeat_exactly(cold_start):
    handler = cold_start("orders")
    first, second = (handler(event("POST", "/api/orders", **body(ORDER)), Context()) for _ in range(2))
    assert first == second
    assert first["headers"]["Location"] == f"/live/api/orders/{json.loads(first['body'])['id']}"


def test_base64_bodies_are_read(cold_start):
    encoded = base64.b64encode(json.dumps(CART).encode()).decode()
    answer = cold_start("checkout")(event("POST", "/api/checkout", body=encoded, isBase64Encoded=True), Context())
    assert json.loads(answer["body"])["subtotalCents"] == 2000


def test_all_wrong_fields_are_reported_at_once(cold_start):
    answer = cold_start("users")(event("POST", "/api/users", **body({"name": 1, "extra": 2})), Context())
    pointers = [fault["pointer"] for fault in json.loads(answer["body"])["errors"]]
    assert pointers == ["#/extra", "#/name", "#/email", "#/country"]


@pytest.mark.parametrize(
    ("cart", "expected"),
    [
        pytest.param(CART, (2000, 0, 495, 474, 2969), id="shipping-and-tax"),
        pytest.param({**CART, "coupon": "WELCOME10"}, (2000, 200, 495, 436, 2731), id="coupon"),
        pytest.param(
            {"country": "US", "lines": [{"productId": "p1", "unitPriceCents": 5000, "quantity": 1}]},
            (5000, 0, 0, 0, 5000),
            id="free-shipping-at-the-limit",
        ),
        pytest.param(
            {
                "country": "US",
                "lines": [{"productId": "p1", "unitPriceCents": 5000, "quantity": 1}],
                "coupon": "SPRING25",
            },
            (5000, 1250, 495, 0, 4245),
            id="the-discount-counts-for-shipping",
        ),
    ],
)
def test_cart_totals(cold_start, cart, expected):
    total = json.loads(cold_start("checkout")(event("POST", "/api/checkout", **body(cart)), Context())["body"])
    assert tuple(total[f"{name}Cents"] for name in ("subtotal", "discount", "shipping", "tax", "total")) == expected


def test_orders_price_what_the_catalogue_says(cold_start):
    cold_start("products")
    products = sys.modules["logic"].PRODUCTS
    cold_start("orders")
    logic = sys.modules["logic"]
    assert {key: product["priceCents"] for key, product in products.items()} == logic._PRICES_CENTS
    assert {key for key, product in products.items() if not product["inStock"]} == logic._SOLD_OUT


def test_a_wrong_method_or_resource_is_a_problem(cold_start):
    handler = cold_start("products")
    wrong_method = handler(event("DELETE", "/api/products/{productId}", **at(productId="p1")), Context())
    wrong_resource = handler(event("GET", "/api/products/{proxy+}", **at(proxy="x/y")), Context())
    assert (wrong_method["statusCode"], wrong_resource["statusCode"]) == (405, 404)


@pytest.mark.parametrize("service", SERVICES)
def test_a_folder_imports_the_standard_library_and_itself_only(service):
    files = sorted((LAMBDAS / service).glob("*.py")) + sorted((LAMBDAS / service / "shop_runtime").glob("*.py"))
    own = {path.stem for path in (LAMBDAS / service).iterdir()}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names | own, f"{path}: {name}"


@pytest.mark.parametrize("service", SERVICES)
def test_handlers_stay_thin(service):
    assert len((LAMBDAS / service / "handler.py").read_text().splitlines()) < 40


def test_answers_and_log_lines_have_the_trace(cold_start, capsys) -> None:
    root, span = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
    environment = {"_X_AMZN_TRACE_ID": f"Root={root};Parent={span};Sampled=1", "FAULT_ERROR_PERCENT": "100"}
    answer = cold_start("orders", environment)(event("GET", "/api/orders"), Context())
    assert answer["headers"]["traceparent"] == f"00-5759e988bd862e3fe1be46a994272793-{span}-01"
    assert json.loads(capsys.readouterr().out) == {
        "level": "ERROR",
        "message": "a request failed",
        "reason": "status 503",
        "traceId": root,
    }
