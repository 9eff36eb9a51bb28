from fastapi import Response
from starlette.testclient import TestClient

from paretocaps.web.guard.headers import DASHBOARD, DOCUMENT, PAGE, with_headers


def answered(**headers):
    async def app(scope, receive, send):
        await Response("x", headers=headers)(scope, receive, with_headers(send))

    return TestClient(app).get("/").headers


def test_every_answer_has_them():
    headers = answered()
    assert headers["content-security-policy"] == PAGE
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_a_routes_own_policy_and_caching_stay():
    headers = answered(**{"Content-Security-Policy": DOCUMENT, "Cache-Control": "max-age=60"})
    assert headers["content-security-policy"] == DOCUMENT
    assert headers["cache-control"] == "max-age=60"


def test_pages_run_scripts_of_files_of_ours_only():
    rules = dict(part.split(" ", 1) for part in PAGE.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == "'self'"


def test_no_policy_lets_anything_in_from_elsewhere():
    for policy in (PAGE, DOCUMENT, DASHBOARD):
        assert "http" not in policy
        assert "*" not in policy
    assert DOCUMENT.startswith("sandbox ")
    assert "allow-same-origin" not in DOCUMENT
