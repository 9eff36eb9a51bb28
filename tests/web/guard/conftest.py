"""An application behind the guard, asked without a server, and tokens for it."""

import logging
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from starlette.testclient import TestClient

from paretocaps.web.guard.allowed import allowed
from paretocaps.web.guard.login import login_routes
from paretocaps.web.guard.middleware import Guard
from paretocaps.web.guard.principal import Principal
from paretocaps.web.guard.rates import Rates
from paretocaps.web.guard.refused import without_token
from paretocaps.web.guard.rules import Rules
from paretocaps.web.guard.tokens import Token
from paretocaps.web.problems import tell_problems

TOKENS = (
    Token(Principal("rita", "read"), "reader-secret-of-the-tests"),
    Token(Principal("ruth", "run", 50, 2.5), "runner-secret-of-the-tests"),
)


class Kept:
    """Keeps what the guard tells of requests."""

    def __init__(self):
        self.requests, self.changes = [], []
        self.ended = (self.requests.append,)

    async def answering(self, answered):
        self.changes.append(answered)


def application():
    app = FastAPI()
    tell_problems(app)

    @app.get("/who", dependencies=[Depends(allowed("read"))])
    def who(request: Request) -> list[str]:
        return [request.scope["paretocaps.principal"].name, request.url.scheme]

    @app.post("/things/{thing}", status_code=202)
    async def change(thing: str, request: Request, who: Annotated[Principal, Depends(allowed("run"))]) -> int:
        return len(await request.body())

    @app.get("/admins", dependencies=[Depends(allowed("admin"))])
    def admins() -> None:
        pass

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("postgresql://me:hidden@host/db is away")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def client_of(kept):
    """Makes a client of the application; it sends the secret of the token called `name`."""

    def made(name=None, peer="127.0.0.1", home="http://127.0.0.1:8000", clock=None, **given):
        app, rules = application(), Rules(tokens=TOKENS, **given)
        rates = Rates(rules.rate, *([clock] if clock else []))
        app.include_router(login_routes(rules, rates))
        app.add_exception_handler(401, without_token)
        app.add_middleware(Guard, rules=rules, rates=rates, records=kept)
        sent = {"Authorization": f"Bearer {_secret(name)}"} if name else {}
        return TestClient(app, home, headers=sent, client=(peer, 50_000), follow_redirects=False)

    return made


def _secret(name):
    return next(token.secret for token in TOKENS if token.principal.name == name)


@pytest.fixture
def tokens():
    return TOKENS


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.DEBUG, "paretocaps.web")
