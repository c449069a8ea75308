from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.routing import Router


def router(*routes: str) -> Router[str]:
    """Routes as "VERB /path"."""
    methods: dict[str, dict[str, str]] = {}
    for route in routes:
        verb, path = route.split()
        methods.setdefault(path, {})[verb] = route
    return Router(methods.items())


ROUTES = router(
    "GET /",
    "GET /test",
    "ANY /{proxy+}",
    "GET /pets/{id}",
    "GET /pets/dog",
    "POST /pets/{id}/toys/{toy}",
    "GET /pets/{id}/{rest+}",
)


@pytest.mark.parametrize(
    ("verb", "path", "route", "parameters"),
    [
        pytest.param("GET", "/", "GET /", {}, id="root"),
        pytest.param("GET", "/test", "GET /test", {}, id="static before proxy"),
        pytest.param("GET", "/test/", "GET /test", {}, id="trailing slash: recorded"),
        pytest.param("OPTIONS", "/test", "ANY /{proxy+}", {"proxy": "test"}, id="method falls to proxy: recorded"),
        pytest.param("GET", "/pets/dog", "GET /pets/dog", {}, id="static before parameter"),
        pytest.param("GET", "/pets/cat", "GET /pets/{id}", {"id": "cat"}, id="parameter before proxy"),
        pytest.param("GET", "/pets/dog/x/y", "GET /pets/{id}/{rest+}", {"id": "dog", "rest": "x/y"}, id="backtracks"),
        pytest.param("POST", "/pets/1/toys/2", "POST /pets/{id}/toys/{toy}", {"id": "1", "toy": "2"}, id="two deep"),
        pytest.param("GET", "/a//b", "ANY /{proxy+}", {"proxy": "a//b"}, id="double slash kept: recorded"),
        pytest.param("GET", "/a/b/", "ANY /{proxy+}", {"proxy": "a/b"}, id="proxy without trailing slash: recorded"),
        pytest.param("GET", "//test", "GET /test", {}, id="leading slashes: recorded //hardcoded"),
        pytest.param("GET", "/pets/a%2Bb", "GET /pets/{id}", {"id": "a%2Bb"}, id="stays encoded: recorded"),
        pytest.param("GET", "/pets/a%2Fb", "GET /pets/{id}", {"id": "a%2Fb"}, id="encoded slash is one segment"),
    ],
)
def test_finds(verb: str, path: str, route: str, parameters: dict[str, str]) -> None:
    assert ROUTES.find(verb, path) == (route, parameters)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        pytest.param("POST", "/", id="proxy does not match the root"),
        pytest.param("TRACE", "/other", id="ANY is seven verbs"),
    ],
)
def test_finds_nothing(verb: str, path: str) -> None:
    assert ROUTES.find(verb, path) is None


def test_head_is_not_get() -> None:
    assert router("GET /a").find("HEAD", "/a") is None


def test_verb_beats_any() -> None:
    assert router("ANY /a", "GET /a").find("GET", "/a") == ("GET /a", {})


@given(st.lists(st.text("ab{}+%/", min_size=1, max_size=4), max_size=6))
def test_any_path_reaches_the_proxy_with_itself(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    found = router("ANY /{proxy+}").find("GET", path)
    trimmed = path.strip("/")
    assert found == (("ANY /{proxy+}", {"proxy": trimmed}) if trimmed else None)
