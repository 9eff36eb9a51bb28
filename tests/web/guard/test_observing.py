import asyncio

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient

from paretocaps.web.guard.observing import Observing


@pytest.fixture
def seen():
    return []


@pytest.fixture
def client(seen):
    app, inner, outer = FastAPI(), APIRouter(prefix="/studies"), APIRouter(prefix="/api")

    @inner.get("/{study}/trials/{number}")
    def trial(study: str, number: int) -> int:
        return number

    @app.get("/")
    def home() -> str:
        return ""

    @app.get("/files/{rest:path}")
    def file(rest: str) -> str:
        return rest

    outer.include_router(inner)
    app.include_router(outer)

    async def answering(answered):
        seen.append("answering")

    return TestClient(Observing(app, [seen.append], answering))


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/api/studies/demo/trials/7", "/api/studies/{study}/trials/{number}"),
        ("/api/studies/trials/trials/7", "/api/studies/{study}/trials/{number}"),
        ("/api/studies/demo/trials/x", "/api/studies/{study}/trials/{number}"),
        ("/nothing/7", "other"),
        ("/files/a/b/c", "/files/{rest:path}"),
    ],
)
def test_a_request_is_told_of_by_the_pattern_of_its_path(client, seen, path, route):
    client.get(path)
    assert seen[-1].route == route


def test_it_is_told_of_before_its_answer_ends_and_after(client, seen):
    client.get("/?secret=x")
    assert seen[0] == "answering"
    assert (seen[1].path, seen[1].status, seen[1].who, seen[1].address) == ("/", 200, None, "")
    assert len(seen[1].id) == 16


def test_what_is_not_printed_is_told_by_escapes(client, seen):
    client.get("/a%00b%0ac")
    assert seen[-1].path == r"/a\x00b\nc"


def test_a_long_path_is_told_of_by_its_beginning(client, seen):
    client.get("/" + "x" * 1000)
    assert len(seen[-1].path) == 200


def test_who_leaves_while_sending_is_no_failure_of_the_service(seen, caplog):
    async def app(scope, receive, send):
        await Request(scope, receive).body()

    async def answering(answered):
        seen.append("answering")

    parts = iter([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(parts)

    async def send(message):
        raise AssertionError("nobody is there")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    asyncio.run(Observing(app, [seen.append], answering)(scope, receive, send))
    assert [one.status for one in seen] == [0]
    assert caplog.records == []


def test_nothing_of_an_answer_is_sent_before_it_is_told_of(client, seen):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        seen.append("started")
        await send({"type": "http.response.body", "body": b""})

    async def answering(answered):
        seen.append(("answering", answered.status))

    async def send(message):
        seen.append(message["type"])

    scope = {
        "type": "http",
        "method": "DELETE",
        "path": "/",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    asyncio.run(Observing(app, [lambda _: None], answering)(scope, None, send))
    assert seen == ["started", ("answering", 204), "http.response.start", "http.response.body"]


def test_what_fails_between_the_head_and_the_body_is_answered_as_a_failure(caplog):
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("it broke")

    async def answering(answered):
        pass

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "client": None}
    asyncio.run(Observing(app, [lambda _: None], answering)(scope, None, send))
    assert [one.get("status") for one in sent] == [500, None]
