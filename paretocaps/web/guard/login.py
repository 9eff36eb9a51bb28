"""How a browser is given a session: by the address that `paretocaps serve` prints, once, or by a token."""

import re
from contextlib import suppress
from html import escape
from pathlib import Path
from string import Template
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from paretocaps.web.guard.door import LOGIN
from paretocaps.web.guard.observing import CALLER
from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL, Principal
from paretocaps.web.guard.rates import Rates
from paretocaps.web.guard.rules import Rules
from paretocaps.web.guard.sessions import SECONDS, begin, cookie_name, token_of, value_of
from paretocaps.web.guard.tokens import Token, find

_PAGE = Template(Path(__file__).with_name("login.html").read_text(encoding="utf-8"))
_LEAVE = Template(
    '<form method="post" action="/logout"><p>This browser has the token $name ($role).</p>'
    "<button>Sign out</button></form><hr>"
)
_OPENED = (
    '<!DOCTYPE html><html lang="en"><title>paretocaps</title><link rel="icon" href="data:,">'
    '<meta http-equiv="refresh" content="0; url=/"><a href="/">Go on to the studies</a></html>'
)
_HERE = re.compile(r"/(?!/)[\w\-.~/%]*", re.ASCII)


def login_routes(rules: Rules, rates: Rates) -> APIRouter:
    """Return the page that asks for a token, and what begins and ends a session."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(LOGIN)
    async def login(request: Request, key: str = "", next: str = "/") -> Response:
        if not key:
            return _form(next, who=request.scope[PRINCIPAL])
        if rules.first_key is None or not rules.first_key.take(key):
            return _form(
                next, "This address was opened before, or is of an earlier start: enter a token.", 401
            )
        # not a redirection: a browser that comes from elsewhere would not send the new cookie along with it
        return _with_session(HTMLResponse(_OPENED), request, rules.tokens[0])

    @routes.post(LOGIN)
    async def enter(
        request: Request, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
    ) -> Response:
        found = find(rules.tokens, token.strip())
        if found is None:
            rates.take_wrong(request.scope[CALLER].key)
            return _form(next, "This is no token of the service.", 401)
        return _with_session(RedirectResponse(_here(next), 303), request, found)

    @routes.post("/logout")
    def leave(request: Request) -> Response:
        name, cookies = cookie_name(request.headers["host"]), request.headers.get("cookie", "")
        if token_of(cookies, name, rules.tokens) is not None:
            with suppress(OSError):  # a full disk keeps nobody from leaving
                rules.left.add(value_of(cookies, name))
        answer = RedirectResponse(LOGIN, 303)
        answer.delete_cookie(name, secure=request.url.scheme == "https", httponly=True, samesite="strict")
        return answer

    return routes


def _form(next: str, wrong: str = "", status: int = 200, who: Principal | None = None) -> Response:
    told = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    session = _LEAVE.substitute(name=who.name, role=who.role) if who and who != LOOPBACK else ""
    return HTMLResponse(_PAGE.substitute(next=escape(_here(next)), wrong=told, session=session), status)


def _with_session(answer: Response, request: Request, token: Token) -> Response:
    answer.set_cookie(
        cookie_name(request.headers["host"]),
        begin(token),
        max_age=SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


def _here(address: str) -> str:
    """Return an address of this service, so that nobody is led elsewhere."""
    return address if _HERE.fullmatch(address) else "/"
